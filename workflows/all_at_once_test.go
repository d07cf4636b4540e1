package workflows_test

import (
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestAllAtOnce(t *testing.T) {
	t.Run("everybody is rung in the first moment, and the first who accepts takes the call", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol all_at_once / Dave")
		s.at(0, s.asks("hold"))
		s.at(5, s.picksUp("Bob", "screen 1"))
		s.at(9, s.presses("Bob", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Bob"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0, Bob 0, Carol 0")
		s.hungUpOn("Alice 9, Carol 9")
		attempts(t, call, "Alice canceled ending, Bob picked_up accepted, Carol canceled ending")
	})
	t.Run("who hears the prompt meanwhile hears on their key that it is taken", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol all_at_once")
		s.at(0, s.asks("hold"))
		s.at(5, s.picksUp("Alice", "screen 1"))
		s.at(6, s.picksUp("Bob", "screen 1"))
		s.at(9, s.presses("Alice", 1, "1", "join"))
		s.at(10, s.answeredBy("alice")) // nobody waits for Bob
		s.at(20, s.presses("Bob", 1, "1", "say taken"))
		s.at(22, s.legEnds("Bob"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		call := s.ends(models.Connected, 60)
		s.hungUpOn("Carol 9")
		attempts(t, call, "Alice picked_up accepted, Bob picked_up ending, Carol canceled ending")
	})
	t.Run("who hears the prompt meanwhile and presses nothing is hung up on after their window", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once")
		s.at(0, s.asks("hold"))
		s.at(5, s.picksUp("Alice", "screen 1"))
		s.at(6, s.picksUp("Bob", "screen 1"))
		s.at(9, s.presses("Alice", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		call := s.ends(models.Connected, 60)
		s.hungUpOn("Bob 36")
		attempts(t, call, "Alice picked_up accepted, Bob picked_up ending")
	})
	t.Run("one who declines leaves the others ringing", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once / Carol")
		s.at(0, s.asks("hold"))
		s.at(5, s.picksUp("Alice", "screen 1"))
		s.at(8, s.presses("Alice", 1, "9", "say declined"))
		s.at(10, s.legEnds("Alice"))
		s.at(20, s.picksUp("Bob", "screen 1"))
		s.at(22, s.presses("Bob", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Bob"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0, Bob 0")
		s.hungUpOn("")
		attempts(t, call, "Alice picked_up declined, Bob picked_up accepted")
	})
	t.Run("the next level begins at the moment when the last of them fails", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol all_at_once / Dave")
		s.carrier.ring = map[string][]ringing{
			"Alice": {comes(models.ResultBusy, 3)}, "Bob": {comes(models.ResultFailed, 17)}, "Carol": {returns(models.ResultRefused, 21215)},
		}
		s.at(0, s.asks("hold"))
		s.at(30, s.hangsUp())
		call := s.ends(models.Abandoned, 30)
		s.dialled("Alice 0, Bob 0, Carol 0, Dave 17")
		attempts(t, call, "Alice busy ending, Bob failed ending, Carol refused ending, Dave canceled ending")
	})
	t.Run("the next level does not begin while somebody hears the prompt", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once / Carol")
		s.at(0, s.asks("hold"))
		s.at(20, s.picksUp("Alice", "screen 1"))
		s.at(45, s.presses("Alice", 1, "9", "say declined"))
		s.at(47, s.legEnds("Alice"))
		s.at(60, s.hangsUp())
		s.ends(models.Abandoned, 60)
		s.dialled("Alice 0, Bob 0, Carol 45")
	})
	t.Run("the phones of each are still rung in turn", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once / Carol", withDesk(1))
		s.carrier.ring = map[string][]ringing{"Alice": {comes(models.ResultBusy, 4), rings}}
		s.at(0, s.asks("hold"))
		s.at(40, s.hangsUp())
		call := s.ends(models.Abandoned, 40)
		s.dialled("Alice 0, Bob 0, Alice 4, Carol 32")
		if desk := call.Attempts[2]; desk.Label != "desk" || desk.ID != "1.alice.2.1" {
			t.Errorf("the third attempt is %+v", desk)
		}
	})
	t.Run("a second phone is not rung any more when somebody has the call", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once", withDesk(1))
		s.at(0, s.asks("hold"))
		s.at(5, s.picksUp("Bob", "screen 1"))
		s.at(9, s.presses("Bob", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Bob"))
		s.ends(models.Connected, 60)
		s.dialled("Alice 0, Bob 0")
	})
	t.Run("a leg that is looked for holds up nobody who took the call", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once")
		s.carrier.ring = map[string][]ringing{"Alice": {lostDial}, "Bob": {ringsOn(100)}}
		s.carrier.pending = seconds(60)
		s.at(0, s.asks("hold"))
		s.at(31, s.told("Bob", "screen 1"))
		s.at(40, s.presses("Bob", 1, "1", "join"))
		s.at(41, s.answeredBy("bob"))
		s.at(80, s.hangsUp(), s.legEnds("Bob"))
		s.ends(models.Connected, 92)
		s.hungUpOn("Alice 32")
	})
}

// A dial that is given up while it may still wait for its turn tells itself what became of its leg.
// Looking for one by its numbers could find another call's.
func TestALegIsLookedForByItsNumbersOnlyWhenItsDialIsOver(t *testing.T) {
	s := newScene(t, "Alice Bob all_at_once / Carol Dave all_at_once")
	s.carrier.ring = map[string][]ringing{"Alice": {lostDial}, "Bob": {comes(models.ResultBusy, 2)}, "Dave": {pends}}
	s.at(0, s.asks("hold"))
	s.at(40, s.picksUp("Carol", "screen 1"))
	s.at(42, s.presses("Carol", 1, "1", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Carol"))
	call := s.ends(models.Connected, 60)
	s.hungUpOn("Alice 32, Dave 42")
	attempts(t, call, "Alice timed_out ending, Bob busy ending, Carol picked_up accepted, Dave canceled ending")
	if alice, dave := s.carrier.hangUps[0], s.carrier.hangUps[1]; alice.Pending || !dave.Pending {
		t.Errorf("pending is %v for a dial that timed out, %v for one that was given up", alice.Pending, dave.Pending)
	}
}
