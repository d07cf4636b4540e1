package workflows_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

func TestPhonesAreRungPersonByPersonAndLevelByLevel(t *testing.T) {
	s := newScene(t, "Alice Bob / Carol")
	s.carrier.ring = map[string][]ringing{"Bob": {comes(models.ResultBusy, 4)}}
	s.at(0, s.asks("hold"))
	s.at(62, s.asks("say nobody"))
	s.at(75, s.hangsUp())
	call := s.ends(models.Unanswered, 75)
	s.dialled("Alice 0, Bob 28, Carol 32")
	s.hungUpOn("")
	attempts(t, call, "Alice no_answer ending, Bob busy ending, Carol no_answer ending")
	if s.carrier.told != 1 {
		t.Errorf("the caller was told %d times that nobody takes the call", s.carrier.told)
	}
	for i, level := range []int{1, 1, 2} {
		if call.Attempts[i].Level != level {
			t.Errorf("%s was rung on level %d", call.Attempts[i].Name, call.Attempts[i].Level)
		}
	}
}

func TestEachPhoneOfAPersonIsRungInTurn(t *testing.T) {
	s := newScene(t, "Alice Bob", func(p *models.Plan) {
		p.Levels[0].People[0].Phones = append(p.Levels[0].People[0].Phones, models.UserPhone{Label: "desk", Number: "+12025550188"})
	})
	s.at(0, s.asks("hold"))
	s.at(33, s.picksUp("Alice", "screen 1"))
	s.at(35, s.presses("Alice", 1, "1", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Alice"))
	call := s.ends(models.Connected, 60)
	s.dialled("Alice 0, Alice 28")
	if a := call.Attempts[1]; a.ID != "1.alice.2.1" || a.Label != "desk" || s.carrier.dials[1].Attempt.Number != "+12025550188" {
		t.Errorf("the second attempt is %+v", a)
	}
}

func TestTheCarrierIsAskedToRingALittleLessThanTheDialMayTake(t *testing.T) {
	s := newScene(t, "Alice", func(p *models.Plan) { p.RingSeconds = 20 })
	s.at(0, s.asks("hold"))
	s.at(30, s.hangsUp())
	s.ends(models.Unanswered, 30)
	if d := s.carrier.dials[0]; d.Timeout != 18 || d.From != ours || d.Language != "en-GB" || d.CallSID != callSID {
		t.Errorf("the dial is %+v", d.DialRequest)
	}
}

// An ended dial is followed by the next one at once, whatever ended it.
func TestADialThatReachesNobodyIsFollowedByTheNext(t *testing.T) {
	for name, c := range map[string]struct {
		alice  ringing
		next   float64
		hungUp string
		want   string
	}{
		"busy":                  {comes(models.ResultBusy, 3), 3, "", "busy ending"},
		"failed":                {comes(models.ResultFailed, 2), 2, "", "failed ending"},
		"canceled":              {comes(models.ResultCanceled, 2), 2, "", "canceled ending"},
		"picked up and hung up": {comes(models.ResultHungUp, 6), 6, "", "hung_up ending"},
		"refused":               {returns(models.ResultRefused, 21211), 0, "", "refused ending"},
		"unknown":               {returns(models.ResultUnknown, 0), 0, "Alice 0", "unknown ending"},
		"broken":                {breaks, 0, "Alice 0", "unknown ending"},
		"rings on":              {ringsOn(32), 32, "Alice 32", "timed_out ending"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "Alice Bob")
			s.carrier.ring = map[string][]ringing{"Alice": {c.alice}}
			s.carrier.pending = seconds(25) // nobody waits for the end of a leg
			s.at(0, s.asks("hold"))
			s.at(c.next+2, s.picksUp("Bob", "screen 1"))
			s.at(c.next+4, s.presses("Bob", 1, "1", "join"))
			s.at(c.next+60, s.hangsUp(), s.legEnds("Bob"))
			call := s.ends(models.Connected, c.next+60)
			s.dialled(fmt.Sprintf("Alice 0, Bob %v", c.next))
			s.hungUpOn(c.hungUp)
			attempts(t, call, "Alice "+c.want+", Bob picked_up accepted")
		})
	}
}

func TestTheCarriersCodeIsOnTheRecord(t *testing.T) {
	s := newScene(t, "Alice")
	s.carrier.ring = map[string][]ringing{"Alice": {returns(models.ResultRefused, 21215)}}
	s.at(0, s.asks("hold"))
	s.at(9, s.hangsUp())
	if call := s.ends(models.Unanswered, 9); call.Attempts[0].Code != 21215 {
		t.Errorf("the code is %d", call.Attempts[0].Code)
	}
}

func TestADialThatFoundTheCallerGoneEndsTheCall(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.carrier.ring = map[string][]ringing{"Alice": {returns(models.ResultGone, 0)}}
	s.at(0, s.asks("hold"))
	call := s.ends(models.Abandoned, 0)
	s.dialled("Alice 0")
	attempts(t, call, "Alice caller_gone ending")
}

func TestALostDial(t *testing.T) {
	t.Run("that reached no phone is made once more, under another id", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {lostDial, rings}}
		s.carrier.lost = map[string]bool{"Alice": true}
		s.at(0, s.asks("hold"))
		s.at(40, s.picksUp("Alice", "screen 1"))
		s.at(42, s.presses("Alice", 1, "1", "join"))
		s.at(60, s.hangsUp(), s.legEnds("Alice"))
		call := s.ends(models.Connected, 60)
		s.dialled("Alice 0, Alice 32")
		s.hungUpOn("Alice 32")
		attempts(t, call, "Alice not_placed ending, Alice picked_up accepted")
		if call.Attempts[0].ID != "1.alice.1.1" || call.Attempts[1].ID != "1.alice.1.2" {
			t.Errorf("the ids are %s and %s", call.Attempts[0].ID, call.Attempts[1].ID)
		}
	})
	t.Run("that reached no phone twice is not made a third time", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {lostDial}}
		s.carrier.lost = map[string]bool{"Alice": true}
		s.at(0, s.asks("hold"))
		s.at(70, s.hangsUp())
		call := s.ends(models.Abandoned, 70)
		s.dialled("Alice 0, Alice 32, Bob 64")
		attempts(t, call, "Alice not_placed ending, Alice not_placed ending, Bob canceled ending")
	})
	t.Run("that may have rung a phone is not made again", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {lostDial}}
		s.at(0, s.asks("hold"))
		s.at(40, s.hangsUp())
		call := s.ends(models.Abandoned, 40)
		s.dialled("Alice 0, Bob 32")
		s.hungUpOn("Alice 32, Bob 40")
		attempts(t, call, "Alice timed_out ending, Bob canceled ending")
		if call.Attempts[0].Leg == "" {
			t.Error("the leg that was found is not on the record")
		}
	})
	t.Run("whose caller leaves while its leg is looked for is followed by none", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {lostDial}}
		s.carrier.pending = seconds(20)
		s.at(0, s.asks("hold"))
		s.at(40, s.hangsUp())
		s.ends(models.Abandoned, 52)
		s.dialled("Alice 0")
	})
}

func TestADialThatNeverHadItsTurnIsNoNoAnswer(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.carrier.ring = map[string][]ringing{"Alice": {queued, queued, queued, rings}}
	s.at(0, s.asks("hold"))
	s.at(185, s.picksUp("Alice", "screen 1"))
	s.at(187, s.presses("Alice", 1, "1", "join"))
	s.at(200, s.hangsUp(), s.legEnds("Alice"))
	call := s.ends(models.Connected, 200)
	s.dialled("Alice 0, Alice 60, Alice 120, Alice 180")
	s.hungUpOn("")
	attempts(t, call, "Alice not_placed ending, Alice not_placed ending, Alice not_placed ending, Alice picked_up accepted")
	if !strings.Contains(story(call), "Alice (mobile) was not rung: the dial never had its turn") {
		t.Errorf("told: %s", story(call))
	}
}

func TestTheLongestWaitEndsTheHunt(t *testing.T) {
	t.Run("of phones that ring", func(t *testing.T) {
		s := newScene(t, "Alice Bob Carol Dave", withMaxWait(50))
		s.at(0, s.asks("hold"))
		s.at(70, s.hangsUp())
		s.ends(models.Unanswered, 70)
		s.dialled("Alice 0, Bob 28")
	})
	t.Run("of dials that never have their turn", func(t *testing.T) {
		s := newScene(t, "Alice Bob", withMaxWait(150))
		s.carrier.ring = map[string][]ringing{"Alice": {queued}}
		s.at(0, s.asks("hold"))
		s.at(200, s.hangsUp())
		s.ends(models.Unanswered, 200)
		s.dialled("Alice 0, Alice 60, Alice 120")
	})
}

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

func TestAfterAnAbsenceTheCarrierIsAskedFirst(t *testing.T) {
	answered := activities.Standing{Answered: true}
	t.Run("a phone that was picked up meanwhile has its window", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(50)}}
		s.carrier.standing = map[string]activities.Standing{alicesLeg: answered}
		s.at(0, s.asks("hold"))
		s.at(75, s.presses("Alice", 1, "1", "join"))
		s.at(90, s.hangsUp(), s.legEnds("Alice"))
		call := s.ends(models.Connected, 90)
		s.dialled("Alice 0")
		s.hungUpOn("")
		attempts(t, call, "Alice picked_up accepted")
	})
	t.Run("a phone that still rings is ended", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(50)}}
		s.at(0, s.asks("hold"))
		s.at(60, s.hangsUp())
		s.ends(models.Abandoned, 60)
		s.dialled("Alice 0, Bob 50")
		s.hungUpOn("Alice 50, Bob 60")
	})
	t.Run("a caller who left meanwhile is not searched for", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(50)}}
		s.carrier.standing = map[string]activities.Standing{callSID: over, alicesLeg: over}
		s.at(0, s.asks("hold"))
		s.ends(models.Abandoned, 50)
		s.dialled("Alice 0")
		s.hungUpOn("")
	})
	t.Run("who takes the call while the carrier is asked keeps it", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(50)}}
		s.carrier.deaf = true // it is asked again and again
		s.at(0, s.asks("hold"))
		s.at(52, s.told("Alice", "screen 1"))
		s.at(55, s.presses("Alice", 1, "1", "join"))
		s.at(300, s.hangsUp(), s.legEnds("Alice"))
		s.ends(models.Connected, 300)
		s.dialled("Alice 0")
		s.hungUpOn("")
	})
	t.Run("a carrier that does not answer holds nobody up for ever", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(50)}}
		s.carrier.deaf = true
		s.at(0, s.asks("hold"))
		s.at(120, s.hangsUp())
		s.ends(models.Abandoned, 120)
		s.dialled("Alice 0, Bob 105.5")
	})
	t.Run("a time-out in time asks nobody", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(34)}}
		s.at(0, s.asks("hold"))
		s.at(40, s.hangsUp())
		s.ends(models.Abandoned, 40)
		if len(s.carrier.asked) > 0 {
			t.Errorf("asked about %v", s.carrier.asked)
		}
	})
}
