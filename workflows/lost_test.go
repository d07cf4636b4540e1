package workflows_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// taken is a call that Alice took after 12 s.
func taken(t *testing.T, levels string, settings ...func(*models.Plan)) *scene {
	s := newScene(t, levels, settings...)
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Alice", "screen 1"))
	s.at(12, s.presses("Alice", 1, "1", "join"))
	return s
}

func TestAResponderIsLostBeforeTheyMetTheCaller(t *testing.T) {
	t.Run("and the next takes the call", func(t *testing.T) {
		s := taken(t, "Alice Bob")
		s.at(15, s.loses("Alice"))
		s.at(16, s.answeredBy(""), s.asks("hold quietly"), s.presses("Alice", 1, "1", "say passed"))
		s.at(20, s.picksUp("Bob", "screen 1"))
		s.at(22, s.presses("Bob", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Bob"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0, Bob 15")
		s.hungUpOn("")
		attempts(t, call, "Alice picked_up ending, Bob picked_up accepted")
		if call.AnsweredBy != "bob" || !call.ConnectedAt.Equal(monday.Add(seconds(22))) || s.carrier.rooms != 1 {
			t.Errorf("answered by %q at %v; asked %d times whether they met", call.AnsweredBy, call.ConnectedAt, s.carrier.rooms)
		}
		var told []string
		for _, a := range s.carrier.alerts {
			told = append(told, a.AnsweredBy)
		}
		if !slices.Equal(told, []string{"", "alice", "", "bob", "bob"}) {
			t.Errorf("the alert says that it was answered by %q", told)
		}
	})
	t.Run("and nobody else takes the call", func(t *testing.T) {
		s := taken(t, "Alice Bob")
		s.carrier.ring["Bob"] = []ringing{comes(models.ResultBusy, 3)}
		s.at(15, s.loses("Alice"))
		s.at(19, s.asks("say nobody"))
		s.at(25, s.hangsUp())
		call := s.ends(models.Unanswered, 25)
		s.dialled("Alice 0, Bob 15")
		attempts(t, call, "Alice picked_up ending, Bob busy ending")
		if call.AnsweredBy != "" || call.ConnectedAt != nil {
			t.Errorf("answered by %q at %v", call.AnsweredBy, call.ConnectedAt)
		}
	})
	t.Run("and nobody else is there", func(t *testing.T) {
		s := taken(t, "Alice")
		s.at(15, s.loses("Alice"))
		s.at(16, s.asks("say nobody"))
		s.at(25, s.hangsUp())
		call := s.ends(models.Unanswered, 25)
		if call.ConnectedAt != nil || s.carrier.told != 1 {
			t.Errorf("connected at %v, told %d times", call.ConnectedAt, s.carrier.told)
		}
	})
	t.Run("and so is the next", func(t *testing.T) {
		s := taken(t, "Alice Bob / Carol")
		s.at(15, s.loses("Alice"))
		s.at(20, s.picksUp("Bob", "screen 1"))
		s.at(22, s.presses("Bob", 1, "1", "join"))
		s.at(24, s.loses("Bob"))
		s.at(40, s.hangsUp())
		call := s.ends(models.Abandoned, 40)
		s.dialled("Alice 0, Bob 15, Carol 24")
		attempts(t, call, "Alice picked_up ending, Bob picked_up ending, Carol canceled ending")
		if call.AnsweredBy != "" || call.ConnectedAt != nil {
			t.Errorf("answered by %q at %v", call.AnsweredBy, call.ConnectedAt)
		}
	})
	t.Run("and the run was told late", func(t *testing.T) {
		s := taken(t, "Alice Bob")
		s.carrier.met = false
		s.at(50, func() {
			s.env.SignalWorkflow(workflows.SignalLegOver, workflows.LegOver{Attempt: "1.alice.1.1", Leg: alicesLeg, At: monday.Add(seconds(14))})
		})
		s.at(60, s.hangsUp())
		s.ends(models.Abandoned, 60)
		s.dialled("Alice 0, Bob 50")
	})
	t.Run("and the caller leaves meanwhile", func(t *testing.T) {
		s := taken(t, "Alice Bob")
		s.at(15, s.loses("Alice"))
		s.at(18, s.hangsUp())
		call := s.ends(models.Abandoned, 18)
		s.dialled("Alice 0, Bob 15")
		s.hungUpOn("Bob 18")
		if call.ConnectedAt != nil {
			t.Errorf("connected at %v", call.ConnectedAt)
		}
	})
}

func TestWhenAResponderIsLostWhoeverWasRungIsNotRungAgain(t *testing.T) {
	t.Run("but the next level is", func(t *testing.T) {
		s := taken(t, "Alice Bob all_at_once / Carol")
		s.at(15, s.loses("Alice"))
		s.at(20, s.hangsUp())
		s.ends(models.Abandoned, 20)
		s.dialled("Alice 0, Bob 0, Carol 15")
		s.hungUpOn("Bob 12, Carol 20")
	})
	t.Run("but those who had not had their turn are, in the way of their level", func(t *testing.T) {
		s := taken(t, "Alice Bob Carol Dave staggered 15")
		s.at(16, s.loses("Alice"))
		s.at(40, s.hangsUp())
		s.ends(models.Abandoned, 40)
		s.dialled("Alice 0, Bob 16, Carol 31")
		s.hungUpOn("Bob 40, Carol 40")
	})
	t.Run("nor are their other phones", func(t *testing.T) {
		s := taken(t, "Alice Bob", withDesk(1))
		s.at(15, s.loses("Alice"))
		s.at(20, s.hangsUp())
		s.ends(models.Abandoned, 20)
		s.dialled("Alice 0, Bob 15")
	})
}

func TestWhenAResponderIsLostWhoHearsThePromptMayStillTakeTheCall(t *testing.T) {
	t.Run("and nobody else is rung any more", func(t *testing.T) {
		s := taken(t, "Alice Bob all_at_once / Carol")
		s.at(11, s.picksUp("Bob", "screen 1"))
		s.at(15, s.loses("Alice"))
		s.at(20, s.presses("Bob", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Bob"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0, Bob 0, Carol 15")
		s.hungUpOn("Carol 20")
		attempts(t, call, "Alice picked_up ending, Bob picked_up accepted, Carol canceled ending")
	})
	t.Run("and the caller is told that nobody takes it only when they do not", func(t *testing.T) {
		s := taken(t, "Alice Bob all_at_once")
		s.at(11, s.picksUp("Bob", "screen 1"))
		s.at(15, s.loses("Alice"))
		s.at(40.9, s.asks("hold quietly"))
		s.at(41.1, s.asks("say nobody"))
		s.at(50, s.hangsUp())
		s.ends(models.Unanswered, 50)
		s.hungUpOn("Bob 41")
	})
	t.Run("unless they have heard that another took it", func(t *testing.T) {
		s := taken(t, "Alice Bob all_at_once")
		s.at(11, s.picksUp("Bob", "screen 1"))
		s.at(13, s.presses("Bob", 1, "1", "say taken"))
		s.at(15, s.loses("Alice"))
		s.at(16, s.legEnds("Bob"))
		s.at(17, s.asks("say nobody"))
		s.at(20, s.hangsUp())
		s.ends(models.Unanswered, 20)
		s.hungUpOn("")
	})
}

func TestWhenAResponderIsLostTheLongestWaitStillEndsTheHunt(t *testing.T) {
	t.Run("while the next one rings", func(t *testing.T) {
		s := taken(t, "Alice Bob Carol", withMaxWait(40))
		s.at(15, s.loses("Alice"))
		s.at(41, s.asks("say nobody"))
		s.at(50, s.hangsUp())
		s.ends(models.Unanswered, 50)
		s.dialled("Alice 0, Bob 15")
		s.hungUpOn("Bob 40")
	})
	t.Run("before anybody else is rung", func(t *testing.T) {
		s := newScene(t, "Alice Bob", withMaxWait(20))
		s.at(0, s.asks("hold"))
		s.at(18, s.picksUp("Alice", "screen 1"))
		s.at(25, s.presses("Alice", 1, "1", "join"))
		s.at(27, s.loses("Alice"))
		s.at(28, s.asks("say nobody"))
		s.at(40, s.hangsUp())
		s.ends(models.Unanswered, 40)
		s.dialled("Alice 0")
	})
}

func TestAResponderWhoLeavesAfterTheyMetTheCallerEndsTheTalk(t *testing.T) {
	for name, c := range map[string]struct {
		events func(*scene)
		asked  int // how often the room is asked about
		took   float64
	}{
		"soon, and the room says that they met": {func(s *scene) {
			s.at(15, s.legEnds("Alice"))
			s.at(18, s.hangsUp())
		}, 1, 18},
		"soon, and the carrier does not say": {func(s *scene) {
			s.carrier.deaf = true
			s.at(15, s.legEnds("Alice"))
			s.at(80, s.hangsUp()) // it is asked for the better part of a minute
		}, 10, 80},
		"ten seconds after they took the call": {func(s *scene) {
			s.at(22, s.legEnds("Alice"))
			s.at(25, s.hangsUp())
		}, 1, 25},
		"later than that": {func(s *scene) {
			s.at(22.1, s.loses("Alice"))
			s.at(25, s.hangsUp())
		}, 0, 25},
		"soon, after the caller has left": {func(s *scene) {
			s.at(14, s.hangsUp())
			s.at(15, s.loses("Alice"))
		}, 0, 15},
	} {
		t.Run(name, func(t *testing.T) {
			s := taken(t, "Alice Bob")
			c.events(s)
			call := s.ends(models.Connected, c.took)
			s.dialled("Alice 0")
			if s.carrier.rooms != c.asked || call.AnsweredBy != "alice" || call.ConnectedAt == nil || strings.Contains(story(call), "was lost") {
				t.Errorf("the room was asked about %d times, want %d; answered by %q; %s", s.carrier.rooms, c.asked, call.AnsweredBy, story(call))
			}
		})
	}
}

// The responder was first in the room, and left it while the caller was still greeted: the room has
// seen somebody, and is over.
func TestAResponderLeavesBeforeTheGreetingIsOver(t *testing.T) {
	leaves := func(t *testing.T, levels string) *scene {
		s := taken(t, levels)
		s.at(15, s.legEnds("Alice"))
		return s
	}
	comesIn := func(s *scene) func() { // the caller, who waits there
		return func() {
			s.carrier.mu.Lock()
			defer s.carrier.mu.Unlock()
			s.carrier.met = false
		}
	}
	t.Run("and the next is rung as soon as the caller is seen to wait", func(t *testing.T) {
		s := leaves(t, "Alice Bob")
		s.at(20, comesIn(s))
		s.at(40, s.picksUp("Bob", "screen 1"))
		s.at(42, s.presses("Bob", 1, "1", "join"), s.answeredBy(""))
		s.at(80, s.hangsUp(), s.legEnds("Bob"))
		call := s.ends(models.Connected, 80)
		s.dialled("Alice 0, Bob 30")
		attempts(t, call, "Alice picked_up ending, Bob picked_up accepted")
		if call.AnsweredBy != "bob" || s.carrier.told > 0 {
			t.Errorf("answered by %q, the caller is told %d times that they have left", call.AnsweredBy, s.carrier.told)
		}
	})
	t.Run("however long it is", func(t *testing.T) {
		s := leaves(t, "Alice Bob")
		s.at(100, comesIn(s))
		s.at(110, s.hangsUp())
		s.ends(models.Abandoned, 110)
		s.dialled("Alice 0, Bob 105")
	})
	t.Run("and nobody else is there", func(t *testing.T) {
		s := leaves(t, "Alice")
		s.at(20, comesIn(s))
		s.at(31, s.asks("say nobody"))
		s.at(40, s.hangsUp())
		s.ends(models.Unanswered, 40)
	})
	t.Run("which no greeting lasts for: the caller is told that they have left", func(t *testing.T) {
		s := leaves(t, "Alice Bob")
		s.at(136, s.asks("say other_left"))
		s.at(140, s.hangsUp())
		s.ends(models.Connected, 140)
		s.dialled("Alice 0")
		if s.carrier.told != 1 || len(s.carrier.ended) > 0 {
			t.Errorf("told %d times, hung up on at %v", s.carrier.told, s.carrier.ended)
		}
	})
	t.Run("and so does the caller", func(t *testing.T) {
		s := leaves(t, "Alice Bob")
		s.at(35, s.hangsUp())
		s.ends(models.Connected, 35)
		s.dialled("Alice 0")
	})
	t.Run("and the caller is diverted", func(t *testing.T) {
		s := leaves(t, "Alice Bob")
		s.at(35, s.diverted())
		s.ends(models.Connected, 35)
		s.dialled("Alice 0")
	})
	t.Run("and the run is cancelled", func(t *testing.T) {
		s := leaves(t, "Alice Bob")
		s.at(35, s.cancelled())
		s.endsCancelled(models.Connected, 35)
		s.dialled("Alice 0")
	})
}

// A responder who never came into the room is over late, because nobody told of it.
func TestACallerWhoWaitsLongAfterAResponderHasTakenTheCallIsFoundAnother(t *testing.T) {
	s := taken(t, "Alice Bob")
	s.at(40, s.loses("Alice"))
	s.at(60, s.hangsUp())
	s.ends(models.Abandoned, 60)
	s.dialled("Alice 0, Bob 55")
}
