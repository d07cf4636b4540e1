package telemetry_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/telemetry"
)

// collector takes traces.
type collector struct {
	*httptest.Server
	refuses bool
	mu      sync.Mutex
	got     strings.Builder
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("asked for %s (%v)", r.URL, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.got.Write(body); c.refuses {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// told is everything that came. Texts are readable in it as they are.
func (c *collector) told() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got.String()
}

func fromEnvironment(t *testing.T, environment map[string]string) *telemetry.Tracing {
	t.Helper()
	for name, value := range environment {
		t.Setenv(name, value)
	}
	tracing, err := telemetry.FromEnvironment(t.Context(), "v1.2.3", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return tracing
}

func TestTracesAreOffUnlessAnEndpointIsSet(t *testing.T) {
	for name, environment := range map[string]map[string]string{
		"nothing is set":       {},
		"another part is set":  {"OTEL_SERVICE_NAME": "ringdown-api"},
		"all of it is off":     {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
		"traces are not to go": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
	} {
		t.Run(name, func(t *testing.T) {
			if tracing := fromEnvironment(t, environment); tracing != nil {
				t.Error("traces are on")
			}
		})
	}
}

func TestTracesSayWhoMadeThem(t *testing.T) {
	for name, c := range map[string]struct {
		environment map[string]string
		want        []string
	}{
		"by default":       {nil, []string{"service.name\x12\n\n\bringdown", "service.version\x12\b\n\x06v1.2.3", "webhook"}},
		"by another name":  {map[string]string{"OTEL_SERVICE_NAME": "ringdown-api"}, []string{"service.name\x12\x0e\n\fringdown-api"}},
		"with more on it":  {map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=staging"}, []string{"deployment.environment\x12\t\n\astaging"}},
		"none is sampled":  {map[string]string{"OTEL_TRACES_SAMPLER": "always_off"}, nil},
		"those of a share": {map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			there := newCollector(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.URL)
			tracing := fromEnvironment(t, c.environment)
			_, span := tracing.Serve(t.Context(), "webhook")
			span.End("")
			if err := tracing.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			told := there.told()
			for _, want := range c.want {
				if !strings.Contains(told, want) {
					t.Errorf("no %q in %q", want, told)
				}
			}
			if c.want == nil && told != "" {
				t.Errorf("told %q", told)
			}
		})
	}
}

func TestAProbeIsSentWhateverIsSampled(t *testing.T) {
	there := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", there.URL+"/v1/traces")
	tracing := fromEnvironment(t, map[string]string{"OTEL_TRACES_SAMPLER": "always_off"})
	if err := tracing.Probe(t.Context()); err != nil || !strings.Contains(there.told(), "doctor") {
		t.Errorf("told %q (%v)", there.told(), err)
	}
	there.refuses = true
	if err := tracing.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("refused, and the probe says %v", err)
	}
	if err := telemetry.New().Probe(t.Context()); err == nil {
		t.Error("a probe that goes nowhere is fine")
	}
}

func TestAProbeOfACollectorThatHangsIsOver(t *testing.T) {
	gone := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-gone }))
	t.Cleanup(hangs.Close)
	t.Cleanup(func() { close(gone) })
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", hangs.URL+"/v1/traces")
	tracing := fromEnvironment(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := tracing.Probe(ctx); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

func TestMistakesInTheSettingsOfTracesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		environment map[string]string
		want        string // empty for none
	}{
		"none":                 {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example.com", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, ""},
		"no scheme":            {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT: want"},
		"no scheme for traces": {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "127.0.0.1"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: want"},
		"gRPC":                 {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, `PROTOCOL "grpc": want http/protobuf`},
		"another exporter":     {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "zipkin"}, `"zipkin": want otlp`},
		"gRPC, but all is off": {map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for name, value := range c.environment {
				t.Setenv(name, value)
			}
			err := telemetry.Mistakes()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, again := telemetry.FromEnvironment(t.Context(), "v1", slog.New(slog.DiscardHandler)); (again == nil) != (c.want == "") {
				t.Errorf("begun with %v", again)
			}
		})
	}
}

func TestWhatCannotBeSentIsLogged(t *testing.T) {
	there := newCollector(t)
	there.refuses = true
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.URL)
	var log bytes.Buffer
	tracing, err := telemetry.FromEnvironment(t.Context(), "v1", slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	_, span := tracing.Serve(t.Context(), "webhook")
	span.End("")
	_ = tracing.Close(t.Context())
	if !strings.Contains(log.String(), `"msg":"traces not sent"`) {
		t.Errorf("logged %q", log.String())
	}
}
