package workflows_test

import (
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestTheCallerLeavesAtAnyMoment(t *testing.T) {
	for name, c := range map[string]struct {
		events  func(*scene)
		outcome models.Outcome
		took    float64
		dialled string
		hungUp  string
		want    string
	}{
		"before any answer": {
			func(s *scene) { s.at(1, s.hangsUp()) }, models.Abandoned, 1, "", "", "",
		},
		"while a phone rings": {
			func(s *scene) { s.at(0, s.asks("hold")); s.at(10, s.hangsUp()) },
			models.Abandoned, 10, "Alice 0", "Alice 10", "Alice canceled ending",
		},
		"while the second phone rings": {
			func(s *scene) { s.at(0, s.asks("hold")); s.at(40, s.hangsUp()) },
			models.Abandoned, 40, "Alice 0, Bob 28", "Bob 40", "Alice no_answer ending, Bob canceled ending",
		},
		"twice": {
			func(s *scene) { s.at(0, s.asks("hold")); s.at(10, s.hangsUp(), s.hangsUp()) },
			models.Abandoned, 10, "Alice 0", "Alice 10", "Alice canceled ending",
		},
		"while the responder hears the prompt": {
			func(s *scene) {
				s.at(0, s.asks("hold"))
				s.at(10, s.picksUp("Alice", "screen 1"))
				s.at(15, s.hangsUp())
				s.at(20, s.presses("Alice", 1, "1", "say gone"))
				s.at(23, s.legEnds("Alice"))
			},
			models.Abandoned, 23, "Alice 0", "", "Alice picked_up ending",
		},
		"while a responder hears the prompt who then never ends": {
			func(s *scene) {
				s.at(0, s.asks("hold"))
				s.at(10, s.picksUp("Alice", "screen 1"))
				s.at(15, s.hangsUp(), s.presses("Alice", 1, "1", "say gone"))
			},
			models.Abandoned, 45, "Alice 0", "Alice 45", "Alice picked_up ending",
		},
		"between the accepting and the joining": {
			func(s *scene) {
				s.at(0, s.asks("hold"))
				s.at(10, s.picksUp("Alice", "screen 1"))
				s.at(15, s.presses("Alice", 1, "1", "join"))
				s.at(16, s.hangsUp())
				s.at(17, s.presses("Alice", 1, "1", "say gone"))
			}, // a little while for the goodbye, then the leg is ended
			models.Connected, 24, "Alice 0", "Alice 24", "Alice picked_up accepted",
		},
		"after somebody declined": {
			func(s *scene) {
				s.at(0, s.asks("hold"))
				s.at(10, s.picksUp("Alice", "screen 1"))
				s.at(12, s.presses("Alice", 1, "9", "say declined"))
				s.at(13, s.hangsUp())
				s.at(14, s.legEnds("Alice"))
			},
			models.Abandoned, 14, "Alice 0, Bob 12", "Bob 13", "Alice picked_up declined, Bob canceled ending",
		},
		"while they hear that nobody takes the call": {
			func(s *scene) {
				s.at(0, s.asks("hold"))
				s.at(57, s.asks("say nobody"))
				s.at(60, s.hangsUp())
			},
			models.Unanswered, 60, "Alice 0, Bob 28", "", "Alice no_answer ending, Bob no_answer ending",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "Alice Bob")
			c.events(s)
			call := s.ends(c.outcome, c.took)
			s.dialled(c.dialled)
			s.hungUpOn(c.hungUp)
			attempts(t, call, c.want)
			if n := strings.Count(story(call), "the caller's line ended"); n != 1 {
				t.Errorf("it is told %d times that the caller left", n)
			}
			if len(s.carrier.ended) > 0 {
				t.Errorf("a caller who has left was hung up on at %v", s.carrier.ended)
			}
		})
	}
}

func TestACancelledRunLeavesNoLineAndShowsThatItWasCancelled(t *testing.T) {
	for name, c := range map[string]struct {
		events  func(*scene)
		plan    func(*models.Plan)
		outcome models.Outcome
		took    float64
		hungUp  string
		alert   bool
	}{
		"before any answer": {
			func(s *scene) { s.at(0, s.asksInVain()); s.at(2, s.cancelled()) },
			func(*models.Plan) {}, models.Failed, 2, "", false,
		},
		"at the gate": {
			func(s *scene) { s.at(0, s.asks("ask_key 1")); s.at(2, s.cancelled()) },
			withKeypress, models.Failed, 2, "", false,
		},
		"while a phone rings": {
			func(s *scene) { s.at(0, s.asks("hold")); s.at(10, s.cancelled()) },
			func(*models.Plan) {}, models.Failed, 10, "Alice 10", true,
		},
		"while the responder hears the prompt": {
			func(s *scene) {
				s.at(0, s.asks("hold"))
				s.at(10, s.picksUp("Alice", "screen 1"))
				s.at(12, s.cancelled())
				s.at(12, s.presses("Alice", 1, "1", "say gone"))
			},
			func(*models.Plan) {}, models.Failed, 12, "Alice 12", true,
		},
		"while they talk": {
			func(s *scene) {
				s.at(0, s.asks("hold"))
				s.at(10, s.picksUp("Alice", "screen 1"))
				s.at(12, s.presses("Alice", 1, "1", "join"))
				s.at(50, s.cancelled())
			},
			func(*models.Plan) {}, models.Connected, 50, "Alice 50", true,
		},
		"while the caller hears that nobody takes the call": {
			func(s *scene) { s.at(0, s.asks("hold")); s.at(60, s.cancelled()) },
			func(*models.Plan) {}, models.Failed, 60, "", true,
		},
		"while the leg of a lost dial is looked for": {
			func(s *scene) {
				s.carrier.ring["Alice"] = []ringing{lostDial}
				s.carrier.pending = seconds(20)
				s.at(0, s.asks("hold"))
				s.at(40, s.cancelled())
			},
			func(*models.Plan) {}, models.Failed, 52, "Alice 32", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "Alice Bob", c.plan)
			c.events(s)
			call := s.endsCancelled(c.outcome, c.took)
			s.hungUpOn(c.hungUp)
			if len(s.carrier.ended) != 1 {
				t.Errorf("the caller was hung up on %d times", len(s.carrier.ended))
			}
			if (call.AlertID != "") != c.alert {
				t.Errorf("alert %q", call.AlertID)
			}
		})
	}
}

func TestACancelledRunDoesNotHangUpOnACallerWhoHasLeft(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.carrier.ring["Alice"] = []ringing{lostDial}
	s.carrier.pending = seconds(20)
	s.at(0, s.asks("hold"))
	s.at(35, s.hangsUp())
	s.at(40, s.cancelled())
	s.endsCancelled(models.Failed, 52)
	if len(s.carrier.ended) > 0 {
		t.Errorf("hung up on at %v", s.carrier.ended)
	}
}

func TestACallCancelledAtItsEndEndsAsItWas(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Alice", "screen 1"))
	s.at(12, s.presses("Alice", 1, "1", "join"))
	s.at(50, s.hangsUp())
	s.at(55, s.cancelled()) // while the responder hears the goodbye
	s.ends(models.Connected, 58)
	if len(s.carrier.ended) > 0 {
		t.Error("a caller who has left was hung up on")
	}
}

func TestADivertedCallerRingsNobody(t *testing.T) {
	t.Run("before the first answer", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.at(0, s.asksInVain())
		s.at(12, s.diverted())
		s.ends(models.Diverted, 12)
		s.dialled("")
	})
	t.Run("while a phone rings", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.at(0, s.asks("hold"))
		s.at(12, s.diverted())
		s.at(12, s.picksUp("Alice", "say gone"))
		s.ends(models.Diverted, 12)
		s.dialled("Alice 0")
		s.hungUpOn("Alice 12")
		if len(s.carrier.ended) > 0 {
			t.Error("the caller was hung up on, who talks to the emergency number")
		}
	})
}

// The caller was diverted while we were away, and what was due comes before the word of it.
func TestARunThatHasNotHeardOfADiversionLeavesTheCallerAlone(t *testing.T) {
	t.Run("when the next phone is due", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol")
		s.carrier.ring = map[string][]ringing{"Bob": {returns(models.ResultDiverted, 0)}}
		s.at(0, s.asks("hold"))
		s.at(20, s.settled("Alice", models.ResultNoAnswer))
		call := s.ends(models.Diverted, 20)
		s.dialled("Alice 0, Bob 20")
		attempts(t, call, "Alice no_answer ending, Bob diverted ending")
	})
	t.Run("when nobody is left to ring", func(t *testing.T) {
		s := newScene(t, "Alice", withForward)
		s.carrier.diverted = true
		s.at(0, s.asks("hold"))
		s.at(20, s.settled("Alice", models.ResultNoAnswer))
		call := s.ends(models.Diverted, 20)
		if len(s.carrier.ended) > 0 || call.Reason != "" {
			t.Errorf("hung up on at %v: %s", s.carrier.ended, call.Reason)
		}
	})
	t.Run("when they stay for too long", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.carrier.onMove = func() { s.carrier.onEnd = func() { s.carrier.diverted = true } }
		s.at(0, s.asks("hold"))
		s.at(20, s.settled("Alice", models.ResultNoAnswer))
		s.ends(models.Diverted, -1)
		if len(s.carrier.ended) != 1 {
			t.Errorf("hung up on %d times", len(s.carrier.ended))
		}
	})
}
