package telemetry

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
)

// ClassOf is what kind of error one is, without its text, which may hold anything; empty for none.
func ClassOf(err error) string {
	var typed *temporal.ApplicationError
	var late *temporal.TimeoutError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &typed) && typed.Type() != "":
		return typed.Type()
	case errors.As(err, &late):
		return "timeout " + late.TimeoutType().String()
	case temporal.IsCanceledError(err), errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline exceeded"
	}
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(err) {
		err = cause
	}
	return fmt.Sprintf("%T", err)
}
