package workflows

import (
	"context"
	"errors"
	"time"

	"github.com/ringdown/ringdown/activities"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// NumbersID is the id of the schedule that has our numbers looked at.
const NumbersID = "numbers"

var numbers *activities.Numbers

// CheckNumbers looks each night whether the calls of our numbers still reach us, repairs what it can, and tells
// reviewers what it found. It also sees that every open request for a number is looked after.
func CheckNumbers(ctx workflow.Context) (activities.Checked, error) {
	revived := workflow.ExecuteActivity(reviving(ctx), requests.ReviveRequests).Get(ctx, nil)
	checking := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              TellQueue,
		StartToCloseTimeout:    3 * time.Hour,
		HeartbeatTimeout:       time.Minute, // one number takes three requests
		ScheduleToCloseTimeout: 6 * time.Hour,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Minute, MaximumInterval: time.Hour},
		Summary:                "look at the webhooks of all numbers",
	})
	var checked activities.Checked
	err := workflow.ExecuteActivity(checking, numbers.CheckNumbers).Get(ctx, &checked)
	// What cannot be told in some hours is tried again the next night, and given up after a day.
	telling := workflow.WithScheduleToCloseTimeout(sending(ctx, "tell reviewers"), 3*time.Hour)
	told := workflow.ExecuteActivity(telling, notices.SendNotices, "").Get(ctx, nil)
	if told != nil && !temporal.IsCanceledError(told) {
		told = workflow.ExecuteActivity(recording(ctx, "give up telling reviewers"), notices.GiveUpNotices, "", rootCause(told)).Get(ctx, nil)
	}
	return checked, errors.Join(revived, err, told)
}

// reviving limits the look at all open requests.
func reviving(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    time.Hour,
		HeartbeatTimeout:       time.Minute,
		ScheduleToCloseTimeout: 2 * time.Hour,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Minute, MaximumInterval: 10 * time.Minute},
		Summary:                "see that every open request is looked after",
	})
}

// ScheduleNumbers has Temporal look at our numbers each night. It is safe to repeat.
func ScheduleNumbers(ctx context.Context, c client.Client) error {
	return eachNight(ctx, c, NumbersID, CheckNumbers)
}
