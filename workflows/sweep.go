package workflows

import (
	"context"
	"errors"
	"time"

	"github.com/ringdown/ringdown/activities"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// SweepID is the id of the schedule that sweeps.
const SweepID = "sweep"

// sweepEvery is how long a call that no run owns may go unnoticed.
const sweepEvery = time.Minute

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
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      SweepID,
		Spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: sweepEvery}}},
		Action:  &client.ScheduleWorkflowAction{ID: SweepID, Workflow: Sweep, TaskQueue: CallQueue, WorkflowRunTimeout: sweepEvery},
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		// What was missed while Temporal was away is not made up for: one sweep looks at all.
		CatchupWindow: 10 * time.Second,
	})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return nil
	}
	return err
}
