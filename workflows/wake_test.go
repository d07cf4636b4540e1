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

func TestChannelsThatAreBehindAreLookedForOnceARun(t *testing.T) {
	for name, fault := range map[string]error{"and it tells how many": nil, "also when the database is away": errors.New("away")} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			asked, woken := 0, activities.Woken{Behind: 3, Woken: 1}
			env.RegisterActivity(&activities.Waker{})
			env.OnActivity("WakeBehind", mock.Anything).Return(func(context.Context) (activities.Woken, error) {
				asked++
				return woken, fault
			})
			env.ExecuteWorkflow(workflows.WakeChannels)
			var got activities.Woken
			err := env.GetWorkflowResult(&got)
			if asked != 1 || (err != nil) != (fault != nil) || err == nil && got != woken {
				t.Errorf("asked %d times, %+v, %v", asked, got, err)
			}
		})
	}
}
