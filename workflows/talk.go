package workflows

import (
	"errors"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	absence     = 3 * time.Second  // how overdue a wait must be for us to have been away
	firstCheck  = time.Minute      // into a talk: both lines may have ended unheard while we were away
	laterChecks = 5 * time.Minute  // as long as the talk lasts, or a line that does not end
	hangUpGrace = 15 * time.Second // for the caller's line to follow the responder's, goodbye included
	goodbyeTime = 8 * time.Second  // for a responder to hear a goodbye; who joined an empty room hears none
	messageTime = 2 * time.Minute  // for the longest message to be said
	joinTime    = 10 * time.Second // for a responder to enter the room
)

// talk lasts until the caller's line ends. The carrier is asked now and then, in case that its
// word was lost. It reports false when the responder was lost before they met the caller, who
// still waits.
func (c *call) talk(ctx workflow.Context) (met bool, err error) {
	c.mark(ctx, CallStage.ValueSet(string(models.StageTalking)))
	c.tellAlert(ctx, SignalAnswered, c.winner.UserID)
	for check := firstCheck; !c.over() && !c.winner.over; check = laterChecks {
		inTime, err := c.wait(ctx, check, "to ask whether they still talk", func() bool { return c.winner.over })
		if err != nil {
			return true, err
		}
		if !inTime {
			if err := c.askCarrier(ctx, c.winner); err != nil {
				return true, err
			}
		}
	}
	if met, err := c.met(ctx); !met || err != nil {
		return met, err
	}
	return c.part(ctx)
}

// met says whether caller and responder were together. Only a responder whose line ended soon
// after they took the call may have missed the caller; then the room tells.
func (c *call) met(ctx workflow.Context) (bool, error) {
	if c.over() || !c.leftSoon() ||
		workflow.GetVersion(ctx, "the hunt goes on when a responder is lost", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return true, nil
	}
	return c.wereTogether(ctx)
}

// leftSoon says whether the responder's line ended before they can be taken to have met the caller.
func (c *call) leftSoon() bool { return c.winner.EndedAt.Sub(*c.winner.DecidedAt) <= joinTime }

// wereTogether asks the carrier what the room tells of it. A carrier that does not answer changes
// nothing: they were.
func (c *call) wereTogether(ctx workflow.Context) (bool, error) {
	var started bool
	err := workflow.ExecuteActivity(asking(ctx, "ask whether they met"), phone.RoomStarted, c.in.Room).Get(ctx, &started)
	switch {
	case temporal.IsCanceledError(err):
		return true, err
	case err != nil:
		workflow.GetLogger(ctx).Warn("the carrier does not say whether they met", "cause", err)
		return true, nil
	}
	return started || c.over(), nil
}

// part waits for the caller's line to follow the responder's. It reports false for a caller who waits
// in the room instead: they were still greeted when the responder was there. Any other is told that
// the responder has left, and hung up on when their line does not end even then.
func (c *call) part(ctx workflow.Context) (met bool, err error) {
	for {
		if gone, err := c.follows(ctx, hangUpGrace); gone || err != nil {
			return true, err
		}
		if workflow.GetVersion(ctx, "whoever waits after a talk has met nobody", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
			break
		}
		if met, err := c.wereTogether(ctx); !met || err != nil || c.over() {
			return met, err
		}
		if !c.leftSoon() || workflow.Now(ctx).Sub(*c.winner.DecidedAt) > c.plan.Paced(messageTime) {
			break // no greeting lasts that long
		}
	}
	if _, err := c.moveCaller(ctx); err != nil {
		return true, err
	}
	return true, c.hangUpWithin(ctx, hangUpGrace, 2)
}

// follows says whether the caller's line ends in time. When nobody tells, the carrier is asked.
func (c *call) follows(ctx workflow.Context, grace time.Duration) (bool, error) {
	gone, err := c.wait(ctx, grace, "for the caller's line to end", c.over)
	if !gone && err == nil {
		err = c.askCarrier(ctx, nil)
	}
	return c.over(), err
}

// moveCaller takes the caller out of the room to hear what hears says at this stage. It reports
// false when the carrier would not.
func (c *call) moveCaller(ctx workflow.Context) (told bool, err error) {
	return c.isMoved(ctx, c.askToMove(ctx))
}

func (c *call) askToMove(ctx workflow.Context) workflow.Future {
	return workflow.ExecuteActivity(asking(ctx, "tell the caller"), phone.TellNobody, c.in.CallSID, c.plan.Language, c.fixedNumber())
}

// isMoved says what came of it, when that is known.
func (c *call) isMoved(ctx workflow.Context, move workflow.Future) (told bool, err error) {
	var moved bool
	err = move.Get(ctx, &moved)
	switch {
	case temporal.IsCanceledError(err):
		return false, err
	case divertedBy(err):
		c.onDiverted(ctx)
	case err != nil:
		workflow.GetLogger(ctx).Error("tell the caller how it ends", "cause", err)
		return false, nil
	case !moved:
		c.onCallerOver(ctx)
	}
	return true, nil
}

// seeOut waits for the caller's line to end by itself, and ends it when it does not.
func (c *call) seeOut(ctx workflow.Context, grace time.Duration) error {
	return c.hangUpWithin(ctx, grace, 3)
}

func (c *call) hangUpWithin(ctx workflow.Context, grace time.Duration, tries int) error {
	for range tries {
		if gone, err := c.follows(ctx, grace); gone || err != nil {
			return err
		}
		c.endCaller(ctx)
		grace = hangUpGrace
	}
	return c.hangUpLate(ctx)
}

// hangUpLate goes on to hang up on a caller whose line did not end in time, for as long as that takes:
// nobody else looks after them.
func (c *call) hangUpLate(ctx workflow.Context) error {
	if c.over() || workflow.GetVersion(ctx, "a caller is seen out however late", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	c.note(ctx, "the caller's line does not end, although the carrier was asked to end it")
	for pause := firstCheck; ; pause = laterChecks {
		if gone, err := c.follows(ctx, pause); gone || err != nil {
			return err
		}
		c.endCaller(ctx)
	}
}

// endCaller hangs up on the caller. It reports false when the carrier would not.
func (c *call) endCaller(ctx workflow.Context) (ended bool) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := workflow.ExecuteActivity(asking(ctx, "hang up on the caller"), phone.EndCaller, c.in.CallSID, c.forwardedTo()).Get(ctx, nil)
	switch {
	case divertedBy(err):
		c.onDiverted(ctx)
	case err != nil:
		workflow.GetLogger(ctx).Error("hang up on the caller", "cause", err)
	}
	return err == nil || c.over()
}

// fixedNumber is where a caller goes whom nobody reached, empty when the plan has none.
func (c *call) fixedNumber() models.Phone {
	if c.plan.Nobody.Action != models.NobodyForward {
		return ""
	}
	return c.plan.Nobody.Number
}

// forwardedTo is the fixed number once the caller has been sent there, empty until then.
func (c *call) forwardedTo() models.Phone {
	if c.gaveUp.IsZero() {
		return ""
	}
	return c.fixedNumber()
}

// divertedBy says whether an activity left the caller alone, who talks to the emergency number.
func divertedBy(err error) bool {
	var refused *temporal.ApplicationError
	return errors.As(err, &refused) && refused.Type() == activities.ErrDiverted
}

// askCarrier asks how the caller's line stands, and a responder's where there is one, and notes
// it. A carrier that does not answer changes nothing.
func (c *call) askCarrier(ctx workflow.Context, a *attempt) error {
	legs := []string{c.in.CallSID}
	if a != nil && a.Leg != "" {
		legs = append(legs, a.Leg)
	}
	var standings []activities.Standing
	err := workflow.ExecuteActivity(asking(ctx, "ask the carrier how things stand"), phone.AskCarrier, legs).Get(ctx, &standings)
	if temporal.IsCanceledError(err) {
		return err
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("the carrier does not say how things stand", "cause", err)
		return nil
	}
	c.heardOf = workflow.Now(ctx)
	switch caller := standings[0]; {
	case caller.Over:
		c.onCallerOver(ctx)
	case caller.DialledTo != "" && caller.DialledTo != c.forwardedTo(): // by the carrier itself, while it could not reach us
		c.onDiverted(ctx)
	}
	if len(standings) < 2 {
		return nil
	}
	if standings[1].Over {
		c.overAt(ctx, a)
	} else if standings[1].Answered {
		c.pickUp(ctx, a, a.Leg)
	}
	return nil
}

// endLegs returns when no leg is left, or the carrier has not ended one in time. Whoever hears a last sentence, or a prompt whose key will
// be answered with one, may hear it to its end; not so when the call was broken off.
func (c *call) endLegs(ctx workflow.Context, atOnce bool) {
	if !atOnce {
		_, _ = awaitFor(ctx, c.plan.Paced(c.lastWords()), "for the last words on other lines", func() bool { return c.lastWords() == 0 })
	}
	for _, a := range c.attempts {
		c.giveUp(ctx, a)
	}
	for _, a := range c.attempts {
		_ = a.dial.Get(ctx, nil) // settled before, or cancelled
		if a.hangUp != nil {
			_ = a.hangUp.Get(ctx, nil) // or it goes on, late
		}
	}
}

// endLateLegs waits for the legs that endLegs left, and says whether there were any. The record is
// written and the alert resolved by then: nobody but the carrier keeps the run open.
func (c *call) endLateLegs(ctx workflow.Context) (late bool) {
	for _, a := range c.attempts {
		if a.late != nil {
			late = true
			_ = workflow.Await(ctx, func() bool { return a.over || a.late.IsReady() })
		}
	}
	return late
}

// lastWords is how long a responder may still hear a sentence that ends their leg by itself, zero
// when nobody does.
func (c *call) lastWords() (longest time.Duration) {
	for _, a := range c.attempts {
		switch {
		case a.over:
		case a.State == models.PickedUp: // until their key, or none, is answered
			longest = max(longest, models.AcceptWindow)
		case a.State == models.Accepted || a.State == models.Declined:
			longest = max(longest, goodbyeTime)
		}
	}
	return longest
}
