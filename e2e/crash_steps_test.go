package e2e

import (
	"context"
	"math"
	"net/http"
	"sync"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
)

// The points in an activity at which a server that is to be killed asks whether it may go on. None of them
// is a request to somebody whom the test could hold instead.
const (
	pointWakes   = "wakes"   // what it writes is written; the channel is not woken yet
	pointHeard   = "heard"   // the receiver has answered, which is not written yet
	pointReturns = "returns" // everything is done, which Temporal does not know yet
	pointBegins  = "begins"  // of a request for a number: nothing is done yet
)

// visitOf is the question whether an activity may go on with a call to a line. what is the event that is
// delivered, or the status of the alert that is written.
func (l *line) visitOf(activity, point, what string) visit {
	return visit{path: stepOf{activity, what, l.route.ID}.path(point)}
}

// stepOf is an activity for the alert of a call, or for a request for a number, whose id it then has.
type stepOf struct{ activity, what, routeID string }

func (s stepOf) path(point string) string {
	return "/" + s.activity + "/" + point + "/" + s.what + "/" + s.routeID
}

// keepsEvery holds all such requests back until whoever asked has left, and none after that: an activity that
// is tried again meanwhile comes no further.
func (d *door) keepsEvery(t *testing.T, v visit) *held {
	h := newHeld(t, v)
	came, over := sync.OnceFunc(func() { close(h.came) }), sync.OnceFunc(func() { close(h.over) })
	d.expect(v, math.MaxInt, func(_ http.ResponseWriter, r *http.Request) {
		came()
		select {
		case <-h.mayGo:
		case <-r.Context().Done():
			over()
		}
	})
	return h
}

// points has the activities of alerts ask a door, at each of these, whether they may go on.
type points struct {
	interceptor.InterceptorBase
	door string // its URL
}

type stepKey struct{}

// ask waits until the step of a context may go on.
func (p *points) ask(ctx context.Context, point string) {
	step, ok := ctx.Value(stepKey{}).(stepOf)
	if !ok {
		return
	}
	answer, err := http.Get(p.door + step.path(point))
	if err == nil {
		_ = answer.Body.Close()
	}
}

func (p *points) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &pointsIn{interceptor.ActivityInboundInterceptorBase{Next: next}, p}
}

func (p *points) InterceptClient(next interceptor.ClientOutboundInterceptor) interceptor.ClientOutboundInterceptor {
	return &pointsOut{interceptor.ClientOutboundInterceptorBase{Next: next}, p}
}

type pointsIn struct {
	interceptor.ActivityInboundInterceptorBase
	points *points
}

func (in *pointsIn) Init(outbound interceptor.ActivityOutboundInterceptor) error {
	return in.Next.Init(&pointsWithin{interceptor.ActivityOutboundInterceptorBase{Next: outbound}, in.points})
}

func (in *pointsIn) ExecuteActivity(ctx context.Context, given *interceptor.ExecuteActivityInput) (any, error) {
	step := stepOf{activity: activity.GetInfo(ctx).ActivityType.Name}
	if len(given.Args) == 0 {
		return in.Next.ExecuteActivity(ctx, given)
	}
	switch about := given.Args[0].(type) {
	case models.Alert:
		step.what, step.routeID = string(about.Status), about.RouteID
	case models.Delivery:
		step.what, step.routeID = string(about.Event), about.Alert.RouteID
	case models.NumberRequest:
		step.what, step.routeID = string(about.Status), about.ID
		in.points.ask(context.WithValue(ctx, stepKey{}, step), pointBegins)
	default:
		return in.Next.ExecuteActivity(ctx, given)
	}
	ctx = context.WithValue(ctx, stepKey{}, step)
	result, err := in.Next.ExecuteActivity(ctx, given)
	in.points.ask(ctx, pointReturns)
	return result, err
}

type pointsOut struct {
	interceptor.ClientOutboundInterceptorBase
	points *points
}

func (out *pointsOut) SignalWithStartWorkflow(ctx context.Context, given *interceptor.ClientSignalWithStartWorkflowInput) (client.WorkflowRun, error) {
	out.points.ask(ctx, pointWakes)
	return out.Next.SignalWithStartWorkflow(ctx, given)
}

// pointsWithin knows that a receiver has answered by what is counted then.
type pointsWithin struct {
	interceptor.ActivityOutboundInterceptorBase
	points *points
}

func (w *pointsWithin) GetMetricsHandler(ctx context.Context) client.MetricsHandler {
	return counting{w.Next.GetMetricsHandler(ctx), func() { w.points.ask(ctx, pointHeard) }}
}

type counting struct {
	client.MetricsHandler
	heard func()
}

func (c counting) WithTags(tags map[string]string) client.MetricsHandler {
	return counting{c.MetricsHandler.WithTags(tags), c.heard}
}

func (c counting) Counter(name string) client.MetricsCounter {
	if name == activities.MetricDeliveries {
		c.heard()
	}
	return c.MetricsHandler.Counter(name)
}
