package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// planned makes a route of Alice's from more fields of it, and gives the address of its plan.
func (rt *restTest) planned(fields string) string {
	rt.Helper()
	body := strings.Replace(ringing(rt.user(alice)), `{`, `{`+fields, 1)
	return rt.send(http.MethodPost, "/v1/call-routes", body).is(http.StatusCreated).Header().Get("Location") + "/plan"
}

func TestRESTPlanSaysWhyACallerWouldBeRefused(t *testing.T) {
	t.Parallel()
	const caller = "+447700900123"
	block := func(until string) func(rt *restTest, route string) {
		return func(rt *restTest, _ string) {
			rt.send(http.MethodPost, "/v1/blocked-callers", `{"number": "`+caller+`"`+until+`}`).is(http.StatusCreated)
		}
	}
	calls := func(n int, number models.Phone, over bool) func(rt *restTest, route string) {
		return func(rt *restTest, route string) {
			for i := range n {
				call := models.Call{CarrierCallID: fmt.Sprintf("CA%d", i), RouteID: route, Caller: number, Stage: models.StageArriving, StartedAt: rt.now.Add(-time.Second)}
				if over {
					call.EndedAt = &rt.now
				}
				if err := rt.store.Arrive(t.Context(), call); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, c := range []struct {
		name, fields string
		arrange      func(rt *restTest, route string)
		query, want  string
	}{
		{"a caller of whom nothing is known", "", nil, "?caller=%2B447700900123", ""},
		{"nobody in particular", `"allowlist": {"enabled": true, "callers": [{"number": "+447700900199"}]}, `, nil, "", ""},
		{"a blocked caller", "", block(""), "?caller=%2B447700900123", "blocked"},
		{"a blocked caller whose plus arrives as a space", "", block(""), "?caller=+447700900123", "blocked"},
		{"a caller whose block is over then", "", block(`, "until": "2026-03-05T12:00:00Z"`), "?caller=%2B447700900123&at=2026-03-05T12:00:00Z", ""},
		{"a caller whose block is not yet over then", "", block(`, "until": "2026-03-05T12:00:00Z"`), "?caller=%2B447700900123&at=2026-03-05T11:59:59Z", "blocked"},
		{"a caller who is not listed", `"allowlist": {"enabled": true, "callers": [{"number": "+447700900199"}]}, `, nil, "?caller=%2B447700900123", "not_on_allowlist"},
		{"a listed caller", `"allowlist": {"enabled": true, "callers": [{"number": "+447700900123"}]}, `, nil, "?caller=%2B447700900123", ""},
		{"a caller who is taken to be vouched for", `"require_attestation": true, `, nil, "?caller=%2B447700900123", ""},
		{"a caller who called too often", `"limits": {"per_caller_per_minute": 2}, `, calls(2, caller, true), "?caller=%2B447700900123", "too_many_calls"},
		{"a caller too many at once", `"limits": {"live_calls": 2}, `, calls(2, "+447700900199", false), "?caller=%2B447700900123", "route_full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rt := newREST(t, nil)
			address := rt.planned(c.fields)
			if c.arrange != nil {
				c.arrange(rt, strings.Split(address, "/")[3])
			}
			plan := rt.send(http.MethodGet, address+c.query, "").is(http.StatusOK)
			if got, _ := plan.fields()["refusal"].(string); got != c.want {
				t.Errorf("refusal %q, want %q", got, c.want)
			}
			if _, shown := plan.fields()["refusal"]; shown && c.want == "" {
				t.Errorf("an empty refusal is shown: %s", plan.Body)
			}
		})
	}
	t.Run("one of our own numbers", func(t *testing.T) {
		t.Parallel()
		carrier, _ := newFakeCarrier(t, owned)
		rt := newREST(t, carrier)
		rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusCreated)
		if got := rt.send(http.MethodGet, rt.planned("")+"?caller=%2B12025550123", "").is(http.StatusOK).fields()["refusal"]; got != "own_number" {
			t.Errorf("refusal %v", got)
		}
	})
}

func TestRESTPlanTakesNoCallerThatIsNoNumber(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	address := rt.planned("")
	for _, caller := range []string{"anonymous", "2025550123", "+", "+1 202", "++12025550123", "\x00", strings.Repeat("9", 40)} {
		rt.send(http.MethodGet, address+"?caller="+url.QueryEscape(caller), "").faults("query.caller")
	}
	rt.send(http.MethodGet, address+"?from=now", "").is(http.StatusUnprocessableEntity)
	rt.send(http.MethodGet, strings.Replace(address, "/plan", "x/plan", 1), "").is(http.StatusNotFound)
}

func TestRESTPlanShowsEveryStrategy(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, c := rt.user(alice), rt.user(`{"name": "Carol", "email": "carol@example.com", "time_zone": "Europe/London", "on_call_licence": true,
		"phones": [{"label": "mobile", "number": "+12025550103"}, {"label": "home", "number": "+12025550104"}]}`)
	targets := fmt.Sprintf(`"targets": [{"type": "user", "user_id": %q}, {"type": "user", "user_id": %q}]`, a, c)
	made := rt.send(http.MethodPost, "/v1/call-routes", `{"name": "Support", "ring_again": true, "levels": [
		{"strategy": "all_at_once", `+targets+`}, {"strategy": "staggered", "stagger_seconds": 5, `+targets+`},
		{"strategy": "shuffled", `+targets+`}, {`+targets+`}]}`).is(http.StatusCreated)
	var plan routePlan
	rt.send(http.MethodGet, made.Header().Get("Location")+"/plan", "").is(http.StatusOK).into(&plan)
	var got []string
	for _, level := range plan.Levels {
		got = append(got, fmt.Sprintf("%s after %d s: %d", level.Strategy, level.StaggerSeconds, len(level.People)))
	}
	want := []string{"all_at_once after 10 s: 2", "staggered after 5 s: 2", "shuffled after 10 s: 2", "one_by_one after 10 s: 2"}
	if fmt.Sprint(got) != fmt.Sprint(want) || plan.LongestWaitSeconds <= 0 {
		t.Errorf("levels %q, longest wait %d s", got, plan.LongestWaitSeconds)
	}
}
