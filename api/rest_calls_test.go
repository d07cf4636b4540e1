package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

func TestRESTCallsAreFilteredAndShown(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	ended := rt.now.Add(2 * time.Minute)
	plan := models.MakePlan(models.Route{ID: "r1", Name: "Support", Levels: []models.Level{{}}}.Defaults(), "+12025550123", models.Directory{}, rt.now, 0)
	for _, c := range []models.Call{
		{ID: "c1", CarrierCallID: "CA1", RouteID: "r1", RouteName: "Support", Caller: "+447700900123", Number: "+12025550123",
			Stage: models.StageEnded, Outcome: models.Connected, StartedAt: rt.now, ConnectedAt: &ended, EndedAt: &ended, Plan: &plan,
			Attempts: []models.AttemptRecord{{Attempt: models.Attempt{ID: "1.u.1.1", Level: 1, Number: "+12025550101"}, State: models.Accepted, DialledAt: rt.now}},
			Timeline: []models.Moment{{At: rt.now, What: "rings Alice, mobile"}}},
		{ID: "c2", CarrierCallID: "CA2", RouteID: "r2", Stage: models.StageArriving, StartedAt: rt.now.Add(time.Hour)},
		{ID: "c3", CarrierCallID: "CA3", RouteID: "r1", Caller: "+447700900124", Stage: models.StageEnded, Outcome: models.Abandoned,
			StartedAt: rt.now.Add(2 * time.Hour), EndedAt: &ended},
	} {
		if err := rt.store.RecordCall(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		"":                             "[c3 c2 c1]",
		"?route=r1":                    "[c3 c1]",
		"?outcome=connected":           "[c1]",
		"?from=2026-03-04T13:00:00Z":   "[c3 c2]",
		"?to=2026-03-04T13:00:00Z":     "[c1]",
		"?caller=%2B447700900123":      "[c1]",
		"?live=true":                   "[c2]",
		"?live=false&route=r1&limit=1": "[c3]",
		"?route=nothing":               "[]",
	} {
		ids, _ := rt.send(http.MethodGet, "/v1/calls"+query, "").is(http.StatusOK).items("id")
		if fmt.Sprint(ids) != want {
			t.Errorf("%s lists %v, want %s", query, ids, want)
		}
	}
	rt.send(http.MethodGet, "/v1/calls?outcome=great", "").faults("query.outcome")
	rt.send(http.MethodGet, "/v1/calls?caller=2025550101", "").faults("query.caller")
	call := rt.send(http.MethodGet, "/v1/calls/c1", "").is(http.StatusOK)
	for _, want := range []string{`"what":"rings Alice, mobile"`, `"state":"accepted"`, `"route_name":"Support"`, `"callers":[]`, `"number":"+12025550101"`} {
		if !strings.Contains(call.Body.String(), want) {
			t.Errorf("%s lacks %s", call.Body, want)
		}
	}
	rt.send(http.MethodDelete, "/v1/calls/c1", "").is(http.StatusMethodNotAllowed)
}

func TestRESTLanguages(t *testing.T) {
	t.Parallel()
	codes, _ := newREST(t, nil).send(http.MethodGet, "/v1/languages", "").is(http.StatusOK).items("code")
	if len(codes) != len(models.Languages) || codes[0] != models.DefaultLanguage {
		t.Errorf("languages %v", codes)
	}
}
