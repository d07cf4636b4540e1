package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/workflows"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/testsuite"
)

func TestTheNightlyLookTellsReviewersWhateverFails(t *testing.T) {
	var (
		requests *activities.Requests
		numbers  *activities.Numbers
		notices  *activities.Notices
	)
	for name, c := range map[string]struct {
		revives, checks error
		failed          bool
	}{
		"all is well":                   {},
		"the store could not be read":   {revives: errors.New("the database is away"), failed: true},
		"the carrier could not be read": {checks: errors.New("the carrier is away"), failed: true},
	} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			env.SetWorkflowRunTimeout(24 * time.Hour)
			env.OnActivity(requests.ReviveRequests, mock.Anything).Return(3, c.revives)
			env.OnActivity(numbers.CheckNumbers, mock.Anything).Return(activities.Checked{Looked: 2, Repaired: 1}, c.checks)
			told := 0
			env.OnActivity(notices.SendNotices, mock.Anything, "").Return(func(context.Context, string) error { told++; return nil })
			env.ExecuteWorkflow(workflows.CheckNumbers)
			if err := env.GetWorkflowError(); (err != nil) != c.failed {
				t.Errorf("it ends with %v", err)
			}
			if told != 1 {
				t.Errorf("reviewers were told %d times", told)
			}
		})
	}
}
