package e2e

import (
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// terminates ends the run of a call as nobody should: it does nothing any more.
func (l *line) terminates() {
	l.t.Helper()
	l.arrived()
	if err := l.s.temporal.TerminateWorkflow(l.t.Context(), workflows.CallID(l.leg.SID), "", "to see what becomes of it"); err != nil {
		l.t.Fatal(err)
	}
}

// swept sweeps once, as happens each minute. The call is made two minutes older first: a younger one
// is left alone.
func (l *line) swept() {
	l.t.Helper()
	pools, err := l.s.store.Pools()
	if err != nil {
		l.t.Fatal(err)
	}
	older := "UPDATE calls SET started_at = ? WHERE carrier_call_id = ? AND ended_at IS NULL"
	if _, err := pools["writer"].ExecContext(l.t.Context(), older, time.Now().Add(-2*time.Minute), l.leg.SID); err != nil {
		l.t.Fatal(err)
	}
	run, err := l.s.temporal.ExecuteWorkflow(l.t.Context(), client.StartWorkflowOptions{TaskQueue: workflows.CallQueue}, workflows.Sweep)
	if err != nil {
		l.t.Fatal(err)
	}
	var did activities.Swept
	if err := run.Get(l.t.Context(), &did); err != nil || did.Looked == 0 && l.leg.Status() == "in-progress" {
		l.t.Fatalf("swept %+v (%v)", did, err)
	}
}

// sweptAway sweeps, and checks what is left of a call whose run was terminated: nothing. alerted says
// that it had passed its gates.
func (l *line) sweptAway(want models.Outcome, alerted bool) {
	l.t.Helper()
	l.swept()
	call, err := l.s.store.CallByCarrierID(l.t.Context(), l.leg.SID)
	if err != nil || call.EndedAt == nil || call.Outcome != want {
		l.t.Errorf("after the sweep the row says %s at %v, want %s (%v)", call.Outcome, call.EndedAt, want, err)
	}
	l.closed(want)
	l.checkPhones()
	if alerted {
		l.alertResolves(want)
	}
}

// alertResolves waits until the alert's row is resolved, whether or not its run has more to wait for.
func (l *line) alertResolves(want models.Outcome) {
	l.t.Helper()
	var alert models.Alert
	eventually(l.t, "its alert is resolved", func() bool {
		var err error
		alert, err = l.s.store.AlertByCall(l.t.Context(), l.leg.SID)
		return err == nil && alert.Status == models.AlertResolved
	})
	if alert.Outcome != want {
		l.t.Errorf("its alert ends %s, want %s", alert.Outcome, want)
	}
}

func TestOfACallWhoseRunWasTerminatedNothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, goes := range map[string]func(t *testing.T, p *parts){
		"while a phone rings: the caller is told that nobody comes": func(t *testing.T, p *parts) {
			l := p.line(t, "Alice Bob", longRing)
			caller := l.calls().hears(music)
			alice := l.rung("Alice")
			l.terminates()
			l.swept()
			alice.ends("canceled")
			caller.hears("nobody can take your call").ends("completed")
			l.sweptAway(models.Failed, true)
		},
		"while a phone rings, and the route has an emergency number: the caller is diverted": func(t *testing.T, p *parts) {
			l := p.lineWithEmergency(t, "Alice", longRing)
			caller := l.calls().hears(music)
			alice := l.rung("Alice")
			l.terminates()
			l.swept()
			alice.ends("canceled")
			help := l.rung(emergency).answers().talks()
			caller.talks()
			l.told()  // that is, nobody looks for a run to tell
			l.swept() // leaves them alone, and the row open
			if call, err := p.store.CallByCarrierID(t.Context(), l.leg.SID); err != nil || call.EndedAt != nil || call.DivertedAt == nil {
				t.Errorf("while the caller talks, the row says %+v (%v)", call, err)
			}
			help.hangsUp()
			caller.hears("call is over").ends("completed")
			l.sweptAway(models.Diverted, true)
		},
		"while a responder hears the prompt": func(t *testing.T, p *parts) {
			l := p.line(t, "Alice Bob", func(r *models.Route) { r.Accept.Prompt = longPrompt })
			caller := l.calls().hears(music)
			alice := l.rung("Alice").answers().hears("to take")
			l.terminates()
			l.swept()
			alice.ends("completed")
			caller.hears("nobody can take your call").ends("completed")
			l.sweptAway(models.Failed, true)
		},
		"while a responder hears the prompt, who presses": func(t *testing.T, p *parts) {
			l := p.line(t, "Alice Bob")
			caller := l.calls().hears(music)
			alice := l.rung("Alice").answers().hears("to take")
			l.terminates()
			alice.presses("1").hears("already hung up").ends("completed")
			l.swept()
			caller.hears("nobody can take your call").ends("completed")
			l.sweptAway(models.Failed, true)
		},
		"while they talk: they talk on": func(t *testing.T, p *parts) {
			l := p.lineWithEmergency(t, "Alice")
			caller := l.calls()
			alice := l.rung("Alice").answers().hears("to take").presses("1").talks()
			caller.talks()
			l.terminates()
			l.swept()
			if caller.leg.Status() != "in-progress" || alice.leg.Status() != "in-progress" {
				t.Error("the sweep ended their talk")
			}
			alice.hangsUp()
			caller.hears("hung up").ends("completed")
			l.sweptAway(models.Failed, true)
		},
		"while the caller is asked for a key": func(t *testing.T, p *parts) {
			l := p.line(t, "Alice", withKeypress)
			caller := l.calls().hears("press 1")
			l.terminates()
			l.swept()
			caller.presses("1").hears("call is over").ends("completed")
			l.sweptAway(models.Failed, false)
		},
		"while the caller leaves a message": func(t *testing.T, p *parts) {
			l := p.line(t, "", withVoicemail)
			caller := l.calls()
			caller.speaksFor(3)
			l.terminates()
			l.swept()
			caller.presses("#").hears("has been recorded").ends("completed")
			l.sweptAway(models.Failed, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			goes(t, sharedParts(t))
		})
	}
}

// longPrompt lasts longer than a responder has for their decision.
const longPrompt = "Press 1 to take it. " + aWhile + aWhile

const aWhile = "Somebody needs you now, and it is you whom they need, and nobody else, and they need you now, and not later, " +
	"so please do not hesitate, because there is no time to lose, and somebody has to do something about it. "

func TestACancelledCallIsOverAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		levels string
		route  func(*models.Route)
		until  func(l *line, caller *phone)
		want   models.Outcome
	}{
		"while the caller is asked for a key": {
			"Alice", withKeypress, func(_ *line, caller *phone) { caller.hears("press 1") }, models.Failed,
		},
		"while a phone rings": {
			"Alice Bob", longRing, func(l *line, _ *phone) { l.rung("Alice") }, models.Failed,
		},
		"while two phones ring": {
			"Alice Bob", inWay(models.AllAtOnce), func(l *line, _ *phone) { l.rung("Alice"); l.rung("Bob") }, models.Failed,
		},
		"while a responder hears the prompt": {
			"Alice Bob", func(r *models.Route) { r.Accept.Prompt = longPrompt },
			func(l *line, _ *phone) { l.rung("Alice").answers().hears("to take") }, models.Failed,
		},
		"while they talk": {
			"Alice Bob", anyRoute, func(l *line, caller *phone) {
				l.rung("Alice").answers().hears("to take").presses("1").talks()
				caller.talks()
			}, models.Connected,
		},
		"while the caller hears that nobody comes": {
			"Alice", func(r *models.Route) { r.Nobody.Message = aWhile }, func(l *line, caller *phone) {
				l.rung("Alice").rejects()
				caller.hears("somebody needs you")
			}, models.Failed,
		},
		"while the caller leaves a message": {
			"", withVoicemail, func(_ *line, caller *phone) { caller.speaksFor(3) }, models.Failed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := sharedSystem(t, "sqlite").line(t, c.levels, c.route)
			caller := l.calls()
			c.until(l, caller)
			if err := l.s.temporal.CancelWorkflow(t.Context(), workflows.CallID(l.leg.SID), ""); err != nil {
				t.Fatal(err)
			}
			caller.ends("completed")
			if err := l.s.temporal.GetWorkflow(t.Context(), workflows.CallID(l.leg.SID), "").Get(t.Context(), nil); !temporal.IsCanceledError(err) {
				t.Errorf("the run ends with %v, want cancelled", err)
			}
			call := l.closed(c.want)
			l.checkAlert(t.Context(), call)
			l.checkPhones()
		})
	}
}
