package worker

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
)

// sdkTags are what Temporal's SDK puts on everything, whatever we report.
var sdkTags = map[string]string{
	"namespace": "default", "client_name": "temporal_go", "worker_type": "WorkflowWorker",
	"workflow_type": "InboundCall", "activity_type": "none", "task_queue": "calls",
}

func newMetrics(t *testing.T) (*Metrics, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	m, err := NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	return m, registry
}

func TestWhatCallsReportHasOurLabelsAlone(t *testing.T) {
	m, registry := newMetrics(t)
	reports := m.Handler().WithTags(sdkTags)
	reports.WithTags(map[string]string{"outcome": "unanswered"}).Counter(workflows.MetricCalls).Inc(1)
	reports.WithTags(map[string]string{"outcome": "unanswered"}).Counter(workflows.MetricCalls).Inc(1)
	reports.WithTags(map[string]string{"result": "failed", "code": "404"}).Counter(workflows.MetricDials).Inc(1)
	reports.WithTags(map[string]string{"reason": "blocked"}).Counter(workflows.MetricRefusals).Inc(1)
	reports.Timer(workflows.MetricGap).Record(30 * time.Millisecond)
	shows(t, registry, `
ringdown_calls_total{outcome="unanswered"} 2
ringdown_calls_total{outcome="failed"} 0
ringdown_dials_total{code="404",result="failed"} 1
ringdown_refusals_total{reason="blocked"} 1
ringdown_refusals_total{reason="own_number"} 0
ringdown_phone_gap_seconds_bucket{le="0.025"} 0
ringdown_phone_gap_seconds_bucket{le="0.05"} 1
ringdown_phone_gap_seconds_count 1
ringdown_wait_seconds_count 0
`)
}

func TestRequestsOfTheCarrierAreTimedByWhatCameOfThem(t *testing.T) {
	m, registry := newMetrics(t)
	m.CarrierAsked("place leg", "", 300*time.Millisecond)
	m.CarrierAsked("place leg", twilio.Busy, 20*time.Millisecond)
	shows(t, registry, `
ringdown_carrier_request_seconds_bucket{class="ok",op="place leg",le="0.25"} 0
ringdown_carrier_request_seconds_bucket{class="ok",op="place leg",le="0.5"} 1
ringdown_carrier_request_seconds_count{class="busy",op="place leg"} 1
ringdown_carrier_request_seconds_count{class="credentials",op="place leg"} 0
`)
}

func TestWhatTheSDKReportsKeepsItsTags(t *testing.T) {
	m, registry := newMetrics(t)
	root := m.Handler().WithTags(map[string]string{"namespace": "default", "operation": "none"})
	asked := root.WithTags(map[string]string{"operation": "RespondWorkflowTaskCompleted"})
	for pollers := range 2 { // the second time meets what the first has made
		asked.Counter("temporal_request").Inc(2)
		asked.Timer("temporal_request_latency").Record(7 * time.Millisecond)
		root.Gauge("temporal_num_pollers").Update(float64(pollers + 2))
	}
	// Not every failure has a status: the tags of one name differ.
	asked.Counter("temporal_request_failure").Inc(1)
	asked.WithTags(map[string]string{"status_code": "UNAVAILABLE"}).Counter("temporal_request_failure").Inc(1)
	root.Counter("temporal_local_activity_total").Inc(1)
	shows(t, registry, `
temporal_request_total{namespace="default",operation="RespondWorkflowTaskCompleted"} 4
temporal_request_latency_seconds_bucket{namespace="default",operation="RespondWorkflowTaskCompleted",le="0.005"} 0
temporal_request_latency_seconds_bucket{namespace="default",operation="RespondWorkflowTaskCompleted",le="0.01"} 2
temporal_num_pollers{namespace="default",operation="none"} 3
temporal_request_failure_total{namespace="default",operation="RespondWorkflowTaskCompleted"} 1
temporal_request_failure_total{namespace="default",operation="RespondWorkflowTaskCompleted",status_code="UNAVAILABLE"} 1
temporal_local_activity_total{namespace="default",operation="none"} 1
`)
}

func TestTagsAreToldApartWhateverTheyHold(t *testing.T) {
	m, registry := newMetrics(t)
	m.Handler().WithTags(map[string]string{"a": "b,c=d"}).Counter("temporal_x").Inc(1)
	m.Handler().WithTags(map[string]string{"a": "b", "c": "d"}).Counter("temporal_x").Inc(2)
	shows(t, registry, `
temporal_x_total{a="b,c=d"} 1
temporal_x_total{a="b",c="d"} 2
`)
}

func TestTwoWhoReportFirstShareOneMetric(t *testing.T) {
	var metrics sync.Map
	var bothCreate sync.WaitGroup
	bothCreate.Add(2)
	made := make(chan prometheus.Counter)
	for range 2 {
		go func() {
			made <- kept(&metrics, "key", func() prometheus.Counter {
				bothCreate.Done()
				bothCreate.Wait() // neither has found the other's
				return prometheus.NewCounter(prometheus.CounterOpts{Name: "temporal_x_total"})
			})
		}()
	}
	if first, second := <-made, <-made; first != second {
		t.Error("each reports to a metric of its own")
	}
}

func TestASecondRegistrationIsAnErrorAndNoPanic(t *testing.T) {
	_, registry := newMetrics(t)
	var already prometheus.AlreadyRegisteredError
	if _, err := NewMetrics(registry); !errors.As(err, &already) {
		t.Errorf("got %v", err)
	}
}

var _ client.MetricsHandler = handler{}

// shows holds that a scrape has each of these lines.
func shows(t *testing.T, registry *prometheus.Registry, lines string) {
	t.Helper()
	scrape := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(scrape, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	page := scrape.Body.String()
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		if !strings.Contains(page, "\n"+line+"\n") {
			t.Errorf("no line %s in\n%s", line, page)
		}
	}
}
