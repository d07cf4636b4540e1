package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// livenessCheck is how often an alert asks whether its call still lives: a terminated run tells
// nobody that it ended.
const livenessCheck = 5 * time.Minute

// voicemailTime is how long a resolved alert waits for the rest of a message: its recording, its
// transcript. It is longer than the call asks the carrier for them.
const voicemailTime = 30 * time.Minute

// alert is the alert of one call while it fires.
type alert struct {
	row     models.Alert
	changed bool // since the row was written
	lost    bool // who answered was lost before they met the caller, which the row does not say yet
	ended   bool
	whole   bool // the call has told all there is of it but its message
}

// Alert fires while its call lasts, and outlives it. What the call tells may come in any order,
// late or twice.
func Alert(ctx workflow.Context, in models.Raised) error {
	a := &alert{row: models.Alert{
		ID: in.AlertID, CarrierCallID: in.CallSID, RouteID: in.RouteID, Title: "Call to " + in.RouteName,
		Number: in.Number, Caller: in.Caller, Country: in.Country,
		Status: models.AlertFiring, StartedAt: in.StartedAt,
	}}
	workflow.Go(ctx, a.listen)
	err := a.fire(ctx, in)
	if temporal.IsCanceledError(err) { // an operator closes it: it must not go on firing
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		return errors.Join(a.resolve(ctx), err)
	}
	if err != nil {
		return err
	}
	return a.resolve(ctx)
}

// fire lasts until the call is over.
func (a *alert) fire(ctx workflow.Context, in models.Raised) error {
	if err := a.write(ctx); err != nil {
		return err
	}
	for !a.ended {
		heard, err := awaitFor(ctx, livenessCheck, "to ask whether the call still lives",
			func() bool { return a.ended || a.changed && (a.row.AnsweredBy != "" || a.lost) })
		if err != nil {
			return err
		}
		if !heard {
			if err := a.askCall(ctx, in.CallSID); err != nil {
				return err
			}
		} else if !a.ended {
			if err := a.write(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// listen notes what the call tells.
func (a *alert) listen(ctx workflow.Context) {
	heard := workflow.NewSelector(ctx)
	heard.AddReceive(workflow.GetSignalChannel(ctx, SignalDialled), func(ch workflow.ReceiveChannel, _ bool) {
		var user string
		if ch.Receive(ctx, &user); !a.whole && !slices.Contains(a.row.Dialled, user) {
			a.row.Dialled = append(a.row.Dialled, user)
			a.changed = true
		}
	})
	heard.AddReceive(workflow.GetSignalChannel(ctx, SignalAnswered), func(ch workflow.ReceiveChannel, _ bool) {
		var user string
		if ch.Receive(ctx, &user); !a.whole {
			a.row.AnsweredBy, a.changed, a.lost = user, true, user == ""
		}
	})
	heard.AddReceive(workflow.GetSignalChannel(ctx, SignalEnded), func(ch workflow.ReceiveChannel, _ bool) {
		var end models.CallEnd
		ch.Receive(ctx, &end)
		a.row.Outcome = end.Outcome
		if end.Whole { // what was told before it may still be on its way
			a.whole, a.row.AnsweredBy, a.row.Dialled = true, end.AnsweredBy, end.Dialled
		}
		a.changed = a.changed || a.ended // a message came late: the call ended otherwise than it was told
		a.ended = true
	})
	heard.AddReceive(workflow.GetSignalChannel(ctx, SignalVoicemail), func(ch workflow.ReceiveChannel, _ bool) {
		var v models.Voicemail
		ch.Receive(ctx, &v)
		a.row.Voicemail, a.changed = &v, true
	})
	for {
		heard.Select(ctx)
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s** · %s · %d rung · %s", a.row.Title, a.row.Status, len(a.row.Dialled), a.row.Outcome))
	}
}

// askCall ends an alert whose call has died without a word.
func (a *alert) askCall(ctx workflow.Context, callSID string) error {
	var lives bool
	err := workflow.ExecuteActivity(recording(ctx, "ask whether the call still lives"), records.CallLives, CallID(callSID)).Get(ctx, &lives)
	if err == nil && !lives && !a.ended {
		a.ended, a.row.Outcome = true, models.Failed
	}
	return err
}

func (a *alert) write(ctx workflow.Context) error {
	a.changed, a.lost = false, false
	return workflow.ExecuteActivity(recording(ctx, "write the alert: "+string(a.row.Status)), records.RecordAlert, a.row).Get(ctx, nil)
}

// resolve writes the alert for the last time, and once more when it is told something meanwhile.
func (a *alert) resolve(ctx workflow.Context) error {
	now := workflow.Now(ctx)
	a.row.Status, a.row.ResolvedAt = models.AlertResolved, &now
	if err := workflow.UpsertTypedSearchAttributes(ctx, AlertStatus.ValueSet(string(models.AlertResolved))); err != nil {
		return err
	}
	for {
		if err := a.write(ctx); err != nil {
			return err
		}
		if a.changed {
			continue
		}
		if !a.expects() {
			return nil
		}
		told, err := awaitFor(ctx, voicemailTime, "for the rest of the message", func() bool { return a.changed })
		if !told || err != nil {
			return err
		}
	}
}

// expects says whether more is to be told of a message.
func (a *alert) expects() bool {
	if a.row.Voicemail == nil {
		return a.row.Outcome == models.Voicemailed
	}
	return !a.row.Voicemail.Final()
}

// alertLine is a call's line to its alert. What is told before the alert has started is held.
type alertLine struct {
	raised, started bool
	held            []told
	sent            []workflow.Future
}

type told struct {
	signal string
	value  any
}

// raiseAlert starts the alert of this call, as a child that outlives it.
func (c *call) raiseAlert(ctx workflow.Context) {
	c.record.AlertID = c.in.AlertID
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            AlertID(c.in.CallSID),
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         "Call to " + c.plan.RouteName,
		TypedSearchAttributes: temporal.NewSearchAttributes(CallRoute.ValueSet(c.plan.RouteID), AlertStatus.ValueSet(string(models.AlertFiring))),
	}), Alert, models.Raised{
		AlertID: c.record.AlertID, CallSID: c.in.CallSID, RouteID: c.plan.RouteID, RouteName: c.plan.RouteName,
		Number: c.in.Number, Caller: c.in.Caller, Country: c.in.Country, StartedAt: c.in.At,
	})
	c.alert.raised = true
	workflow.Go(ctx, func(ctx workflow.Context) {
		if err := child.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Error("raise the alert", "cause", err)
		}
		c.alert.started = true
		for _, t := range c.alert.held {
			c.alert.send(ctx, c.in.CallSID, t)
		}
		c.alert.held = nil
	})
}

// ended is all there is to tell of the call: signals may overtake one another.
func (c *call) ended(outcome models.Outcome) models.CallEnd {
	end := models.CallEnd{Outcome: outcome, AnsweredBy: c.record.AnsweredBy, Dialled: []string{}, Whole: true}
	for _, a := range c.attempts {
		if !slices.Contains(end.Dialled, a.UserID) {
			end.Dialled = append(end.Dialled, a.UserID)
		}
	}
	return end
}

// tellAlert sends the alert word of the call. It does not wait.
func (c *call) tellAlert(ctx workflow.Context, signal string, value any) {
	switch t := (told{signal, value}); {
	case !c.alert.raised:
	case c.alert.started:
		c.alert.send(ctx, c.in.CallSID, t)
	default:
		c.alert.held = append(c.alert.held, t)
	}
}

func (l *alertLine) send(ctx workflow.Context, callSID string, t told) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	l.sent = append(l.sent, workflow.SignalExternalWorkflow(ctx, AlertID(callSID), "", t.signal, t.value))
}

// close waits until all that was told has been sent: it would be lost with the run.
func (l *alertLine) close(ctx workflow.Context) error {
	err := workflow.Await(ctx, func() bool { return !l.raised || l.started && len(l.held) == 0 })
	for _, sent := range l.sent {
		if sendErr := sent.Get(ctx, nil); sendErr != nil {
			workflow.GetLogger(ctx).Warn("tell the alert", "cause", sendErr)
		}
	}
	return err
}
