package e2e

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/serviceerror"
)

// Nobody can decide from before a caller arrives until they talk to the emergency line.
func TestACallerWhoArrivesWhileNothingDecidesIsDiverted(t *testing.T) {
	t.Parallel()
	for name, absence := range absences {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newParts(t, t, "divert-"+name, pace, false)
			l := p.lineWithEmergency(t, "Alice")
			absence.leave(p)
			caller := l.calls()
			help := l.rung(emergency).answers().talks()
			caller.hears("emergency line").talks()
			l.rangAtMost(12 * time.Second)
			absence.comeBack(p)
			help.hangsUp()
			caller.ends("completed")
			l.diverted()
			p.answeredInTime(t)
		})
	}
}

// rangAtMost holds how long a caller heard it ring before anything was said to them, at life's own
// pace: the webhooks, and 2 s after each but the last.
func (l *line) rangAtMost(longest time.Duration) {
	l.t.Helper()
	rang := time.Duration(0)
	tries := 0
	for _, e := range l.s.carrier.History() {
		if e.Kind == simulator.EventWebhook && e.Call == l.leg.SID && strings.HasSuffix(e.URL, "/twilio/voice") {
			rang += time.Duration(e.Millis) * time.Millisecond
			tries++
		}
	}
	if rang += time.Duration(tries-1) * 2 * time.Second; tries < 2 || rang > longest {
		l.t.Errorf("it rang for %v, in %d tries", rang, tries)
	}
}

// diverted checks a call that was sent to the emergency number: its row says so, and its run, where
// it has one, has heard of it and rung nobody since.
func (l *line) diverted() {
	l.t.Helper()
	call := l.closed(models.Diverted)
	if call.DivertedAt == nil {
		l.t.Error("its row does not say when it was diverted")
	}
	l.told()
	var outcome models.Outcome
	err := l.s.temporal.GetWorkflow(l.t.Context(), workflows.CallID(l.leg.SID), "").Get(l.t.Context(), &outcome)
	if noRun := (*serviceerror.NotFound)(nil); !errors.As(err, &noRun) && (err != nil || outcome != models.Diverted) {
		l.t.Errorf("its run ends %s (%v)", outcome, err)
	}
	l.checkAlert(l.t.Context(), call)
	l.checkPhones()
}

// told waits until the run of a diverted call has been told so, or is known to be none.
func (l *line) told() {
	l.t.Helper()
	eventually(l.t, "its run is told", func() bool {
		row, err := l.s.store.CallByCarrierID(l.t.Context(), l.leg.SID)
		return err == nil && row.DiversionTold
	})
}

// No worker lives for a minute: who waits is diverted where the route can. Who talks is left alone,
// and so is who has nowhere to go: they wait until the workers are back.
func TestCallersOnHoldAreDivertedAfterAMinuteWithoutAWorker(t *testing.T) {
	t.Parallel()
	for name, absence := range absences {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newParts(t, t, "hold-"+name, pace, false)
			waits, talks, stays := p.lineWithEmergency(t, "Alice", longRing), p.lineWithEmergency(t, "Bob"), p.line(t, "Carol", longRing)
			patient, stayer, talker := waits.calls().hears(music), stays.calls().hears(music), talks.calls()
			bob := talks.rung("Bob").answers().hears("to take").presses("1").talks()
			alice := waits.rung("Alice")
			stays.rung("Carol")
			absence.leave(p)
			help := waits.rung(emergency).answers().talks()
			patient.hears("emergency line").talks()
			absence.comeBack(p)
			alice.over()
			waits.told()
			patient.hangsUp()
			help.ends("completed")
			waits.diverted()
			talker.talks().hangsUp()
			bob.hears("hung up").ends("completed")
			talks.ended(models.Connected)
			stayer.hears("nobody can take your call").ends("completed")
			stays.ended(models.Unanswered)
		})
	}
}

// over waits until the call of this phone is over, however.
func (p *phone) over() {
	p.t.Helper()
	select {
	case <-p.leg.Done():
	case <-time.After(patience):
		p.t.Fatalf("the line does not end; heard %+v", p.leg.Heard())
	}
}

func TestWhenTheWorkersAreBackWithinAMinuteNobodyOnHoldIsDiverted(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "hold-back", pace, false)
	l := p.lineWithEmergency(t, "Alice Bob Carol", longRing)
	caller := l.calls().hears(music)
	l.rung("Alice")
	p.stopWorker()
	eventually(t, "somebody notices", func() bool { return p.log.has("no worker gives a sign of life") })
	p.startWorker()
	l.rung("Bob").ends("no-answer") // the minute is over
	l.rung("Carol").answers().hears("to take").presses("1").talks()
	caller.talks().hangsUp()
	if call := l.ended(models.Connected); call.DivertedAt != nil {
		t.Errorf("the call was diverted at %v", call.DivertedAt)
	}
}

// The carrier fails as the caller is to be moved: they are moved all the same, a little later.
func TestACallerOnHoldIsDivertedThoughTheCarrierFailsAtFirst(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "hold-move", pace, false)
	l := p.lineWithEmergency(t, "Alice", longRing)
	caller := l.calls().hears(music)
	alice := l.rung("Alice")
	p.carrierDoor.refuses(moveOf(l), 2, http.StatusServiceUnavailable, 20500)
	p.stopWorker()
	help := l.rung(emergency).answers().talks()
	caller.talks()
	p.startWorker()
	alice.over()
	l.told()
	caller.hangsUp()
	help.ends("completed")
	l.diverted()
}

// Neither a run nor the database can be asked: the route is known from the last call.
func TestACallerIsDivertedWithoutTheDatabaseToo(t *testing.T) {
	t.Parallel()
	if !storetest.PostgresExpected() {
		return // a file does not go away
	}
	p := newParts(t, t, "divert-database", pace, true)
	l := p.lineWithEmergency(t, "Alice", withKeypress)
	l.calls().hears("press 1").hangsUp()
	l.ended(models.Abandoned)
	p.toDatabase.cut()
	p.stopWorker()
	caller := l.calls()
	help := l.rung(emergency).answers().talks()
	l.rangAtMost(12 * time.Second)
	caller.talks().hangsUp()
	help.ends("completed")
	p.startWorker()
	p.toDatabase.mend()
	l.ended(models.Diverted)
	p.answeredInTime(t)
}
