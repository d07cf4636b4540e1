package e2e

import (
	"errors"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/serviceerror"
)

// While our site is away the carrier reads what another host serves. Calls that are on hold or in a
// talk last, because they ask nothing of us. Of what the carrier met, and of legs whose documents
// could not be had, nothing can be held then: it is what the test is about.
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
	diverted, told := arrives.calls(), nowhere.calls()
	line := arrives.rung(emergency).answers().talks()
	diverted.hears("emergency line").talks().hangsUp()
	line.ends("completed")
	told.hears("nobody can take your call").ends("completed")
	talker.hangsUp()
	alice.answers().ends("completed") // the carrier finds nothing to say to her
	p.toSite.mend()

	bob := holds.rung("Bob").answers().hears("to take").presses("1").talks()
	holder.talks().hangsUp()
	bob.hears("hung up").ends("completed")
	for _, l := range []*line{holds, talks} {
		call := l.closed(models.Connected)
		l.checkAlert(t.Context(), call)
	}
	for _, l := range []*line{arrives, nowhere} {
		l.neverCame()
	}
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
