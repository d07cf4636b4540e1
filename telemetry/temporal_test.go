package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Dial stands for the activity of that name, which webhooks complete.
func Dial(context.Context) error { return activity.ErrResultPending }

// Tell fails with words that nobody is to see.
func Tell(context.Context) error {
	return temporal.NewNonRetryableApplicationError("+12025550123 is busy", "refused_by_receiver", nil)
}

func inbound(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 5 * time.Second, ActivityID: "1.alice.1.1"})
	dial := workflow.ExecuteActivity(ctx, Dial)
	told := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 5 * time.Second}), Tell).Get(ctx, nil)
	return errors.Join(dial.Get(ctx, nil), told)
}

func TestARunAndItsActivitiesAreOneTrace(t *testing.T) {
	tracing, kept := recorded()
	made, err := tracing.Interceptors()
	if err != nil {
		t.Fatal(err)
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{made[0].(interceptor.WorkerInterceptor)}})
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "call/" + sid, TaskQueue: "calls"})
	env.RegisterActivity(Dial)
	env.RegisterActivity(Tell)
	env.RegisterDelayedCallback(func() { env.CancelWorkflow() }, 4*time.Second)
	env.ExecuteWorkflow(inbound)
	if !env.IsWorkflowCompleted() {
		t.Fatal("it goes on")
	}
	spans := map[string]tracetest.SpanStub{}
	for _, span := range kept.GetSpans() {
		spans[span.Name] = span
		if about := fmt.Sprint(span.Attributes, span.Events, span.Status); strings.Contains(about, "1202555") {
			t.Errorf("%s tells %s", span.Name, about)
		}
		if !has(span, "call.sid", sid) {
			t.Errorf("%s does not say which call it is of: %v", span.Name, span.Attributes)
		}
	}
	for child, parent := range map[string]string{"RunActivity:Dial": "StartActivity:Dial", "StartActivity:Dial": "RunWorkflow:inbound", "RunActivity:Tell": "StartActivity:Tell"} {
		if spans[child].Parent.SpanID() != spans[parent].SpanContext.SpanID() {
			t.Errorf("%s is no part of %s", child, parent)
		}
	}
	if dial := spans["RunActivity:Dial"]; dial.Status.Code == codes.Error || !has(dial, "call.attempt", "1.alice.1.1") {
		t.Errorf("the dial: %+v %v", dial.Status, dial.Attributes)
	}
	if tell := spans["RunActivity:Tell"]; tell.Status.Code != codes.Error || !has(tell, "error.type", "refused_by_receiver") || len(tell.Events) != 0 {
		t.Errorf("what failed: %+v %v %v", tell.Status, tell.Attributes, tell.Events)
	}
}

// tells is a client that keeps what goes with a request.
type tells struct {
	interceptor.ClientOutboundInterceptorBase
	asked int
}

func (c *tells) CreateSchedule(context.Context, *interceptor.ScheduleClientCreateInput) (client.ScheduleHandle, error) {
	c.asked++
	return nil, nil
}

// With a trace in its header, all that a schedule ever runs would be one trace. Written to here, the header would panic.
func TestWhatAScheduleRunsIsATraceOfItsOwn(t *testing.T) {
	tracing, kept := recorded()
	made, err := tracing.Interceptors()
	if err != nil {
		t.Fatal(err)
	}
	next := &tells{}
	_, err = made[0].InterceptClient(next).CreateSchedule(t.Context(), &interceptor.ScheduleClientCreateInput{Options: &client.ScheduleOptions{ID: "sweep"}})
	if err != nil || next.asked != 1 || len(kept.GetSpans()) != 1 {
		t.Errorf("asked %d times (%v), with %d spans", next.asked, err, len(kept.GetSpans()))
	}
}

func has(span tracetest.SpanStub, key, value string) bool {
	for _, a := range span.Attributes {
		if string(a.Key) == key && a.Value.String() == value {
			return true
		}
	}
	return false
}
