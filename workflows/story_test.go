package workflows_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// tells asks the run for its record as it would be written now.
func (s *scene) tells() (call models.Call) {
	s.t.Helper()
	answer, err := s.env.QueryWorkflow(workflows.QueryRecord)
	if err == nil {
		err = answer.Get(&call)
	}
	if err != nil {
		s.t.Fatalf("at %v the run does not tell of itself: %v", s.carrier.now(), err)
	}
	return call
}

// stands holds what the run tells of itself: its stage, then each attempt.
func (s *scene) stands(want string) func() {
	return func() {
		call := s.tells()
		got := string(call.Stage)
		for _, a := range call.Attempts {
			got += fmt.Sprintf(", %s %s", a.Name, a.State)
		}
		if got != want || call.Outcome != "" || call.EndedAt != nil || call.Plan == nil || call.ID != "call-1" || len(call.Timeline) == 0 {
			s.t.Errorf("at %v the run tells %s of %+v, want %s", s.carrier.now(), got, call, want)
		}
	}
}

func TestALiveCallTellsWhatIsOnRecordOfItSoFar(t *testing.T) {
	s := newScene(t, "Alice / Bob", withKeypress)
	s.at(0, s.asks("ask_key 1"))
	s.at(1, s.stands("gate"))
	s.at(3, s.keys(1, "1", "hold"))
	s.at(4, s.stands("hunting, Alice ringing"))
	s.at(40, s.stands("hunting, Alice ending, Bob ringing"), s.picksUp("Bob", "screen 1"))
	s.at(42, s.stands("hunting, Alice ending, Bob picked_up"))
	s.at(45, s.presses("Bob", 1, "1", "join"))
	s.at(50, s.stands("talking, Alice ending, Bob accepted"), func() {
		call := s.tells()
		last := call.Timeline[len(call.Timeline)-1]
		if call.AnsweredBy != "bob" || call.ConnectedAt == nil || last.What != "Bob (mobile) took the call" || call.AlertID != "alert-1" ||
			call.Attempts[1].Number != s.in.Plan.Levels[1].People[0].Phones[0].Number {
			t.Errorf("while they talk: %+v", call)
		}
	})
	s.at(60, s.hangsUp())
	s.at(62, s.legEnds("Bob"))
	call := s.ends(models.Connected, 62)
	if diff := cmp.Diff(call, s.tells()); diff != "" {
		t.Errorf("what was written is not what the run told: %s", diff)
	}
}

func TestACallTellsItsVoicemailAsItIsWritten(t *testing.T) {
	s := newScene(t, "Alice", withVoicemail)
	s.at(0, s.asks("hold"))
	s.at(29, s.asks("record"))
	s.at(30, s.stands("nobody, Alice ending"))
	s.at(40, s.recorded("RE1", 5))
	s.at(42, s.hangsUp())
	call := s.ends(models.Voicemailed, -1)
	if diff := cmp.Diff(call, s.tells()); diff != "" || call.Voicemail == nil {
		t.Errorf("what was written is not what the run told: %s", diff)
	}
}
