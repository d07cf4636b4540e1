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

func TestRESTCallsAreFilteredByEveryOutcome(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	outcomes := []models.Outcome{
		models.Connected, models.Unanswered, models.Voicemailed, models.Forwarded, models.Abandoned,
		models.Refused, models.GateFailed, models.Diverted, models.Failed,
	}
	for i, outcome := range outcomes {
		call := models.Call{
			ID: string(outcome), CarrierCallID: fmt.Sprint("CA", i), Stage: models.StageEnded, Outcome: outcome,
			StartedAt: rt.now.Add(time.Duration(i) * time.Minute), EndedAt: &rt.now,
		}
		if err := rt.store.RecordCall(t.Context(), call); err != nil {
			t.Fatal(err)
		}
	}
	for _, outcome := range outcomes {
		ids, next := rt.send(http.MethodGet, "/v1/calls?outcome="+string(outcome), "").is(http.StatusOK).items("id")
		if fmt.Sprint(ids) != fmt.Sprintf("[%s]", outcome) || next != "" {
			t.Errorf("%s lists %v", outcome, ids)
		}
	}
	for _, outcome := range []string{"voicemailed", "Diverted", "connected,refused"} {
		rt.send(http.MethodGet, "/v1/calls?outcome="+outcome, "").faults("query.outcome")
	}
}

func TestRESTCallShowsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for _, c := range []struct {
		name string
		call models.Call
		want []string
		none []string
	}{
		{"a refusal", models.Call{ID: "refused", Outcome: models.Refused, Refusal: models.RefusedBlocked},
			[]string{`"outcome":"refused"`, `"refusal":"blocked"`}, []string{"voicemail", "diverted_at"}},
		{"a message", models.Call{ID: "message", Outcome: models.Voicemailed, Voicemail: &models.Voicemail{
			Status: models.RecordingReady, Recording: aRecording, Seconds: 17, Transcript: "The <lift> is stuck.", Transcribe: models.TranscriptReady}},
			[]string{`"status":"ready"`, `"seconds":17`, `"transcript_status":"ready"`, aRecording, `lift`}, []string{"refusal", "diverted_at"}},
		{"a diversion", models.Call{ID: "diverted", Outcome: models.Diverted, DivertedAt: &rt.now, Room: "secret-room", DiversionTold: true},
			[]string{`"diverted_at":"2026-03-04T12:00:00Z"`}, []string{"secret-room", "told", "refusal"}},
	} {
		c.call.CarrierCallID, c.call.Stage, c.call.StartedAt, c.call.EndedAt = "CA "+c.call.ID, models.StageEnded, rt.now, &rt.now
		if err := rt.store.RecordCall(t.Context(), c.call); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/v1/calls/" + c.call.ID, "/v1/calls?outcome=" + string(c.call.Outcome)} {
			got := rt.send(http.MethodGet, path, "").is(http.StatusOK).Body.String()
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s: %s lacks %s", c.name, got, want)
				}
			}
			for _, none := range c.none {
				if strings.Contains(got, none) {
					t.Errorf("%s: %s shows %s", c.name, got, none)
				}
			}
		}
	}
}
