package workflows

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/activities"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

// SweepID is the id of the schedule that sweeps.
const SweepID = "sweep"

var sweeper *activities.Sweeper

// Sweep looks after the calls that no run owns any more, because it was terminated: it ends their
// legs, does not leave their callers waiting, and closes their rows.
func Sweep(ctx workflow.Context) (activities.Swept, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    50 * time.Second,
		ScheduleToCloseTimeout: 50 * time.Second, // the next sweep comes soon
		Summary:                "look after calls that no run owns",
	})
	var swept activities.Swept
	err := workflow.ExecuteActivity(ctx, sweeper.Sweep).Get(ctx, &swept)
	return swept, err
}

// ScheduleSweep has Temporal sweep each minute. It is safe to repeat.
func ScheduleSweep(ctx context.Context, c client.Client) error {
	return eachMinute(ctx, c, SweepID, Sweep)
}
