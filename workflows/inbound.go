package workflows

import (
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Activities by their receivers, for their names alone.
var (
	phone   *activities.Phone
	records *activities.Records
	alerts  *activities.Alerts
)

// call is one caller's call while it lasts.
type call struct {
	in    models.Inbound
	plan  models.Plan
	stage models.Stage

	told       workflow.Selector // hears signals
	asked      bool              // the caller has had a fresh answer
	greeted    bool              // the caller has heard the greeting
	heardOf    time.Time         // when there was a sign of them last
	callerGone bool              // the caller's leg is over
	diverted   bool              // the caller talks to the emergency number instead
	gateTry    int               // the try that the caller hears, from 1
	gate       models.Verdict

	ahead    []level // whom to ring, level by level
	lines    []*line // whoever was rung
	attempts []*attempt
	winner   *attempt  // the first who accepted
	enough   time.Time // when the caller has waited long enough; zero before the hunt
	tooLong  bool      // they have
	gaveUp   time.Time // when nobody was left to ring; zero until then
	endedAt  *time.Time
	alert    alertLine
	record   models.Call

	forwarded *Forwarded        // how the line to the fixed number ended; nil while nobody told
	voicemail *models.Voicemail // nil unless the caller was asked for a message
	said      []Transcribed     // what was told of it in words
	measured  string            // the recording whose length the carrier has told for good, lately
	toldOf    models.Voicemail  // what the alert knows of it, once the call has ended
	noneFound bool              // the carrier knew of no recording when it was asked
	flagged   []workflow.Future // phones that the carrier refused, being noted
}

// InboundCall is one caller's call, from the first webhook to the last leg's end.
func InboundCall(ctx workflow.Context, in models.Inbound) (models.Outcome, error) {
	c, err := begin(ctx, in)
	if err != nil {
		return "", err
	}
	outcome, err := c.reachSomeone(ctx)
	return c.end(ctx, outcome, err)
}

// begin makes the call ready to answer webhooks. Nothing here blocks.
func begin(ctx workflow.Context, in models.Inbound) (*call, error) {
	c := &call{in: in, plan: in.Plan, gateTry: 1, stage: in.FirstStage(), ahead: levels(in.Plan), heardOf: workflow.Now(ctx)}
	c.record = models.Call{
		ID: in.CallID, CarrierCallID: in.CallSID, RouteID: in.Plan.RouteID, RouteName: in.Plan.RouteName,
		Caller: in.Caller, Number: in.Number, Country: in.Country, Verstat: in.Verstat,
		StartedAt: in.At, Plan: &in.Plan, Refusal: in.Refusal,
	}
	c.note(ctx, "the call arrived")
	return c, c.listen(ctx)
}

// reachSomeone leads the caller through the gates and to whoever takes the call.
func (c *call) reachSomeone(ctx workflow.Context) (models.Outcome, error) {
	if err := c.answered(ctx); err != nil || c.over() && !c.refusedUnheard(ctx) {
		return c.left(), err
	}
	if c.stage == models.StageEnded {
		c.refuse(ctx)
		return models.Refused, nil
	}
	if passed, err := c.passGate(ctx); err != nil || c.over() {
		return c.left(), err
	} else if !passed {
		c.note(ctx, "the key was never pressed")
		return models.GateFailed, nil
	}
	c.raiseAlert(ctx)
	for {
		if err := c.hunt(ctx); err != nil || c.winner == nil && c.over() {
			return c.left(), err
		}
		if c.winner == nil {
			return c.nobody(ctx)
		}
		if met, err := c.talk(ctx); met || err != nil {
			return models.Connected, err
		}
		c.huntOn(ctx)
	}
}

// refusedUnheard says whether a caller who has left was to be refused, or was without the run.
func (c *call) refusedUnheard(ctx workflow.Context) bool {
	return c.stage == models.StageEnded && !c.diverted &&
		workflow.GetVersion(ctx, "whoever is refused is, though they left", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// refuse notes why the caller may not call. They have heard so, or have left before.
func (c *call) refuse(ctx workflow.Context) {
	if c.record.Refusal == "" {
		c.record.Refusal = models.RefusedNotListed
	}
	c.note(ctx, c.record.Refusal.Words())
}

// answered waits until a webhook took a fresh answer to the caller. A stale one starts nothing:
// the caller has been told something else, or is gone.
func (c *call) answered(ctx workflow.Context) error {
	for !c.asked && !c.over() {
		ok, err := c.wait(ctx, time.Minute, "for the caller's first answer", func() bool { return c.asked })
		if err != nil {
			return err
		}
		if !ok {
			if err := c.askCarrier(ctx, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// over says whether there is nobody left to find a responder for.
func (c *call) over() bool { return c.callerGone || c.diverted }

// left is the outcome of a call whose caller is no longer ours.
func (c *call) left() models.Outcome {
	switch {
	case c.diverted:
		return models.Diverted
	case c.callerGone:
		return models.Abandoned
	default:
		return models.Failed
	}
}

// wait blocks until the condition holds or the caller is gone, at most for d at the plan's pace.
// It reports whether it ended before the time was up.
func (c *call) wait(ctx workflow.Context, d time.Duration, summary string, condition func() bool) (bool, error) {
	return awaitFor(ctx, c.plan.Paced(d), summary, func() bool { return condition() || c.over() })
}

// awaitFor blocks until the condition holds, at most for d, and reports whether it does. Unlike
// the SDK's own it starts no timer for what holds already and leaves none behind, which would
// wake the run for nothing.
func awaitFor(ctx workflow.Context, d time.Duration, summary string, condition func() bool) (bool, error) {
	if condition() {
		return true, nil
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(timerCtx, d, workflow.TimerOptions{Summary: summary})
	err := workflow.Await(ctx, func() bool { return condition() || timer.IsReady() })
	return err == nil && condition(), err
}

// end closes the call whatever happened before, cancellation included: the alert resolves, the record
// is written, no leg is left. Neither alert nor record waits for a leg that the carrier does not end;
// the run does, and then completes the record.
func (c *call) end(ctx workflow.Context, outcome models.Outcome, cause error) (models.Outcome, error) {
	cancelled := temporal.IsCanceledError(cause)
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	c.stage = models.StageEnded
	if cause != nil {
		outcome = c.broken(ctx, cancelled, cause)
	}
	now := workflow.Now(ctx)
	c.endedAt = &now
	c.note(ctx, "the call ended: "+string(outcome))
	c.mark(ctx, CallStage.ValueSet(string(c.stage)), CallOutcome.ValueSet(string(outcome)))
	c.tellAlert(ctx, SignalEnded, c.ended(outcome))
	c.endLegs(ctx, cause != nil)
	if c.voicemail == nil { // now, and not in the run's last task, which is done again when another word comes in meanwhile
		c.measure(ctx, outcome)
	}
	err := c.write(ctx, outcome)
	if c.voicemail != nil {
		outcome = c.completeVoicemail(ctx, outcome)
		if written := c.record.Voicemail; written == nil || *c.voicemail != *written {
			err = c.write(ctx, outcome)
		}
		c.measure(ctx, outcome)
	}
	for _, noted := range c.flagged {
		_ = noted.Get(ctx, nil) // tried until it is
	}
	if alertErr := c.alert.close(ctx); err == nil {
		err = alertErr
	}
	if c.endLateLegs(ctx) {
		if lateErr := c.write(ctx, outcome); err == nil {
			err = lateErr
		}
	}
	if awaitErr := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err == nil {
		err = awaitErr
	}
	if cancelled {
		err = cause
	}
	return outcome, err
}

// broken ends the caller's leg of a call that was cancelled, or that met an error which nobody
// foresaw, and says how the call is to be remembered.
func (c *call) broken(ctx workflow.Context, cancelled bool, cause error) models.Outcome {
	c.record.Reason = "ended by an operator"
	if !cancelled {
		c.record.Reason = "something broke"
		workflow.GetLogger(ctx).Error("call broke", "cause", cause)
	}
	c.note(ctx, c.record.Reason)
	if !c.over() && !c.endCaller(ctx) {
		_ = c.hangUpLate(ctx) // which nothing cancels
	}
	switch {
	case c.winner != nil:
		return models.Connected
	case c.diverted:
		return models.Diverted
	default:
		return models.Failed
	}
}

// write completes the record and puts it into the database.
func (c *call) write(ctx workflow.Context, outcome models.Outcome) error {
	c.record.Stage, c.record.Outcome = c.stage, outcome
	if c.record.EndedAt == nil {
		now := workflow.Now(ctx)
		c.record.EndedAt = &now
	}
	if c.voicemail != nil {
		v := *c.voicemail
		c.record.Voicemail = &v
	}
	c.record.Attempts = nil
	for _, a := range c.attempts {
		c.record.Attempts = append(c.record.Attempts, a.AttemptRecord)
	}
	return workflow.ExecuteActivity(recording(ctx, "write the record"), records.RecordCall, c.record).Get(ctx, nil)
}

// mark sets search attributes, for ops to filter calls by.
func (c *call) mark(ctx workflow.Context, values ...temporal.SearchAttributeUpdate) {
	if err := workflow.UpsertTypedSearchAttributes(ctx, values...); err != nil {
		workflow.GetLogger(ctx).Error("set search attributes", "cause", err)
	}
}
