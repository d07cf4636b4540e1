package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringdown/ringdown/activities"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// RetentionID is the id of the schedule that removes what has become too old.
const RetentionID = "retention"

var keeper *activities.Keeper

// Retained counts what a night has removed. It is kept in histories: fields are added, never renamed or reused.
type Retained struct {
	Transcripts int `json:"transcripts"` // messages whose words were removed
	Recordings  int `json:"recordings"`  // deleted at the carrier
	Calls       int `json:"calls"`
	Requests    int `json:"requests"` // for numbers, emptied
	Changes     int `json:"changes"`  // of the audit list
	Erasures    int `json:"erasures"` // of callers, that are under way still
}

// Retain removes each night what is older than it is kept. What fails stops nothing else, and is tried again the next night.
func Retain(ctx workflow.Context) (Retained, error) {
	var r Retained
	var failed error
	do := func(what string, name any, n *int) {
		if err := workflow.ExecuteActivity(keeping(ctx, what), name).Get(ctx, n); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	do("see that erasures go on", keeper.ResumeErasures, &r.Erasures)
	do("remove what callers have said", keeper.EmptyTranscripts, &r.Transcripts)
	do("delete recordings at the carrier", keeper.DeleteRecordings, &r.Recordings)
	do("remove calls", keeper.RemoveCalls, &r.Calls)
	do("empty requests for numbers", keeper.EmptyRequests, &r.Requests)
	do("remove lines of the audit list", keeper.RemoveChanges, &r.Changes)
	err := workflow.ExecuteActivity(keeping(ctx, "remove what is left elsewhere"), keeper.RemoveElsewhere, "").Get(ctx, nil)
	return r, errors.Join(failed, err)
}

// keeping limits one part of a night.
func keeping(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              TellQueue,
		StartToCloseTimeout:    2 * time.Hour,
		HeartbeatTimeout:       time.Minute, // one batch takes seconds at most
		ScheduleToCloseTimeout: 2 * time.Hour,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 10 * time.Second, MaximumInterval: 20 * time.Minute},
		Summary:                summary,
	})
}

// ScheduleRetention has Temporal remove each night what has become too old. It is safe to repeat.
func ScheduleRetention(ctx context.Context, c client.Client) error {
	return eachNight(ctx, c, RetentionID, Retain)
}

// ErasureID is the workflow id of an erasure. It says nothing of its caller.
func ErasureID(id string) string { return "erasure/" + id }

// EraseCaller removes what there is of a caller: here first, then elsewhere, until nothing is left.
func EraseCaller(ctx workflow.Context, erasureID string) error {
	if err := workflow.ExecuteActivity(untilDone(ctx, "remove the caller here", time.Minute), keeper.EraseCaller, erasureID).Get(ctx, nil); err != nil {
		return err
	}
	return workflow.ExecuteActivity(untilDone(ctx, "remove the caller elsewhere", 20*time.Minute), keeper.RemoveElsewhere, erasureID).Get(ctx, nil)
}

// untilDone limits one part of an erasure: it is tried until it is done.
func untilDone(ctx workflow.Context, summary string, longest time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           TellQueue,
		StartToCloseTimeout: 2 * time.Hour,
		HeartbeatTimeout:    deadAfter,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, MaximumInterval: longest, MaximumAttempts: 100_000, // years
		},
		Summary: summary,
	})
}

// StartErasure has an erasure begin, or go on, and gives its run. It is safe to repeat: a run that is there goes on.
func StartErasure(ctx context.Context, c client.Client, erasureID string) (client.WorkflowRun, error) {
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: ErasureID(erasureID), TaskQueue: CallQueue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:            "Erase a caller",
	}, EraseCaller, erasureID)
	if err != nil {
		return nil, fmt.Errorf("begin erasure %s: %w", erasureID, err)
	}
	return run, nil
}

// ResumeErasure is StartErasure for whoever does not wait for it.
func ResumeErasure(ctx context.Context, c client.Client, erasureID string) error {
	_, err := StartErasure(ctx, c, erasureID)
	return err
}
