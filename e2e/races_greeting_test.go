package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// A responder may be faster than the greeting. Who then leaves the room again has met nobody, though
// the room has seen somebody and is over.
func TestAResponderWhoLeavesTheRoomBeforeTheCallerIsThereHasNotMetThem(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob", func(r *models.Route) { r.Greeting = "Welcome. " + strings.Repeat(aWhile, 4) })
		caller := l.calls().hears("welcome")
		l.rung("Alice").answers().hears("to take").presses("1").hears(music).hangsUp()
		if slices.ContainsFunc(caller.leg.Heard(), func(h simulator.Heard) bool { return strings.Contains(h.Text, music) }) {
			t.Fatal("the caller is in the room already")
		}
		bob := l.rung("Bob").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		bob.hears("hung up").ends("completed")
		call := l.ended(models.Connected)
		if call.AnsweredBy != l.route.Levels[0].Targets[1].UserID {
			t.Errorf("answered by %s", call.AnsweredBy)
		}
	})
}
