package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// RequestID is the workflow id of a request for a number.
func RequestID(id string) string { return "number-request/" + id }

// Updates of NumberRequest. Each answers with the request as it is then.
const (
	UpdateApprove  = "approve"  // a models.ToApprove
	UpdateReject   = "reject"   // a models.ToReject
	UpdateAsk      = "ask"      // a models.ToAsk
	UpdateReply    = "answer"   // a models.ToAnswer
	UpdateFulfil   = "fulfil"   // a models.ToFulfil
	UpdateWithdraw = "withdraw" // a models.ToWithdraw
	UpdateRetry    = "retry"    // a models.ToRetry
	UpdateComment  = "comment"  // a models.ToComment
	UpdateAssign   = "assign"   // a models.ToAssign
)

// QueryRequest is a query of NumberRequest: the request as it is.
const QueryRequest = "request"

// SignalBundle tells NumberRequest that the carrier has news of its bundle, a BundleNews.
const SignalBundle = "bundle"

// BundleNews is what the carrier tells of a bundle. Its status is asked for again; its reason is told here alone.
type BundleNews struct {
	BundleID string              `json:"bundle_id"`
	Status   models.BundleStatus `json:"status"`
	Reason   string              `json:"reason"` // why it was refused, in the carrier's words
	Looked   bool                `json:"looked"` // the carrier has been asked since
}

// The search attributes of requests.
var (
	RequestStatus = temporal.NewSearchAttributeKeyKeyword("RequestStatus") // models.RequestStatus
	RequestSince  = temporal.NewSearchAttributeKeyTime("RequestSince")     // who acts next, does since then
)

// The types of errors with which NumberRequest refuses an update.
const (
	ErrConflict  = "conflict"  // its message says how things stand
	ErrInvalid   = "invalid"   // its details are models.Faults
	ErrForbidden = "forbidden" // its message says who may
)

// RequestRun is what a run of NumberRequest begins with. It is kept in histories: fields are added, never renamed
// or reused.
type RequestRun struct {
	Request models.NumberRequest `json:"request"`
	Handled []string             `json:"handled"` // ids of the last updates that runs before this one have done
	News    BundleNews           `json:"news"`    // that the run before this one has heard of
}

// StartRequest has a request looked after, from its newest copy. It is safe to repeat: a run that is there goes on, and
// one that has come to its end is not begun again.
func StartRequest(ctx context.Context, c client.Client, r models.NumberRequest) error {
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       RequestID(r.ID),
		TaskQueue:                CallQueue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, // or terminated
		StaticSummary:            "Request for a number: " + r.Form.Country + " " + string(r.Form.Type),
		TypedSearchAttributes:    temporal.NewSearchAttributes(RequestStatus.ValueSet(string(r.Status)), RequestSince.ValueSet(r.Since)),
	}, NumberRequest, RequestRun{Request: r})
	if err != nil && !errors.As(err, new(*serviceerror.WorkflowExecutionAlreadyStarted)) {
		return fmt.Errorf("start the run of number request %s: %w", r.ID, err)
	}
	return nil
}

// actWithin is how long a run may take to say what it makes of an action.
const actWithin = 10 * time.Second

// Act asks the run of a request for an action: one of the updates with its payload. updateID is the same for each
// try of one action, which is done once. A run that was terminated goes on from the newest copy of the request, which
// is read when it is needed. Refusals are a *models.ConflictError, *models.ForbiddenError, *models.InvalidError or
// models.Faults; models.ErrAway says that it is not known whether it was done.
func Act(
	ctx context.Context, c client.Client, newest func(ctx context.Context) (models.NumberRequest, error),
	id, update, updateID string, payload any,
) (models.NumberRequest, error) {
	ctx, cancel := context.WithTimeout(ctx, actWithin)
	defer cancel()
	after, err := act(ctx, c, id, update, updateID, payload)
	if !errors.As(err, new(*serviceerror.NotFound)) {
		return after, refusal(err)
	}
	r, err := newest(ctx)
	switch {
	case err != nil:
		return r, err
	case r.Status.Final():
		return r, r.Over()
	}
	if err := StartRequest(ctx, c, r); err != nil {
		return r, err
	}
	after, err = act(ctx, c, id, update, updateID, payload)
	if errors.As(err, new(*serviceerror.NotFound)) { // it came to its end since it was read
		if r, err = newest(ctx); err == nil {
			err = r.Over()
		}
		return r, err
	}
	return after, refusal(err)
}

func act(ctx context.Context, c client.Client, id, update, updateID string, payload any) (models.NumberRequest, error) {
	var after models.NumberRequest
	h, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: RequestID(id), UpdateID: updateID, UpdateName: update, Args: []any{payload},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = h.Get(ctx, &after)
	}
	return after, err
}

// refusal turns what a run refused into an error of models.
func refusal(err error) error {
	var refused *temporal.ApplicationError
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &late):
		return fmt.Errorf("ask the run of a number request: %w: %w", models.ErrAway, err)
	case !errors.As(err, &refused):
		return fmt.Errorf("ask the run of a number request: %w", err)
	}
	switch refused.Type() {
	case ErrConflict:
		return &models.ConflictError{Reason: refused.Message()}
	case ErrForbidden:
		return &models.ForbiddenError{Reason: refused.Message()}
	case ErrInvalid:
		var faults models.Faults
		if err := refused.Details(&faults); err != nil {
			return err
		}
		return faults
	}
	return err
}

// TellBundle tells the run of a request what the carrier says of its bundle. models.ErrNotFound says that there is no
// such run any more.
func TellBundle(ctx context.Context, c client.Client, id string, news BundleNews) error {
	err := c.SignalWorkflow(ctx, RequestID(id), "", SignalBundle, news)
	if errors.As(err, new(*serviceerror.NotFound)) {
		return fmt.Errorf("tell the run of number request %s: %w", id, models.ErrNotFound)
	}
	return err
}
