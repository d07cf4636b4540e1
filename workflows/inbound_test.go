package workflows_test

import (
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
)

var over = activities.Standing{Over: true, Answered: true}

func TestTheFirstPersonTakesTheCall(t *testing.T) {
	s := newScene(t, "Alice / Bob")
	s.at(0, s.asks("hold"))
	s.at(5, s.picksUp("Alice", "screen 1"))
	s.at(9, s.presses("Alice", 1, "1", "join"))
	s.at(70, s.hangsUp())
	s.at(73, s.legEnds("Alice"))
	call := s.ends(models.Connected, 73)
	s.dialled("Alice 0")
	s.hungUpOn("")
	attempts(t, call, "Alice picked_up accepted")
	if call.AnsweredBy != "alice" || call.ConnectedAt == nil || !call.ConnectedAt.Equal(monday.Add(seconds(9))) {
		t.Errorf("answered by %q at %v", call.AnsweredBy, call.ConnectedAt)
	}
	a := call.Attempts[0]
	if !a.DialledAt.Equal(monday) || !a.PickedUpAt.Equal(monday.Add(seconds(5))) || !a.DecidedAt.Equal(monday.Add(seconds(9))) ||
		!a.EndedAt.Equal(monday.Add(seconds(73))) || len(a.Keys) != 1 || a.Keys[0] != "1" || a.Leg == "" {
		t.Errorf("the attempt is %+v", a)
	}
}

func TestAStaleFirstAnswerStartsNoHunt(t *testing.T) {
	s := newScene(t, "Alice")
	s.at(0, s.asksInVain())
	s.at(4, s.asks("hold"))
	s.at(10, s.hangsUp())
	s.ends(models.Abandoned, 10)
	s.dialled("Alice 4")
}

func TestACallThatIsNeverAnsweredFreshlyAsksAfterTheCallerEachMinute(t *testing.T) {
	s := newScene(t, "Alice")
	s.at(0, s.asksInVain())
	s.at(90, func() { s.carrier.standing = map[string]activities.Standing{callSID: over} })
	call := s.ends(models.Abandoned, 120)
	s.dialled("")
	if len(s.carrier.asked) != 2 || call.AlertID != "" {
		t.Errorf("asked %d times, alert %q", len(s.carrier.asked), call.AlertID)
	}
}

func TestTheGate(t *testing.T) {
	t.Run("the key is pressed on the third try", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(8, s.keys(1, "5", "ask_key 2"))
		s.at(16, s.keys(2, "", "ask_key 3"))
		s.at(20, s.keys(3, "1", "hold"))
		s.at(30, s.hangsUp())
		s.ends(models.Abandoned, 30)
		s.dialled("Alice 20")
	})
	t.Run("three wrong keys end the call, cost nobody a ring and raise no alert", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(8, s.keys(1, "5", "ask_key 2"))
		s.at(16, s.keys(2, "", "ask_key 3"))
		s.at(20, s.keys(3, "7", "say goodbye"))
		call := s.ends(models.GateFailed, 20)
		s.dialled("")
		if call.AlertID != "" || len(s.carrier.ended) > 0 {
			t.Errorf("alert %q, the caller was hung up on at %v", call.AlertID, s.carrier.ended)
		}
	})
	t.Run("a key that is told late or again changes nothing", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(8, s.keys(1, "5", "ask_key 2"))
		s.at(9, s.keys(1, "1", "ask_key 2")) // an old prompt's key
		s.at(12, s.keys(2, "1", "hold"))
		s.at(13, s.keys(2, "1", "hold quietly"), s.keys(3, "7", "hold quietly"))
		s.at(30, s.hangsUp())
		s.ends(models.Abandoned, 30)
		s.dialled("Alice 12")
	})
	t.Run("the caller leaves", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(5, s.hangsUp())
		call := s.ends(models.Abandoned, 5)
		s.dialled("")
		if call.AlertID != "" {
			t.Error("an alert was raised")
		}
	})
	t.Run("the caller left and nobody told", func(t *testing.T) {
		s := newScene(t, "Alice", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(200, func() { s.carrier.standing = map[string]activities.Standing{callSID: over} })
		s.ends(models.Abandoned, 360)
		if len(s.carrier.asked) != 2 {
			t.Errorf("asked after the caller %d times", len(s.carrier.asked))
		}
	})
	t.Run("behind it is nobody to ring", func(t *testing.T) {
		s := newScene(t, "", withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(5, s.keys(1, "1", "say nobody"))
		s.at(15, s.hangsUp())
		s.ends(models.Unanswered, 15)
		if s.carrier.told > 0 {
			t.Error("the caller was moved, who hears it already")
		}
	})
}

func TestTheCallerMayAskAgainAtEachStage(t *testing.T) {
	s := newScene(t, "Alice Bob", withKeypress)
	s.at(0, s.asks("ask_key 1"))
	s.at(1, s.asks("ask_key 1"))
	s.at(4, s.keys(1, "3", "ask_key 2"))
	s.at(5, s.asks("ask_key 2"))
	s.at(10, s.keys(2, "1", "hold"))
	s.at(11, s.asks("hold quietly"))
	s.at(15, s.picksUp("Alice", "screen 1"))
	s.at(16, s.asks("hold quietly"))
	s.at(18, s.presses("Alice", 1, "1", "join"))
	s.at(30, s.legEnds("Alice"))
	s.at(31, s.asks("say other_left"))
	s.at(35, s.hangsUp())
	s.ends(models.Connected, 35)
}

func TestAPlanWithNobodyToRingAnswersSoAtOnce(t *testing.T) {
	s := newScene(t, "", func(p *models.Plan) { p.Nobody.Message = "Please write to us." })
	s.at(0, s.asks("say: Please write to us."))
	s.at(12, s.hangsUp())
	call := s.ends(models.Unanswered, 12)
	if s.carrier.told > 0 || call.AlertID == "" {
		t.Errorf("the caller was moved %d times, alert %q", s.carrier.told, call.AlertID)
	}
}
