package workflows

import (
	"fmt"
	"strings"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/workflow"
)

// note adds a line to the timeline of the record, and to the story that the Temporal UI shows.
func (c *call) note(ctx workflow.Context, what string) { c.tell(ctx, models.Moment{What: what}) }

// noteOf adds a line about a responder's phone.
func (c *call) noteOf(ctx workflow.Context, a *attempt, what string) {
	c.tell(ctx, models.Moment{What: fmt.Sprintf("%s (%s) %s", a.Name, a.Label, what), Attempt: a.ID})
}

func (c *call) tell(ctx workflow.Context, m models.Moment) {
	m.At = workflow.Now(ctx)
	c.record.Timeline = append(c.record.Timeline, m)
	workflow.SetCurrentDetails(ctx, c.story())
}

// soFar is the record as it would be written now: without an outcome while the call lasts.
func (c *call) soFar() models.Call {
	record := c.record
	record.Stage = c.stage
	if c.voicemail != nil {
		v := *c.voicemail
		record.Voicemail = &v
	}
	record.Attempts = nil
	for _, a := range c.attempts {
		record.Attempts = append(record.Attempts, a.AttemptRecord)
	}
	return record
}

// story is the call so far, in Markdown and without a number.
func (c *call) story() string {
	var b strings.Builder
	b.WriteString("**" + c.plan.RouteName + "** · " + string(c.stage) + "\n\n")
	for _, m := range c.record.Timeline {
		b.WriteString("- `" + m.At.UTC().Format("15:04:05") + "` " + m.What + "\n")
	}
	return b.String()
}
