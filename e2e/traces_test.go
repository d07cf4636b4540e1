package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/telemetry"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// spanBook keeps every span, and writes it into the log, which is looked through after each conversation.
type spanBook struct {
	log *logBook
	mu  sync.Mutex
	all map[trace.TraceID]tracetest.SpanStubs
}

// ExportSpans takes spans.
func (b *spanBook) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, span := range tracetest.SpanStubsFromReadOnlySpans(spans) {
		b.all[span.SpanContext.TraceID()] = append(b.all[span.SpanContext.TraceID()], span)
		_, _ = fmt.Fprintln(b.log, span.Name, span.Attributes, span.Events, span.Links, span.Status)
	}
	return nil
}

func (b *spanBook) Shutdown(context.Context) error { return nil }

// ofCall are the spans of a call.
func (b *spanBook) ofCall(t *testing.T, sid string) tracetest.SpanStubs {
	t.Helper()
	id, ok := telemetry.TraceID(sid)
	if !ok {
		t.Fatalf("the call %s has no trace", sid)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all[id]
}

// traced makes traces in one of the systems that share conversations: these cost the same and end the same with traces
// and without.
func (s *system) traced(namespace string) *telemetry.Tracing {
	if namespace != "sqlite" {
		return nil
	}
	s.spans = &spanBook{log: s.log, all: map[trace.TraceID]tracetest.SpanStubs{}}
	return telemetry.New(sdktrace.WithSyncer(s.spans))
}

// causes is what caused the first span of a name, up to what nothing has caused.
func causes(spans tracetest.SpanStubs, name string) string {
	byID, path := map[trace.SpanID]tracetest.SpanStub{}, []string(nil)
	for _, span := range spans {
		byID[span.SpanContext.SpanID()] = span
	}
	first := slices.IndexFunc(spans, func(span tracetest.SpanStub) bool { return span.Name == name })
	if first < 0 {
		return "nothing: there is no such span"
	}
	for span, known := spans[first], true; known; span, known = byID[span.Parent.SpanID()] {
		if path = append(path, span.Name); !span.Parent.IsValid() {
			return strings.Join(path, " < ")
		}
	}
	return strings.Join(path, " < ") + " < a span that is missing"
}

func TestACallIsOneTraceFromWebhookToCarrier(t *testing.T) {
	t.Parallel()
	s := sharedSystem(t, "sqlite")
	l := s.line(t, "Alice", withKeypress)
	caller := l.calls().hears("press 1").presses("1").hears("hold")
	l.rung("Alice").answers().hears("to take").presses("1").talks()
	caller.talks().hangsUp()
	l.ended(models.Connected)
	spans := s.spans.ofCall(t, l.leg.SID)
	for _, c := range []struct{ last, want string }{
		{"carrier: place leg", "carrier: place leg < RunActivity:Dial < StartActivity:Dial < RunWorkflow:InboundCall < UpdateWithStartWorkflow:answer < webhook /twilio/voice"},
		{"HandleUpdate:answer", "HandleUpdate:answer < UpdateWithStartWorkflow:answer < webhook /twilio/voice"},
		{"HandleUpdate:leg", "HandleUpdate:leg < UpdateWorkflow:leg < webhook /twilio/leg/:call/:attempt"},
		{"HandleUpdate:accept", "HandleUpdate:accept < UpdateWorkflow:accept < webhook /twilio/accept/:call/:attempt"},
		{"CompleteActivity:Dial", "CompleteActivity:Dial < webhook /twilio/leg/:call/:attempt"},
		{"RunActivity:Raise", "RunActivity:Raise < StartActivity:Raise < RunWorkflow:Alert < StartChildWorkflow:Alert < RunWorkflow:InboundCall < UpdateWithStartWorkflow:answer < webhook /twilio/voice"},
	} {
		if got := causes(spans, c.last); got != c.want {
			t.Errorf("%s is caused by\n%s, want\n%s", c.last, got, c.want)
		}
	}
	attempts := map[string]int{}
	for _, span := range spans {
		told := fmt.Sprint(span.Name, span.Attributes, span.Events, span.Status)
		for _, secret := range []string{l.number, l.from, l.people["Alice"].number, "Alice", l.route.Name, "press 1", "to take", authToken, adminKey, "example.com"} {
			if strings.Contains(told, secret) {
				t.Errorf("a span tells %q: %s", secret, told)
			}
		}
		for _, a := range span.Attributes {
			if a.Key == telemetry.KeyAttempt {
				attempts[a.Value.AsString()]++
			}
		}
	}
	if len(attempts) != 1 {
		t.Errorf("spans of the attempts %v, want those of one", attempts)
	}
}
