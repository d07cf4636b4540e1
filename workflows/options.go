package workflows

import (
	"fmt"
	"time"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// taskTimeout is how soon a workflow task that died with its worker is given to another. The
// server's 10 s are longer than a caller should wait.
const taskTimeout = 3 * time.Second

// queueWait is the longest that a dial waits for its turn before it is asked for anew.
const queueWait = time.Minute

// unheardOf is after how long without a sign of the caller a dial asks after them first: word that they have left may be lost.
const unheardOf = time.Minute

// deadAfter is how soon somebody else tells an outside system what a worker that died was telling it. It is
// longer than activities.aliveEvery.
const deadAfter = 10 * time.Second

// firstDial is the priority of a dial for a caller for whom nobody rings; 3 is the server's default.
const firstDial = 2

// StartCall is how a call is started: under the carrier's id, so that a repeated webhook finds
// the run that is there.
func StartCall(in models.Inbound) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       CallID(in.CallSID),
		TaskQueue:                CallQueue,
		WorkflowTaskTimeout:      taskTimeout,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:            "Call to " + in.Plan.RouteName,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			CallRoute.ValueSet(in.Plan.RouteID), CallStage.ValueSet(string(in.FirstStage()))),
	}
}

// dialing limits one dial: the ring time and a little, counted from its turn. It is never
// repeated, because a lost reply may be a ringing phone. A cancelled dial is over only when its
// leg is. With first, nobody else is rung for this caller: such a dial has its turn before others.
func dialing(ctx workflow.Context, p models.Plan, a models.Attempt, first bool) workflow.Context {
	priority := temporal.Priority{}
	if first {
		priority.PriorityKey = firstDial
	}
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Priority:               priority,
		TaskQueue:              DialQueue,
		ActivityID:             a.ID,
		ScheduleToStartTimeout: queueWait,
		StartToCloseTimeout:    dialTime(p),
		WaitForCancellation:    true,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                fmt.Sprintf("level %d · %s · %s", a.Level, a.Name, a.Label),
	})
}

// dialTime is how long a dial may take from its turn.
func dialTime(p models.Plan) time.Duration {
	return p.Paced(time.Duration(p.RingSeconds)*time.Second + models.RingGrace)
}

// asking limits requests to the carrier that are safe to repeat.
func asking(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    15 * time.Second,
		ScheduleToCloseTimeout: 2 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 500 * time.Millisecond, MaximumInterval: 10 * time.Second},
		Summary:                summary,
	})
}

// ending limits requests to end a leg that the carrier would not end in time: they are repeated until
// it does.
func ending(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 15 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 30 * time.Second},
		Summary:             summary,
	})
}

// delivering limits how an event is told to a receiver: again and again, less and less often, until no
// time is left.
func delivering(ctx workflow.Context, summary string, left time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              TellQueue,
		StartToCloseTimeout:    time.Minute,
		HeartbeatTimeout:       deadAfter,
		ScheduleToCloseTimeout: max(left, time.Minute),
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second, MaximumInterval: 10 * time.Minute,
			MaximumAttempts: 100_000, // more than fit: the time decides
		},
		Summary: summary,
	})
}

// recording limits writes to the database: they are tried until it is back.
func recording(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
		Summary:             summary,
	})
}

// telling limits one step in an incident's channel. A database that is away is waited for; where Slack
// is, the step ends, so that others are done meanwhile.
func telling(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           TellQueue,
		StartToCloseTimeout: time.Minute,
		HeartbeatTimeout:    deadAfter,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
		Summary:             summary,
	})
}

// stepWithin is how long a step of setting a number up is tried before a person is to look.
const stepWithin = 6 * time.Hour

// provisioning limits one step of setting a number up at the carrier.
func provisioning(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              TellQueue,
		StartToCloseTimeout:    2 * time.Minute,
		HeartbeatTimeout:       deadAfter,
		ScheduleToCloseTimeout: stepWithin,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, MaximumInterval: 5 * time.Minute, MaximumAttempts: 100_000, // the time decides
		},
		Summary: summary,
	})
}

// tidying limits the removal of what nobody needs at the carrier: it is tried until it is done.
func tidying(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           TellQueue,
		StartToCloseTimeout: 2 * time.Minute,
		HeartbeatTimeout:    deadAfter,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 10 * time.Minute},
		Summary:             models.StepTidy.Words(),
	})
}

// sending limits how people are told of a request: again and again for a day.
func sending(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              TellQueue,
		StartToCloseTimeout:    2 * time.Minute,
		HeartbeatTimeout:       deadAfter,
		ScheduleToCloseTimeout: 24 * time.Hour,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second, MaximumInterval: 10 * time.Minute, MaximumAttempts: 100_000, // the time decides
		},
		Summary: summary,
	})
}
