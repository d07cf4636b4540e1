package telemetry

import (
	"context"
	"errors"
	"regexp"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// Interceptors are for client.Options: they make spans of what is asked of Temporal, and, in the workers of that
// client, of what runs. Runs carry the trace in the headers of their events and go the same way with it and without.
func (t *Tracing) Interceptors() ([]interceptor.ClientInterceptor, error) {
	if t == nil {
		return nil, nil
	}
	tracer, err := opentelemetry.NewTracer(opentelemetry.TracerOptions{
		Tracer:                  t.tracer,
		TextMapPropagator:       propagation.TraceContext{},
		DisableBaggage:          true,
		DisableQueryTracing:     true, // pages ask again and again
		AllowInvalidParentSpans: true, // a header that cannot be read stops no call
		SpanStarter: func(ctx context.Context, t trace.Tracer, name string, options ...trace.SpanStartOption) trace.Span {
			_, span := t.Start(ctx, name, options...)
			return &discreet{Span: span}
		},
	})
	if err != nil {
		return nil, err
	}
	return []interceptor.ClientInterceptor{onceOnly{interceptor.NewTracingInterceptor(named{tracer})}}, nil
}

// named says on each span which call it belongs to.
type named struct{ interceptor.Tracer }

var ofCall = regexp.MustCompile(`^(?:call|alert)/(CA[0-9a-fA-F]{32})$`)

// StartSpan begins a span.
func (n named) StartSpan(o *interceptor.TracerStartSpanOptions) (interceptor.TracerSpan, error) {
	if o.Operation == "CreateSchedule" {
		o.ToHeader = false // else all that it ever runs would be one trace
	}
	if call := ofCall.FindStringSubmatch(o.Tags["temporalWorkflowID"]); call != nil {
		o.Tags[string(KeyCall)] = call[1]
		if id := o.Tags["temporalActivityID"]; o.Name == "Dial" && id != "" {
			o.Tags[string(KeyAttempt)] = id
		}
	}
	return n.Tracer.StartSpan(o)
}

// onceOnly makes no second span of an update when a run is replayed.
type onceOnly struct{ interceptor.Interceptor }

// InterceptWorkflow goes around updates that are replayed.
func (o onceOnly) InterceptWorkflow(ctx workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	traced := o.Interceptor.InterceptWorkflow(ctx, next)
	return &updatesOnce{interceptor.WorkflowInboundInterceptorBase{Next: traced}, next}
}

type updatesOnce struct {
	interceptor.WorkflowInboundInterceptorBase
	untraced interceptor.WorkflowInboundInterceptor
}

// ExecuteUpdate runs the handler of an update.
func (u *updatesOnce) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	if workflow.IsReplaying(ctx) {
		return u.untraced.ExecuteUpdate(ctx, in)
	}
	return u.Next.ExecuteUpdate(ctx, in)
}

// discreet is a span that tells errors by their class, since their text may hold anything.
type discreet struct {
	trace.Span
	pending bool
}

// RecordError notes the class of an error. A dial whose webhooks will complete it is none.
func (d *discreet) RecordError(err error, _ ...trace.EventOption) {
	switch {
	case err == nil:
	case errors.Is(err, activity.ErrResultPending):
		d.pending = true
		d.SetAttributes(attribute.Bool("pending", true))
	default:
		d.SetAttributes(attribute.String("error.type", ClassOf(err)))
	}
}

// SetStatus marks a span as failed, or not.
func (d *discreet) SetStatus(code codes.Code, _ string) {
	if !d.pending {
		d.Span.SetStatus(code, "")
	}
}
