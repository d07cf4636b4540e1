package workflows_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// The dial queue is limited: a caller for whom nobody rings yet comes before the others of a level.
func TestADialForACallerForWhomNobodyRingsHasItsTurnFirst(t *testing.T) {
	for name, c := range map[string]struct {
		levels string
		busy   string // whose phone is busy after 3 s
		want   string // who, and with which priority; zero is the server's own, which is 3
	}{
		"one by one":                                {"Alice Bob", "Alice", "Alice 2, Bob 2"},
		"all at once":                               {"Alice Bob Carol all_at_once", "", "Alice 2, Bob 0, Carol 0"},
		"the first of the next level":               {"Alice / Bob Carol all_at_once", "Alice", "Alice 2, Bob 2, Carol 0"},
		"staggered, while the first rings":          {"Alice Bob staggered 5", "", "Alice 2, Bob 0"},
		"staggered, when the first is over already": {"Alice Bob staggered 5", "Alice", "Alice 2, Bob 2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, c.levels)
			s.carrier.ring[c.busy] = []ringing{comes(models.ResultBusy, 3)}
			var asked []string
			s.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&watched{dials: &asked}}})
			s.at(0, s.asks("hold"))
			s.at(9, s.hangsUp())
			s.ends(models.Abandoned, 9)
			if got := strings.Join(asked, ", "); got != c.want {
				t.Errorf("the priorities are %s, want %s", got, c.want)
			}
		})
	}
}

// watched writes down the priority of each dial that a call asks for, which the test environment
// does not tell the dial.
type watched struct {
	interceptor.WorkerInterceptorBase
	dials *[]string
}

func (w *watched) InterceptWorkflow(ctx workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &watchedCall{interceptor.WorkflowInboundInterceptorBase{Next: next}, w.dials}
}

type watchedCall struct {
	interceptor.WorkflowInboundInterceptorBase
	dials *[]string
}

func (w *watchedCall) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return w.Next.Init(&watchedDials{interceptor.WorkflowOutboundInterceptorBase{Next: next}, w.dials})
}

type watchedDials struct {
	interceptor.WorkflowOutboundInterceptorBase
	dials *[]string
}

func (w *watchedDials) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if options := workflow.GetActivityOptions(ctx); options.TaskQueue == workflows.DialQueue {
		*w.dials = append(*w.dials, fmt.Sprintf("%s %d", args[0].(activities.DialRequest).Attempt.Name, options.Priority.PriorityKey))
	}
	return w.Next.ExecuteActivity(ctx, name, args...)
}
