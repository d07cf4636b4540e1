package activities_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
)

// runs stand in Temporal's place.
type runs struct {
	client.Client
	open       map[string]bool // by workflow id; not there: there never was one
	dials      map[string][]activities.DialRequest
	onDescribe func()
	away       bool

	mu   sync.Mutex
	told []string // workflow ids and outcomes
}

func (r *runs) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if r.onDescribe != nil {
		r.onDescribe()
	}
	open, there := r.open[id]
	switch status := enums.WORKFLOW_EXECUTION_STATUS_TERMINATED; {
	case r.away:
		return nil, serviceerror.NewUnavailable("nobody is there")
	case !there:
		return nil, serviceerror.NewNotFound("no such run")
	default:
		if open {
			status = enums.WORKFLOW_EXECUTION_STATUS_RUNNING
		}
		return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: status}}, nil
	}
}

func (r *runs) SignalWorkflow(_ context.Context, id, _, _ string, value any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, id+" "+string(value.(models.CallEnd).Outcome))
	return nil
}

// GetWorkflowHistory tells of dials that were picked up on a leg.
func (r *runs) GetWorkflowHistory(_ context.Context, id, _ string, _ bool, _ enums.HistoryEventFilterType) client.HistoryEventIterator {
	payloads := func(value any) *commonpb.Payloads {
		p, err := converter.GetDefaultDataConverter().ToPayloads(value)
		if err != nil {
			panic(err)
		}
		return p
	}
	var events history
	for i, dial := range r.dials[id] {
		events = append(events,
			&historypb.HistoryEvent{EventId: int64(10 * i), Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
				ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
					ActivityType: &commonpb.ActivityType{Name: "Dial"}, Input: payloads(dial)}}},
			&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
				ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: int64(10 * i),
					Result: payloads(models.Dialled{Result: models.ResultPickedUp, Leg: "CA00000000000000000000000000000777"})}}})
	}
	return &events
}

type history []*historypb.HistoryEvent

func (h *history) HasNext() bool { return len(*h) > 0 }

func (h *history) Next() (*historypb.HistoryEvent, error) {
	if len(*h) == 0 {
		return nil, errors.New("no more")
	}
	next := (*h)[0]
	*h = (*h)[1:]
	return next, nil
}

// counting counts what activities report.
type counting struct {
	interceptor.WorkerInterceptorBase
	counts *counts
}

func (a *counting) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &countingIn{interceptor.ActivityInboundInterceptorBase{Next: next}, a}
}

type countingIn struct {
	interceptor.ActivityInboundInterceptorBase
	*counting
}

func (a *countingIn) Init(next interceptor.ActivityOutboundInterceptor) error {
	return a.Next.Init(&countingOut{interceptor.ActivityOutboundInterceptorBase{Next: next}, a.counting})
}

type countingOut struct {
	interceptor.ActivityOutboundInterceptorBase
	*counting
}

func (a *countingOut) GetMetricsHandler(context.Context) client.MetricsHandler {
	return tagged{counts: a.counts}
}

// counts are what was reported, by name and the values of the labels, in the order of their names.
type counts struct {
	mu sync.Mutex
	of map[string]int64
}

type tagged struct {
	client.MetricsHandler
	counts *counts
	labels string
	name   string
}

func (c tagged) WithTags(tags map[string]string) client.MetricsHandler {
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		c.labels += " " + tags[name]
	}
	return c
}

func (c tagged) Counter(name string) client.MetricsCounter {
	c.name = name
	return c
}

func (c tagged) Inc(by int64) {
	c.counts.mu.Lock()
	defer c.counts.mu.Unlock()
	c.counts.of[c.name+c.labels] += by
}

// lines stand in the carrier's place: lines by their ids, rooms by their names.
type lines struct {
	mu          sync.Mutex
	legs, rooms map[string]string // states
	asked       []string
	moved       []string
}

func (l *lines) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, r.URL.Path)
	sid := strings.TrimSuffix(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], ".json")
	switch url := r.FormValue("Url"); {
	case strings.Contains(r.URL.Path, "/Conferences"):
		answer(w, http.StatusOK, map[string]any{"conferences": []map[string]any{{"sid": "CF1", "status": l.rooms[r.URL.Query().Get("FriendlyName")]}}})
		return
	case l.legs[sid] == "":
		problem(w, http.StatusNotFound, 20404)
		return
	case r.Method == http.MethodPost && url != "":
		l.moved = append(l.moved, url)
	case r.Method == http.MethodPost:
		l.legs[sid] = "completed"
	}
	answer(w, http.StatusOK, (&leg{sid: sid, status: l.legs[sid], created: time.Now()}).view())
}
