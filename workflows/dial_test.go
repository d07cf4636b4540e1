package workflows_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

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
