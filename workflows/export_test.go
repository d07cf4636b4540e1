package workflows

import (
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/workflow"
)

// InboundCallBeside is InboundCall with something of a test's own beside it, which may have several
// responders choose in one workflow task.
func InboundCallBeside(beside func(ctx workflow.Context, choose func(Chosen) models.Answer)) any {
	return func(ctx workflow.Context, in models.Inbound) (models.Outcome, error) {
		c, err := begin(ctx, in)
		if err != nil {
			return "", err
		}
		workflow.Go(ctx, func(ctx workflow.Context) {
			beside(ctx, func(chosen Chosen) models.Answer {
				answer, _ := c.onChosen(ctx, chosen) // it has no error to tell
				return answer
			})
		})
		outcome, err := c.reachSomeone(ctx)
		return c.end(ctx, outcome, err)
	}
}
