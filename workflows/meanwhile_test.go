package workflows_test

import (
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"github.com/stretchr/testify/mock"
)

// leavesAs has the caller leave in the workflow task in which the run hears of something else.
func (s *scene) leavesAs(happens func()) func() {
	return func() {
		s.env.SignalWorkflowSkippingWorkflowTask(workflows.SignalCallerOver, workflows.CallerOver{Status: "completed"})
		happens()
	}
}

func TestTheCallerLeavesInTheMomentInWhichADialEnds(t *testing.T) {
	t.Run("because the phone is busy", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring["Alice"] = []ringing{pends}
		s.at(0, s.asks("hold"))
		s.at(10, s.leavesAs(s.settled("Alice", models.ResultBusy)))
		call := s.ends(models.Abandoned, 10)
		s.hungUpOn("")
		attempts(t, call, "Alice busy ending")
	})
	t.Run("because it is picked up, and they hear that the caller has left", func(t *testing.T) {
		s := newScene(t, "Alice Bob")
		s.carrier.ring["Alice"] = []ringing{pends}
		s.at(0, s.asks("hold"))
		s.at(10, s.leavesAs(s.settled("Alice", models.ResultPickedUp)))
		s.at(11, s.told("Alice", "say gone"))
		s.at(14, s.legEnds("Alice"))
		call := s.ends(models.Abandoned, 14)
		s.hungUpOn("")
		attempts(t, call, "Alice picked_up ending")
	})
}

func TestACallerWhoIsNotInTheRoomYetWhenTheCallIsTaken(t *testing.T) {
	t.Run("is put there", func(t *testing.T) {
		s := taken(t, "Alice")
		s.at(13, s.asks("hold quietly"))
		s.at(60, s.legEnds("Alice"))
		s.at(61, s.hangsUp())
		s.ends(models.Connected, 61)
	})
	t.Run("hears that the responder has left who did not wait so long", func(t *testing.T) {
		s := taken(t, "Alice")
		s.at(60, s.legEnds("Alice"))
		s.at(61, s.asks("say other_left"))
		s.at(65, s.hangsUp())
		s.ends(models.Connected, 65)
	})
}

func TestARefusedCallerWhoLeavesBeforeTheRunHasAnswered(t *testing.T) {
	t.Run("is refused all the same", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.in.Refusal = models.RefusedBlocked
		s.at(0, s.asksInVain()) // the API refuses them by itself
		s.at(1, s.hangsUp())
		if call := s.ends(models.Refused, 1); call.Refusal != models.RefusedBlocked {
			t.Errorf("refused for %q", call.Refusal)
		}
		s.dialled("")
	})
	t.Run("is diverted if they were", func(t *testing.T) {
		s := newScene(t, "Alice")
		s.in.Refusal = models.RefusedBlocked
		s.at(0, s.asksInVain())
		s.at(1, s.diverted())
		s.ends(models.Diverted, 1)
	})
}

func TestALineThatCannotBeToldFromAnothersIsOver(t *testing.T) {
	s := newScene(t, "Alice")
	s.carrier.ring["Alice"] = []ringing{lostDial}
	s.env.OnActivity("HangUp", mock.Anything, mock.Anything).Return(activities.HungUp{Found: true, Over: true}, nil)
	s.at(0, s.asks("hold"))
	s.at(33, s.asks("say nobody"))
	s.at(40, s.hangsUp())
	call := s.ends(models.Unanswered, 40)
	if strings.Contains(story(call), "still ring") || call.Attempts[0].EndedAt == nil {
		t.Errorf("%s; the attempt is %+v", story(call), call.Attempts[0])
	}
}
