package twilio

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ringdown/ringdown/telemetry"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func TestARequestOfTheCarrierIsASpanWithoutANumber(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, nth int) {
		[]func(*carrier, http.ResponseWriter, *http.Request, int){
			always(201, "", `{"sid": "`+leg1+`"}`), always(400, "", refusal(400, 21211)), says(`{"calls": []}`),
		}[nth-1](c, w, r, nth)
	})
	kept := tracetest.NewInMemoryExporter()
	client.tracing = telemetry.New(sdktrace.WithSyncer(kept))
	ctx, webhook := client.tracing.Serve(t.Context(), "webhook")
	_, _ = client.Place(ctx, aLeg)
	_, _ = client.Place(ctx, aLeg)
	_, _ = client.Find(ctx, aLeg.To, aLeg.From, time.Now())
	webhook.End("")
	var got []string
	spans := kept.GetSpans()
	for _, span := range spans[:len(spans)-1] {
		if span.Parent.SpanID() != spans[len(spans)-1].SpanContext.SpanID() {
			t.Errorf("%s is no part of what caused it", span.Name)
		}
		line := span.Name
		for _, a := range span.Attributes {
			line += fmt.Sprintf(" %s=%s", a.Key, a.Value.String())
		}
		if got = append(got, line); strings.Contains(line, "555") || strings.Contains(line, "7700") || len(span.Events) > 0 {
			t.Errorf("%s tells %v", line, span.Events)
		}
	}
	want := []string{
		"carrier: place leg http.request.method=POST http.response.status_code=201 carrier.code=0",
		"carrier: place leg http.request.method=POST http.response.status_code=400 carrier.code=21211 error.type=refused",
		"carrier: find legs http.request.method=GET http.response.status_code=200 carrier.code=0",
	}
	if diff := cmp.Diff(want, got[:min(len(got), 3)]); diff != "" {
		t.Error(diff)
	}
}
