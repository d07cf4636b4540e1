package workflows_test

import (
	"slices"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/enums/v1"
)

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

// The word that the caller has left may be lost: nobody is to be woken for them for long.
func TestADialAsksAfterACallerOfWhomNothingWasHeardForAMinute(t *testing.T) {
	s := newScene(t, "Alice Bob Carol Dave Eve Frank Grace")
	s.at(0, s.asks("hold"))
	s.at(100, s.asks("hold quietly"))
	s.at(197, s.hangsUp())
	s.plays()
	var asked []bool
	for _, d := range s.carrier.dials {
		asked = append(asked, d.AskFirst)
	}
	// Heard of at 0 s, asked at 84 s, heard of at 100 s: a phone rings for 28 s.
	if want := []bool{false, false, false, true, false, false, true}; !slices.Equal(asked, want) {
		t.Errorf("asked first: %v, want %v", asked, want)
	}
}

func TestTheLegOfADialThatWaitedForItsTurnIsLookedForAfterIt(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.carrier.ring = map[string][]ringing{"Alice": {func(c *carrier, d *dial) (models.Dialled, error) {
		return timesOut(c, d, 20+32, enums.TIMEOUT_TYPE_START_TO_CLOSE)
	}}}
	s.at(0, s.asks("hold"))
	s.at(60, s.hangsUp())
	s.plays()
	if got := s.carrier.hangUps[0]; !got.Since.Equal(monday) || !got.Sent.Equal(monday.Add(seconds(20))) {
		t.Errorf("the leg of %s is looked for from %v to %v", got.Attempt.ID, got.Since, got.Sent)
	}
}
