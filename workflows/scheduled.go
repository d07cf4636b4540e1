package workflows

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// aMinute is how long a call that no run owns may go unnoticed, and how old a copy of an outside
// schedule becomes while its provider answers.
const aMinute = time.Minute

// eachMinute has Temporal run a workflow each minute, never beside itself. What was missed while
// Temporal was away is not made up for: one run looks at all. It is safe to repeat.
func eachMinute(ctx context.Context, c client.Client, id string, run any) error {
	return scheduled(ctx, c, client.ScheduleOptions{
		ID:            id,
		Spec:          client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: aMinute}}},
		Action:        &client.ScheduleWorkflowAction{ID: id, Workflow: run, TaskQueue: CallQueue, WorkflowRunTimeout: aMinute},
		CatchupWindow: 10 * time.Second,
	})
}

// eachNight has Temporal run a workflow at 03:00 UTC, give or take some minutes, never beside itself. A night that was
// missed while Temporal was away is made up for within the day. It is safe to repeat.
func eachNight(ctx context.Context, c client.Client, id string, run any) error {
	return scheduled(ctx, c, client.ScheduleOptions{
		ID: id,
		Spec: client.ScheduleSpec{
			Intervals: []client.ScheduleIntervalSpec{{Every: 24 * time.Hour, Offset: 3 * time.Hour}}, Jitter: 10 * time.Minute,
		},
		Action:        &client.ScheduleWorkflowAction{ID: id, Workflow: run, TaskQueue: CallQueue, WorkflowRunTimeout: 12 * time.Hour},
		CatchupWindow: 20 * time.Hour,
	})
}

func scheduled(ctx context.Context, c client.Client, options client.ScheduleOptions) error {
	options.Overlap = enums.SCHEDULE_OVERLAP_POLICY_SKIP
	_, err := c.ScheduleClient().Create(ctx, options)
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return nil
	}
	return err
}
