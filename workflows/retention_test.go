package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/workflows"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

func TestWhatANightCannotRemoveStopsNothingElse(t *testing.T) {
	var keeper *activities.Keeper
	away := errors.New("the carrier is away")
	for name, c := range map[string]struct {
		recordings error
		failed     bool
	}{
		"all is well":         {nil, false},
		"the carrier is away": {away, true},
	} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			env.SetWorkflowRunTimeout(12 * time.Hour)
			env.OnActivity(keeper.ResumeErasures, mock.Anything).Return(0, nil)
			env.OnActivity(keeper.EmptyTranscripts, mock.Anything).Return(5, nil)
			env.OnActivity(keeper.DeleteRecordings, mock.Anything).Return(4, c.recordings)
			env.OnActivity(keeper.RemoveCalls, mock.Anything).Return(3, nil)
			env.OnActivity(keeper.EmptyRequests, mock.Anything).Return(2, nil)
			env.OnActivity(keeper.RemoveChanges, mock.Anything).Return(1, nil)
			elsewhere := 0
			env.OnActivity(keeper.RemoveElsewhere, mock.Anything, "").Return(func(context.Context, string) error { elsewhere++; return nil })
			env.ExecuteWorkflow(workflows.Retain)
			if err := env.GetWorkflowError(); (err != nil) != c.failed {
				t.Fatalf("it ends with %v", err)
			}
			env.AssertExpectations(t)
			if elsewhere != 1 {
				t.Errorf("what is elsewhere was looked at %d times", elsewhere)
			}
			var got workflows.Retained
			if err := env.GetWorkflowResult(&got); !c.failed && (err != nil || got != workflows.Retained{Transcripts: 5, Recordings: 4, Calls: 3, Requests: 2, Changes: 1}) {
				t.Errorf("it came to %+v, %v", got, err)
			}
		})
	}
}

// An erasure is tried until it is done, for days if need be.
func TestAnErasureGoesOnUntilNothingIsLeft(t *testing.T) {
	var keeper *activities.Keeper
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	var told []string
	here, elsewhere := 0, 0
	env.OnActivity(keeper.EraseCaller, mock.Anything, "e1").Return(func(context.Context, string) error {
		if here++; here < 4 {
			return temporal.NewApplicationErrorWithOptions("1 calls are not over", activities.ErrNotOver,
				temporal.ApplicationErrorOptions{NextRetryDelay: 10 * time.Second})
		}
		told = append(told, "here")
		return nil
	})
	env.OnActivity(keeper.RemoveElsewhere, mock.Anything, "e1").Return(func(context.Context, string) error {
		if elsewhere++; elsewhere < 200 {
			return errors.New("the carrier is away")
		}
		told = append(told, "elsewhere")
		return nil
	})
	began := env.Now()
	env.ExecuteWorkflow(workflows.EraseCaller, "e1")
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if took := env.Now().Sub(began); len(told) != 2 || told[0] != "here" || took < 48*time.Hour || took > 80*time.Hour {
		t.Errorf("done are %q after %v", told, took)
	}
}
