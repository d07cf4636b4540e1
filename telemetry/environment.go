package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// endpoints are the settings of which one switches traces on.
var endpoints = []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"}

// Endpoint is where traces are sent; empty where they are off.
func Endpoint() string {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return ""
	}
	for _, name := range endpoints {
		if endpoint := os.Getenv(name); endpoint != "" {
			return endpoint
		}
	}
	return ""
}

// Mistakes lists what is wrong with the settings of traces, each with what to do. What else OpenTelemetry reads
// it says itself when it cannot use it.
func Mistakes() error {
	if Endpoint() == "" {
		return nil
	}
	var wrong []error
	for _, name := range endpoints {
		if text := os.Getenv(name); text != "" {
			if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				wrong = append(wrong, fmt.Errorf("%s: want the address of a collector, as in http://127.0.0.1:4318", name))
			}
		}
	}
	if e := os.Getenv("OTEL_TRACES_EXPORTER"); e != "" && e != "otlp" {
		wrong = append(wrong, fmt.Errorf("OTEL_TRACES_EXPORTER %q: want otlp, or none for no traces", e))
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if p := os.Getenv(name); p != "" && p != "http/protobuf" {
			wrong = append(wrong, fmt.Errorf("%s %q: want http/protobuf, and the collector's port for it, mostly 4318", name, p))
		}
	}
	return errors.Join(wrong...)
}

// FromEnvironment makes spans as the OTEL_ variables say, nil where they name no endpoint. version is that of this
// program. Traces that cannot be sent are dropped, and a warning is logged.
func FromEnvironment(ctx context.Context, version string, log *slog.Logger) (*Tracing, error) {
	if Endpoint() == "" {
		return nil, nil
	}
	if err := Mistakes(); err != nil {
		return nil, err
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces not sent", "cause", err) }))
	about, err := resource.New(ctx,
		resource.WithHost(), resource.WithProcessPID(), resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "ringdown"), attribute.String("service.version", version)),
		resource.WithFromEnv(), // the last says what holds
	)
	if err != nil {
		return nil, fmt.Errorf("describe this process for traces: %w; see OTEL_RESOURCE_ATTRIBUTES", err)
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("send traces: %w; see OTEL_EXPORTER_OTLP_ENDPOINT", err)
	}
	t := New(sdktrace.WithResource(about), sdktrace.WithBatcher(exporter))
	t.exporter = exporter
	return t, nil
}

// Probe sends one span, whatever is sampled, and says what came of it before ctx ends.
func (t *Tracing) Probe(ctx context.Context) error {
	if t == nil || t.exporter == nil {
		return errNoExporter
	}
	made := &keeper{}
	once := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithSyncer(made))
	_, span := once.Tracer("github.com/ringdown/ringdown").Start(ctx, "doctor")
	span.End()
	return t.exporter.ExportSpans(ctx, made.spans)
}

// keeper keeps spans instead of sending them.
type keeper struct{ spans []sdktrace.ReadOnlySpan }

// ExportSpans keeps spans.
func (k *keeper) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	k.spans = append(k.spans, spans...)
	return nil
}

// Shutdown does nothing: there is nothing to send.
func (k *keeper) Shutdown(context.Context) error { return nil }
