package workflows_test

import (
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestStaggered(t *testing.T) {
	t.Run("the next is rung after the stagger, while the earlier ones ring on", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol staggered 10 / Dave")
		s.at(0, s.asks("hold"))
		s.at(60, s.hangsUp())
		call := s.ends(models.Abandoned, 60)
		s.dialled("Alice 0, Bob 10, Carol 20, Dave 48")
		s.hungUpOn("Dave 60")
		attempts(t, call, "Alice no_answer ending, Bob no_answer ending, Carol no_answer ending, Dave canceled ending")
	})
	t.Run("the next is rung at once when the try of the last one is over", func(t *testing.T) {
		for name, over := range map[string]func(*scene){
			"busy": func(s *scene) { s.carrier.ring["Alice"] = []ringing{comes(models.ResultBusy, 4)} },
			"declined": func(s *scene) {
				s.at(2, s.picksUp("Alice", "screen 1"))
				s.at(4, s.presses("Alice", 1, "9", "say declined"))
				s.at(5, s.legEnds("Alice"))
			},
		} {
			t.Run(name, func(t *testing.T) {
				s := newScene(t, "Alice Bob Carol staggered 10")
				s.at(0, s.asks("hold"))
				over(s)
				s.at(20, s.hangsUp())
				s.ends(models.Abandoned, 20)
				s.dialled("Alice 0, Bob 4, Carol 14")
				s.hungUpOn("Bob 20, Carol 20")
			})
		}
	})
	t.Run("the end of an earlier one's try hurries nobody", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol staggered 10")
		s.carrier.ring = map[string][]ringing{"Alice": {comes(models.ResultBusy, 12)}}
		s.at(0, s.asks("hold"))
		s.at(25, s.hangsUp())
		s.ends(models.Abandoned, 25)
		s.dialled("Alice 0, Bob 10, Carol 20")
	})
	t.Run("the second phone of one whose first is busy is part of their try", func(t *testing.T) {
		s := newScene(t, "Alice Bob staggered 10", withDesk(1))
		s.carrier.ring = map[string][]ringing{"Alice": {comes(models.ResultBusy, 4), rings}}
		s.at(0, s.asks("hold"))
		s.at(20, s.hangsUp())
		s.ends(models.Abandoned, 20)
		s.dialled("Alice 0, Alice 4, Bob 10")
	})
	t.Run("an earlier one accepts while a later one rings, and no further one is rung", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol staggered 10 / Dave")
		s.at(0, s.asks("hold"))
		s.at(8, s.picksUp("Alice", "screen 1"))
		s.at(12, s.presses("Alice", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0, Bob 10")
		s.hungUpOn("Bob 12")
		attempts(t, call, "Alice picked_up accepted, Bob canceled ending")
	})
	t.Run("a later one accepts while an earlier one rings", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol staggered 10")
		s.at(0, s.asks("hold"))
		s.at(13, s.picksUp("Bob", "screen 1"))
		s.at(15, s.presses("Bob", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Bob"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0, Bob 10")
		s.hungUpOn("Alice 15")
		attempts(t, call, "Alice canceled ending, Bob picked_up accepted")
	})
	t.Run("the caller leaves between two", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol staggered 10")
		s.at(0, s.asks("hold"))
		s.at(12, s.hangsUp())
		s.ends(models.Abandoned, 12)
		s.dialled("Alice 0, Bob 10")
		s.hungUpOn("Alice 12, Bob 12")
	})
}

// The order of a shuffled level is drawn when the plan is made. The run keeps to it.
func TestAShuffledLevelIsRungOneByOneInTheOrderOfThePlan(t *testing.T) {
	s := newScene(t, "Carol Alice Bob shuffled / Dave")
	s.carrier.ring = map[string][]ringing{"Alice": {comes(models.ResultBusy, 4)}}
	s.at(0, s.asks("hold"))
	s.at(70, s.hangsUp())
	call := s.ends(models.Abandoned, 70)
	s.dialled("Carol 0, Alice 28, Bob 32, Dave 60")
	attempts(t, call, "Carol no_answer ending, Alice busy ending, Bob no_answer ending, Dave canceled ending")
}
