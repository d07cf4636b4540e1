package workflows_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
)

var alicesLeg = legOf("1.alice.1.1")

// talking is a call that Alice took after 12 s.
func talking(t *testing.T) *scene {
	s := newScene(t, "Alice Bob")
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Alice", "screen 1"))
	s.at(12, s.presses("Alice", 1, "1", "join"))
	return s
}

func TestATalkLastsAsLongAsTheCallerStays(t *testing.T) {
	s := talking(t)
	s.carrier.standing = map[string]activities.Standing{alicesLeg: {Answered: true}, callSID: {Answered: true}}
	s.at(3612, s.hangsUp())
	s.at(3614, s.legEnds("Alice"))
	s.ends(models.Connected, 3614)
	// After a minute, then every 5 minutes.
	if n := len(s.carrier.asked); n != 12 || !slices.Equal(s.carrier.asked[0], []string{callSID, alicesLeg}) {
		t.Errorf("asked %d times, of %v", n, s.carrier.asked)
	}
}

func TestATalkWhoseEndIsNotToldEndsWhenTheCarrierIsAsked(t *testing.T) {
	t.Run("both lines are over", func(t *testing.T) {
		s := talking(t)
		s.at(40, func() { s.carrier.standing = map[string]activities.Standing{callSID: over, alicesLeg: over} })
		s.ends(models.Connected, 72)
		s.hungUpOn("")
	})
	t.Run("the caller's line is over", func(t *testing.T) {
		s := talking(t)
		s.carrier.standing = map[string]activities.Standing{alicesLeg: {Answered: true}}
		s.at(100, func() { s.carrier.standing[callSID] = over })
		s.ends(models.Connected, 372+8) // and 8 s for the goodbye
		s.hungUpOn("Alice 380")
	})
	t.Run("the carrier does not answer", func(t *testing.T) {
		s := talking(t)
		s.carrier.deaf = true
		s.at(500, s.hangsUp(), s.legEnds("Alice"))
		s.ends(models.Connected, 500)
	})
}

func TestTheResponderHangsUp(t *testing.T) {
	t.Run("and the caller's line follows", func(t *testing.T) {
		s := talking(t)
		s.at(40, s.legEnds("Alice"))
		s.at(41, s.asks("say other_left"))
		s.at(44, s.hangsUp())
		s.ends(models.Connected, 44)
		if len(s.carrier.ended) > 0 {
			t.Error("the caller was hung up on")
		}
	})
	t.Run("and the caller is told when their line does not follow", func(t *testing.T) {
		s := talking(t)
		s.at(40, s.legEnds("Alice"))
		s.at(56, s.asks("say other_left"))
		s.at(58, s.hangsUp())
		s.ends(models.Connected, 58)
		if s.carrier.told != 1 || len(s.carrier.ended) > 0 {
			t.Errorf("told %d times, hung up on at %v", s.carrier.told, s.carrier.ended)
		}
	})
	t.Run("and the caller's line is ended by us when it does not follow even then", func(t *testing.T) {
		s := talking(t)
		s.at(40, s.legEnds("Alice"))
		s.at(71, s.hangsUp())
		s.ends(models.Connected, 71)
		if !slices.Equal(s.carrier.ended, []time.Duration{seconds(70)}) {
			t.Errorf("the caller was hung up on at %v", s.carrier.ended)
		}
	})
	t.Run("and nobody tells that the caller's line followed", func(t *testing.T) {
		s := talking(t)
		s.at(40, s.legEnds("Alice"))
		s.at(50, func() { s.carrier.standing = map[string]activities.Standing{callSID: over} })
		s.ends(models.Connected, 55)
		if len(s.carrier.ended) > 0 {
			t.Error("the caller was hung up on")
		}
	})
	// A run that gave up here would leave the caller in the room with nobody to look after them.
	t.Run("and the caller's line does not end, however often it is ended", func(t *testing.T) {
		s := talking(t)
		s.at(40, s.legEnds("Alice"))
		s.at(700, s.hangsUp())
		s.ends(models.Connected, 700)
		// Twice at once, after a minute, then every 5 minutes.
		if want := []time.Duration{seconds(70), seconds(85), seconds(145), seconds(445)}; !slices.Equal(s.carrier.ended, want) {
			t.Errorf("the caller was hung up on at %v, want %v", s.carrier.ended, want)
		}
	})
}

func TestTheRespondersLineIsEndedWhenItDoesNotFollowTheCallers(t *testing.T) {
	s := talking(t)
	s.at(40, s.hangsUp())
	s.ends(models.Connected, 48)
	s.hungUpOn("Alice 48")
}

// One_by_one rings one phone at a time; two phones can still press when a lost leg rings on.
func TestOfTwoWhoPressTheFirstTakesTheCall(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.carrier.ring = map[string][]ringing{"Alice": {comes(models.ResultUnknown, 3)}}
	s.at(0, s.asks("hold"))
	s.at(10, s.picksUp("Bob", "screen 1"))
	s.at(12, s.presses("Bob", 1, "1", "join"), s.presses("Alice", 1, "1", "say taken"))
	s.at(13, s.told("Alice", "say taken"))
	s.at(20, s.hangsUp(), s.legEnds("Bob"))
	call := s.ends(models.Connected, 20)
	if call.AnsweredBy != "bob" {
		t.Errorf("answered by %s", call.AnsweredBy)
	}
}

func TestNobodyTakesTheCall(t *testing.T) {
	t.Run("and the caller hears it to its end", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.at(0, s.asks("hold"))
		s.at(29, s.asks("say nobody"))
		s.at(30, s.asks("say nobody"))
		s.at(50, s.hangsUp())
		s.ends(models.Unanswered, 50)
		if s.carrier.told != 1 || len(s.carrier.ended) > 0 {
			t.Errorf("told %d times, hung up on at %v", s.carrier.told, s.carrier.ended)
		}
	})
	t.Run("and a caller who stays is hung up on", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.at(0, s.asks("hold"))
		s.at(149, s.hangsUp())
		s.ends(models.Unanswered, 149)
		if !slices.Equal(s.carrier.ended, []time.Duration{seconds(28 + 120)}) {
			t.Errorf("hung up on at %v", s.carrier.ended)
		}
	})
	t.Run("and the caller has left", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.carrier.moves = false
		s.at(0, s.asks("hold"))
		s.ends(models.Unanswered, 28)
		if len(s.carrier.ended) > 0 {
			t.Errorf("hung up on at %v", s.carrier.ended)
		}
	})
	t.Run("and the carrier moves nobody", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.carrier.stuck = errors.New("no answer")
		s.at(0, s.asks("hold"))
		s.at(211, s.hangsUp()) // tried for a minute, thrice, then given the time of a goodbye
		s.ends(models.Unanswered, 211)
		if !slices.Equal(s.carrier.ended, []time.Duration{seconds(209.5)}) {
			t.Errorf("hung up on at %v", s.carrier.ended)
		}
	})
	t.Run("and the carrier moves nobody for a while", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.carrier.stuck = errors.New("no answer")
		s.at(0, s.asks("hold"))
		s.at(120, func() { s.carrier.stuck = nil })
		s.at(131, s.asks("say nobody"))
		s.at(135, s.hangsUp())
		s.ends(models.Unanswered, 135)
		if len(s.carrier.ended) > 0 {
			t.Errorf("hung up on at %v", s.carrier.ended)
		}
	})
	t.Run("and the caller leaves while the carrier moves nobody", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.carrier.stuck = errors.New("no answer")
		s.at(0, s.asks("hold"))
		s.at(99, s.hangsUp())
		s.ends(models.Unanswered, 99)
		if len(s.carrier.ended) > 0 {
			t.Errorf("hung up on at %v", s.carrier.ended)
		}
	})
	t.Run("and a phone that is picked up too late hears so", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(32)}}
		s.at(0, s.asks("hold"))
		s.at(35, s.told("Alice", "say passed"))
		s.at(50, s.hangsUp())
		s.ends(models.Unanswered, 50)
	})
}
