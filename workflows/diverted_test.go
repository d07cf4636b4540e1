package workflows_test

import (
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// diverts is the carrier that connects the caller to a number by itself, because a document of ours
// could not be had. Nobody tells of it.
func (s *scene) diverts(to models.Phone) func() {
	return func() {
		s.carrier.mu.Lock()
		defer s.carrier.mu.Unlock()
		s.carrier.standing = map[string]activities.Standing{callSID: {Answered: true, DialledTo: to}}
	}
}

func TestTheRunStopsWhenTheCarrierSaysThatItHasDivertedTheCaller(t *testing.T) {
	const emergency = models.Phone("+12025550166")
	for name, c := range map[string]struct {
		levels   string
		settings []func(*models.Plan)
		events   func(*scene)
		outcome  models.Outcome
		took     float64
		dialled  string
	}{
		"at the gate": {"Alice", []func(*models.Plan){withKeypress}, func(s *scene) {
			s.at(0, s.asks("ask_key 1"))
			s.at(5, s.diverts(emergency))
		}, models.Diverted, 180, ""},
		"before a dial that we were away for": {"Alice Bob Carol", nil, func(s *scene) {
			s.carrier.ring["Alice"] = []ringing{ringsOn(40)}
			s.at(0, s.asks("hold"))
			s.at(5, s.diverts(emergency))
		}, models.Diverted, 40, "Alice 0"},
		"while somebody waits for them in the room": {"Alice Bob", nil, func(s *scene) {
			s.at(0, s.asks("hold"))
			s.at(10, s.picksUp("Alice", "screen 1"))
			s.at(12, s.presses("Alice", 1, "1", "join"), s.diverts(emergency))
		}, models.Connected, 72 + 8, "Alice 0"},
		"after the responder has left": {"Alice Bob", nil, func(s *scene) {
			s.at(0, s.asks("hold"))
			s.at(10, s.picksUp("Alice", "screen 1"))
			s.at(12, s.presses("Alice", 1, "1", "join"))
			s.at(40, s.legEnds("Alice"), s.diverts(emergency))
		}, models.Connected, 55, "Alice 0"},
		"after they were asked for a message": {"", []func(*models.Plan){withVoicemail}, func(s *scene) {
			s.at(0, s.asks("record"))
			s.at(20, s.diverts(emergency))
		}, models.Diverted, 60 + 10, ""},
		"before they are forwarded, to the same number": {"Alice", []func(*models.Plan){withForward, withKeypress}, func(s *scene) {
			s.at(0, s.asks("ask_key 1"))
			s.at(5, s.diverts(lastResort))
		}, models.Diverted, 180, ""},
		"instead of the fixed number": {"", []func(*models.Plan){withForward}, func(s *scene) {
			s.at(0, s.asks("forward"))
			s.at(5, s.diverts(emergency))
		}, models.Diverted, 120, ""},
		"but not when it is the fixed number that they talk to": {"", []func(*models.Plan){withForward}, func(s *scene) {
			s.at(0, s.asks("forward"))
			s.at(5, s.diverts(lastResort))
			s.at(500, s.forwarded(true))
			s.at(505, s.hangsUp())
		}, models.Forwarded, 505, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, c.levels, c.settings...)
			c.events(s)
			s.ends(c.outcome, c.took)
			s.dialled(c.dialled)
			if s.carrier.told > 0 || len(s.carrier.ended) > 0 {
				t.Errorf("the caller is moved %d times, and hung up on at %v", s.carrier.told, s.carrier.ended)
			}
		})
	}
}

// What is spared is the line to the fixed number alone, once it is the run's own, or is about to be.
func TestWhoeverMovesOrEndsTheCallerKnowsTheFixedNumber(t *testing.T) {
	s := newScene(t, "Alice", withForward)
	s.at(0, s.asks("hold"))
	s.at(29, s.asks("forward"))
	s.at(60, s.forwarded(true))
	s.at(80, s.hangsUp())
	s.ends(models.Forwarded, 80)
	s.spared(lastResort, lastResort)

	s = newScene(t, "Alice", withForward)
	s.at(0, s.asks("hold"))
	s.at(10, s.cancelled())
	s.endsCancelled(models.Failed, 10)
	s.spared("")

	s = newScene(t, "Alice", func(p *models.Plan) { p.Nobody.Number = lastResort }) // of no use to a message
	s.at(0, s.asks("hold"))
	s.at(149, s.hangsUp())
	s.ends(models.Unanswered, 149)
	s.spared("", "")
}

func (s *scene) spared(want ...models.Phone) {
	s.t.Helper()
	for i, fixed := range s.carrier.fixed {
		if len(want) != len(s.carrier.fixed) || fixed != want[i] {
			s.t.Errorf("spared are %d numbers, the %dth %q", len(s.carrier.fixed), i+1, string(fixed))
		}
	}
	if len(s.carrier.fixed) == 0 {
		s.t.Errorf("the caller was neither moved nor hung up on")
	}
}

// The carrier refuses to show a number that is none.
func TestTheFixedNumberIsShownTheCallerOrElseTheNumberThatTheyCalled(t *testing.T) {
	for name, c := range map[string]struct{ caller, shown models.Phone }{
		"a caller": {caller, ""}, "a caller whose number is withheld": {"", ours},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "", withForward)
			s.in.Caller = c.caller
			s.at(0, func() {
				s.ask(workflows.UpdateAnswer, workflows.Asked{AnswerBy: monday.Add(seconds(2))}, func(a models.Answer) {
					if a.Do != models.DoForward || a.Shown != c.shown {
						t.Errorf("%s, showing %q", a.Do, string(a.Shown))
					}
				})
			})
			s.at(60, s.hangsUp())
			s.ends(models.Unanswered, 60)
		})
	}
}
