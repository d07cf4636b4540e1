package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/sdk/temporal"
)

// Channels tells Slack what is new of an incident. One run at a time looks after an incident.
type Channels struct {
	Store *store.Store
	Slack *slack.Client // nil: there is no token
	Log   *slog.Logger
}

// StepKind is what is done in one step.
type StepKind string

// The kinds of steps.
const (
	StepOpen     StepKind = "open"     // the channel
	StepHeadline StepKind = "headline" // the message that is kept current
	StepTopic    StepKind = "topic"
	StepInvite   StepKind = "invite"  // a participant
	StepMessage  StepKind = "message" // in the thread of the headline
)

// ChannelStep is one thing to tell. It is kept in histories: fields are added, never renamed or reused.
type ChannelStep struct {
	Kind StepKind `json:"kind"`
	ID   string   `json:"id,omitempty"`   // of the user or the message
	Name string   `json:"name,omitempty"` // of the user
}

// Words are a step for people. They hold no number.
func (s ChannelStep) Words() string {
	switch s.Kind {
	case StepOpen:
		return "open the channel"
	case StepHeadline:
		return "keep the headline current"
	case StepTopic:
		return "set the topic"
	case StepInvite:
		return "invite " + s.Name
	default:
		return "post a message"
	}
}

// ChannelPending is what an incident's channel is still to be told. It is kept in histories: fields are
// added, never renamed or reused.
type ChannelPending struct {
	Incident string        `json:"incident"` // as in INC-12
	Steps    []ChannelStep `json:"steps"`    // in the order in which they are done
}

// ChannelTold is what came of a step. It is kept in histories: fields are added, never renamed or reused.
type ChannelTold struct {
	Stuck bool `json:"stuck,omitempty"` // it waits for an operator; the channel's fault says why
	Shut  bool `json:"shut,omitempty"`  // so does everything else
}

// ErrSlackAway is the type of the error of a step that may work later. Its delay is the one that Slack asks
// for.
const ErrSlackAway = "slack_away"

// mostMessages is how many messages are listed at a time: whoever is invited meanwhile waits for no more.
const mostMessages = 20

// Pending lists what an incident's channel is to be told. There is nothing until it is open, nothing in a
// thread until that has begun, and people come before everything that is said. It is safe to repeat.
func (c *Channels) Pending(ctx context.Context, incidentID string) (ChannelPending, error) {
	work, err := c.work(ctx, incidentID)
	if err != nil {
		return ChannelPending{}, err
	}
	pending, channel := ChannelPending{Incident: work.Incident.Label(), Steps: []ChannelStep{}}, work.Incident.Channel
	add := func(s ChannelStep) { pending.Steps = append(pending.Steps, s) }
	switch {
	case channel.Provider != models.ChannelSlack:
		return pending, nil
	case channel.ID == "":
		add(ChannelStep{Kind: StepOpen})
		return pending, nil
	case channel.Headline == "":
		add(ChannelStep{Kind: StepHeadline})
	case topicUntold(channel):
		add(ChannelStep{Kind: StepTopic})
	}
	for _, p := range work.Participants {
		add(ChannelStep{Kind: StepInvite, ID: p.UserID, Name: p.Name})
	}
	if channel.Headline == "" {
		return pending, nil
	}
	if headlineTold(channel) != work.Headline {
		add(ChannelStep{Kind: StepHeadline})
	}
	for _, m := range work.Messages[:min(len(work.Messages), mostMessages)] {
		add(ChannelStep{Kind: StepMessage, ID: m.ID})
	}
	return pending, nil
}

func (c *Channels) work(ctx context.Context, incidentID string) (store.ChannelWork, error) {
	work, err := c.Store.ChannelWork(ctx, incidentID)
	if errors.Is(err, models.ErrNotFound) {
		return work, temporal.NewNonRetryableApplicationError("there is no incident "+incidentID, "not_found", nil)
	}
	if err != nil {
		return work, fmt.Errorf("read what the channel of incident %s is to be told: %w", incidentID, err)
	}
	return work, nil
}

// Tell does one step and notes what came of it. It is safe to repeat: what Slack has already is found
// there. Its error is the database's, or of type ErrSlackAway. What Slack refuses is on the row of the
// message or the participant, or the channel's fault, and no error.
func (c *Channels) Tell(ctx context.Context, incidentID string, step ChannelStep) (ChannelTold, error) {
	work, err := c.work(ctx, incidentID)
	if err != nil {
		return ChannelTold{}, err
	}
	defer alive(ctx)()
	before := work.Incident.Channel
	failed := c.tell(ctx, &work, step)
	class := slack.ClassOf(failed)
	if failed != nil && class == "" {
		return ChannelTold{}, failed
	}
	channel := &work.Incident.Channel
	channel.Fault = faultAfter(channel.Fault, step, failed)
	if *channel != before {
		if err := c.Store.KeepChannel(context.WithoutCancel(ctx), incidentID, *channel); err != nil {
			return ChannelTold{}, fmt.Errorf("keep the channel of incident %s: %w", incidentID, err)
		}
	}
	switch class {
	case "":
		return ChannelTold{}, nil
	case slack.Retry:
		return ChannelTold{}, away(failed)
	default:
		c.Log.WarnContext(ctx, "slack refuses", "incident", incidentID, "step", string(step.Kind), "code", slack.CodeOf(failed), "cause", failed)
		return ChannelTold{Stuck: true, Shut: class == slack.Unusable}, nil
	}
}

// tell changes what is known of the channel as it goes.
func (c *Channels) tell(ctx context.Context, work *store.ChannelWork, step ChannelStep) error {
	switch step.Kind {
	case StepOpen:
		return c.open(ctx, &work.Incident)
	case StepHeadline:
		return c.headline(ctx, &work.Incident.Channel, work.Headline)
	case StepTopic:
		return c.topic(ctx, &work.Incident.Channel)
	case StepInvite:
		return c.invite(ctx, work, step.ID)
	default:
		return c.message(ctx, work, step.ID)
	}
}

// away leaves a step to whoever asked for it, who does others meanwhile.
func away(failed error) error {
	options := temporal.ApplicationErrorOptions{NonRetryable: true}
	if refused := slack.ErrorIn(failed); refused != nil {
		options.NextRetryDelay = refused.RetryAfter
	}
	return temporal.NewApplicationErrorWithOptions(failed.Error(), ErrSlackAway, options)
}

// unusable begins a fault that concerns everything that is asked of Slack.
const unusable = "Slack cannot be used: "

// faultAfter is why a channel could not be made or kept, after a step. What one step could not do is
// cleared by the same kind of step, and what stopped everything by any.
func faultAfter(before string, step ChannelStep, failed error) string {
	own := step.Words() + ": "
	refused := slack.ErrorIn(failed)
	switch {
	case refused != nil && refused.Class == slack.Unusable:
		return unusable + refused.What
	case refused != nil && (step.Kind == StepInvite || step.Kind == StepMessage):
		return before // it is on the row once it is given up
	case refused != nil:
		return own + refused.What
	case strings.HasPrefix(before, own), strings.HasPrefix(before, unusable):
		return ""
	default:
		return before
	}
}

// Abandon notes that a step is given up, and why. It is safe to repeat.
func (c *Channels) Abandon(ctx context.Context, incidentID string, step ChannelStep, why string) error {
	work, err := c.work(ctx, incidentID)
	if err != nil {
		return err
	}
	c.Log.WarnContext(ctx, "slack step given up", "incident", incidentID, "step", string(step.Kind), "cause", why)
	switch step.Kind {
	case StepInvite:
		return c.keepInvitation(ctx, work, step.ID, models.InvitationFailed, why)
	case StepMessage:
		return c.failMessage(ctx, work, step.ID, why)
	}
	channel := work.Incident.Channel
	channel.Fault = step.Words() + ": " + why
	switch {
	case step.Kind == StepTopic:
		channel.ToldText = headlineTold(channel)
	case step.Kind == StepHeadline && channel.Headline != "":
		channel.ToldText = toldAfter(channel, work.Headline)
	}
	if err := c.Store.KeepChannel(ctx, incidentID, channel); err != nil {
		return fmt.Errorf("keep the channel of incident %s: %w", incidentID, err)
	}
	return nil
}
