package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

func TestWebhooksAreTimedByRouteAndStatus(t *testing.T) {
	for _, c := range []struct {
		name string
		ask  func(wt *webhookTest)
		want []string
	}{
		{"a call is answered", func(wt *webhookTest) { wt.post("/twilio/voice", arriving()) },
			[]string{`ringdown_webhook_seconds_count{path="/twilio/voice",status="200"} 1`}},
		{"a path with an id in it", func(wt *webhookTest) { wt.post("/twilio/gate/CALL?try=1", form("Digits", "1")) },
			[]string{`ringdown_webhook_seconds_count{path="/twilio/gate/:call",status="200"} 1`}},
		{"a false signature", func(wt *webhookTest) {
			wt.send("/twilio/voice", arriving().Encode(), "X-Twilio-Signature", falseSignature)
			wt.send("/twilio/status", "")
		}, []string{
			`ringdown_signature_failures_total 2`,
			`ringdown_webhook_seconds_count{path="/twilio/status",status="403"} 1`,
			`ringdown_webhook_seconds_count{path="/twilio/voice",status="403"} 1`}},
		{"a form beyond measure", func(wt *webhookTest) {
			wt.send("/twilio/voice", strings.Repeat("a", webhookLimit+1), "X-Twilio-Signature", falseSignature)
		},
			[]string{`ringdown_webhook_seconds_count{path="/twilio/voice",status="413"} 1`}},
		{"something breaks", func(wt *webhookTest) {
			wt.echo.POST("/twilio/broken", func(echo.Context) error { panic("as told") })
			wt.send("/twilio/broken", "")
		}, []string{`ringdown_webhook_seconds_count{path="/twilio/broken",status="500"} 1`}},
		{"an address of nothing", func(wt *webhookTest) { wt.send("/twilio/nothing", "") }, nil},
		{"no webhook", func(wt *webhookTest) { wt.get("/livez") }, nil},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			c.ask(wt)
			got := scrape(wt.T, wt.metrics.webhooks, wt.metrics.forged)
			got = slices.DeleteFunc(got, func(line string) bool {
				return !strings.Contains(line, "_count") && !strings.HasPrefix(line, "ringdown_signature") || strings.HasSuffix(line, " 0")
			})
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				wt.Error(diff)
			}
		})
	}
}

func TestTheFirstErrorOfAWebhookIsSeenAsARise(t *testing.T) {
	wt := newWebhookTest(t)
	lines := scrape(wt.T, wt.metrics.webhooks)
	for _, route := range wt.echo.Routes() {
		want := `ringdown_webhook_seconds_count{path="` + route.Path + `",status="500"} 0`
		if strings.HasPrefix(route.Path, "/twilio/") && !slices.Contains(lines, want) {
			t.Errorf("no line %s", want)
		}
	}
}

func TestAWebhookIsTimedUntilItIsAnswered(t *testing.T) {
	inCall(t, "as slowly as it may be", func(wt *webhookTest) {
		wt.temporal.fails = map[string]error{"start": errImpatient}
		wt.post("/twilio/voice", arriving())
		wt.Drain()
		lines := scrape(wt.T, wt.metrics.webhooks)
		if want := fmt.Sprintf(`ringdown_webhook_seconds_sum{path="/twilio/voice",status="200"} %v`, ringingWithin.Seconds()); !slices.Contains(lines, want) {
			wt.Errorf("no line %s in %s", want, lines)
		}
	})
}

func TestDiversionsAreCountedByForm(t *testing.T) {
	m, err := newMetrics(nil)
	if err != nil {
		t.Fatal(err)
	}
	m.diverted(divertedOnArrival)
	want := []string{`ringdown_diversions_total{form="arrival"} 1`, `ringdown_diversions_total{form="hold"} 0`}
	if diff := cmp.Diff(want, scrape(t, m.diversions)); diff != "" {
		t.Error(diff)
	}
}

func TestTheServerRegistersWhatItCounts(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	config := Config{
		PublicURL: site, AuthTokens: []string{authToken}, Store: storetest.SQLite(t), Temporal: &countingTemporal{},
		Log: slog.New(slog.DiscardHandler), Metrics: registry,
	}
	server, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/twilio/voice", nil))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		got = append(got, f.GetName())
	}
	want := []string{
		"ringdown_calls_live", "ringdown_calls_mute", "ringdown_calls_total", "ringdown_deliveries_waiting", "ringdown_delivery_oldest_seconds", "ringdown_diversions_total", "ringdown_limited_total", "ringdown_number_requests", "ringdown_number_requests_overdue",
		"ringdown_signature_failures_total", "ringdown_webhook_seconds",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var already prometheus.AlreadyRegisteredError
	if _, err := New(config); !errors.As(err, &already) {
		t.Errorf("a second server on one registry: %v", err)
	}
}

func TestLiveCallsAreCountedByStage(t *testing.T) {
	counted := []string{
		`ringdown_calls_live{stage="ended"} 0`, `ringdown_calls_live{stage="gate"} 0`, `ringdown_calls_live{stage="hunting"} 2`,
		`ringdown_calls_live{stage="nobody"} 0`, `ringdown_calls_live{stage="talking"} 1`,
	}
	away := errors.New("nobody is there")
	for _, c := range []struct {
		name  string
		play  func(temporal *countingTemporal, scrape func() []string)
		want  []string
		asked int // how often Temporal was asked for all stages or, where it fails, for the first
	}{
		{"two wait and one talks", func(*countingTemporal, func() []string) {}, counted, 1},
		{"scraped again and again", func(_ *countingTemporal, scrape func() []string) {
			for range 9 {
				scrape()
				time.Sleep(time.Second)
			}
		}, counted, 1},
		{"scraped later", func(_ *countingTemporal, scrape func() []string) {
			scrape()
			time.Sleep(liveFor + time.Second)
		}, counted, 2},
		{"Temporal is away", func(temporal *countingTemporal, _ func() []string) { temporal.fails = away }, nil, 1},
		{"Temporal has gone away", func(temporal *countingTemporal, scrape func() []string) {
			scrape()
			temporal.fails = away
			time.Sleep(liveFor + time.Second)
		}, nil, 2},
		{"scraped again and again while Temporal is away", func(temporal *countingTemporal, scrape func() []string) {
			temporal.fails = away
			for range 9 {
				scrape()
				time.Sleep(time.Second)
			}
		}, nil, 1},
		{"Temporal is back", func(temporal *countingTemporal, scrape func() []string) {
			temporal.fails = away
			scrape()
			temporal.fails = nil
			time.Sleep(liveFor + time.Second)
		}, counted, 2},
		{"Temporal knows of one stage only", func(temporal *countingTemporal, _ func() []string) { temporal.knows = models.StageGate }, nil, 1},
		{"Temporal is slow", func(temporal *countingTemporal, _ func() []string) { temporal.fails = errImpatient }, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				temporal := &countingTemporal{live: map[models.Stage]int64{models.StageHunting: 2, models.StageTalking: 1}}
				live := &liveCalls{temporal: temporal, namespace: "calls-here"}
				c.play(temporal, func() []string { return scrape(t, live) })
				began := time.Now()
				if diff := cmp.Diff(c.want, scrape(t, live)); diff != "" {
					t.Error(diff)
				}
				if took := time.Since(began); took > liveWithin {
					t.Errorf("the scrape took %v", took)
				}
				if temporal.asked["gate"] != c.asked {
					t.Errorf("Temporal was asked %d times, want %d", temporal.asked["gate"], c.asked)
				}
			})
		})
	}
}

// A stage that nobody counts would be calls that nobody sees.
func TestEveryStageOfARunIsCounted(t *testing.T) {
	source, err := os.ReadFile("../models/call.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []models.Stage
	for _, stage := range regexp.MustCompile(`Stage\w+ +Stage = "(\w+)"`).FindAllSubmatch(source, -1) {
		if s := models.Stage(stage[1]); s != models.StageArriving { // of a row: a run is past it
			want = append(want, s)
		}
	}
	if diff := cmp.Diff(want, liveStages); diff != "" {
		t.Error(diff)
	}
}

// countingTemporal counts live calls, as Temporal does, by a query.
type countingTemporal struct {
	client.Client
	live  map[models.Stage]int64
	fails error
	knows models.Stage // empty means all

	mu    sync.Mutex
	asked map[string]int // by stage
}

var liveQuery = regexp.MustCompile(`^WorkflowType = 'InboundCall' AND ExecutionStatus = 'Running' AND CallStage = '(\w+)'$`)

func (f *countingTemporal) CountWorkflow(ctx context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	query := liveQuery.FindStringSubmatch(r.GetQuery())
	if query == nil || f.live != nil && r.GetNamespace() != "calls-here" {
		return nil, errors.New("not asked as it should be: " + r.String())
	}
	if f.asked == nil {
		f.asked = map[string]int{}
	}
	f.asked[query[1]]++
	if errors.Is(f.fails, errImpatient) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if f.knows != "" && models.Stage(query[1]) != f.knows {
		return nil, errors.New("as told")
	}
	return &workflowservice.CountWorkflowExecutionsResponse{Count: f.live[models.Stage(query[1])]}, f.fails
}

// scrape is what a scrape shows of these, comments left out.
func scrape(t *testing.T, of ...prometheus.Collector) []string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	for _, c := range of {
		if err := registry.Register(c); err != nil {
			t.Fatal(err)
		}
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	var lines []string
	for line := range strings.Lines(w.Body.String()) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
