package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"
)

const (
	// resumedAtMost is how many erasures one night resumes.
	resumedAtMost = 1000
	// removalsPage is how much is listed at once that is to be removed elsewhere.
	removalsPage = 200
	// removedAtOnce is how much of it is removed at a time.
	removedAtOnce = 8
	// notOverAgain is how soon a call is looked at again that is not over.
	notOverAgain = 10 * time.Second
)

// ErrNotOver is the type of the error of an erasure that waits for a call to end.
const ErrNotOver = "call_not_over"

// EraseCaller removes the caller of an erasure from everything that is kept here. It waits for calls that are not over. It
// is safe to repeat.
func (k *Keeper) EraseCaller(ctx context.Context, erasureID string) error {
	defer alive(ctx)()
	for more := true; more; {
		began := time.Now()
		var err error
		if more, err = k.Store.EraseSome(ctx, erasureID, batch); err != nil {
			return err
		}
		if err := rest(ctx, time.Since(began)); err != nil {
			return err
		}
	}
	left, err := k.Store.EraseMentions(ctx, erasureID, batch)
	if err == nil && left > 0 {
		err = temporal.NewApplicationErrorWithOptions(fmt.Sprintf("%d calls are not over", left), ErrNotOver,
			temporal.ApplicationErrorOptions{NextRetryDelay: notOverAgain})
	}
	return err
}

// RemoveElsewhere removes what an erasure has to remove elsewhere, or what is too old where that is empty: recordings and
// transcripts at the carrier, the closed runs of calls and alerts, callers in the headlines of channels. One that cannot be
// removed stops no other, unless the carrier is away; its error is the last of them, and it is to be tried again. It is safe
// to repeat.
func (k *Keeper) RemoveElsewhere(ctx context.Context, erasureID string) error {
	defer alive(ctx)()
	var failed error
	for after := ""; ; {
		removals, err := k.Store.Removals(ctx, erasureID, after, removalsPage)
		if err != nil {
			return err
		}
		if len(removals) == 0 {
			break
		}
		after = removals[len(removals)-1].ID
		done, err := k.removeAll(ctx, removals)
		if noted := k.Store.RemovalsDone(ctx, done); noted != nil {
			return noted
		}
		if err != nil {
			failed = err
		}
		if err := rest(ctx, 0); err != nil || len(done) == 0 && carrierAway(failed) { // it fails for all of them alike
			return errors.Join(err, failed)
		}
	}
	if failed != nil || erasureID == "" {
		return failed
	}
	return k.Store.EndErasure(ctx, erasureID)
}

// carrierAway says whether an error is that of a carrier that does nothing for anybody now.
func carrierAway(err error) bool {
	return slices.Contains([]twilio.Class{twilio.Unsent, twilio.Unknown, twilio.Busy, twilio.Credentials}, twilio.ClassOf(err))
}

// removeAll tries to remove some things. done are those that are gone; the error is that of one of the others.
func (k *Keeper) removeAll(ctx context.Context, removals []models.Removal) (done []models.Removal, failed error) {
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(removedAtOnce)
	for _, r := range removals {
		group.Go(func() error {
			err := k.remove(ctx, r)
			if err != nil {
				err = fmt.Errorf("remove %s: %w", r.Kind, err)
				err = errors.Join(err, k.Store.RemovalFailed(ctx, r.ID, err.Error()))
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done = append(done, r)
			} else {
				failed = err
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are kept
	return done, failed
}

func (k *Keeper) remove(ctx context.Context, r models.Removal) (err error) {
	switch r.Kind {
	case models.RemoveRecording:
		err = k.Carrier.DeleteRecording(ctx, r.Reference)
	case models.RemoveTranscripts:
		err = k.Carrier.DeleteTranscripts(ctx, r.Reference)
	case models.RemoveCallRun:
		err = k.removeCall(ctx, r.Reference)
	case models.RemoveAlertRun:
		err = k.removeRuns(ctx, k.AlertID(r.Reference))
	case models.RemoveDeliveryRun:
		alertID, receiverID, _ := strings.Cut(r.Reference, "/")
		err = k.removeRuns(ctx, k.DeliveryID(alertID, receiverID))
	case models.RenewChannel:
		err = k.Wake(ctx, k.Temporal, r.Reference)
	default:
		err = errors.New("this release does not know how")
	}
	if none := (*models.InvalidError)(nil); errors.As(err, &none) { // nothing there can have such an id
		return nil
	}
	return err
}

// removeCall deletes the runs of a call, and first what the carrier has recorded of it: a run that went on after the end of
// the call may have known of a recording that nothing here names any more.
func (k *Keeper) removeCall(ctx context.Context, callSID string) error {
	runs, err := k.runsOf(ctx, k.CallID(callSID))
	if err != nil {
		return err
	}
	recordings, err := k.Carrier.Recordings(ctx, callSID)
	if none := (*models.InvalidError)(nil); err != nil && !errors.Is(err, models.ErrNotFound) && !errors.As(err, &none) {
		return err
	}
	for _, r := range recordings {
		if err := k.Carrier.DeleteRecording(ctx, r.SID); err != nil {
			return err
		}
	}
	return k.deleteRuns(ctx, runs)
}

var errOpen = errors.New("its run is still open: something of it may be yet to come, or a receiver yet to be asked")

// removeRuns deletes every run of a workflow, with its history. An open one is waited for.
func (k *Keeper) removeRuns(ctx context.Context, workflowID string) error {
	runs, err := k.runsOf(ctx, workflowID)
	if err != nil {
		return err
	}
	return k.deleteRuns(ctx, runs)
}

func (k *Keeper) deleteRuns(ctx context.Context, runs []*common.WorkflowExecution) error {
	service, namespace := k.Temporal.WorkflowService(), activity.GetInfo(ctx).Namespace
	for _, run := range runs {
		_, err := service.DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{Namespace: namespace, WorkflowExecution: run})
		if err != nil && !notThere(err) {
			return fmt.Errorf("delete a run of %s: %w", run.GetWorkflowId(), err)
		}
	}
	return nil
}

// runsOf are the runs of a workflow: the last one, which is known at once, and those before it.
func (k *Keeper) runsOf(ctx context.Context, workflowID string) ([]*common.WorkflowExecution, error) {
	described, err := k.Temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if notThere(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask after workflow %s: %w", workflowID, err)
	}
	info := described.GetWorkflowExecutionInfo()
	if info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil, errOpen
	}
	runs := []*common.WorkflowExecution{info.GetExecution()}
	listed, err := k.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: activity.GetInfo(ctx).Namespace, PageSize: 100, Query: "WorkflowId = '" + workflowID + "'",
	})
	if err != nil {
		return nil, fmt.Errorf("list the runs of %s: %w", workflowID, err)
	}
	for _, run := range listed.GetExecutions() {
		if run.GetExecution().GetRunId() != info.GetExecution().GetRunId() {
			runs = append(runs, run.GetExecution())
		}
	}
	return runs, nil
}

func notThere(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

// ResumeErasures has every erasure go on that is not done and whose run was terminated. One that cannot be resumed stops
// no other. It is safe to repeat, and returns how many are open.
func (k *Keeper) ResumeErasures(ctx context.Context) (open int, err error) {
	ids, err := k.Store.OpenErasures(ctx, resumedAtMost)
	if err != nil {
		return 0, err
	}
	var faults []error
	for _, id := range ids {
		if err := k.Resume(ctx, k.Temporal, id); err != nil && len(faults) < faultsAtMost {
			faults = append(faults, err)
		}
	}
	return len(ids), errors.Join(faults...)
}
