package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// attempt is one try at one phone while the call lasts.
type attempt struct {
	models.AttemptRecord
	dial   workflow.Future
	cancel workflow.CancelFunc
	hangUp workflow.Future // nil until we end the leg
	late   workflow.Future // nil unless the leg did not end in time; ready when it has
	toldAs models.Ring     // what the alert knows of it
	over   bool            // no leg of this attempt is left at the carrier
}

// ring tries one phone, from the dial to the responder's decision. It reports whether the same
// phone is to be dialled once more, because the first dial provably reached no phone.
func (c *call) ring(ctx workflow.Context, l *line, next models.Attempt) (again bool, err error) {
	a := c.dial(ctx, next)
	l.trying = a
	if err := workflow.Await(ctx, func() bool { return a.dial.IsReady() || a.State != models.Ringing || c.stopped() }); err != nil {
		return false, err
	}
	if a.State == models.Ringing && !a.dial.IsReady() ||
		c.over() && workflow.GetVersion(ctx, "a dial is settled although the caller left", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		c.giveUp(ctx, a)
		return false, nil
	}
	if a.State == models.Ringing {
		if again, err = c.settle(ctx, a); again || err != nil {
			return again, err
		}
	}
	return false, c.decision(ctx, a)
}

// dial starts to ring one phone.
func (c *call) dial(ctx workflow.Context, next models.Attempt) *attempt {
	a := &attempt{AttemptRecord: models.AttemptRecord{Attempt: next, State: models.Ringing, DialledAt: workflow.Now(ctx)}}
	alone := !slices.ContainsFunc(c.attempts, func(a *attempt) bool { return a.State == models.Ringing })
	c.attempts = append(c.attempts, a)
	c.noteOf(ctx, a, "is rung")
	dialCtx, cancel := workflow.WithCancel(ctx)
	a.cancel = cancel
	request := activities.DialRequest{
		CallSID: c.in.CallSID, Attempt: next, From: c.in.ShownTo(), Ours: c.in.Number, Language: c.plan.Language,
		Timeout:  c.plan.RingSeconds - int(models.CarrierLead/time.Second),
		AskFirst: workflow.Now(ctx).Sub(c.heardOf) > unheardOf,
	}
	if request.AskFirst {
		c.heardOf = workflow.Now(ctx)
	}
	if request.From != request.Ours {
		request.CallToken = c.in.CallToken
	}
	a.dial = workflow.ExecuteActivity(dialing(dialCtx, c.plan, next, alone), phone.Dial, request)
	c.tellAlert(ctx, SignalDialled, models.Rung{UserID: next.UserID, Rings: c.news()})
	return a
}

// settle notes how a dial ended that nobody picked up, or that was.
func (c *call) settle(ctx workflow.Context, a *attempt) (again bool, err error) {
	var d models.Dialled
	err = a.dial.Get(ctx, &d)
	if timeout := (*temporal.TimeoutError)(nil); errors.As(err, &timeout) {
		return c.timedOut(ctx, a, timeout)
	}
	if err != nil {
		if temporal.IsCanceledError(err) {
			return false, err
		}
		workflow.GetLogger(ctx).Error("dial broke", "attempt", a.ID, "cause", err)
		d.Result = models.ResultUnknown
	}
	a.Result, a.Code = d.Result, d.Code
	if d.Leg != "" {
		a.Leg = d.Leg
	}
	switch d.Result {
	case models.ResultPickedUp:
		c.pickUp(ctx, a, d.Leg)
	case models.ResultGone:
		c.onCallerOver(ctx)
		c.notReached(ctx, a, "was not rung: the caller had left")
	case models.ResultDiverted:
		c.onDiverted(ctx)
		c.notReached(ctx, a, "was not rung: the caller talks to the emergency number")
	case models.ResultUnknown:
		c.giveUp(ctx, a)
	case models.ResultBadNumber:
		c.notReached(ctx, a, d.Result.Words())
		c.flag(ctx, a)
	default:
		c.notReached(ctx, a, d.Result.Words())
	}
	return false, nil
}

// timedOut judges a dial that the carrier never told the end of. Its leg, if there is one, is
// ended while the next phone rings already.
func (c *call) timedOut(ctx workflow.Context, a *attempt, timeout *temporal.TimeoutError) (again bool, err error) {
	a.Result = models.ResultTimedOut
	if timeout.TimeoutType() == enums.TIMEOUT_TYPE_SCHEDULE_TO_START {
		a.Result = models.ResultNotPlaced
		c.notReached(ctx, a, "was not rung: the dial never had its turn")
		return true, nil
	}
	if timeout.HasLastHeartbeatDetails() {
		if err := timeout.LastHeartbeatDetails(&a.Leg); err != nil {
			return false, fmt.Errorf("read the leg of attempt %s: %w", a.ID, err)
		}
	}
	if late := workflow.Now(ctx).Sub(a.DialledAt) - dialTime(c.plan); late > absence {
		if err := c.askCarrier(ctx, a); err != nil || a.State != models.Ringing || c.over() {
			return false, err
		}
	}
	c.giveUp(ctx, a)
	if a.Leg != "" || a.hangUp == nil {
		return false, nil
	}
	if err := workflow.Await(ctx, a.hangUp.IsReady); err != nil || c.over() {
		return false, err
	}
	var hungUp activities.HungUp
	if looked := a.hangUp.Get(ctx, &hungUp) == nil; !looked || hungUp.Found {
		return false, nil // a phone that may have rung is never dialled twice
	}
	a.Result = models.ResultNotPlaced
	return a.Round == 1, nil
}

// decision waits for the responder who picked up. When we were away for the end of their window,
// they may have pressed the key with nobody there to hear it: whoever is still on the line gets
// another. A caller who leaves meanwhile is told to them when they choose.
func (c *call) decision(ctx workflow.Context, a *attempt) error {
	for again := true; a.State == models.PickedUp && !a.over && !c.over(); again = false {
		due := workflow.Now(ctx).Add(c.plan.Paced(models.AcceptWindow))
		inTime, err := c.wait(ctx, models.AcceptWindow, "for "+a.Name+" to decide", func() bool { return a.State != models.PickedUp || a.over })
		if err != nil {
			return err
		}
		if inTime {
			continue
		}
		if !again || workflow.Now(ctx).Sub(due) <= absence {
			break
		}
		if err := c.askCarrier(ctx, a); err != nil {
			return err
		}
	}
	if a.State == models.PickedUp && !c.over() {
		c.giveUp(ctx, a)
	}
	return nil
}

// pickUp notes that somebody, or a mailbox, is on the leg. An attempt that is ending stays so.
func (c *call) pickUp(ctx workflow.Context, a *attempt, leg string) {
	if a.State != models.Ringing {
		return
	}
	now := workflow.Now(ctx)
	a.State, a.Result, a.PickedUpAt = models.PickedUp, models.ResultPickedUp, &now
	if leg != "" {
		a.Leg = leg
	}
	c.noteOf(ctx, a, "picked up")
}

// decide notes what a responder chose.
func (c *call) decide(ctx workflow.Context, a *attempt, state models.AttemptState, what string) {
	now := workflow.Now(ctx)
	a.State, a.DecidedAt = state, &now
	c.noteOf(ctx, a, what)
}

// giveUp makes sure that an attempt can no longer win, and then that its leg ends.
func (c *call) giveUp(ctx workflow.Context, a *attempt) {
	if a.State == models.Ringing || a.State == models.PickedUp {
		c.decide(ctx, a, models.Ending, "did not take the call")
	}
	a.cancel()
	if a.hangUp == nil && !a.over {
		c.hangUp(ctx, a)
	}
}

// hangUp ends a leg, on a context of its own: it must end although the call may be cancelled.
func (c *call) hangUp(ctx workflow.Context, a *attempt) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	request := activities.HangUpRequest{
		CallSID: c.in.CallSID, Attempt: a.Attempt, From: c.in.ShownTo(), Ours: c.in.Number, Leg: a.Leg, Since: a.DialledAt,
		Sent: c.sentBy(ctx, a), Pending: !a.dial.IsReady(),
	}
	ordered := workflow.ExecuteActivity(asking(ctx, "end the leg of "+a.Name), phone.HangUp, request)
	hangUp, noted := workflow.NewFuture(ctx)
	a.hangUp = hangUp
	workflow.Go(ctx, func(ctx workflow.Context) {
		var hungUp activities.HungUp
		err := ordered.Get(ctx, &hungUp)
		if err == nil {
			c.hungUp(ctx, a, hungUp)
		} else {
			workflow.GetLogger(ctx).Error("end a leg", "attempt", a.ID, "cause", err)
			c.endLate(ctx, a, request)
		}
		noted.Set(hungUp, err)
	})
}

// sentBy is by when the carrier was asked for the leg of an attempt whose dial is over and did not tell it: it may have
// waited for its turn before.
func (c *call) sentBy(ctx workflow.Context, a *attempt) time.Time {
	switch a.Result {
	case models.ResultTimedOut:
		return workflow.Now(ctx).Add(-dialTime(c.plan))
	case models.ResultUnknown:
		return workflow.Now(ctx)
	default:
		return a.DialledAt
	}
}

// endLate goes on to end a leg that could not be ended in time, for as long as that takes. Nothing
// waits for it but the end of the run.
func (c *call) endLate(ctx workflow.Context, a *attempt, request activities.HangUpRequest) {
	if a.over || workflow.GetVersion(ctx, "a leg is ended however late", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	c.noteOf(ctx, a, "is still on the line: the carrier has not ended it although it was asked to")
	if a.Result == "" {
		a.Result = models.ResultCanceled
	}
	request.Leg = a.Leg // which may have become known
	late, noted := workflow.NewFuture(ctx)
	a.late = late
	workflow.Go(ctx, func(ctx workflow.Context) {
		var hungUp activities.HungUp
		err := workflow.ExecuteActivity(ending(ctx, "end the leg of "+a.Name+" at last"), phone.HangUp, request).Get(ctx, &hungUp)
		if err == nil {
			c.hungUp(ctx, a, hungUp)
		}
		noted.Set(nil, err)
	})
}

// hungUp notes what became of a leg that we ended.
func (c *call) hungUp(ctx workflow.Context, a *attempt, hungUp activities.HungUp) {
	if a.Leg == "" {
		a.Leg = hungUp.Leg
	}
	if a.Result == "" {
		a.Result = models.ResultCanceled
	}
	if hungUp.Leg == "" && hungUp.Found && !hungUp.Over {
		c.noteOf(ctx, a, "may still ring for a moment: the carrier cannot tell the line from another call's")
		return
	}
	c.overAt(ctx, a)
}

// notReached notes that a dial ended without anybody on the line.
func (c *call) notReached(ctx workflow.Context, a *attempt, what string) {
	c.decide(ctx, a, models.Ending, what)
	c.overAt(ctx, a)
}

// overAt notes that no leg of an attempt is left.
func (c *call) overAt(ctx workflow.Context, a *attempt) {
	if !a.over {
		now := workflow.Now(ctx)
		a.over, a.EndedAt = true, &now
	}
}

func (c *call) attempt(id string) *attempt {
	for _, a := range c.attempts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// flag notes that the carrier refuses a phone whoever calls it, for an admin to see.
func (c *call) flag(ctx workflow.Context, a *attempt) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	c.flagged = append(c.flagged, workflow.ExecuteActivity(recording(ctx, "flag the phone of "+a.Name), records.FlagPhone,
		activities.BadPhone{Number: a.Number, Code: a.Code, At: workflow.Now(ctx)}))
}
