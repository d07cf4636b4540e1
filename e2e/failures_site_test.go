package e2e

import (
	"errors"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/serviceerror"
)

// While our site is away the carrier reads what another host serves. Calls that are on hold or in a
// talk last, because they ask nothing of us. What the carrier met is no fault then: it is what the
// test is about.
func TestWhileOurSiteIsAwayAnotherHostAnswers(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "away-site", pace, false)
	arrives, nowhere := p.lineWithEmergency(t, "Alice"), p.line(t, "Alice")
	talks, holds := p.line(t, "Alice"), p.line(t, "Alice Bob", longRing)
	p.publishes(t, arrives, nowhere)
	talker, holder := talks.calls(), holds.calls().hears(music)
	talks.rung("Alice").answers().hears("to take").presses("1").talks()
	talker.talks()
	alice := holds.rung("Alice")

	p.toSite.cut()
	diverted, patient := arrives.calls(), nowhere.calls()
	help := arrives.rung(emergency).answers().talks()
	diverted.hears("emergency line").talks().hangsUp()
	help.ends("completed")
	nowhere.fallsBack()
	talker.hangsUp()
	alice.answers().ends("completed") // the carrier finds nothing to say to her
	p.toSite.mend()

	for caller, l := range map[*phone]*line{holder: holds, patient: nowhere} {
		name := "Alice" // the route has no emergency number: it rang until we were back
		if l == holds {
			name = "Bob"
		}
		takenBy(name)(l, caller)
		l.checkAlert(t.Context(), l.closed(models.Connected))
	}
	talks.checkAlert(t.Context(), talks.closed(models.Connected))
	arrives.neverCame()
}

// fallsBack waits until the carrier reads the emergency document for this caller.
func (l *line) fallsBack() {
	l.t.Helper()
	l.awaitEvent(func(e simulator.Event) bool { return e.Kind == simulator.EventFallback && e.Call == l.leg.SID })
}

// neverCame holds that we know nothing of a call, and that nobody but the emergency number was rung.
func (l *line) neverCame() {
	l.t.Helper()
	err := l.s.temporal.GetWorkflow(l.t.Context(), workflows.CallID(l.leg.SID), "").Get(l.t.Context(), nil)
	if noRun := (*serviceerror.NotFound)(nil); !errors.As(err, &noRun) {
		l.t.Errorf("it has a run (%v)", err)
	}
	for name, p := range l.people {
		if n := len(l.s.carrier.Phone(p.number).Legs()); n > 0 != p.rung {
			l.t.Errorf("%s was rung %d times", name, n)
		}
	}
	l.checkSilence()
}
