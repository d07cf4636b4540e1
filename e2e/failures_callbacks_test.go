package e2e

import (
	"slices"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// untold is a call of which the carrier tells nothing, or late, twice or in another order.
type untold struct {
	name   string
	faults []simulator.Rule // of what is told of the phones
	of     []string         // those phones: a person's, or the caller's
	levels string
	route  func(*models.Route)
	goes   func(l *line, caller *phone)
	want   models.Outcome
}

const theCaller = "the caller"

func told(what string, do simulator.Deed) []simulator.Rule {
	return []simulator.Rule{{Match: simulator.Match{Kind: what}, Do: do}}
}

func shortRing(r *models.Route) { r.RingSeconds = 10 }

var untolds = []untold{
	{
		name: "a phone is rejected, and nobody tells", faults: told(simulator.HookStatus, simulator.Drop), of: []string{"Alice"},
		levels: "Alice Bob", route: shortRing, want: models.Connected,
		goes: func(l *line, caller *phone) {
			l.rung("Alice").rejects()
			takenBy("Bob")(l, caller)
		},
	},
	{ // the carrier says so when it is asked to tell the caller that nobody came
		name: "the caller leaves while a phone rings, and nobody tells", faults: told(simulator.HookStatus, simulator.Drop), of: []string{theCaller},
		levels: "Alice", route: shortRing, want: models.Unanswered,
		goes: func(l *line, caller *phone) {
			alice := l.rung("Alice")
			caller.hears(music).hangsUp()
			alice.over()
		},
	},
	{
		name: "the talk ends, and nobody tells", faults: told(simulator.HookStatus, simulator.Drop), of: []string{theCaller, "Alice"},
		levels: "Alice", want: models.Connected, goes: takenBy("Alice"),
	},
	{
		name: "the responder hangs up, and nobody tells", faults: told(simulator.HookStatus, simulator.Drop), of: []string{"Alice"},
		levels: "Alice", want: models.Connected,
		goes: func(l *line, caller *phone) {
			alice := l.rung("Alice").answers().hears("to take").presses("1").talks()
			caller.talks()
			alice.hangsUp()
			caller.hears("hung up").ends("completed")
		},
	},
	{
		name: "the caller leaves while a phone rings, and it is told late", of: []string{theCaller, "Alice"},
		faults: []simulator.Rule{{Match: simulator.Match{Kind: simulator.HookStatus}, Do: simulator.Delay, Delay: 1}},
		levels: "Alice Bob", route: longRing, want: models.Abandoned,
		goes: func(l *line, caller *phone) {
			alice := l.rung("Alice")
			caller.hears(music).hangsUp()
			alice.ends("canceled")
		},
	},
	{
		name: "everything is told and asked twice", of: []string{theCaller, "Alice", "Bob"},
		faults: slices.Concat(told(simulator.HookStatus, simulator.Duplicate), told(simulator.HookDocument, simulator.Duplicate)),
		levels: "Alice Bob", route: withKeypress, want: models.Connected, goes: declinedAndTaken,
	},
	{
		name: "everything is told in another order", faults: told(simulator.HookStatus, simulator.Reorder), of: []string{theCaller, "Alice", "Bob"},
		levels: "Alice Bob", route: withKeypress, want: models.Connected, goes: declinedAndTaken,
	},
	{
		name: "the caller leaves a message, and nobody tells", of: []string{theCaller}, route: withVoicemail, want: models.Voicemailed,
		faults: []simulator.Rule{
			{Match: simulator.Match{Kind: simulator.HookRecording}, Do: simulator.Drop},
			{Match: simulator.Match{Path: "/twilio/voicemail-done/"}, Do: simulator.Drop},
		},
		goes: func(_ *line, caller *phone) {
			caller.speaksFor(3)
			caller.hangsUp()
		},
	},
}

func declinedAndTaken(l *line, caller *phone) {
	caller.hears("press 1").presses("1")
	l.rung("Alice").answers().hears("to take").presses("9").hears("next person").ends("completed")
	takenBy("Bob")(l, caller)
}

func TestTheCallGoesOnWhateverTheCarrierTells(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "callbacks", pace, false)
	var faults simulator.Faults
	lines := map[string]*line{}
	for _, c := range untolds {
		l := p.line(t, c.levels, func(r *models.Route) {
			if c.route != nil {
				c.route(r)
			}
		})
		for _, name := range c.of {
			number := l.from
			if name != theCaller {
				number = l.people[name].number
			}
			for _, rule := range c.faults {
				rule.Match.Phone = number
				faults.Rules = append(faults.Rules, rule)
			}
		}
		lines[c.name] = l
	}
	p.carrier.SetFaults(faults)
	for _, c := range untolds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := lines[c.name].in(t)
			c.goes(l, l.calls())
			l.ended(c.want)
		})
	}
}
