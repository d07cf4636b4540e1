package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
)

// Records writes what is settled to the database.
type Records struct {
	Store *store.Store
}

// RecordCall writes the whole record of an ended call. It is safe to repeat: the row is found by
// the carrier's id of the call.
func (r *Records) RecordCall(ctx context.Context, call models.Call) error {
	if err := r.Store.RecordCall(ctx, call); err != nil {
		return fmt.Errorf("record call %s: %w", call.CarrierCallID, err)
	}
	return nil
}

// CallLives says whether the run of a call is still open. It is safe to repeat.
func (r *Records) CallLives(ctx context.Context, workflowID string) (bool, error) {
	described, err := activity.GetClient(ctx).DescribeWorkflowExecution(ctx, workflowID, "")
	if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask after workflow %s: %w", workflowID, err)
	}
	return described.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// BadPhone is a phone that the carrier refuses, whoever calls it.
type BadPhone struct {
	Number models.Phone `json:"number"`
	Code   int          `json:"code"` // in the carrier's error dictionary
	At     time.Time    `json:"at"`
}

// FlagPhone shows an admin that a phone in the directory cannot be rung. It is safe to repeat.
func (r *Records) FlagPhone(ctx context.Context, phone BadPhone) error {
	if err := r.Store.FlagPhone(ctx, phone.Number, phone.Code, phone.At); err != nil {
		return fmt.Errorf("flag a phone that the carrier refuses with %d: %w", phone.Code, err)
	}
	return nil
}
