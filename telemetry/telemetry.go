// Package telemetry makes traces: what a webhook, a run, an activity and a request of the carrier took, and what
// caused what. A call is one trace, whose id is the call's SID. No span holds a phone number, a name, a prompt or
// a secret: errors are told by their class alone.
package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Attributes by which spans are found. Temporal's own are temporalWorkflowID, temporalRunID, temporalActivityID
// and temporalUpdateID.
const (
	KeyCall    = attribute.Key("call.sid")     // the caller's line at the carrier
	KeyLeg     = attribute.Key("leg.sid")      // a line that we ring
	KeyAttempt = attribute.Key("call.attempt") // one try at one phone; there before any leg is
)

// Tracing makes spans. A nil one makes none and costs nothing.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	exporter sdktrace.SpanExporter // nil: spans go to whoever the options of New name
}

// New makes spans for whoever the options name. The ids of spans are made here, whatever the options say.
func New(options ...sdktrace.TracerProviderOption) *Tracing {
	provider := sdktrace.NewTracerProvider(append(options, sdktrace.WithIDGenerator(ids{}))...)
	return &Tracing{provider: provider, tracer: provider.Tracer("github.com/ringdown/ringdown")}
}

// Close sends what is left, until ctx ends.
func (t *Tracing) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Serve begins the span of a request that somebody makes of us. Whatever trace they name is not ours.
func (t *Tracing) Serve(ctx context.Context, name string, about ...attribute.KeyValue) (context.Context, *Span) {
	return t.begin(ctx, trace.SpanKindServer, name, about)
}

// Ask begins the span of a request that we make of somebody.
func (t *Tracing) Ask(ctx context.Context, name string, about ...attribute.KeyValue) (context.Context, *Span) {
	return t.begin(ctx, trace.SpanKindClient, name, about)
}

func (t *Tracing) begin(ctx context.Context, kind trace.SpanKind, name string, about []attribute.KeyValue) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(about...))
	return ctx, &Span{span}
}

// Span is one step of a trace. A nil one notes nothing.
type Span struct{ span trace.Span }

// End ends a span, with what is known of it by then. class says how it went wrong, empty when it did not.
func (s *Span) End(class string, about ...attribute.KeyValue) {
	if s == nil {
		return
	}
	s.span.SetAttributes(about...)
	if class != "" {
		s.span.SetAttributes(attribute.String("error.type", class))
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

// EndOf is End with the class of an error, nil for none.
func (s *Span) EndOf(err error, about ...attribute.KeyValue) { s.End(ClassOf(err), about...) }

var errNoExporter = errors.New("traces go nowhere")
