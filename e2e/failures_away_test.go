package e2e

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// awayPace is slow enough for a call to outlast an absence of some seconds in every stage.
const awayPace = 2

// absences are the parts without which no run can decide, each in a system of its own.
var absences = map[string]struct{ leave, comeBack func(p *parts) }{
	"worker":          {func(p *parts) { p.stopWorker() }, func(p *parts) { p.startWorker() }},
	"temporal":        {func(p *parts) { p.toTemporal.cut() }, func(p *parts) { p.toTemporal.mend() }},
	"temporal-silent": {func(p *parts) { p.toTemporal.stall() }, func(p *parts) { p.toTemporal.mend() }},
}

// stay is a call during which a part leaves and comes back.
type stay struct {
	name   string
	levels string
	route  func(*models.Route)
	begins func(c *stayCall) // until the part leaves; nil: nobody calls before
	acts   func(c *stayCall) // what people do while it is away
	hears  func(c *stayCall) // what they hear meanwhile
	goesOn func(c *stayCall) // when it is back
	known  bool              // somebody has called the number before
	want   models.Outcome
}

// stayCall is such a call while it lasts.
type stayCall struct {
	*line
	stay
	caller, alice *phone
}

// What a caller hears who waits, and whoever has to be put off.
const (
	music   = "/audio/music"
	aMoment = "One moment"
)

func longRing(r *models.Route) { r.RingSeconds = 60 }

var stays = []stay{
	{
		name: "arriving", levels: "Alice", want: models.Connected,
		acts:  func(c *stayCall) { c.caller = c.calls() },
		hears: func(c *stayCall) { c.announced(1) },
		goesOn: func(c *stayCall) {
			c.caller.hears(music)
			c.alice = c.rung("Alice").answers().hears("to take").presses("1")
		},
	},
	{
		name: "at the gate", levels: "Alice", want: models.Connected,
		route: func(r *models.Route) {
			withKeypress(r)
			r.Keypress.Prompt = "Please press 1 to be connected. " + strings.Repeat("Otherwise please write to us. ", 20)
		},
		begins: func(c *stayCall) { c.caller.hears("press 1") },
		acts:   func(c *stayCall) { c.caller.presses("1") },
		hears:  func(c *stayCall) { c.caller.hears(aMoment) },
		goesOn: func(c *stayCall) { // their key may have been noted, or they are asked once more
			c.caller.pressesUntil("1", func(ctx context.Context) error {
				_, err := c.caller.leg.WaitHeard(ctx, music)
				return err
			})
			c.alice = c.rung("Alice").answers().hears("to take").presses("1")
		},
	},
	{
		name: "while a phone rings that is picked up", levels: "Alice", want: models.Connected,
		begins: func(c *stayCall) { c.alice = c.rung("Alice") },
		acts:   func(c *stayCall) { c.alice.answers() },
		hears:  func(c *stayCall) { c.alice.hears(aMoment) },
		goesOn: func(c *stayCall) { c.alice.hears("to take").presses("1") },
	},
	{
		name: "while a phone rings that is rejected", levels: "Bob Alice", want: models.Connected,
		begins: func(c *stayCall) { c.rung("Bob") },
		acts:   func(c *stayCall) { c.people["Bob"].rejects() },
		hears:  func(c *stayCall) { c.people["Bob"].ends("busy") },
		goesOn: func(c *stayCall) { c.alice = c.rung("Alice").answers().hears("to take").presses("1") },
	},
	{
		name: "while the caller leaves a message", route: withVoicemail, want: models.Voicemailed,
		begins: func(c *stayCall) { c.caller.speaksFor(3) },
		acts:   func(c *stayCall) { c.caller.presses("#") },
		hears:  func(c *stayCall) { c.caller.hears("has been recorded") },
	},
	{
		name: "while they talk on", levels: "Alice", want: models.Connected,
		begins: func(c *stayCall) { c.alice = c.rung("Alice").answers().hears("to take").presses("1").talks() },
	},
	{
		name: "while they talk, and the caller hangs up", levels: "Alice", want: models.Connected,
		begins: func(c *stayCall) { c.rung("Alice").answers().hears("to take").presses("1").talks() },
		acts:   func(c *stayCall) { c.caller.talks().hangsUp() },
		hears:  func(c *stayCall) { c.people["Alice"].hears("hung up") },
	},
	{
		name: "while a phone rings, and the caller hangs up", levels: "Bob Alice", want: models.Abandoned,
		begins: func(c *stayCall) { c.rung("Bob") },
		acts:   func(c *stayCall) { c.caller.hangsUp() },
		goesOn: func(c *stayCall) { c.people["Bob"].ends("canceled") },
	},
	{
		name: "while a responder hears the prompt", levels: "Alice", want: models.Connected,
		route: func(r *models.Route) {
			r.Accept.Prompt = "Press 1 to take it. " + strings.Repeat("Somebody needs you now. ", 6)
		},
		begins: func(c *stayCall) { c.alice = c.rung("Alice").answers().hears("to take") },
		acts:   func(c *stayCall) { c.alice.presses("1") },
		hears:  func(c *stayCall) { c.alice.hears(aMoment) },
		goesOn: func(c *stayCall) { c.alice.talks() }, // who has pressed the key need not press it again
	},
}

// Workers, or Temporal itself, leave in the middle of calls of every stage and come back: each goes
// on, and nobody is rung twice.
func TestCallsGoOnWhenWhatDecidesIsBack(t *testing.T) {
	t.Parallel()
	for name, absence := range absences {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newParts(t, t, "away-"+name, awayPace, false)
			p.without(t, stays, func() { absence.leave(p) }, func() { absence.comeBack(p) })
			p.answeredInTime(t)
		})
	}
}

// without has calls go through the absence of a part. It comes back when everybody has heard what
// they hear meanwhile.
func (p *parts) without(t *testing.T, stays []stay, leave, comeBack func()) {
	var begun, noticed, ended sync.WaitGroup
	left, back := make(chan struct{}), make(chan struct{})
	begun.Add(len(stays))
	noticed.Add(len(stays))
	for _, s := range stays {
		ended.Go(func() {
			t.Run(s.name, func(t *testing.T) {
				hasBegun, hasNoticed := sync.OnceFunc(begun.Done), sync.OnceFunc(noticed.Done)
				defer hasNoticed() // when it fails, the others go on
				defer hasBegun()
				c := p.begin(t, s)
				hasBegun()
				<-left
				c.does(c.acts)
				c.does(c.hears)
				hasNoticed()
				<-back
				c.does(c.goesOn)
				c.ends()
			})
		})
	}
	begun.Wait()
	leave()
	close(left)
	noticed.Wait()
	comeBack()
	close(back)
	ended.Wait()
}

// begin brings a call to its stage. One that is to arrive later is not placed yet.
func (p *parts) begin(t *testing.T, s stay) *stayCall {
	t.Helper()
	settings := []func(*models.Route){longRing}
	if s.route != nil {
		settings = append(settings, s.route)
	}
	c := &stayCall{line: p.line(t, s.levels, settings...), stay: s}
	if s.known {
		c.calls().hears("press 1").hangsUp()
		c.ended(models.Abandoned)
	}
	if s.begins != nil {
		c.caller = c.calls()
		s.begins(c)
	}
	return c
}

func (c *stayCall) does(what func(*stayCall)) {
	if what != nil {
		what(c)
	}
}

// ends has them talk, where they are to, and checks the call.
func (c *stayCall) ends() {
	c.t.Helper()
	if c.alice != nil {
		c.alice.talks()
		c.caller.talks().hangsUp()
		c.alice.hears("hung up")
	}
	c.ended(c.want)
}

// announced waits until the call has been announced to us so many times, and answered.
func (l *line) announced(times int) {
	l.t.Helper()
	l.awaitEvent(func(e simulator.Event) bool {
		if e.Kind == simulator.EventWebhook && e.Call == l.leg.SID && strings.HasSuffix(e.URL, "/twilio/voice") && e.HTTPStatus == http.StatusOK {
			times--
		}
		return times == 0
	})
}

// awaitEvent waits for something in the carrier's story.
func (l *line) awaitEvent(is func(simulator.Event) bool) simulator.Event {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	for e := range l.s.carrier.Events(ctx, 0) {
		if is(e) {
			return e
		}
	}
	l.t.Fatal("it does not happen")
	return simulator.Event{}
}

// speaksFor waits for the tone, and until so much of what the caller says is recorded. They speak on.
func (p *phone) speaksFor(d simulator.Seconds) {
	p.t.Helper()
	p.leg.Speak("The database is down", 60)
	eventually(p.t, "they are recorded", func() bool {
		return slices.ContainsFunc(p.leg.Heard(), func(h simulator.Heard) bool { return h.Kind == simulator.SoundRecording && h.Lasted >= d })
	})
}

// pressesUntil is what somebody does who was put off after they had pressed the key.
func (p *phone) pressesUntil(key string, heard func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	for {
		within, stop := context.WithTimeout(ctx, 100*time.Millisecond)
		err := heard(within)
		stop()
		switch {
		case err == nil:
			return
		case ctx.Err() != nil || p.leg.Status() != simulator.StatusInProgress:
			p.t.Fatalf("%v; heard %+v", err, p.leg.Heard())
		}
		p.presses(key)
	}
}

// answersWithin is how long a webhook may take to be answered, whatever is away: 1.6 s, and what a
// busy machine adds.
const answersWithin = 2500 * time.Millisecond

// answeredInTime holds that no webhook was kept waiting.
func (p *parts) answeredInTime(t *testing.T) {
	t.Helper()
	for _, e := range p.carrier.History() {
		if took := time.Duration(e.Millis) * time.Millisecond; e.Kind == simulator.EventWebhook && took > answersWithin {
			t.Errorf("%s took %v", e.URL, took)
		}
	}
}
