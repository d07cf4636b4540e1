package telemetry_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/telemetry"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

const sid = "CA0123456789abcdef0123456789ABCDEF"

// recorded makes traces that are kept.
func recorded() (*telemetry.Tracing, *tracetest.InMemoryExporter) {
	kept := tracetest.NewInMemoryExporter()
	return telemetry.New(sdktrace.WithSyncer(kept)), kept
}

func TestWithoutTracingNothingIsMade(t *testing.T) {
	var off *telemetry.Tracing
	ctx, span := off.Serve(t.Context(), "webhook")
	if ctx != t.Context() || span != nil {
		t.Error("a span was made")
	}
	span.End("failed")
	span.EndOf(errors.New("failed"))
	if made, err := off.Interceptors(); made != nil || err != nil {
		t.Errorf("interceptors %v (%v)", made, err)
	}
	if err := off.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestEachRequestOfACallIsInItsTrace(t *testing.T) {
	tracing, kept := recorded()
	for range 2 {
		ctx, webhook := tracing.Serve(telemetry.OfCall(t.Context(), sid), "webhook")
		_, asked := tracing.Ask(ctx, "carrier: place leg")
		asked.End("")
		webhook.End("")
	}
	spans := kept.GetSpans()
	seen := map[trace.SpanID]bool{}
	for _, span := range spans {
		seen[span.SpanContext.SpanID()] = true
		if id := span.SpanContext.TraceID().String(); id != strings.ToLower(sid[2:]) {
			t.Errorf("%s is in trace %s", span.Name, id)
		}
	}
	if len(seen) != 4 || spans[0].Parent.SpanID() != spans[1].SpanContext.SpanID() || spans[1].Parent.IsValid() || spans[3].Parent.IsValid() {
		t.Errorf("%d spans, not two of two", len(seen))
	}
}

func TestATraceOfNoCallHasAnIDByChance(t *testing.T) {
	tracing, kept := recorded()
	for _, ctx := range []context.Context{
		t.Context(), t.Context(), telemetry.OfCall(t.Context(), ""), telemetry.OfCall(t.Context(), "CA0123"),
		telemetry.OfCall(t.Context(), "CA00000000000000000000000000000000"), telemetry.OfCall(t.Context(), "CAx123456789abcdef0123456789abcdef"),
	} {
		_, span := tracing.Serve(ctx, "request")
		span.End("")
	}
	seen := map[trace.TraceID]bool{}
	for _, span := range kept.GetSpans() {
		seen[span.SpanContext.TraceID()] = span.SpanContext.IsValid()
	}
	if len(seen) != 6 {
		t.Errorf("%d traces, want 6", len(seen))
	}
}

func TestASpanTellsTheClassOfAnError(t *testing.T) {
	tracing, kept := recorded()
	_, span := tracing.Ask(t.Context(), "complete")
	span.EndOf(errors.New("no answer from +12025550123"))
	_, span = tracing.Ask(t.Context(), "complete")
	span.EndOf(nil)
	failed, well := kept.GetSpans()[0], kept.GetSpans()[1]
	if failed.Status.Code != codes.Error || failed.Status.Description != "" || failed.Attributes[0].Value.AsString() != "*errors.errorString" {
		t.Errorf("a failure: %+v, %v", failed.Status, failed.Attributes)
	}
	if well.Status.Code != codes.Unset || len(well.Attributes) != 0 {
		t.Errorf("a success: %+v, %v", well.Status, well.Attributes)
	}
}
