package api

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/labstack/echo/v4"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/workflows"
)

// runsTemporal is a Temporal that knows of some open runs.
type runsTemporal struct {
	client.Client

	mu        sync.Mutex
	open      map[string]models.Stage // by the carrier's ids of their calls
	perPage   int                     // runs it tells of in one answer; zero means all
	fails     error                   // of every request
	queries   []string
	cancelled []string
	cancels   func(callSID string) error                           // what comes of it; nil means nothing for now
	records   map[string]models.Call                               // what runs tell of their calls, by the carrier's ids of these
	tells     func(ctx context.Context) (rejected bool, err error) // what comes of asking them; nil means nothing
}

// at has the run of a call reach a stage.
func (f *runsTemporal) at(callSID string, stage models.Stage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		f.open = map[string]models.Stage{}
	}
	f.open[callSID] = stage
}

// asked is how often the stages of runs were asked for.
func (f *runsTemporal) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queries)
}

func (f *runsTemporal) ListWorkflow(ctx context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queries = append(f.queries, r.GetQuery())
	if f.fails != nil || ctx.Err() != nil {
		return nil, f.fails
	}
	sids := slices.DeleteFunc(slices.Sorted(maps.Keys(f.open)), func(sid string) bool {
		return sid <= string(r.GetNextPageToken()) ||
			strings.Contains(r.GetQuery(), "WorkflowId IN") && !strings.Contains(r.GetQuery(), "'"+workflows.CallID(sid)+"'")
	})
	answer := &workflowservice.ListWorkflowExecutionsResponse{}
	if f.perPage > 0 && len(sids) > f.perPage {
		sids = sids[:f.perPage]
		answer.NextPageToken = []byte(sids[len(sids)-1])
	}
	for _, sid := range sids {
		stage, err := workflows.DataConverter(nil).ToPayload(f.open[sid])
		if err != nil {
			return nil, err
		}
		answer.Executions = append(answer.Executions, &workflow.WorkflowExecutionInfo{
			Execution:        &common.WorkflowExecution{WorkflowId: workflows.CallID(sid)},
			SearchAttributes: &common.SearchAttributes{IndexedFields: map[string]*common.Payload{workflows.CallStage.GetName(): stage}},
		})
	}
	return answer, nil
}

func (f *runsTemporal) CancelWorkflow(_ context.Context, workflowID, _ string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails != nil {
		return f.fails
	}
	sid := strings.TrimPrefix(workflowID, workflows.CallID(""))
	f.cancelled = append(f.cancelled, sid)
	if f.cancels == nil {
		return nil
	}
	return f.cancels(sid)
}

func (f *runsTemporal) QueryWorkflowWithOptions(ctx context.Context, r *client.QueryWorkflowWithOptionsRequest) (*client.QueryWorkflowWithOptionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.QueryType != workflows.QueryRecord || r.QueryRejectCondition != enums.QUERY_REJECT_CONDITION_NOT_OPEN {
		return nil, serviceerror.NewInvalidArgument("asked " + r.QueryType)
	}
	record, known := f.records[strings.TrimPrefix(r.WorkflowID, workflows.CallID(""))]
	switch {
	case f.fails != nil:
		return nil, f.fails
	case f.tells != nil:
		if rejected, err := f.tells(ctx); err != nil || rejected {
			return &client.QueryWorkflowWithOptionsResponse{QueryRejected: &querypb.QueryRejected{}}, err
		}
	case !known:
		return nil, errGone
	}
	payloads, err := workflows.DataConverter(nil).ToPayloads(record)
	return &client.QueryWorkflowWithOptionsResponse{QueryResult: client.NewValue(payloads)}, err
}

// newCallsREST is the API of calls, with a database and open runs.
func newCallsREST(t *testing.T, temporal *runsTemporal) *restTest {
	t.Helper()
	rt := &restTest{
		T: t, echo: echo.New(), store: storetest.SQLite(t), log: &bytes.Buffer{},
		now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC),
	}
	log := slog.New(slog.NewJSONHandler(rt.log, nil))
	rt.echo.HTTPErrorHandler = problemHandler(log)
	a := &rest{restDeps: restDeps{
		store: rt.store, log: log, now: time.Now, runs: &runs{temporal: temporal, namespace: "here"},
	}}
	a.api = humaecho.New(rt.echo, apiConfig())
	a.mountCalls()
	tidySchemas(a.api.OpenAPI())
	mountDocs(rt.echo, a.api.OpenAPI())
	document := rt.raw(httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	doc, err := openapi3.NewLoader().LoadFromData(document.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if rt.router, err = legacy.NewRouter(doc); err != nil {
		t.Fatal(err)
	}
	return rt
}

// sidOf is a carrier's id that ends as told.
func sidOf(end string) string { return "CA" + strings.Repeat("0", 32-len(end)) + end }

// liveCall is a call that arrived at a time, and that its run alone knows more of.
func liveCall(id string, at time.Time) models.Call {
	return models.Call{
		ID: "call-" + id, CarrierCallID: sidOf(id), RouteID: "r1", RouteName: "Support", Caller: callersNumber, Number: ourNumber,
		Stage: models.StageArriving, StartedAt: at,
	}
}

// endedCall is the same call with its record.
func endedCall(id string, at, ended time.Time, outcome models.Outcome) models.Call {
	call := liveCall(id, at)
	call.Stage, call.Outcome, call.EndedAt = models.StageEnded, outcome, &ended
	return call
}

// records puts calls on record.
func (rt *restTest) records(calls ...models.Call) {
	rt.Helper()
	for _, call := range calls {
		if err := rt.store.RecordCall(context.Background(), call); err != nil {
			rt.Fatal(err)
		}
	}
}

func TestRESTLiveCallsShowTheStageOfTheirRuns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		prepare func(f *runsTemporal)
		want    string // of the calls 1, 2, 3 and 9; the last has ended
		asked   int
	}{
		{"each run tells", func(f *runsTemporal) {
			f.at(sidOf("1"), models.StageGate)
			f.at(sidOf("2"), models.StageHunting)
			f.at(sidOf("3"), models.StageTalking)
		}, "gate hunting talking ended", 1},
		{"a run that is not listed yet", func(f *runsTemporal) { f.at(sidOf("2"), models.StageTalking) }, "arriving talking arriving ended", 1},
		{"runs of calls that are not on the page", func(f *runsTemporal) { f.at(sidOf("7"), models.StageTalking) }, "arriving arriving arriving ended", 1},
		{"a run that is about to close", func(f *runsTemporal) { f.at(sidOf("9"), models.StageTalking) }, "arriving arriving arriving ended", 1},
		{"several answers", func(f *runsTemporal) {
			f.perPage = 1
			for _, end := range []string{"1", "2", "3"} {
				f.at(sidOf(end), models.StageHunting)
			}
		}, "hunting hunting hunting ended", 3},
		{"Temporal is away", func(f *runsTemporal) { f.fails = errAway }, "arriving arriving arriving ended", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			temporal := &runsTemporal{}
			rt := newCallsREST(t, temporal)
			rt.records(endedCall("9", rt.now, rt.now.Add(time.Minute), models.Connected))
			for i, end := range []string{"3", "2", "1"} {
				rt.records(liveCall(end, rt.now.Add(time.Duration(i+1)*time.Hour)))
			}
			c.prepare(temporal)
			stages, _ := rt.send(http.MethodGet, "/v1/calls", "").is(http.StatusOK).items("stage")
			if got := strings.Join(stages, " "); got != c.want {
				t.Errorf("the list shows %s, want %s", got, c.want)
			}
			if temporal.asked() != c.asked {
				t.Errorf("asked %q", temporal.queries)
			}
			if stage := rt.send(http.MethodGet, "/v1/calls/call-2", "").is(http.StatusOK).fields()["stage"]; stage != stages[1] {
				t.Errorf("the call shows %s, the list %s", stage, stages[1])
			}
			rt.send(http.MethodGet, "/v1/calls?live=false", "").is(http.StatusOK)
			rt.send(http.MethodGet, "/v1/calls/call-9", "").is(http.StatusOK)
			if more := temporal.asked() - c.asked; more > c.asked {
				t.Errorf("calls that are over were asked for: %q", temporal.queries)
			}
			if complaints := strings.Count(rt.log.String(), stagesUnknown); (complaints == 1) != (temporal.fails != nil) {
				t.Errorf("logged %s", rt.log)
			}
		})
	}
}

func TestRESTALiveCallShowsWhatItsRunTells(t *testing.T) {
	t.Parallel()
	const path = "/v1/calls/call-1"
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	plan := models.MakePlan(models.Route{ID: "r1", Name: "Support", Levels: []models.Level{{}}}.Defaults(), ourNumber, models.Directory{}, at, 0)
	told := liveCall("1", at.Add(time.Second)) // by the clock of the run
	told.ID, told.Stage, told.Plan, told.AlertID = "call-of-the-run", models.StageHunting, &plan, "alert-1"
	told.Timeline = []models.Moment{{At: at, What: "the call arrived"}, {At: at, What: "Alice (mobile) is rung", Attempt: "1.u.1.1"}}
	told.Attempts = []models.AttemptRecord{{
		Attempt: models.Attempt{ID: "1.u.1.1", Level: 1, Name: "Alice", Number: "+12025550101"}, State: models.Ringing, DialledAt: at,
	}}
	for _, c := range []struct {
		name    string
		prepare func(f *runsTemporal)
		shown   bool // the timeline
		stage   models.Stage
		asked   int // how often for stages
		logged  string
	}{
		{"the run tells", func(*runsTemporal) {}, true, models.StageHunting, 0, ""},
		{"the run is over", func(f *runsTemporal) { f.tells = func(context.Context) (bool, error) { return true, nil } }, false, models.StageTalking, 1, ""},
		{"there is no run", func(f *runsTemporal) { f.records = nil }, false, models.StageTalking, 1, ""},
		{"no worker answers", func(f *runsTemporal) {
			f.tells = func(ctx context.Context) (bool, error) {
				<-ctx.Done()
				return false, ctx.Err()
			}
		}, false, models.StageTalking, 1, recordsUnknown},
		{"a worker that knows of no such question", func(f *runsTemporal) {
			f.tells = func(context.Context) (bool, error) {
				return false, serviceerror.NewQueryFailed("unknown queryType record")
			}
		}, false, models.StageTalking, 1, recordsUnknown},
		{"Temporal is away", func(f *runsTemporal) { f.fails = errAway }, false, models.StageArriving, 1, recordsUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				temporal := &runsTemporal{records: map[string]models.Call{sidOf("1"): told}}
				rt := newCallsREST(t, temporal)
				row := liveCall("1", at)
				row.DivertedAt = &at
				rt.records(row)
				temporal.at(sidOf("1"), models.StageTalking)
				c.prepare(temporal)
				began := time.Now()
				reply := rt.send(http.MethodGet, path, "").is(http.StatusOK)
				if took := time.Since(began); took > recordWithin {
					t.Errorf("answered after %v", took)
				}
				var call models.Call
				reply.into(&call)
				if call.ID != "call-1" || !call.StartedAt.Equal(at) || call.DivertedAt == nil || call.EndedAt != nil || call.Stage != c.stage {
					t.Errorf("shown as %+v", call)
				}
				if shown := len(call.Timeline) == 2 && len(call.Attempts) == 1 && call.Plan != nil && call.AlertID == "alert-1"; shown != c.shown {
					t.Errorf("what the run knows is shown: %v, want %v: %s", shown, c.shown, reply.Body)
				}
				if c.shown && (call.Attempts[0].Number != "+12025550101" || !strings.Contains(reply.Body.String(), `"callers":[]`)) {
					t.Errorf("shown as no ended call is: %s", reply.Body)
				}
				if temporal.asked() != c.asked || strings.Contains(rt.log.String(), recordsUnknown) != (c.logged != "") {
					t.Errorf("asked %q, logged %s", temporal.queries, rt.log)
				}
			})
		})
	}
}

func TestRESTAnEndedCallIsNotAskedFor(t *testing.T) {
	t.Parallel()
	temporal := &runsTemporal{tells: func(context.Context) (bool, error) { return false, errImpatient }}
	rt := newCallsREST(t, temporal)
	rt.records(endedCall("1", rt.now, rt.now.Add(time.Minute), models.Connected))
	rt.send(http.MethodGet, "/v1/calls/call-1", "").is(http.StatusOK)
	if rt.log.Len() > 0 || temporal.asked() > 0 {
		t.Errorf("asked: %s", rt.log)
	}
}
