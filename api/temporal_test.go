package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

var (
	errAway      = serviceerror.NewUnavailable("nobody is there")
	errGone      = serviceerror.NewNotFound("workflow execution already completed")
	errFinished  = fmt.Errorf("failed workflow start: %w", serviceerror.NewWorkflowExecutionAlreadyStarted("already finished", "", ""))
	errImpatient = errors.New("as slow as it can be")
)

// fakeTemporal notes what it is asked, one line a request, and answers as it is told to.
type fakeTemporal struct {
	client.Client // what is not written below is not for webhooks

	answer models.Answer    // to every update
	fails  map[string]error // by request: start, update, settle, signal, query, health

	failsOnce map[string]error     // the same, for the first of its kind alone
	onAsk     func(request string) // happens before each request
	runs      map[string]error     // what a query of a single run ends with, by workflow id

	mu      sync.Mutex
	asked   []string
	inputs  []models.Inbound
	options []client.StartWorkflowOptions
}

// isBack ends all failures, while requests go on.
func (f *fakeTemporal) isBack() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = nil
}

// heard gives what was asked since it was last called.
func (f *fakeTemporal) heard() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

// ask notes a request and fails as told; errImpatient waits for as long as it may.
func (f *fakeTemporal) ask(ctx context.Context, request, format string, args ...any) error {
	if f.onAsk != nil {
		f.onAsk(request)
	}
	f.mu.Lock()
	f.asked = append(f.asked, withoutIDs(request+" "+fmt.Sprintf(format, args...)))
	err := cmp.Or(f.failsOnce[request], f.fails[request])
	delete(f.failsOnce, request)
	f.mu.Unlock()
	if errors.Is(err, errImpatient) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

type startOperation struct {
	client.WithStartWorkflowOperation
}

func (f *fakeTemporal) NewWithStartWorkflowOperation(options client.StartWorkflowOptions, _ any, args ...any) client.WithStartWorkflowOperation {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.options, f.inputs = append(f.options, options), append(f.inputs, args[0].(models.Inbound))
	return startOperation{}
}

func (f *fakeTemporal) UpdateWithStartWorkflow(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	u := o.UpdateOptions
	err := f.ask(ctx, "start", "%s %s %s%s", f.options[len(f.options)-1].ID, u.UpdateName, u.UpdateID, told(u.Args))
	return updateHandle{answer: f.answer}, err
}

func (f *fakeTemporal) UpdateWorkflow(ctx context.Context, u client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	err := f.ask(ctx, "update", "%s %s %s%s", u.WorkflowID, u.UpdateName, u.UpdateID, told(u.Args))
	return updateHandle{answer: f.answer}, err
}

func (f *fakeTemporal) CompleteActivityByID(ctx context.Context, namespace, workflowID, _, activityID string, result any, err error) error {
	if err != nil {
		return fmt.Errorf("dials are completed, not failed: %w", err)
	}
	return f.ask(ctx, "settle", "%s %s %s %+v", namespace, workflowID, activityID, result)
}

func (f *fakeTemporal) SignalWorkflow(ctx context.Context, workflowID, _, name string, arg any) error {
	words := fmt.Sprintf("%+v", arg)
	if over, ok := arg.(workflows.LegOver); ok && !over.At.IsZero() {
		words = strings.Replace(words, over.At.String(), "now", 1)
	}
	return f.ask(ctx, "signal", "%s %s %s", workflowID, name, words)
}

func (f *fakeTemporal) QueryWorkflow(ctx context.Context, workflowID, _, query string, _ ...any) (converter.EncodedValue, error) {
	err := f.ask(ctx, "query", "%s %s", workflowID, query)
	if own, ok := f.runs[workflowID]; ok {
		err = own
	}
	return nil, err
}

func (f *fakeTemporal) CheckHealth(ctx context.Context, _ *client.CheckHealthRequest) (*client.CheckHealthResponse, error) {
	return &client.CheckHealthResponse{}, f.ask(ctx, "health", "")
}

// told are the arguments of an update. An instant is told by how far it is ahead.
func told(args []any) string {
	var words strings.Builder
	for _, arg := range args {
		if asked, ok := arg.(workflows.Asked); ok {
			arg = "within " + time.Until(asked.AnswerBy).String()
		}
		fmt.Fprintf(&words, " %+v", arg)
	}
	return words.String()
}

type updateHandle struct {
	client.WorkflowUpdateHandle
	answer models.Answer
}

func (h updateHandle) Get(_ context.Context, to any) error {
	*to.(*models.Answer) = h.answer
	return nil
}

// asks checks what Temporal was asked, in order, since it was last checked.
// keepsAsking is asks, where what is asked in vain may be asked again at once.
func (wt *webhookTest) keepsAsking(want ...string) {
	wt.Helper()
	wt.Drain()
	if got := slices.Compact(wt.temporal.heard()); !slices.Equal(got, want) {
		wt.Errorf("asked Temporal\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (wt *webhookTest) asks(want ...string) {
	wt.Helper()
	wt.Drain()
	if got := wt.temporal.heard(); !slices.Equal(got, want) {
		wt.Errorf("asked Temporal\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
