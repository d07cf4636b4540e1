package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringdown/ringdown/models"
)

// carol is a user who can be rung at two phones.
const carol = `{"name": "Carol", "email": "carol@example.com", "time_zone": "Europe/London", "on_call_licence": true,
	"phones": [{"label": "mobile", "number": "+12025550103"}, {"label": "home", "number": "+12025550104"}]}`

// simulates plays a call to a route and tells it in lines.
func (rt *restTest) simulates(route, body string) (got simulated, lines []string) {
	rt.Helper()
	rt.send(http.MethodPost, route+"/simulate", body).is(http.StatusOK).into(&got)
	for _, b := range got.Timeline {
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprint(b.AtSeconds, " ", b.Name, " ", b.Phone, " ", b.What)), " "))
	}
	return got, append(lines, strings.TrimSpace(fmt.Sprint(got.WaitedSeconds, " ", got.Outcome, " ", got.Refusal)))
}

func TestRESTSimulateTellsWhoWouldBeRungWhen(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, c := rt.user(alice), rt.user(carol)
	schedule := rt.send(http.MethodPost, "/v1/schedules", weekly(a, c)).is(http.StatusCreated).id()
	route := rt.send(http.MethodPost, "/v1/call-routes", fmt.Sprintf(`{"name": "Support", "keypress": {"enabled": true, "key": "4"},
		"allowlist": {"enabled": true, "callers": [{"number": "+447700900123"}]}, "require_attestation": true, "levels": [
		{"targets": [{"type": "schedule", "schedule_id": %q}]}, {"targets": [{"type": "user", "user_id": %q}]}]}`, schedule, c)).
		is(http.StatusCreated).Header().Get("Location")
	for _, play := range []struct {
		name, body string
		want       []string
	}{
		{"nothing said: somebody who may call presses the right key, and nobody answers", `{}`, []string{
			"0 the call arrived", "5 the caller pressed the key", "5 Alice mobile is rung", "33 Alice mobile did not answer",
			"33 Carol mobile is rung", "61 Carol mobile did not answer", "61 Carol home is rung", "89 Carol home did not answer",
			"89 nobody took the call", "89 the caller hears that nobody takes the call", "89 unanswered",
		}},
		{"people by name and by id, with and without a time", `{"keys": ["1", "", "4"], "responders": [
			{"name": "alice", "behaviour": "decline"}, {"user_id": "` + c + `", "behaviour": "accept", "after_seconds": 0}]}`, []string{
			"0 the call arrived", "5 the caller pressed a wrong key, or none", "15 the caller pressed a wrong key, or none", "20 the caller pressed the key",
			"20 Alice mobile is rung", "25 Alice mobile picked up", "30 Alice mobile declined",
			"30 Carol mobile is rung", "30 Carol mobile picked up", "35 Carol mobile took the call", "35 connected",
		}},
		{"at another time", `{"at": "2026-03-11T12:00:00Z", "hang_up_after_seconds": 7}`, []string{
			"0 the call arrived", "5 the caller pressed the key", "5 Carol mobile is rung",
			"7 the caller's line ended", "7 Carol mobile did not take the call", "7 abandoned",
		}},
		{"a caller who is not listed", `{"caller": "+447700900199"}`, []string{
			"0 the call arrived", "0 the caller is not on the allowlist", "0 refused not_on_allowlist",
		}},
		{"a listed caller", `{"caller": "+447700900123", "hang_up_after_seconds": 1}`, []string{"0 the call arrived", "1 the caller's line ended", "1 abandoned"}},
		{"a listed caller for whom the network does not vouch", `{"caller": "+447700900123", "verstat": "TN-Validation-Failed"}`, []string{
			"0 the call arrived", "0 the network does not vouch for the caller's number", "0 refused unattested",
		}},
		{"a caller who hides their number", `{"withheld": true}`, []string{
			"0 the call arrived", "0 the caller is not on the allowlist", "0 refused not_on_allowlist",
		}},
		{"no key at all", `{"keys": []}`, []string{
			"0 the call arrived", "10 the caller pressed a wrong key, or none", "20 the caller pressed a wrong key, or none",
			"30 the key was never pressed", "30 gate_failed",
		}},
	} {
		t.Run(play.name, func(t *testing.T) {
			got, lines := rt.simulates(route, play.body)
			if diff := cmp.Diff(play.want, lines); diff != "" {
				t.Error(diff)
			}
			if (got.AnsweredBy == c) != (got.Outcome == "connected") {
				t.Errorf("answered by %q", got.AnsweredBy)
			}
			if strings.Contains(fmt.Sprintf("%+v", got), "55501") {
				t.Errorf("a number is told: %+v", got)
			}
		})
	}
	if got, _ := rt.simulates(route, `{"at": "2026-03-05T12:00:00Z"}`); len(got.Skipped) != 1 || got.Skipped[0].Reason != "nobody is on call" ||
		got.At.Format("2006-01-02") != "2026-03-05" {
		t.Errorf("at %s, skipped %+v", got.At, got.Skipped)
	}
	rt.send(http.MethodPost, "/v1/call-routes/none/simulate", `{}`).is(http.StatusNotFound)
}

func TestRESTSimulateReportsItsFaultsAtOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a := rt.user(alice)
	rt.user(strings.Replace(bob, "Bob", "carol", 1))
	rt.user(carol)
	route := rt.send(http.MethodPost, "/v1/call-routes", ringing(a)).is(http.StatusCreated).Header().Get("Location")
	rt.send(http.MethodPost, route+"/simulate", `{"at": "noon", "speed": 2}`).faults("body.at", "body.speed")
	rt.send(http.MethodPost, route+"/simulate", `{"caller": "112", "withheld": true, "keys": ["12", "1"], "hang_up_after_seconds": -1, "seed": -1,
		"speed": 2, "responders": [{"name": "Alice", "behaviour": "accept"}, {"user_id": "`+a+`", "behaviour": "busy"}, {"user_id": "x", "behaviour": "busy"},
		{"name": "Zoe", "behaviour": "busy"}, {"name": "Carol", "behaviour": "busy"}, {"behaviour": "busy"}, {"name": "Alice", "user_id": "`+a+`", "behaviour": "busy"},
		{"name": "Alice", "behaviour": "sing", "after_seconds": 3601}]}`).
		faults("body.caller", "body.withheld", "body.keys[0]", "body.hang_up_after_seconds", "body.seed", "body.speed",
			"body.responders[1].user_id", "body.responders[2].user_id", "body.responders[3].name", "body.responders[4].name", "body.responders[5].user_id",
			"body.responders[6].name", "body.responders[7].name", "body.responders[7].behaviour", "body.responders[7].after_seconds")
}

func TestPlansForPeopleCountInThePaceOfTheCarrier(t *testing.T) {
	t.Parallel()
	a := &rest{restDeps: restDeps{callsPerSecond: 0.5}}
	if p := a.freeze(models.Route{}, models.Directory{}, time.Now(), 7); p.CallsPerSecond != 0.5 || p.Seed != 7 || p.MaxWaitSeconds != 900 {
		t.Errorf("frozen %+v", p)
	}
}
