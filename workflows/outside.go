package workflows

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/activities"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// OutsideID is the id of the schedule that has outside schedules read.
const OutsideID = "outside-schedules"

var outsider *activities.Outside

// ReadOutside reads the schedules that other services keep.
func ReadOutside(ctx workflow.Context) (activities.Refreshed, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    50 * time.Second,
		ScheduleToCloseTimeout: 50 * time.Second, // they are read anew soon
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                "read the schedules of other services",
	})
	var refreshed activities.Refreshed
	err := workflow.ExecuteActivity(ctx, outsider.Refresh).Get(ctx, &refreshed)
	return refreshed, err
}

// ScheduleOutside has Temporal read outside schedules each minute. It is safe to repeat.
func ScheduleOutside(ctx context.Context, c client.Client) error {
	return eachMinute(ctx, c, OutsideID, ReadOutside)
}
