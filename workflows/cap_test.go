package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

func TestTheLongestWaitEndsTheHunt(t *testing.T) {
	t.Run("while phones ring, which are ended", func(t *testing.T) {
		for levels, want := range map[string]struct{ dialled, hungUp string }{
			"Alice Bob Carol":                 {"Alice 0, Bob 28", "Bob 40"},
			"Alice Bob Carol all_at_once":     {"Alice 0, Bob 0, Carol 0", ""},
			"Alice Bob Carol staggered 15":    {"Alice 0, Bob 15, Carol 30", "Bob 40, Carol 40"},
			"Alice Bob / Carol Dave shuffled": {"Alice 0, Bob 28", "Bob 40"},
			"Alice / Bob Carol all_at_once":   {"Alice 0, Bob 28, Carol 28", "Bob 40, Carol 40"},
		} {
			t.Run(levels, func(t *testing.T) {
				s := newScene(t, levels, withMaxWait(40))
				s.at(0, s.asks("hold"))
				s.at(41, s.asks("say nobody"))
				s.at(50, s.hangsUp())
				call := s.ends(models.Unanswered, 50)
				s.dialled(want.dialled)
				s.hungUpOn(want.hungUp)
				if long := strings.Contains(story(call), "[40] the caller has waited long enough"); long != (want.hungUp != "") {
					t.Errorf("told: %s", story(call))
				}
			})
		}
	})
	t.Run("but who has just picked up may still take the call", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol all_at_once / Dave", withMaxWait(20))
		s.at(0, s.asks("hold"))
		s.at(19, s.picksUp("Alice", "screen 1"))
		s.at(35, s.presses("Alice", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0, Bob 0, Carol 0")
		s.hungUpOn("Bob 20, Carol 20")
		attempts(t, call, "Alice picked_up accepted, Bob canceled ending, Carol canceled ending")
	})
	t.Run("and nobody is rung when they do not take it", func(t *testing.T) {
		s := newScene(t, "Alice Bob / Dave", withMaxWait(20))
		s.at(0, s.asks("hold"))
		s.at(19, s.picksUp("Alice", "screen 1"))
		s.at(34, s.asks("hold quietly"))
		s.at(35, s.presses("Alice", 1, "9", "say declined"))
		s.at(36, s.asks("say nobody"))
		s.at(37, s.legEnds("Alice"))
		s.at(60, s.hangsUp())
		s.ends(models.Unanswered, 60)
		s.dialled("Alice 0")
		s.hungUpOn("")
	})
	t.Run("and their window is not longer than any", func(t *testing.T) {
		s := newScene(t, "Alice Bob", withMaxWait(20))
		s.at(0, s.asks("hold"))
		s.at(19, s.picksUp("Alice", "screen 1"))
		s.at(50, s.asks("say nobody"))
		s.at(60, s.hangsUp())
		s.ends(models.Unanswered, 60)
		s.dialled("Alice 0")
		s.hungUpOn("Alice 49")
	})
	t.Run("while a second phone would have its turn", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once", withDesk(1), withMaxWait(20))
		s.at(0, s.asks("hold"))
		s.at(60, s.hangsUp())
		s.ends(models.Unanswered, 60)
		s.dialled("Alice 0, Bob 0")
	})
	t.Run("of dials that never have their turn", func(t *testing.T) {
		s := newScene(t, "Alice Bob", withMaxWait(150))
		s.carrier.ring = map[string][]ringing{"Alice": {queued}}
		s.at(0, s.asks("hold"))
		s.at(200, s.hangsUp())
		s.ends(models.Unanswered, 200)
		s.dialled("Alice 0, Alice 60, Alice 120")
		s.hungUpOn("Alice 150")
	})
	t.Run("counted from the key that the caller pressed", func(t *testing.T) {
		s := newScene(t, "Alice Bob", withKeypress, withMaxWait(40))
		s.at(0, s.asks("ask_key 1"))
		s.at(15, s.keys(1, "1", "hold"))
		s.at(70, s.hangsUp())
		s.ends(models.Unanswered, 70)
		s.dialled("Alice 15, Bob 43")
		s.hungUpOn("Bob 55")
	})
}

// One phone may take its turn of a minute, 30 s to ring, 2 s of grace and 30 s to decide.
func TestOnlyAHuntThatMayOutlastTheLongestWaitStartsATimerForIt(t *testing.T) {
	for name, c := range map[string]struct {
		levels  string
		maxWait int
		timer   bool
	}{
		"one phone, and the wait is a second too short": {"Alice", 121, true},
		"one phone, and the wait is just enough":        {"Alice", 122, false},
		"two one by one":                                {"Alice Bob", 200, true},
		"two at once":                                   {"Alice Bob all_at_once", 200, false},
		"two staggered":                                 {"Alice Bob staggered 60", 181, true},
		"two staggered, and the wait is just enough":    {"Alice Bob staggered 60", 182, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, c.levels, withMaxWait(c.maxWait))
			s.at(0, s.asks("hold"))
			s.at(5, s.picksUp("Alice", "screen 1"))
			s.at(9, s.presses("Alice", 1, "1", "join"))
			s.at(300, s.hangsUp(), s.legEnds("Alice"))
			s.ends(models.Connected, 300)
			wait := time.Duration(c.maxWait) * time.Second
			if got := slices.Contains(s.timers, wait); got != c.timer {
				t.Errorf("a timer for the longest wait: %v, want %v; of %v", got, c.timer, s.timers)
			}
			if slices.Contains(s.fired, wait) {
				t.Error("the timer is left when somebody has taken the call")
			}
		})
	}
}
