package workflows_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/testsuite"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/workflows"
)

func TestOutsideSchedulesAreReadOnceARun(t *testing.T) {
	for name, fault := range map[string]error{"and it tells how many": nil, "also when the database is away": errors.New("away")} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			asked, read := 0, activities.Refreshed{Read: 2, Failed: 1}
			env.RegisterActivity(&activities.Outside{})
			env.OnActivity("Refresh", mock.Anything).Return(func(context.Context) (activities.Refreshed, error) {
				asked++
				return read, fault
			})
			env.ExecuteWorkflow(workflows.ReadOutside)
			var got activities.Refreshed
			err := env.GetWorkflowResult(&got)
			if asked != 1 || (err != nil) != (fault != nil) || err == nil && got != read {
				t.Errorf("asked %d times, %+v, %v", asked, got, err)
			}
		})
	}
}
