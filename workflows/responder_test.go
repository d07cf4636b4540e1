package workflows_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

func TestAPhoneThatIsPickedUp(t *testing.T) {
	t.Run("may tell the run before its dial is completed", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.at(0, s.asks("hold"))
		s.at(5, s.told("Alice", "screen 1"))
		s.at(6, s.settled("Alice", models.ResultPickedUp))
		s.at(20, s.presses("Alice", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0")
		if !call.Attempts[0].PickedUpAt.Equal(monday.Add(seconds(5))) {
			t.Errorf("picked up at %v", call.Attempts[0].PickedUpAt)
		}
	})
	t.Run("may complete its dial and tell the run much later", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.at(0, s.asks("hold"))
		s.at(5, s.settled("Alice", models.ResultPickedUp))
		s.at(30, s.told("Alice", "screen 1"))
		s.at(33, s.presses("Alice", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		s.ends(models.Connected, 60)
		s.dialled("Alice 0")
	})
	t.Run("may accept without having told", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.at(0, s.asks("hold"))
		s.at(8, s.presses("Alice", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		call := s.ends(models.Connected, 60)
		attempts(t, call, "Alice picked_up accepted")
	})
	t.Run("and never does anything has 30 s", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.at(0, s.asks("hold"))
		s.at(10, s.picksUp("Alice", "screen 1"))
		s.at(50, s.picksUp("Bob", "screen 1"))
		s.at(52, s.presses("Bob", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Bob"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0, Bob 40")
		s.hungUpOn("Alice 40")
		attempts(t, call, "Alice picked_up ending, Bob picked_up accepted")
	})
	t.Run("and put down again is followed by the next at once", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.at(0, s.asks("hold"))
		s.at(10, s.picksUp("Alice", "screen 1"))
		s.at(14, s.legEnds("Alice"))
		s.at(30, s.hangsUp())
		call := s.ends(models.Abandoned, 30)
		s.dialled("Alice 0, Bob 14")
		s.hungUpOn("Bob 30")
		attempts(t, call, "Alice picked_up ending, Bob canceled ending")
		if a := call.Attempts[0]; !a.DecidedAt.Equal(monday.Add(seconds(14))) || !a.EndedAt.Equal(monday.Add(seconds(14))) {
			t.Errorf("the attempt is %+v", a)
		}
	})
	t.Run("needs no key where the route asks for none", func(t *testing.T) {
		s := newScene(t, "Alice Bob", withoutAcceptKey)
		s.at(0, s.asks("hold"))
		s.at(10, s.picksUp("Alice", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		s.ends(models.Connected, 60)
		s.dialled("Alice 0")
	})
}

func TestTheResponderDecides(t *testing.T) {
	for name, c := range map[string]struct {
		events func(*scene)
		next   float64 // when Bob is dialled
		want   string
		keys   string
	}{
		"declines": {
			func(s *scene) { s.at(12, s.presses("Alice", 1, "9", "say declined")) }, 12, "picked_up declined", "9",
		},
		"is a mailbox, which presses nothing": {
			func(s *scene) { s.at(32, s.presses("Alice", 1, "", "say passed")) }, 32, "picked_up declined", "",
		},
		"presses another key, and hears the prompt once more": {
			func(s *scene) {
				s.at(14, s.presses("Alice", 1, "4", "screen 2"))
				s.at(18, s.presses("Alice", 2, "4", "say passed"))
			}, 18, "picked_up declined", "4 4",
		},
		"declines when asked again": {
			func(s *scene) {
				s.at(14, s.presses("Alice", 1, "4", "screen 2"))
				s.at(18, s.presses("Alice", 2, "9", "say declined"))
			}, 18, "picked_up declined", "4 9",
		},
		"presses after having declined": {
			func(s *scene) {
				s.at(12, s.presses("Alice", 1, "9", "say declined"))
				s.at(13, s.presses("Alice", 2, "1", "say passed"))
			}, 12, "picked_up declined", "9",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "Alice Bob")
			s.at(0, s.asks("hold"))
			s.at(10, s.picksUp("Alice", "screen 1"))
			c.events(s)
			s.at(c.next+2, s.legEnds("Alice"))
			s.at(c.next+10, s.hangsUp())
			call := s.ends(models.Abandoned, c.next+10)
			s.dialled(fmt.Sprintf("Alice 0, Bob %v", c.next))
			s.hungUpOn(fmt.Sprintf("Bob %v", c.next+10))
			attempts(t, call, "Alice "+c.want+", Bob canceled ending")
			if got := strings.Join(call.Attempts[0].Keys, " "); got != c.keys {
				t.Errorf("the keys are %q", got)
			}
		})
	}
}

func TestAnotherKeyAndThenTheRightOneTakesTheCall(t *testing.T) {
	s := newScene(t, "Alice")
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Alice", "screen 1"))
	s.at(14, s.presses("Alice", 1, "4", "screen 2"))
	s.at(18, s.presses("Alice", 2, "1", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Alice"))
	s.ends(models.Connected, 60)
}

func TestAKeyThatIsToldTwiceJoinsOnce(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Alice", "screen 1"))
	s.at(12, s.presses("Alice", 1, "1", "join"))
	s.at(13, s.presses("Alice", 1, "1", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Alice"))
	call := s.ends(models.Connected, 60)
	if n := strings.Count(story(call), "took the call"); n != 1 || !call.ConnectedAt.Equal(monday.Add(seconds(12))) {
		t.Errorf("taken %d times, at %v", n, call.ConnectedAt)
	}
}

func TestAPickUpThatIsToldTwiceWhereNoKeyIsAskedJoinsOnce(t *testing.T) {
	s := newScene(t, "Alice Bob", withoutAcceptKey)
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Alice", "join"))
	s.at(12, s.told("Alice", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Alice"))
	call := s.ends(models.Connected, 60)
	if n := strings.Count(story(call), "took the call"); n != 1 || !call.ConnectedAt.Equal(monday.Add(seconds(10))) {
		t.Errorf("taken %d times, at %v", n, call.ConnectedAt)
	}
}

func TestAResponderWhoseWrongKeyIsAnsweredTooLateHearsTheSecondPrompt(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Alice", "screen 1"))
	s.at(14, s.presses("Alice", 1, "5", "screen 2"))
	s.at(16, s.told("Alice", "screen 2"))
	s.at(20, s.presses("Alice", 2, "1", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Alice"))
	s.ends(models.Connected, 60)
}

func TestAResponderWhoseKeyIsAnsweredTooLateJoinsWhenTheyAskAgain(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Alice", "screen 1"))
	s.at(14, s.presses("Alice", 1, "1", "join"))
	s.at(18, s.told("Alice", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Alice"))
	s.ends(models.Connected, 60)
}

func TestASecondLegOfOneAttemptIsTurnedAway(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Alice", "screen 1"))
	s.at(11, func() {
		s.update(workflows.UpdateLeg, workflows.PickedUp{Attempt: "1.alice.1.1", Leg: "CA00000000000000000000000000000999"}, "say passed")
		s.update(workflows.UpdateAccept, workflows.Chosen{
			Attempt: "1.alice.1.1", Leg: "CA00000000000000000000000000000999", Hearing: 1, Digits: "1",
		}, "say passed")
	})
	s.at(14, s.presses("Alice", 1, "1", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Alice"))
	s.ends(models.Connected, 60)
}

func TestALegOfNoAttemptIsTurnedAway(t *testing.T) {
	s := newScene(t, "Alice")
	s.at(0, s.asks("hold"))
	s.at(1, func() {
		s.update(workflows.UpdateLeg, workflows.PickedUp{Attempt: "1.mallory.1.1", Leg: "CA00000000000000000000000000000999"}, "say passed")
	})
	s.at(9, s.hangsUp())
	s.ends(models.Abandoned, 9)
}

func TestWhoPressesAfterTheirTurnHearsSo(t *testing.T) {
	s := newScene(t, "Alice Bob Carol")
	s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(32)}}
	s.carrier.pending = seconds(5)
	s.at(0, s.asks("hold"))
	s.at(33, s.told("Alice", "say passed"), s.presses("Alice", 1, "1", "say passed")) // a pick-up that crossed our hanging up
	s.at(40, s.picksUp("Bob", "screen 1"))
	s.at(42, s.presses("Bob", 1, "1", "join"))
	s.at(43, s.presses("Alice", 1, "1", "say taken"))
	s.at(60, s.hangsUp(), s.legEnds("Bob"))
	call := s.ends(models.Connected, 60)
	s.dialled("Alice 0, Bob 32")
	attempts(t, call, "Alice timed_out ending, Bob picked_up accepted")
	if call.AnsweredBy != "bob" {
		t.Errorf("answered by %s", call.AnsweredBy)
	}
}

func TestThePickUpThatCrossesTheTimeOutIsDecidedByTheRunAlone(t *testing.T) {
	t.Run("the pick-up is first", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(32)}}
		s.at(0, s.asks("hold"))
		s.at(31.9, s.picksUp("Alice", "screen 1"))
		s.at(50, s.presses("Alice", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		s.ends(models.Connected, 60)
		s.dialled("Alice 0")
		s.hungUpOn("")
	})
	t.Run("the update is first and the dial times out after it", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(32)}}
		s.at(0, s.asks("hold"))
		s.at(31.9, s.told("Alice", "screen 1"))
		s.at(50, s.presses("Alice", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		s.ends(models.Connected, 60)
		s.dialled("Alice 0")
		s.hungUpOn("")
	})
	t.Run("the time-out is first", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(32)}}
		s.at(0, s.asks("hold"))
		s.at(32.1, s.picksUp("Alice", "say passed"))
		s.at(40, s.hangsUp())
		s.ends(models.Abandoned, 40)
		s.dialled("Alice 0, Bob 32")
		s.hungUpOn("Alice 32, Bob 40")
	})
}
