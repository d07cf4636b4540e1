package workflows

import (
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/workflow"
)

// listen sets every handler, before anything blocks. Handlers note facts, decide, and return:
// they never block, and they hold against arriving early, late and twice.
func (c *call) listen(ctx workflow.Context) error {
	for _, u := range []struct {
		name, says string
		handler    any
	}{
		{UpdateAnswer, "The caller's leg asks what it does next.", c.onAsked},
		{UpdateGate, "The caller pressed a key at the gate, or none.", c.onPressed},
		{UpdateLeg, "A responder's phone was picked up.", c.onPickedUp},
		{UpdateAccept, "A responder pressed a key, or none.", c.onChosen},
	} {
		if err := workflow.SetUpdateHandlerWithOptions(ctx, u.name, u.handler,
			workflow.UpdateHandlerOptions{Description: u.says}); err != nil {
			return err
		}
	}
	workflow.Go(ctx, c.hearSignals)
	return workflow.SetQueryHandlerWithOptions(ctx, QueryRecord, func() (models.Call, error) { return c.soFar(), nil },
		workflow.QueryHandlerOptions{Description: "The record as it would be written now."})
}

// hearSignals hears what is told of the call, as it is told.
func (c *call) hearSignals(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	c.told = workflow.NewSelector(ctx)
	c.told.AddReceive(workflow.GetSignalChannel(ctx, SignalCallerOver), func(ch workflow.ReceiveChannel, _ bool) {
		ch.ReceiveAsync(nil)
		c.onCallerOver(ctx)
	})
	c.told.AddReceive(workflow.GetSignalChannel(ctx, SignalLegOver), func(ch workflow.ReceiveChannel, _ bool) {
		var s LegOver
		ch.ReceiveAsync(&s)
		c.onLegOver(ctx, s)
	})
	c.told.AddReceive(workflow.GetSignalChannel(ctx, SignalDiverted), func(ch workflow.ReceiveChannel, _ bool) {
		ch.ReceiveAsync(nil)
		c.onDiverted(ctx)
	})
	c.told.AddReceive(workflow.GetSignalChannel(ctx, SignalRecorded), func(ch workflow.ReceiveChannel, _ bool) {
		var s Recorded
		ch.ReceiveAsync(&s)
		c.onRecorded(ctx, s)
	})
	c.told.AddReceive(workflow.GetSignalChannel(ctx, SignalTranscribed), func(ch workflow.ReceiveChannel, _ bool) {
		var s Transcribed
		ch.ReceiveAsync(&s)
		c.onTranscribed(ctx, s)
	})
	c.told.AddReceive(workflow.GetSignalChannel(ctx, SignalForwarded), func(ch workflow.ReceiveChannel, _ bool) {
		var s Forwarded
		if ch.ReceiveAsync(&s); c.forwarded == nil {
			c.forwarded = &s
		}
	})
	for workflow.Await(ctx, c.told.HasPending) == nil {
		c.told.Select(ctx)
	}
}

// hearFirst hears what was told before a webhook asked. Temporal runs the handlers of webhooks before
// anything else of a task: after we were away, a responder would else take the call of a caller who
// is known to have left.
func (c *call) hearFirst(ctx workflow.Context) {
	if c.told == nil || !c.told.HasPending() ||
		workflow.GetVersion(ctx, "what was told first counts first", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	for c.told.HasPending() {
		c.told.Select(ctx)
	}
}

// onAsked answers the caller's leg, by how far the call has come. It is asked at arrival, and
// again whenever a document could not be had or the carrier lost its place.
func (c *call) onAsked(ctx workflow.Context, in Asked) (models.Answer, error) {
	if workflow.Now(ctx).After(in.AnswerBy) {
		return models.Answer{Do: models.DoNothing}, nil
	}
	c.hearFirst(ctx)
	c.asked, c.heardOf = true, workflow.Now(ctx)
	return c.hears(), nil
}

// hears is what the caller hears at this stage.
func (c *call) hears() models.Answer {
	switch c.stage {
	case models.StageGate:
		return c.plan.AskKey(c.gateTry)
	case models.StageHunting:
		again := c.greeted
		c.greeted = true
		return c.plan.Wait(c.in.Room, again)
	case models.StageNobody:
		if c.voicemail != nil && c.voicemail.Status == models.RecordingReady {
			return c.plan.Say(models.PhraseVoicemailThanks, "")
		}
		return c.apology()
	case models.StageTalking:
		if c.winner.over {
			return c.plan.Say(models.PhraseOtherLeft, "")
		}
		again := c.greeted // they were not in the room yet when somebody took the call
		c.greeted = true
		return c.plan.Wait(c.in.Room, again)
	default:
		if c.in.Refusal != "" {
			return c.plan.Refuse(c.in.Refusal)
		}
		if !c.plan.Allowlist.Admits(c.in.Caller) {
			return c.plan.Refusal()
		}
		return c.plan.Say(models.PhraseOver, "")
	}
}

// apology is what a caller hears whom nobody reached. The carrier places no call from a number that
// is withheld: the fixed number is then shown the one that was called.
func (c *call) apology() models.Answer {
	a := c.plan.Apologise()
	if a.Do == models.DoForward && c.in.Caller == "" {
		a.Shown = c.in.Number
	}
	return a
}

func (c *call) onPressed(ctx workflow.Context, in Pressed) (models.Answer, error) {
	c.hearFirst(ctx)
	c.heardOf = workflow.Now(ctx)
	if c.stage != models.StageGate || in.Try != c.gateTry {
		return c.hears(), nil
	}
	verdict := c.plan.Keypress.Judge(in.Digits, in.Try)
	switch verdict {
	case models.Accept:
		c.note(ctx, "the caller pressed the key")
		c.stage = c.plan.HuntingStage()
	case models.Repeat:
		c.note(ctx, "the caller pressed a wrong key, or none")
		c.gateTry++
		return c.hears(), nil
	default:
		c.stage = models.StageEnded
		c.gate = verdict
		return c.plan.Say(models.PhraseGoodbye, ""), nil
	}
	c.gate = verdict
	return c.hears(), nil
}

func (c *call) onPickedUp(ctx workflow.Context, in PickedUp) (models.Answer, error) {
	c.hearFirst(ctx)
	a := c.attempt(in.Attempt)
	if refusal, refused := c.turnsAway(a, in.Leg); refused {
		return refusal, nil
	}
	if a.State == models.Accepted { // the answer to their key, or to their pick-up, came too late
		return c.plan.Join(a.ID, c.in.Room), nil
	}
	c.pickUp(ctx, a, in.Leg)
	if !c.plan.Accept.Required {
		return c.accept(ctx, a), nil
	}
	return c.plan.Screen(a.ID, c.in.Caller, len(a.Keys)+1), nil
}

func (c *call) onChosen(ctx workflow.Context, in Chosen) (models.Answer, error) {
	c.hearFirst(ctx)
	a := c.attempt(in.Attempt)
	if refusal, refused := c.turnsAway(a, in.Leg); refused {
		return refusal, nil
	}
	c.pickUp(ctx, a, in.Leg)
	if a.State == models.Accepted {
		return c.plan.Join(a.ID, c.in.Room), nil
	}
	a.Keys = append(a.Keys, in.Digits)
	switch c.plan.Accept.Judge(in.Digits, in.Hearing) {
	case models.Accept:
		return c.accept(ctx, a), nil
	case models.Repeat:
		return c.plan.Screen(a.ID, c.in.Caller, in.Hearing+1), nil
	case models.Decline:
		c.decide(ctx, a, models.Declined, "declined")
		return c.plan.Say(models.PhraseDeclined, ""), nil
	default:
		c.decide(ctx, a, models.Declined, "pressed no key to take it: a mailbox, or nobody")
		return c.plan.Say(models.PhrasePassed, ""), nil
	}
}

// turnsAway says what a responder hears who can no longer take the call.
func (c *call) turnsAway(a *attempt, leg string) (models.Answer, bool) {
	switch {
	case a != nil && a.Leg != "" && a.Leg != leg: // a second leg of one attempt is never the leg
		return c.plan.Say(models.PhrasePassed, ""), true
	case c.winner != nil && c.winner != a:
		return c.plan.Say(models.PhraseTaken, ""), true
	case c.callerGone || c.diverted || c.stage == models.StageEnded:
		return c.plan.Say(models.PhraseGone, ""), true
	case a == nil || a.State == models.Ending || a.State == models.Declined:
		return c.plan.Say(models.PhrasePassed, ""), true
	default:
		return models.Answer{}, false
	}
}

// accept joins the first who takes the call, however often that is told.
func (c *call) accept(ctx workflow.Context, a *attempt) models.Answer {
	if c.winner == nil {
		c.winner = a
		c.stage = models.StageTalking
		c.decide(ctx, a, models.Accepted, "took the call")
		c.record.ConnectedAt, c.record.AnsweredBy = a.DecidedAt, a.UserID
	}
	return c.plan.Join(a.ID, c.in.Room)
}

func (c *call) onCallerOver(ctx workflow.Context) {
	if !c.callerGone {
		c.callerGone = true
		c.note(ctx, "the caller's line ended")
	}
}

func (c *call) onDiverted(ctx workflow.Context) {
	if !c.diverted {
		c.diverted = true
		c.note(ctx, "the caller was sent to the emergency number")
	}
}

func (c *call) onLegOver(ctx workflow.Context, in LegOver) {
	if a := c.attempt(in.Attempt); a != nil && (a.Leg == "" || a.Leg == in.Leg) {
		a.Leg = in.Leg
		c.overAt(ctx, a)
		if !in.At.IsZero() && in.At.Before(*a.EndedAt) {
			a.EndedAt = &in.At // it waited for us
		}
	}
}
