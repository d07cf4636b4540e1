package workflows

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringdown/ringdown/activities"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

var channels *activities.Channels

const (
	tellWithin   = 24 * time.Hour // how long a step is tried
	firstPause   = 2 * time.Second
	longestPause = 10 * time.Minute
)

// Held is a step that did not work and is tried again. It is kept in histories: fields are added, never
// renamed or reused.
type Held struct {
	Since time.Time `json:"since"` // it did not work for the first time
	Until time.Time `json:"until"`
	Tries int       `json:"tries"`
}

// channel is what is told to the channel of one incident.
type channel struct {
	incidentID string
	news       workflow.ReceiveChannel
	held       map[string]Held                   // by step
	stuck      map[string]bool                   // steps that wait for an operator; news has them tried again
	paused     map[activities.StepKind]time.Time // kinds that Slack asks us not to do before
}

// IncidentChannel tells the channel of an incident what is new of it, one step after the other, until
// nothing is left. There is one run an incident, which news wakes. held is empty but for a run that goes on.
func IncidentChannel(ctx workflow.Context, incidentID string, held map[string]Held) error {
	if held == nil {
		held = map[string]Held{}
	}
	c := &channel{
		incidentID: incidentID, news: workflow.GetSignalChannel(ctx, SignalNews),
		held: held, stuck: map[string]bool{}, paused: map[activities.StepKind]time.Time{},
	}
	for {
		c.hear()
		pending, err := c.pending(ctx)
		if err != nil {
			return err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			c.hear() // the run that goes on looks anyway
			return workflow.NewContinueAsNewError(ctx, IncidentChannel, c.incidentID, c.stillHeld(pending.Steps))
		}
		acted, err := c.tell(ctx, pending.Steps)
		if err != nil {
			return err
		}
		if acted || c.news.Len() > 0 {
			continue
		}
		next, left := c.next(pending.Steps)
		if !left {
			return nil
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s** · %s · tries again at %s", pending.Incident, toDo(pending.Steps), next.UTC().Format(time.TimeOnly)))
		if _, err := awaitFor(ctx, next.Sub(workflow.Now(ctx)), "to try again", func() bool { return c.news.Len() > 0 }); err != nil {
			return err
		}
	}
}

// hear takes in all news. What waits for an operator is tried again.
func (c *channel) hear() {
	for c.news.ReceiveAsync(nil) {
		clear(c.stuck)
	}
}

func (c *channel) pending(ctx workflow.Context) (activities.ChannelPending, error) {
	var pending activities.ChannelPending
	err := workflow.ExecuteActivity(telling(ctx, "look what is new"), channels.Pending, c.incidentID).Get(ctx, &pending)
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s** · %s", pending.Incident, toDo(pending.Steps)))
	return pending, err
}

// toDo are steps for people.
func toDo(steps []activities.ChannelStep) string {
	const shown = 5
	if len(steps) == 0 {
		return "nothing is left to tell"
	}
	var words []string
	for _, step := range steps[:min(len(steps), shown)] {
		words = append(words, step.Words())
	}
	if more := len(steps) - shown; more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	return "to do: " + strings.Join(words, ", ")
}

func stepKey(s activities.ChannelStep) string { return string(s.Kind) + "/" + s.ID }

// tell does the steps that may be done now. It stops where others are to be listed: when there is news,
// and when the channel or its thread has begun. acted is false when nothing has changed.
func (c *channel) tell(ctx workflow.Context, steps []activities.ChannelStep) (acted bool, err error) {
	for _, step := range steps {
		if c.news.Len() > 0 {
			return acted, nil
		}
		if c.stuck[stepKey(step)] || c.notBefore(step).After(workflow.Now(ctx)) {
			continue
		}
		var told activities.ChannelTold
		err := workflow.ExecuteActivity(telling(ctx, step.Words()), channels.Tell, c.incidentID, step).Get(ctx, &told)
		var away *temporal.ApplicationError
		switch {
		case errors.As(err, &away) && away.Type() == activities.ErrSlackAway:
			given, err := c.hold(ctx, step, away)
			if err != nil {
				return acted, err
			}
			acted = acted || given
			continue
		case err != nil:
			return acted, err
		}
		delete(c.held, stepKey(step))
		switch {
		case told.Shut:
			c.shut(steps)
			return acted, nil
		case told.Stuck:
			c.stuck[stepKey(step)] = true
		case step.Kind == activities.StepOpen, step.Kind == activities.StepHeadline:
			c.release(steps)
			return true, nil
		default:
			acted = true
		}
	}
	return acted, nil
}

// shut leaves all steps to an operator.
func (c *channel) shut(steps []activities.ChannelStep) {
	for _, step := range steps {
		c.stuck[stepKey(step)] = true
	}
}

// release has people looked at again who may have waited for the thread to begin, which names those who
// have no account.
func (c *channel) release(steps []activities.ChannelStep) {
	for _, step := range steps {
		if h, ok := c.held[stepKey(step)]; ok && step.Kind == activities.StepInvite {
			h.Until = time.Time{}
			c.held[stepKey(step)] = h
		}
	}
}

// notBefore is when a step may be done.
func (c *channel) notBefore(step activities.ChannelStep) time.Time {
	until := c.held[stepKey(step)].Until
	if paused := c.paused[step.Kind]; paused.After(until) {
		return paused
	}
	return until
}

// hold leaves a step for later, or gives it up when it was tried for a day.
func (c *channel) hold(ctx workflow.Context, step activities.ChannelStep, away *temporal.ApplicationError) (given bool, err error) {
	now, h := workflow.Now(ctx), c.held[stepKey(step)]
	if h.Tries == 0 {
		h.Since = now
	}
	if now.Sub(h.Since) >= tellWithin {
		delete(c.held, stepKey(step))
		c.stuck[stepKey(step)] = true
		why := fmt.Sprintf("given up after %d tries in a day: %s", h.Tries+1, away.Message())
		return true, workflow.ExecuteActivity(telling(ctx, "give up: "+step.Words()), channels.Abandon, c.incidentID, step, why).Get(ctx, nil)
	}
	pause := min(firstPause<<min(h.Tries, 10), longestPause)
	if asked := away.NextRetryDelay(); asked > 0 {
		pause = max(pause, asked)
		c.paused[step.Kind] = now.Add(asked)
	}
	h.Tries, h.Until = h.Tries+1, now.Add(pause)
	c.held[stepKey(step)] = h
	return false, nil
}

// next is when the first of some steps may be done; left is false when none is but for an operator.
func (c *channel) next(steps []activities.ChannelStep) (next time.Time, left bool) {
	for _, step := range steps {
		if c.stuck[stepKey(step)] {
			continue
		}
		if at := c.notBefore(step); !left || at.Before(next) {
			next, left = at, true
		}
	}
	return next, left
}

// stillHeld are the steps that a run which goes on is to know of.
func (c *channel) stillHeld(steps []activities.ChannelStep) map[string]Held {
	still := map[string]Held{}
	for _, step := range steps {
		if h, ok := c.held[stepKey(step)]; ok {
			still[stepKey(step)] = h
		}
	}
	return still
}

// WakeIncident has the channel of an incident told what is new of it. It is safe to repeat: a run that
// is there looks once more.
func WakeIncident(ctx context.Context, c client.Client, incidentID string) error {
	_, err := c.SignalWithStartWorkflow(ctx, IncidentID(incidentID), SignalNews, nil, client.StartWorkflowOptions{
		TaskQueue:             CallQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "Channel of incident " + incidentID,
	}, IncidentChannel, incidentID, map[string]Held(nil))
	if err != nil {
		return fmt.Errorf("wake incident %s: %w", incidentID, err)
	}
	return nil
}
