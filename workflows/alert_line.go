package workflows

import (
	"slices"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

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
		CallID: c.in.CallID, CallerName: c.in.CallerName, CallerListed: c.in.CallerListed, Verstat: c.in.Verstat, Route: true,
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

// ended is all there is to tell of the call, its message included: signals may overtake one another, and an
// alert that expects nothing more is gone.
func (c *call) ended(outcome models.Outcome) models.CallEnd {
	end := models.CallEnd{
		Outcome: outcome, AnsweredBy: c.record.AnsweredBy, AnsweredAt: c.record.ConnectedAt, Dialled: []string{}, Whole: true, Rings: []models.Ring{},
		EndedAt: c.endedAt,
	}
	for _, a := range c.attempts {
		end.Rings = append(end.Rings, a.Ring())
		if !slices.Contains(end.Dialled, a.UserID) {
			end.Dialled = append(end.Dialled, a.UserID)
		}
	}
	if c.voicemail != nil {
		c.toldOf = *c.voicemail
		known := c.toldOf
		end.Voicemail = &known
	}
	return end
}

// news are the phones of which the alert does not know yet how they stand.
func (c *call) news() []models.Ring {
	var news []models.Ring
	for _, a := range c.attempts {
		if ring := a.Ring(); ring != a.toldAs {
			a.toldAs = ring
			news = append(news, ring)
		}
	}
	return news
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
