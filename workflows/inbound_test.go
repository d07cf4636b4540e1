package workflows_test

import (
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
)

var over = activities.Standing{Over: true, Answered: true}

func allow(refusal string) func(*models.Plan) {
	return func(p *models.Plan) {
		p.Allowlist = models.Allowlist{
			Enabled: true, Refusal: refusal, Callers: []models.AllowedCaller{{Number: "+447700900199"}},
		}
	}
}

func TestTheFirstPersonTakesTheCall(t *testing.T) {
	s := newScene(t, "Alice / Bob")
	s.at(0, s.asks("hold"))
	s.at(5, s.picksUp("Alice", "screen 1"))
	s.at(9, s.presses("Alice", 1, "1", "join"))
	s.at(70, s.hangsUp())
	s.at(73, s.legEnds("Alice"))
	call := s.ends(models.Connected, 73)
	s.dialled("Alice 0")
	s.hungUpOn("")
	attempts(t, call, "Alice picked_up accepted")
	if call.AnsweredBy != "alice" || call.ConnectedAt == nil || !call.ConnectedAt.Equal(monday.Add(seconds(9))) {
		t.Errorf("answered by %q at %v", call.AnsweredBy, call.ConnectedAt)
	}
	a := call.Attempts[0]
	if !a.DialledAt.Equal(monday) || !a.PickedUpAt.Equal(monday.Add(seconds(5))) || !a.DecidedAt.Equal(monday.Add(seconds(9))) ||
		!a.EndedAt.Equal(monday.Add(seconds(73))) || len(a.Keys) != 1 || a.Keys[0] != "1" || a.Leg == "" {
		t.Errorf("the attempt is %+v", a)
	}
}

func TestARefusedCallerRingsNobodyAndRaisesNoAlert(t *testing.T) {
	for name, c := range map[string]struct {
		refusal string
		caller  models.Phone
		want    string
	}{
		"unanswered":           {"", caller, "reject"},
		"with a text":          {"This line is private.", caller, "say: This line is private."},
		"with a number hidden": {"", "", "reject"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "Alice", allow(c.refusal))
			s.in.Caller = c.caller
			s.at(0, s.asks(c.want))
			call := s.ends(models.Refused, 0)
			s.dialled("")
			if call.AlertID != "" || len(s.carrier.ended) > 0 {
				t.Errorf("alert %q, the caller was hung up on at %v", call.AlertID, s.carrier.ended)
			}
		})
	}
}

func TestAListedCallerPasses(t *testing.T) {
	s := newScene(t, "Alice", allow(""))
	s.in.Caller = "+447700900199"
	s.at(0, s.asks("hold"))
	s.at(10, s.hangsUp())
	s.ends(models.Abandoned, 10)
}

func TestAStaleFirstAnswerStartsNoHunt(t *testing.T) {
	s := newScene(t, "Alice")
	s.at(0, s.asksInVain())
	s.at(4, s.asks("hold"))
	s.at(10, s.hangsUp())
	s.ends(models.Abandoned, 10)
	s.dialled("Alice 4")
}

func TestACallThatIsNeverAnsweredFreshlyAsksAfterTheCallerEachMinute(t *testing.T) {
	s := newScene(t, "Alice")
	s.at(0, s.asksInVain())
	s.at(90, func() { s.carrier.standing = map[string]activities.Standing{callSID: over} })
	call := s.ends(models.Abandoned, 120)
	s.dialled("")
	if len(s.carrier.asked) != 2 || call.AlertID != "" {
		t.Errorf("asked %d times, alert %q", len(s.carrier.asked), call.AlertID)
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

func TestTheGate(t *testing.T) {
	t.Run("the key is pressed on the third try", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(8, s.keys(1, "5", "ask_key 2"))
		s.at(16, s.keys(2, "", "ask_key 3"))
		s.at(20, s.keys(3, "1", "hold"))
		s.at(30, s.hangsUp())
		s.ends(models.Abandoned, 30)
		s.dialled("Alice 20")
	})
	t.Run("three wrong keys end the call, cost nobody a ring and raise no alert", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(8, s.keys(1, "5", "ask_key 2"))
		s.at(16, s.keys(2, "", "ask_key 3"))
		s.at(20, s.keys(3, "7", "say goodbye"))
		call := s.ends(models.GateFailed, 20)
		s.dialled("")
		if call.AlertID != "" || len(s.carrier.ended) > 0 {
			t.Errorf("alert %q, the caller was hung up on at %v", call.AlertID, s.carrier.ended)
		}
	})
	t.Run("a key that is told late or again changes nothing", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(8, s.keys(1, "5", "ask_key 2"))
		s.at(9, s.keys(1, "1", "ask_key 2")) // an old prompt's key
		s.at(12, s.keys(2, "1", "hold"))
		s.at(13, s.keys(2, "1", "hold quietly"), s.keys(3, "7", "hold quietly"))
		s.at(30, s.hangsUp())
		s.ends(models.Abandoned, 30)
		s.dialled("Alice 12")
	})
	t.Run("the caller leaves", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(5, s.hangsUp())
		call := s.ends(models.Abandoned, 5)
		s.dialled("")
		if call.AlertID != "" {
			t.Error("an alert was raised")
		}
	})
	t.Run("the caller left and nobody told", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(200, func() { s.carrier.standing = map[string]activities.Standing{callSID: over} })
		s.ends(models.Abandoned, 360)
		if len(s.carrier.asked) != 2 {
			t.Errorf("asked after the caller %d times", len(s.carrier.asked))
		}
	})
	t.Run("behind it is nobody to ring", func(t *testing.T) {
		s := newScene(t, "", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(5, s.keys(1, "1", "say nobody"))
		s.at(15, s.hangsUp())
		s.ends(models.Unanswered, 15)
		if s.carrier.told > 0 {
			t.Error("the caller was moved, who hears it already")
		}
	})
}

func TestTheCallerMayAskAgainAtEachStage(t *testing.T) {
	s := newScene(t, "Alice Bob", withKeypress)
	s.at(0, s.asks("ask_key 1"))
	s.at(1, s.asks("ask_key 1"))
	s.at(4, s.keys(1, "3", "ask_key 2"))
	s.at(5, s.asks("ask_key 2"))
	s.at(10, s.keys(2, "1", "hold"))
	s.at(11, s.asks("hold quietly"))
	s.at(15, s.picksUp("Alice", "screen 1"))
	s.at(16, s.asks("hold quietly"))
	s.at(18, s.presses("Alice", 1, "1", "join"))
	s.at(30, s.legEnds("Alice"))
	s.at(31, s.asks("say other_left"))
	s.at(35, s.hangsUp())
	s.ends(models.Connected, 35)
}

func TestAPlanWithNobodyToRingAnswersSoAtOnce(t *testing.T) {
	s := newScene(t, "", func(p *models.Plan) { p.Nobody.Message = "Please write to us." })
	s.at(0, s.asks("say: Please write to us."))
	s.at(12, s.hangsUp())
	call := s.ends(models.Unanswered, 12)
	if s.carrier.told > 0 || call.AlertID == "" {
		t.Errorf("the caller was moved %d times, alert %q", s.carrier.told, call.AlertID)
	}
}

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
