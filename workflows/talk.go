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
	laterChecks = 5 * time.Minute  // as long as the talk lasts
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
	return true, c.seeOut(ctx, hangUpGrace)
}

// met says whether caller and responder were together. Only a responder whose line ended soon
// after they took the call may have missed the caller; then the room tells.
func (c *call) met(ctx workflow.Context) (bool, error) {
	if c.over() || c.winner.EndedAt.Sub(*c.winner.DecidedAt) > joinTime ||
		workflow.GetVersion(ctx, "the hunt goes on when a responder is lost", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return true, nil
	}
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

// moveCaller takes the caller out of the room to hear what hears says at this stage. It reports
// false when the carrier would not.
func (c *call) moveCaller(ctx workflow.Context) (told bool, err error) {
	var moved bool
	err = workflow.ExecuteActivity(asking(ctx, "tell the caller"), phone.TellNobody, c.in.CallSID, c.plan.Language).Get(ctx, &moved)
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

// seeOut waits for the caller's line to end by itself, and ends it when it does not. A caller whose
// responder never came into the room is told first.
func (c *call) seeOut(ctx workflow.Context, grace time.Duration) error {
	for try := range 3 {
		if gone, err := c.wait(ctx, grace, "for the caller's line to end", c.over); gone || err != nil {
			return err
		}
		if err := c.askCarrier(ctx, nil); c.over() || err != nil {
			return err
		}
		grace = hangUpGrace
		if try == 0 && c.stage == models.StageTalking {
			if _, err := c.moveCaller(ctx); err != nil {
				return err
			}
			continue
		}
		c.endCaller(ctx)
	}
	return nil
}

func (c *call) endCaller(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := workflow.ExecuteActivity(asking(ctx, "hang up on the caller"), phone.EndCaller, c.in.CallSID).Get(ctx, nil)
	switch {
	case divertedBy(err):
		c.onDiverted(ctx)
	case err != nil:
		workflow.GetLogger(ctx).Error("hang up on the caller", "cause", err)
	}
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
	if standings[0].Over {
		c.onCallerOver(ctx)
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

// endLegs returns when no leg is left. Whoever hears a last sentence, or a prompt whose key will
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
			if err := a.hangUp.Get(ctx, nil); err != nil {
				workflow.GetLogger(ctx).Error("end a leg", "attempt", a.ID, "cause", err)
			}
		}
	}
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
