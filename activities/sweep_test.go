package activities_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// sweepTest is a database with calls, their runs and lines.
type sweepTest struct {
	*testing.T
	store *store.Store
	sweep *activities.Sweeper
	runs  *runs
	lines *lines
	ran   *counts
}

func newSweepTest(t *testing.T) *sweepTest {
	t.Helper()
	st := &sweepTest{T: t, store: storetest.SQLite(t), ran: &counts{of: map[string]int64{}}}
	st.runs = &runs{open: map[string]bool{}, dials: map[string][]activities.DialRequest{}}
	st.lines = &lines{legs: map[string]string{}, rooms: map[string]string{}}
	server := httptest.NewServer(st.lines)
	t.Cleanup(server.Close)
	carrier, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: "0123456789abcdef", APIURL: server.URL})
	st.must(err)
	st.sweep = &activities.Sweeper{
		Temporal: st.runs, Store: st.store, Carrier: carrier, PublicURL: "https://ringdown.example", Converter: converter.GetDefaultDataConverter(),
		Log:    slog.New(slog.DiscardHandler),
		CallID: func(sid string) string { return "call/" + sid }, AlertID: func(sid string) string { return "alert/" + sid }, Ended: "ended",
	}
	return st
}

func (st *sweepTest) must(err error) {
	st.Helper()
	if err != nil {
		st.Fatal(err)
	}
}

// call makes a live call of some age, to a number of its own, whose caller waits alone in its room.
func (st *sweepTest) call(i int, age time.Duration) (sid string) {
	st.Helper()
	sid = fmt.Sprintf("CA%032d", i)
	st.must(st.store.Arrive(context.Background(), models.Call{
		CarrierCallID: sid, RouteID: "support", Number: models.Phone(fmt.Sprintf("+120255501%02d", i%100)), Stage: models.StageArriving,
		StartedAt: time.Now().Add(-age), Room: "room " + sid,
	}))
	st.lines.legs[sid], st.lines.rooms["room "+sid] = "in-progress", "init"
	return sid
}

// sweeps sweeps once.
func (st *sweepTest) sweeps() (activities.Swept, error) {
	st.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&counting{counts: st.ran}}})
	env.RegisterActivity(st.sweep)
	var swept activities.Swept
	value, err := env.ExecuteActivity(st.sweep.Sweep)
	if err == nil {
		st.must(value.Get(&swept))
	}
	return swept, err
}

// did sweeps, and checks what that came to.
func (st *sweepTest) did(want activities.Swept) {
	st.Helper()
	if got, err := st.sweeps(); err != nil || got != want {
		st.Errorf("the sweep did %+v (%v), want %+v", got, err, want)
	}
}

// row checks how a call is on record; an empty outcome means that it is not ended.
func (st *sweepTest) row(sid string, want models.Outcome) {
	st.Helper()
	call, err := st.store.CallByCarrierID(context.Background(), sid)
	if err != nil || call.Outcome != want || (call.EndedAt != nil) != (want != "") {
		st.Errorf("the row of %s says %q, ended at %v (%v), want %q", sid, call.Outcome, call.EndedAt, err, want)
	}
}

// counted checks what Prometheus is told, all of it.
func (st *sweepTest) counted(want map[string]int64) {
	st.Helper()
	if fmt.Sprint(st.ran.of) != fmt.Sprint(want) {
		st.Errorf("counted %v, want %v", st.ran.of, want)
	}
}

const long = 10 * time.Minute

func TestTheSweepLeavesCallsAloneThatARunOwns(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	st.runs.open["call/"+st.call(1, long)] = true
	st.call(2, 30*time.Second) // its run may be about to begin
	st.did(activities.Swept{Looked: 1})
	st.counted(map[string]int64{})
	if len(st.lines.asked) > 0 || len(st.runs.told) > 0 {
		t.Errorf("asked the carrier %q, told %q", st.lines.asked, st.runs.told)
	}
}

func TestTheSweepClosesWhatNoRunOwns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caller string // the state of their line
		run    bool   // there was one
		want   models.Outcome
	}{
		"a call whose run was terminated":                {"completed", true, models.Failed},
		"a call whose run never began":                   {"completed", false, models.Failed},
		"a caller who left before anything could answer": {"no-answer", false, models.Abandoned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSweepTest(t)
			sid := st.call(1, long)
			st.lines.legs[sid] = c.caller
			if c.run {
				st.runs.open["call/"+sid] = false
			}
			st.did(activities.Swept{Looked: 1, Closed: 1})
			st.row(sid, c.want)
			st.counted(map[string]int64{"ringdown_calls_total " + string(c.want): 1})
			if want := "alert/" + sid + " " + string(c.want); strings.Join(st.runs.told, ", ") != want {
				t.Errorf("told %q, want %s", st.runs.told, want)
			}
		})
	}
}

func TestACallThatItsOwnRunHasEndedMeanwhileIsNotToldOfOtherwise(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	sid := st.call(1, long)
	st.lines.legs[sid] = "completed"
	st.runs.onDescribe = func() { // it was open as the calls were listed, and has ended since
		ended := time.Now()
		st.must(st.store.RecordCall(context.Background(), models.Call{
			CarrierCallID: sid, RouteID: "support", Number: ours, Stage: models.StageEnded, Outcome: models.Connected,
			StartedAt: ended.Add(-long), EndedAt: &ended,
		}))
	}
	st.runs.open["call/"+sid] = false
	st.did(activities.Swept{Looked: 1})
	st.row(sid, models.Connected)
	st.counted(map[string]int64{})
	if len(st.runs.told) > 0 {
		t.Errorf("its alert was told %q", st.runs.told)
	}
}

func TestTheSweepMovesWhoWaitsForNobody(t *testing.T) {
	t.Parallel()
	withEmergency := func(st *sweepTest) {
		_, err := st.store.CreateNumber(context.Background(), models.PhoneNumber{ID: "n1", Number: "+12025550101", Status: models.NumberActive})
		st.must(err)
		_, err = st.store.CreateRoute(context.Background(), models.Route{
			ID: "support", Name: "Support", Enabled: true, PhoneNumberID: "n1", EmergencyNumber: "+447700900112",
		})
		st.must(err)
	}
	for name, c := range map[string]struct {
		before func(st *sweepTest, sid string)
		swept  activities.Swept
		moved  string // where to; empty when nowhere
		counts map[string]int64
	}{
		"to hear that nobody comes":    {func(*sweepTest, string) {}, activities.Swept{Looked: 1, Moved: 1}, "/twilio/nobody/", map[string]int64{}},
		"to the emergency number":      {func(st *sweepTest, _ string) { withEmergency(st) }, activities.Swept{Looked: 1, Moved: 1}, "/twilio/divert/", map[string]int64{"ringdown_diversions_total sweep": 1}},
		"unless somebody else does so": {func(st *sweepTest, sid string) { withEmergency(st); st.claim(sid) }, activities.Swept{Looked: 1}, "", map[string]int64{}},
		"unless they talk":             {func(st *sweepTest, sid string) { st.lines.rooms["room "+sid] = "in-progress" }, activities.Swept{Looked: 1}, "", map[string]int64{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSweepTest(t)
			sid := st.call(1, long)
			c.before(st, sid)
			st.did(c.swept)
			st.counted(c.counts)
			st.row(sid, "")
			if moved := strings.Join(st.lines.moved, ", "); (c.moved == "") != (moved == "") || !strings.Contains(moved, c.moved) {
				t.Errorf("moved %q, want %q", moved, c.moved)
			}
		})
	}
}

func (st *sweepTest) claim(sid string) {
	st.Helper()
	_, err := st.store.Divert(context.Background(), sid, time.Now())
	st.must(err)
}

func TestTheSweepEndsLegsThatATerminatedRunHasLeft(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	sid := st.call(1, long)
	st.lines.legs[sid], st.lines.legs["CA00000000000000000000000000000777"] = "completed", "in-progress"
	st.runs.open["call/"+sid] = false
	st.runs.dials["call/"+sid] = []activities.DialRequest{aDial()}
	st.did(activities.Swept{Looked: 1, Closed: 1, Legs: 1})
	if got := st.lines.legs["CA00000000000000000000000000000777"]; got != "completed" {
		t.Errorf("the leg is %s", got)
	}
}

func TestASweepReachesItsOrphansHoweverManyCallsLive(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	const calls = 600 // more than a page, of which the newest alone has no run
	for i := range calls {
		st.runs.open["call/"+st.call(i, long-time.Duration(i)*time.Millisecond)] = i < calls-1
	}
	last := fmt.Sprintf("CA%032d", calls-1)
	st.lines.legs[last] = "completed"
	var here atomic.Int32
	many := make(chan struct{})
	st.runs.onDescribe = func() { // nobody is answered before sixteen ask
		if here.Add(1) == 16 {
			close(many)
		}
		<-many
	}
	st.did(activities.Swept{Looked: calls, Closed: 1})
	st.row(last, models.Failed)
}

func TestACallThatCannotBeAskedAfterIsLeftForTheNextSweep(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	for i := range 50 {
		st.lines.legs[st.call(i, long)] = "completed"
	}
	st.runs.away = true
	if _, err := st.sweeps(); err == nil || strings.Count(err.Error(), "ask after call") != 10 {
		t.Errorf("the sweep says %v", err)
	}
	st.row(fmt.Sprintf("CA%032d", 0), "")
	st.runs.away = false
	st.did(activities.Swept{Looked: 50, Closed: 50})
}

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

// counts are what was reported, by name and the values of the labels.
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
	for _, value := range tags {
		c.labels += " " + value
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
