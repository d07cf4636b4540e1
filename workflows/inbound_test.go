package workflows_test

import (
	"testing"

	"github.com/ringdown/ringdown/models"
)

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
		!a.EndedAt.Equal(monday.Add(seconds(73))) || len(a.Keys) != 1 || a.Keys[0] != "1" {
		t.Errorf("the attempt is %+v", a)
	}
}
