package e2e

import (
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// refused holds that a call ends refused for a reason, which its record has.
func (l *line) refused(why models.RefusalReason) {
	l.t.Helper()
	if call := l.ended(models.Refused); call.Refusal != why {
		l.t.Errorf("refused because %q, want %q", call.Refusal, why)
	}
}

func TestABlockedCallerIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice")
		if _, err := s.store.CreateBlockedCaller(t.Context(), models.BlockedCaller{Number: models.Phone(l.from), Reason: "rings for fun"}); err != nil {
			t.Fatal(err)
		}
		l.calls().ends("no-answer")
		l.refused(models.RefusedBlocked)
	})
}

func TestOneOfOurOwnNumbersIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		other := s.line(t, "Alice")
		l := s.line(t, "Bob")
		l.from = other.number
		l.calls().ends("no-answer")
		l.refused(models.RefusedOwnNumber)
	})
}

func TestACallerWhoCallsTooOftenHearsABusyLine(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice", withKeypress, func(r *models.Route) { r.Limits.PerCallerPerMinute = 2 })
		for range 2 {
			caller := l.calls().hears("press 1")
			caller.hangsUp()
			l.toldOfTheEnd()
		}
		l.calls().ends("busy")
		l.refused(models.RefusedTooMany)
	})
}

func TestARouteWithTooManyCallsAtOnceSoundsBusy(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice", withKeypress, func(r *models.Route) { r.Limits.LiveCalls = 1 })
		first := l.calls().hears("press 1")
		firstLeg := l.leg
		l.arrived()
		l.from = s.fresh()
		l.calls().ends("busy")
		l.refused(models.RefusedRouteFull)
		l.leg = firstLeg
		first.hangsUp()
		l.ended(models.Abandoned)
	})
}

func TestACallerWhomNoNetworkVouchesForIsRefusedWhereTheRouteSaysSo(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice", withKeypress, func(r *models.Route) { r.RequireAttested = true })
		l.calls().hears("vouch").ends("completed")
		l.refused(models.RefusedUnattested)
		l.leg = s.carrier.Dial(l.from, l.number, simulator.CallerScript{Manual: true, StirVerstat: models.VouchedFor})
		caller := &phone{t: t, s: s, number: l.from, leg: l.leg}
		caller.hears("press 1").hangsUp()
		l.ended(models.Abandoned)
	})
}
