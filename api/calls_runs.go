package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

const (
	// stagesWithin is how long Temporal may take to tell stages: calls are shown without them.
	stagesWithin = 2 * time.Second
	// recordWithin is how long the run of a call may take to tell of it: the call is shown without that.
	recordWithin = time.Second
	// cancelWithin is how long it may take to accept that a call is to end.
	cancelWithin = 5 * time.Second
	// runsAtOnce is how many runs Temporal tells of in one answer.
	runsAtOnce = 1000
	// stagesUnknown is what the log says while it does not.
	stagesUnknown = "live calls are shown without the stage of their runs"
	// recordsUnknown is what it says while runs do not tell of their calls.
	recordsUnknown = "a live call is shown without what its run knows of it"
)

// runs asks Temporal about the runs of live calls, and ends them. A nil one knows of none.
type runs struct {
	temporal  client.Client
	namespace string
}

// stages are how far live calls have come, by the carrier's ids of them: of those that are named, or
// of all. A call that has just begun may be missing.
func (r *runs) stages(ctx context.Context, calls ...string) (map[string]models.Stage, error) {
	if r == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, stagesWithin)
	defer cancel()
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.namespace, PageSize: runsAtOnce, Query: "WorkflowType = 'InboundCall' AND ExecutionStatus = 'Running'",
	}
	if len(calls) > 0 {
		ids := each(calls, func(sid string) string { return "'" + workflows.CallID(sid) + "'" })
		request.Query += " AND WorkflowId IN (" + strings.Join(ids, ", ") + ")"
	}
	stages := map[string]models.Stage{}
	for {
		answer, err := r.temporal.ListWorkflow(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("list the runs of calls: %w", err)
		}
		for _, run := range answer.GetExecutions() {
			var stage models.Stage
			marked := run.GetSearchAttributes().GetIndexedFields()[workflows.CallStage.GetName()]
			if err := converter.GetDefaultDataConverter().FromPayload(marked, &stage); err != nil {
				return nil, fmt.Errorf("read the stage of a call: %w", err)
			}
			stages[strings.TrimPrefix(run.GetExecution().GetWorkflowId(), workflows.CallID(""))] = stage
		}
		if request.NextPageToken = answer.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return stages, nil
		}
	}
}

// record is what the run of a live call would write of it now. models.ErrNotFound says that no run is open.
func (r *runs) record(ctx context.Context, callSID string) (call models.Call, err error) {
	if r == nil {
		return call, models.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	answer, err := r.temporal.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: workflows.CallID(callSID), QueryType: workflows.QueryRecord,
		QueryRejectCondition: enums.QUERY_REJECT_CONDITION_NOT_OPEN,
	})
	switch {
	case gone(err), err == nil && answer.QueryRejected != nil:
		return call, models.ErrNotFound
	case err == nil:
		err = answer.QueryResult.Get(&call)
	}
	if err != nil {
		return call, fmt.Errorf("ask the run of call %s for its record: %w", callSID, err)
	}
	return call, nil
}

// end has a call end for everybody. models.ErrNotFound says that no run is open. It may be repeated.
func (r *runs) end(ctx context.Context, callSID string) error {
	if r == nil {
		return models.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, cancelWithin)
	defer cancel()
	err := r.temporal.CancelWorkflow(ctx, workflows.CallID(callSID), "")
	var already *serviceerror.CancellationAlreadyRequested
	switch {
	case err == nil, errors.As(err, &already):
		return nil
	case gone(err):
		return models.ErrNotFound
	default:
		return fmt.Errorf("cancel the run of call %s: %w", callSID, err)
	}
}
