package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/ringdown/ringdown/telemetry"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
)

func TestAnErrorHasAClass(t *testing.T) {
	for want, err := range map[string]error{
		"":                       nil,
		"*errors.errorString":    errors.New("+12025550123"),
		"*serviceerror.NotFound": fmt.Errorf("settle: %w", serviceerror.NewNotFound("+12025550123")),
		"refused_by_receiver":    fmt.Errorf("tell: %w", temporal.NewNonRetryableApplicationError("+12025550123", "refused_by_receiver", io.EOF)),
		"deadline exceeded":      fmt.Errorf("ask: %w", context.DeadlineExceeded),
		"canceled":               temporal.NewCanceledError("+12025550123"),
		"timeout StartToClose":   temporal.NewTimeoutError(enums.TIMEOUT_TYPE_START_TO_CLOSE, errors.New("+12025550123")),
	} {
		if got := telemetry.ClassOf(err); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}
