package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/telemetry"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/api/serviceerror"
)

func TestAWebhookIsASpanInTheTraceOfItsCall(t *testing.T) {
	const theCall, theLeg = " call.sid=CALL", " leg.sid=LEG call.attempt=1.alice.1.1"
	for _, c := range []struct {
		name string
		ask  func(wt *webhookTest)
		want []string
	}{
		{"a call arrives", func(wt *webhookTest) { wt.post("/twilio/voice", arriving()) },
			[]string{"webhook /twilio/voice" + theCall + " 200"}},
		{"a responder picks up", func(wt *webhookTest) { wt.post(legAddress, picked()) }, []string{
			"CompleteActivity:Dial" + theCall + " call.attempt=1.alice.1.1 within",
			"webhook /twilio/leg/:call/:attempt" + theCall + theLeg + " 200",
		}},
		{"their dial was settled before", func(wt *webhookTest) {
			wt.temporal.fails = map[string]error{"settle": serviceerror.NewNotFound("no such activity")}
			wt.post(legAddress, picked())
		}, []string{
			"CompleteActivity:Dial" + theCall + " call.attempt=1.alice.1.1 *serviceerror.NotFound within",
			"webhook /twilio/leg/:call/:attempt" + theCall + theLeg + " 200",
		}},
		{"the caller's line ends", func(wt *webhookTest) { wt.post("/twilio/status", arriving("CallStatus", "completed")) },
			[]string{"webhook /twilio/status" + theCall + " 204"}},
		{"a path of no call", func(wt *webhookTest) { wt.post("/twilio/gate/+12025550199", form("CallSid", "+12025550199")) },
			[]string{"webhook /twilio/gate/:call elsewhere 200"}},
		{"something breaks", func(wt *webhookTest) {
			wt.echo.POST("/twilio/broken", wt.signed(func(webhook) error { panic("secret words") }))
			wt.post("/twilio/broken", arriving())
		}, []string{"webhook /twilio/broken" + theCall + " 500 500"}},
		{"a false signature", func(wt *webhookTest) {
			wt.send("/twilio/voice", arriving().Encode(), "X-Twilio-Signature", "false")
		}, nil},
		{"REST", func(wt *webhookTest) { wt.get("/v1/users/" + alicesNumber) }, []string{"GET /v1/users/:id elsewhere 401"}},
		{"REST that breaks", func(wt *webhookTest) {
			wt.echo.GET("/v1/broken", func(echo.Context) error { return echo.NewHTTPError(http.StatusBadGateway, "secret words") })
			wt.get("/v1/broken")
		}, []string{"GET /v1/broken elsewhere 502 502"}},
		{"what nobody waits for", func(wt *webhookTest) { wt.get("/livez"); wt.get("/nothing") }, nil},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			kept := tracetest.NewInMemoryExporter()
			wt.tracing = telemetry.New(sdktrace.WithSyncer(kept))
			wt.temporal.answer = models.Answer{Do: models.DoScreen, Language: "de-DE", Text: "Anruf", Key: "1", Attempt: "1.alice.1.1", Try: 1}
			c.ask(wt)
			wt.Drain()
			var got []string
			for _, span := range kept.GetSpans() {
				if line := fmt.Sprint(span.Name, span.Attributes, span.Events, span.Status); numberFamilies.MatchString(line) || strings.Contains(line, "secret") {
					wt.Errorf("a span tells %s", line)
				}
				got = append(got, spanLine(span))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				wt.Error(diff)
			}
		})
	}
}

// spanLine is a span as one line: its name, which call it is about, how it ended, and where it is elsewhere than at the
// root of the call's trace.
func spanLine(span tracetest.SpanStub) string {
	line := span.Name
	for _, a := range span.Attributes {
		value := strings.NewReplacer(callerLeg, "CALL", responderLeg, "LEG").Replace(a.Value.String())
		switch a.Key {
		case telemetry.KeyCall, telemetry.KeyLeg, telemetry.KeyAttempt:
			line += fmt.Sprintf(" %s=%s", a.Key, value)
		case "http.response.status_code", "error.type":
			line += " " + value
		}
	}
	if id, _ := telemetry.TraceID(callerLeg); span.SpanContext.TraceID() != id {
		line = strings.Replace(line, span.Name, span.Name+" elsewhere", 1)
	}
	if span.Parent.IsValid() {
		line += " within"
	}
	return line
}

func TestATraceThatSomebodyNamesIsNotTakenOver(t *testing.T) {
	inCall(t, "with a header of their own", func(wt *webhookTest) {
		kept := tracetest.NewInMemoryExporter()
		wt.tracing = telemetry.New(sdktrace.WithSyncer(kept))
		r := httptest.NewRequest(http.MethodGet, "/v1/users", nil)
		r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		wt.do(r)
		if spans := kept.GetSpans(); len(spans) != 1 || spans[0].Parent.IsValid() || strings.HasPrefix(spans[0].SpanContext.TraceID().String(), "0af7") {
			wt.Errorf("made %+v", spans)
		}
	})
}
