package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// oneCallEach is a Temporal that has one call at each stage.
type oneCallEach struct{ client.Client }

func (oneCallEach) CountWorkflow(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{Count: 1}, nil
}

// busyProcess is a process with both roles in which everything has happened that is counted, and
// the page of its metrics.
func busyProcess(t *testing.T) (p parts, page string) {
	t.Helper()
	p = parts{registry: prometheus.NewPedanticRegistry(), log: slog.New(slog.DiscardHandler), store: storetest.SQLite(t)}
	reports, err := worker.NewMetrics(p.registry)
	if err != nil {
		t.Fatal(err)
	}
	reports.CarrierAsked("place leg", "", time.Second)
	tagged := reports.Handler().WithTags(map[string]string{"result": "busy", "code": "486", "namespace": "default"})
	tagged.Counter(workflows.MetricDials).Inc(1)
	tagged.Counter("temporal_request").Inc(1)
	server, err := api.New(api.Config{
		Store: p.store, Temporal: oneCallEach{}, AuthTokens: []string{"token"}, PublicURL: "https://ringdown.example.com",
		Log: p.log, Metrics: p.registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/twilio/voice", nil))
	return p, scrapeOnce(t, settings{MetricsListen: "127.0.0.1:0"}, p)
}

// scrapeOnce exposes a process, scrapes it and hides it again.
func scrapeOnce(t *testing.T, s settings, p parts) string {
	t.Helper()
	exposed, err := s.exposeMetrics(p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = exposed.Close() }()
	answer, err := http.Get("http://" + exposed.Addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	page, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("scrape: %d, %v", answer.StatusCode, err)
	}
	return string(page)
}

// A line for each metric of ours: its name, its type and its labels.
func TestTheTableOfMetricsHasEveryMetricAndNoOther(t *testing.T) {
	p, page := busyProcess(t)
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(ringdown_\\w+)` \\| (\\w+) \\|(.*?)\\|").FindAllStringSubmatch(string(text), -1) {
		labels := regexp.MustCompile(`\w+`).FindAllString(row[3], -1)
		slices.Sort(labels)
		told = append(told, row[1]+" "+row[2]+" "+strings.Join(labels, " "))
	}
	var shown []string
	for _, metric := range regexp.MustCompile(`(?m)^# TYPE (ringdown_\w+) (\w+)\n(\S+?)(?:\{(.*)\})? `).FindAllStringSubmatch(page, -1) {
		var labels []string
		for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(metric[4], -1) {
			if label[1] != "le" { // a bucket's
				labels = append(labels, label[1])
			}
		}
		slices.Sort(labels)
		shown = append(shown, metric[1]+" "+metric[2]+" "+strings.Join(labels, " "))
	}
	slices.Sort(told)
	slices.Sort(shown)
	if diff := cmp.Diff(shown, told); diff != "" {
		t.Errorf("what is shown (-) and what docs/metrics.md tells (+):\n%s", diff)
	}
	// What is registered and has not happened here would be missing from both.
	descriptions := make(chan *prometheus.Desc, 1000)
	p.registry.Describe(descriptions)
	close(descriptions)
	for d := range descriptions {
		name := regexp.MustCompile(`fqName: "(\w+)"`).FindStringSubmatch(d.String())[1]
		if strings.HasPrefix(name, "ringdown_") && !strings.Contains(page, "# TYPE "+name+" ") {
			t.Errorf("%s is registered, but the page of this test does not show it", name)
		}
	}
}

func TestMetricsAreNamedAsPrometheusWants(t *testing.T) {
	_, page := busyProcess(t)
	problems, err := promlint.New(strings.NewReader(page)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "ringdown_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	for _, want := range []string{
		`ringdown_build_info{version="` + version + `"} 1`, `go_sql_open_connections{db_name="writer"}`, "go_goroutines",
		"process_start_time_seconds", `temporal_request_total{code="486",namespace="default",result="busy"} 1`,
	} {
		if !strings.Contains(page, "\n"+want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

func TestMetricsHaveAnAddressOfTheirOwn(t *testing.T) {
	p := func() parts {
		return parts{registry: prometheus.NewRegistry(), log: slog.New(slog.DiscardHandler), store: storetest.SQLite(t)}
	}
	off, err := settings{}.exposeMetrics(p())
	if err != nil || off.Addr != "" {
		t.Errorf("without an address: at %q, %v", off.Addr, err)
	}
	_ = off.Close()
	on, err := settings{MetricsListen: "127.0.0.1:0"}.exposeMetrics(p())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (settings{MetricsListen: on.Addr}).exposeMetrics(p()); err == nil || !strings.Contains(err.Error(), "set METRICS_LISTEN") {
		t.Errorf("on an address in use: %v", err)
	}
	for path, want := range map[string]int{"/metrics": http.StatusOK, "/": http.StatusNotFound, "/v1/calls": http.StatusNotFound, "/readyz": http.StatusNotFound} {
		answer, err := http.Get("http://" + on.Addr + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s is answered %d, want %d", path, answer.StatusCode, want)
		}
	}
	_ = on.Close()
	if answer, err := http.Get("http://" + on.Addr + "/metrics"); err == nil {
		_ = answer.Body.Close()
		t.Error("closed, but it still answers")
	}
}

func TestAddressesOfMetricsAreChecked(t *testing.T) {
	for address, wrong := range map[string]bool{"": false, "127.0.0.1:9464": false, ":9464": false, "[::1]:0": false, "9464": true, "localhost": true} {
		err := settings{MetricsListen: address}.mistakes(false)
		if got := strings.Contains(fmt.Sprint(err), "METRICS_LISTEN"); got != wrong {
			t.Errorf("METRICS_LISTEN=%q: %v", address, err)
		}
	}
}
