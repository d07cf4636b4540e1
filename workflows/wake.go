package workflows

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/activities"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// WakeID is the id of the schedule that has channels looked after that are behind.
const WakeID = "channels"

var waker *activities.Waker

// WakeChannels looks after the channels of incidents that nobody looks after any more: what was to wake them
// was lost, or Slack has been mended since it refused us.
func WakeChannels(ctx workflow.Context) (activities.Woken, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    50 * time.Second,
		ScheduleToCloseTimeout: 50 * time.Second, // the next look comes soon
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                "look after channels that are behind",
	})
	var woken activities.Woken
	err := workflow.ExecuteActivity(ctx, waker.WakeBehind).Get(ctx, &woken)
	return woken, err
}

// ScheduleWake has Temporal look for channels that are behind each minute. It is safe to repeat.
func ScheduleWake(ctx context.Context, c client.Client) error {
	return eachMinute(ctx, c, WakeID, WakeChannels)
}
