package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/ringdown/ringdown/worker"
)

// healthOf runs the command with settings, as a container does.
func healthOf(t *testing.T, role, listen, metrics string) (code int, said string) {
	t.Helper()
	t.Setenv("LISTEN", listen)
	t.Setenv("METRICS_LISTEN", metrics)
	var out bytes.Buffer
	code = run(context.Background(), strings.Fields("health "+role), &out, &out)
	return code, out.String()
}

// answering is a process that answers one path with a status, at an address without a scheme.
func answering(t *testing.T, path string, handler http.Handler) string {
	t.Helper()
	pages := http.NewServeMux()
	pages.Handle(path, handler)
	server := httptest.NewServer(pages)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// polling is the metrics of a worker with so many pollers of calls, and some of other work.
func polling(t *testing.T, pollers float64) http.Handler {
	t.Helper()
	registry := prometheus.NewRegistry()
	reports, err := worker.NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, tags := range []map[string]string{
		{"task_queue": "calls", "poller_type": "workflow_task"},
		{"task_queue": "calls", "poller_type": "workflow_sticky_task"},
		{"task_queue": "dial", "poller_type": "activity_task"},
	} {
		value := 7.0
		if tags["poller_type"] == "workflow_task" {
			value = pollers
		}
		reports.Handler().WithTags(tags).Gauge("temporal_num_pollers").Update(value)
	}
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

func TestHealthAsksTheRoleThatRunsBesideIt(t *testing.T) {
	status := func(code int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	api, busy := answering(t, "/livez", status(http.StatusOK)), answering(t, "/livez", status(http.StatusServiceUnavailable))
	working, idle := answering(t, "/metrics", polling(t, 5)), answering(t, "/metrics", polling(t, 0))
	port := func(address string) string { return address[strings.LastIndex(address, ":"):] }
	for name, c := range map[string]struct {
		role, listen, metrics string
		code                  int
		says                  string
	}{
		"an API that answers":                {"", api, idle, 0, "the api is well: it answers at " + api},
		"one that listens everywhere":        {"", "0.0.0.0" + port(api), idle, 0, "the api is well"},
		"one that listens everywhere, short": {"", port(api), idle, 0, "the api is well"},
		"one that listens everywhere, IPv6":  {"", "[::]" + port(api), idle, 0, "the api is well"},
		"an API that does not answer":        {"", "127.0.0.1:1", working, 1, "the api is not well: "},
		"one that answers an error":          {"", busy, working, 1, "the api is not well: it answers 503"},
		"one whose address is none":          {"", "8080", working, 1, `LISTEN "8080": want host:port`},
		"a worker that polls":                {"", "", working, 0, "the worker is well: 5 pollers ask for calls"},
		"a worker that does not":             {"", "", idle, 1, "the worker is not well: nothing asks Temporal for calls"},
		"a worker that does not answer":      {"", "", "127.0.0.1:1", 1, "the worker is not well: "},
		"a worker without metrics":           {"", "", "", 1, `METRICS_LISTEN "": want host:port`},
		"a worker beside an API":             {"worker", api, working, 0, "the worker is well"},
		"an API, said so":                    {"api", api, "", 0, "the api is well"},
		"neither":                            {"both", api, working, 2, `must be one of`},
	} {
		t.Run(name, func(t *testing.T) {
			code, said := healthOf(t, c.role, c.listen, c.metrics)
			if code != c.code || !strings.Contains(said, c.says) {
				t.Errorf("it ends with %d and says %s", code, said)
			}
		})
	}
}

func TestHealthNeedsNoSecret(t *testing.T) {
	noSecrets(t)
	t.Setenv("DATABASE_URL_FILE", "/nowhere/url")
	api := answering(t, "/livez", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") }))
	if code, said := healthOf(t, "", api, ""); code != 0 {
		t.Errorf("it ends with %d and says %s", code, said)
	}
}
