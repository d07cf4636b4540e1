package e2e

import (
	"testing"

	"github.com/ringdown/ringdown/models"
)

func withKeypress(r *models.Route) { r.Keypress = models.Keypress{Enabled: true, Key: "1"} }

func TestNobodyOnLevel1PicksUpAndLevel2TakesTheCall(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice / Bob", withKeypress)
		caller := l.calls().hears("press 1").presses("1").hears("hold")
		l.rung("Alice").ends("no-answer")
		bob := l.rung("Bob").answers().hears("to take").presses("1")
		caller.talks()
		bob.talks()
		caller.hangsUp()
		bob.hears("hung up").ends("completed")
		call := l.ended(models.Connected)
		if call.AnsweredBy != l.route.Levels[1].Targets[0].UserID || call.ConnectedAt == nil {
			t.Errorf("answered by %s at %v", call.AnsweredBy, call.ConnectedAt)
		}
	})
}

func TestACallerWhoIsNotListedIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice", func(r *models.Route) {
			r.Allowlist = models.Allowlist{Enabled: true, Callers: []models.AllowedCaller{{Number: "+447700900123"}}}
		})
		l.calls().ends("no-answer")
		l.ended(models.Refused)
	})
}

func TestThreeWrongKeysEndTheCallAndRingNobody(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice", withKeypress)
		caller := l.calls().hears("press 1").presses("5").hears("not right").presses("6")
		caller.presses("7").hears("goodbye").ends("completed")
		l.ended(models.GateFailed)
	})
}

func TestACallerHangsUpWhileAPhoneRings(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob")
		caller := l.calls().hears("hold")
		alice := l.rung("Alice")
		caller.hangsUp()
		alice.ends("canceled")
		l.ended(models.Abandoned)
	})
}

func TestAResponderHearsThatTheCallerHasLeft(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob")
		caller := l.calls()
		alice := l.rung("Alice").answers().hears("to take")
		caller.hangsUp()
		l.toldOfTheEnd()
		alice.presses("1").hears("already hung up").ends("completed")
		l.ended(models.Abandoned)
	})
}

func TestAMailboxNeverPressesAndTheNextPersonIsRung(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob")
		caller := l.calls()
		l.rung("Alice").answers().hears("to take")
		l.rung("Bob").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		l.ended(models.Connected)
	})
}

func TestADeclineRingsTheNextPersonAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob Carol")
		caller := l.calls()
		l.rung("Alice").answers().hears("to take").presses("9")
		l.rung("Bob").rejects()
		l.rung("Carol").answers().hears("to take").presses("1").talks().hangsUp()
		caller.hears("hung up").ends("completed")
		l.ended(models.Connected)
	})
}

func TestNobodyAtAllIsSaidToTheCaller(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob", func(r *models.Route) { r.Nobody.Message = "Please write to support instead." })
		caller := l.calls()
		l.rung("Alice").ends("no-answer")
		l.rung("Bob").ends("no-answer")
		caller.hears("write to support").ends("completed")
		l.ended(models.Unanswered)
	})
}
