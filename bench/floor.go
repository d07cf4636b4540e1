package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Names of the floor.
const (
	floorQueue     = "floor"
	floorDialQueue = "floor-dial"
	updateFloor    = "answer"
	signalFloor    = "caller_over"
)

func floorID(call string) string      { return "floor/" + call }
func floorAlertID(call string) string { return "floor-alert/" + call }

// floor is the bare workflow with the activities that do nothing. Its client asks Temporal
// directly.
type floor struct {
	temporal client.Client
	workers  []worker.Worker
	dials    callMap[chan floorDial]
	ringing  callMap[floorDial]
	asked    atomic.Int64 // dials, all together
}

type floorDial struct {
	attempt string
	at      time.Time
}

// startFloor starts it. ended is told of each activity as it ends; it may be nil.
func startFloor(ctx context.Context, temporalAddress string, ended func(activity.Info)) (*floor, error) {
	f := &floor{}
	var err error
	if f.temporal, err = dialTemporal(ctx, temporalAddress, ended); err != nil {
		return nil, err
	}
	calls := worker.New(f.temporal, floorQueue, floorOptions())
	calls.RegisterWorkflow(floorCall)
	calls.RegisterWorkflow(floorAlert)
	calls.RegisterActivity(f)
	dialOptions := floorOptions()
	dialOptions.DisableWorkflowWorker = true
	dials := worker.New(f.temporal, floorDialQueue, dialOptions)
	dials.RegisterActivity(f.Dial)
	for _, w := range []worker.Worker{calls, dials} {
		if err := w.Start(); err != nil {
			return nil, fmt.Errorf("start the floor's worker: %w", err)
		}
		f.workers = append(f.workers, w)
	}
	return f, nil
}

// floorOptions are those of package worker.
func floorOptions() worker.Options {
	return worker.Options{
		WorkerStopTimeout:            15 * time.Second,
		StickyScheduleToStartTimeout: time.Second,
		WorkflowTaskPollerBehavior:   worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
		ActivityTaskPollerBehavior:   worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
	}
}

func (f *floor) stop() {
	for _, w := range f.workers {
		w.Stop()
	}
	f.temporal.Close()
}

func (f *floor) begin(ctx context.Context, call string, gate bool) error {
	start := f.temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: floorID(call), TaskQueue: floorQueue, WorkflowTaskTimeout: 3 * time.Second,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.CallRoute.ValueSet("floor"), workflows.CallStage.ValueSet(string(models.StageHunting))),
	}, floorCall, call, gate)
	handle, err := f.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: updateFloor, UpdateName: updateFloor, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return err
	}
	var answer string
	return handle.Get(ctx, &answer)
}

func (f *floor) dialled(ctx context.Context, call string) (time.Time, error) {
	select {
	case d := <-f.legsOf(call):
		f.ringing.set(call, d)
		return d.at, nil
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("wait for a dial of the floor: %w", context.Cause(ctx))
	}
}

func (f *floor) attemptEnds(ctx context.Context, call string) error {
	return f.temporal.CompleteActivityByID(ctx, client.DefaultNamespace, floorID(call), "", f.ringing.get(call).attempt, "busy", nil)
}

func (f *floor) end(ctx context.Context, call string) error {
	return f.temporal.SignalWorkflow(ctx, floorID(call), "", signalFloor, "completed")
}

func (f *floor) runs(call string) []string { return []string{floorID(call), floorAlertID(call)} }

func (f *floor) engine() client.Client { return f.temporal }

func (f *floor) legsOf(call string) chan floorDial {
	return f.dials.getOr(call, func() chan floorDial { return make(chan floorDial, people) })
}

// floorState is the floor's call while it lasts.
type floorState struct {
	call         string
	asked, over  bool
	alertStarted bool
	held         []string
	sent         []workflow.Future
}

// floorCall issues what workflows.InboundCall issues, and decides nothing.
func floorCall(ctx workflow.Context, call string, gate bool) error {
	s := &floorState{call: call}
	if err := workflow.SetUpdateHandler(ctx, updateFloor, func(workflow.Context) (string, error) {
		s.asked = true
		return "hold", nil
	}); err != nil {
		return err
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		var status string
		workflow.GetSignalChannel(ctx, signalFloor).Receive(ctx, &status)
		s.over = true
	})
	if err := workflow.Await(ctx, func() bool { return s.asked }); err != nil {
		return err
	}
	if gate {
		if err := floorWait(ctx, models.GateWait, func() bool { return s.over }); err != nil {
			return err
		}
		return s.end(ctx)
	}
	return s.hunt(ctx)
}

func (s *floorState) hunt(ctx workflow.Context) error {
	s.raiseAlert(ctx)
	for i := 1; ; i++ {
		attempt := strconv.Itoa(i)
		dialCtx, cancel := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			TaskQueue: floorDialQueue, ActivityID: attempt, ScheduleToStartTimeout: time.Minute, StartToCloseTimeout: heldRings,
			WaitForCancellation: true, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		}))
		dial := workflow.ExecuteActivity(dialCtx, (*floor).Dial, s.call, attempt)
		s.tellAlert(ctx, workflows.SignalDialled)
		if err := workflow.Await(ctx, func() bool { return dial.IsReady() || s.over }); err != nil {
			return err
		}
		if !s.over {
			continue
		}
		cancel()
		hangUp := workflow.ExecuteActivity(floorActivity(ctx), (*floor).HangUp, attempt)
		return s.end(ctx, hangUp, dial)
	}
}

func (s *floorState) end(ctx workflow.Context, before ...workflow.Future) error {
	if err := workflow.UpsertTypedSearchAttributes(ctx,
		workflows.CallStage.ValueSet(string(models.StageEnded)), workflows.CallOutcome.ValueSet(string(models.Abandoned))); err != nil {
		return err
	}
	if len(before) > 0 {
		s.tellAlert(ctx, workflows.SignalEnded)
	}
	for _, f := range before {
		_ = f.Get(ctx, nil) // a dial given up ends as such
	}
	if err := workflow.ExecuteActivity(floorActivity(ctx), (*floor).Nothing).Get(ctx, nil); err != nil {
		return err
	}
	for _, sent := range s.sent {
		if err := sent.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func floorActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 15 * time.Second})
}

func (s *floorState) raiseAlert(ctx workflow.Context) {
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: floorAlertID(s.call), ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.CallRoute.ValueSet("floor"), workflows.AlertStatus.ValueSet(string(models.AlertFiring))),
	}), floorAlert)
	workflow.Go(ctx, func(ctx workflow.Context) {
		_ = child.GetChildWorkflowExecution().Get(ctx, nil)
		s.alertStarted = true
		for _, signal := range s.held {
			s.tellAlert(ctx, signal)
		}
	})
}

func (s *floorState) tellAlert(ctx workflow.Context, signal string) {
	if !s.alertStarted {
		s.held = append(s.held, signal)
		return
	}
	s.sent = append(s.sent, workflow.SignalExternalWorkflow(ctx, floorAlertID(s.call), "", signal, "word"))
}

// floorAlert issues what workflows.Alert issues of which no incident is made and nobody is told.
func floorAlert(ctx workflow.Context) error {
	changed, ended := false, false
	hear := func(signal string, note func()) {
		workflow.Go(ctx, func(ctx workflow.Context) {
			for {
				var word string
				workflow.GetSignalChannel(ctx, signal).Receive(ctx, &word)
				note()
			}
		})
	}
	hear(workflows.SignalDialled, func() {})
	hear(workflows.SignalAnswered, func() { changed = true })
	hear(workflows.SignalEnded, func() { ended = true })
	if err := workflow.ExecuteActivity(floorActivity(ctx), (*floor).Nothing).Get(ctx, nil); err != nil {
		return err
	}
	for !ended {
		if err := floorWait(ctx, 5*time.Minute, func() bool { return changed || ended }); err != nil {
			return err
		}
		if changed && !ended {
			changed = false
			if err := workflow.ExecuteActivity(floorActivity(ctx), (*floor).Nothing).Get(ctx, nil); err != nil {
				return err
			}
		}
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, workflows.AlertStatus.ValueSet(string(models.AlertResolved))); err != nil {
		return err
	}
	return workflow.ExecuteActivity(floorActivity(ctx), (*floor).Nothing).Get(ctx, nil)
}

// Dial tells that it runs, and is completed by its id.
func (f *floor) Dial(ctx context.Context, call, attempt string) (string, error) {
	f.asked.Add(1)
	f.legsOf(call) <- floorDial{attempt: attempt, at: time.Now()}
	activity.RecordHeartbeat(ctx, attempt)
	return "", activity.ErrResultPending
}

// HangUp settles a dial that was given up.
func (f *floor) HangUp(ctx context.Context, attempt string) error {
	info := activity.GetInfo(ctx)
	err := f.temporal.CompleteActivityByID(ctx, info.Namespace, info.WorkflowExecution.ID, info.WorkflowExecution.RunID, attempt, "canceled", nil)
	if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
		return nil
	}
	return err
}

// Nothing does nothing.
func (f *floor) Nothing(context.Context) error { return nil }

// floorWait blocks until the condition holds, at most for d, and leaves no timer behind.
func floorWait(ctx workflow.Context, d time.Duration, condition func() bool) error {
	if condition() {
		return nil
	}
	ctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimer(ctx, d)
	return workflow.Await(ctx, func() bool { return condition() || timer.IsReady() })
}
