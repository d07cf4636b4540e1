package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
)

// endsNothingUntil has the carrier end no line for a while, in seconds. The test environment tries
// nothing more than ten times.
func (s *scene) endsNothingUntil(when float64) {
	s.carrier.lasting = func() bool { return s.carrier.now() < seconds(when) }
}

func TestACallerWhomTheCarrierCannotEndIsSeenOutWhenItCan(t *testing.T) {
	t.Run("who heard that nobody takes the call", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.endsNothingUntil(1800)
		s.carrier.onEnd = func() { s.carrier.later(1, s.hangsUp()) }
		s.at(0, s.asks("hold"))
		call := s.ends(models.Unanswered, -1)
		if len(s.carrier.ended) != 1 || s.carrier.ended[0] < seconds(1800) || s.carrier.ended[0] > seconds(1800+300+120) {
			t.Fatalf("hung up on at %v", s.carrier.ended)
		}
		if call.EndedAt.Sub(monday) != s.carrier.ended[0]+time.Second {
			t.Errorf("the call ended at %v, hung up on at %v", call.EndedAt.Sub(monday), s.carrier.ended)
		}
	})
	t.Run("whose call an operator cancels", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.endsNothingUntil(900)
		s.carrier.onEnd = func() {
			s.carrier.standing = map[string]activities.Standing{callSID: over}
		}
		s.at(0, s.asks("hold"))
		s.at(5, s.cancelled())
		call := s.endsCancelled(models.Failed, -1)
		if len(s.carrier.ended) != 1 || call.EndedAt.Sub(monday) < s.carrier.ended[0] {
			t.Errorf("hung up on at %v; %s", s.carrier.ended, story(call))
		}
	})
}

func TestALegThatTheCarrierCannotEndKeepsTheRunOpenAndNotTheAlert(t *testing.T) {
	t.Run("and is ended when it can", func(t *testing.T) {
		s := talking(t)
		s.endsNothingUntil(200)
		s.at(40, s.hangsUp())
		s.at(150, func() { s.written(t, 40+8, 48+120) }) // the record and the alert, while the leg lasts
		call := s.ends(models.Connected, -1)
		if at := call.Attempts[0].EndedAt.Sub(monday); at < seconds(200) || at > seconds(230) {
			t.Errorf("the leg was ended at %v; %s", at, story(call))
		}
	})
	t.Run("or ends by itself", func(t *testing.T) {
		s := talking(t)
		s.endsNothingUntil(1e6)
		s.at(40, s.hangsUp())
		s.at(160, s.legEnds("Alice"))
		call := s.ends(models.Connected, -1)
		if at := call.Attempts[0].EndedAt.Sub(monday); at != seconds(160) {
			t.Errorf("the leg ended at %v; %s", at, story(call))
		}
	})
	t.Run("also one of somebody who lost the race", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once")
		s.endsNothingUntil(200)
		s.at(0, s.asks("hold"))
		s.at(10, s.picksUp("Alice", "screen 1"))
		s.at(12, s.presses("Alice", 1, "1", "join"))
		s.at(1000, s.legEnds("Alice"), s.hangsUp())
		call := s.ends(models.Connected, 1000)
		i := slices.IndexFunc(call.Attempts, func(a models.AttemptRecord) bool { return a.Name == "Bob" })
		if at := call.Attempts[i].EndedAt.Sub(monday); at < seconds(200) || at > seconds(230) {
			t.Errorf("Bob's leg was ended at %v, while they talk; %s", at, story(call))
		}
	})
}

// written holds that the record is written and the alert resolved, though not all lines are over.
func (s *scene) written(t *testing.T, alert, record float64) {
	t.Helper()
	s.carrier.mu.Lock()
	defer s.carrier.mu.Unlock()
	last := s.carrier.alerts[len(s.carrier.alerts)-1]
	if last.Status != models.AlertResolved || last.ResolvedAt.Sub(monday) > seconds(alert) {
		t.Errorf("the alert is %s at %v", last.Status, last.ResolvedAt)
	}
	if len(s.carrier.calls) != 1 || s.carrier.calls[0].EndedAt.Sub(monday) > seconds(record) || s.carrier.calls[0].Attempts[0].EndedAt != nil {
		t.Errorf("the record is %+v", s.carrier.calls)
	}
}
