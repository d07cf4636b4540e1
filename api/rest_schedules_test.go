package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// weekly hands duty over at 09:00 on Mondays, London time, from the first user to the second.
func weekly(first, second string) string {
	return fmt.Sprintf(`{"name": "Primary", "time_zone": "Europe/London", "rotations": [{"name": "weekly", "users": [%q, %q],
		"handover": {"starts_at": "2026-03-02T09:00:00", "every": [{"unit": "weeks", "count": 1}]},
		"working_intervals": [{"weekday": "wednesday", "from": "09:00", "to": "24:00"}]}]}`, first, second)
}

func (rt *restTest) onCall(schedule, at string) string {
	rt.Helper()
	var got onCall
	path := "/v1/schedules/" + schedule + "/on-call"
	if at != "" {
		path += "?at=" + url.QueryEscape(at)
	}
	rt.send(http.MethodGet, path, "").is(http.StatusOK).into(&got)
	names := []string{}
	for _, duty := range got.OnCall {
		names = append(names, duty.Name)
	}
	return strings.Join(names, " ")
}

func TestRESTScheduleLife(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	body := weekly(rt.user(alice), rt.user(bob))
	made := rt.send(http.MethodPost, "/v1/schedules", body).is(http.StatusCreated)
	id := made.id()
	read := rt.send(http.MethodGet, made.Header().Get("Location"), "").is(http.StatusOK)
	for _, want := range []string{`"starts_at":"2026-03-02T09:00:00"`, `"from":"09:00","to":"24:00"`, `"seats":1`} {
		if !strings.Contains(read.Body.String(), want) {
			t.Errorf("%s lacks %s", read.Body, want)
		}
	}
	if got := rt.onCall(id, ""); got != "Alice" { // Wednesday 4 March, noon
		t.Errorf("now %q", got)
	}
	if got := rt.onCall(id, "2026-03-11T13:00:00+01:00"); got != "Bob" {
		t.Errorf("a week later %q", got)
	}
	if got := rt.onCall(id, "2026-03-05T12:00:00Z"); got != "" {
		t.Errorf("on Thursday %q", got)
	}
	rt.send(http.MethodPut, "/v1/schedules/"+id, strings.Replace(body, "Primary", "Second", 1), "If-Match", `"1"`).is(http.StatusOK)
	rt.send(http.MethodPut, "/v1/schedules/"+id, body, "If-Match", `"1"`).is(http.StatusPreconditionFailed)
	if names, _ := rt.send(http.MethodGet, "/v1/schedules", "").is(http.StatusOK).items("name"); fmt.Sprint(names) != "[Second]" {
		t.Errorf("listed %v", names)
	}
	rt.send(http.MethodPost, "/v1/schedules", strings.Replace(body, "Primary", "Second", 1)).is(http.StatusConflict)
	rt.send(http.MethodGet, "/v1/schedules/"+id+"/on-call?at=noon", "").faults("query.at")
}

func TestRESTScheduleFaultsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodPost, "/v1/schedules", `{"name": "", "time_zone": "Local", "rotations": [
		{"name": "weekly", "users": ["nobody"], "seats": 0, "colour": "red", "handover": {"starts_at": "tomorrow", "every": [{"unit": "moons", "count": 0}]},
		 "working_intervals": [{"weekday": "someday", "from": "25:00", "to": "09:00"}]}]}`).
		faults("body.name", "body.rotations[0].seats", "body.rotations[0].colour",
			"body.rotations[0].handover.starts_at", "body.rotations[0].handover.every[0].unit", "body.rotations[0].handover.every[0].count",
			"body.rotations[0].working_intervals[0].weekday", "body.rotations[0].working_intervals[0].from")
	rt.send(http.MethodPost, "/v1/schedules", `{"name": "S", "time_zone": "Local", "rotations": [
		{"name": "weekly", "users": ["nobody"], "handover": {"starts_at": "2026-03-02T09:00:00", "every": [{"unit": "weeks", "count": 1}]},
		 "working_intervals": [{"weekday": "monday", "from": "17:00", "to": "09:00"}]}]}`).
		faults("body.time_zone", "body.rotations[0].users[0]", "body.rotations[0].working_intervals[0].to")
}

func TestRESTOverrideLife(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	first, second := rt.user(alice), rt.user(bob)
	id := rt.send(http.MethodPost, "/v1/schedules", weekly(first, second)).is(http.StatusCreated).id()
	path := "/v1/schedules/" + id + "/overrides"
	if ids, _ := rt.send(http.MethodGet, path, "").is(http.StatusOK).items("id"); len(ids) != 0 {
		t.Errorf("overrides %v", ids)
	}
	override := fmt.Sprintf(`{"rotation": "weekly", "user_id": %q, "from": "2026-03-04T12:30:00+01:00", "to": "2026-03-04T14:00:00Z"}`, second)
	made := rt.send(http.MethodPost, path, override).is(http.StatusCreated)
	if made.fields()["from"] != "2026-03-04T11:30:00Z" {
		t.Errorf("made %s", made.Body)
	}
	if ids, _ := rt.send(http.MethodGet, path, "").is(http.StatusOK).items("id"); fmt.Sprint(ids) != "["+made.id()+"]" {
		t.Errorf("overrides %v", ids)
	}
	if got := rt.onCall(id, ""); got != "Bob" {
		t.Errorf("on call %q", got)
	}
	rt.send(http.MethodPost, path, `{"rotation": "daily", "seat": 0, "user_id": "x", "from": "2026-03-04T12:30:00Z", "to": "2026-03-04T12:00:00Z"}`).
		faults("body.rotation", "body.user_id", "body.to")
	rt.send(http.MethodPost, "/v1/schedules/x/overrides", override).is(http.StatusNotFound)
	rt.send(http.MethodDelete, made.Header().Get("Location"), "").is(http.StatusNoContent)
	rt.send(http.MethodDelete, made.Header().Get("Location"), "").is(http.StatusNotFound)
	if got := rt.onCall(id, rt.now.Format(time.RFC3339)); got != "Alice" {
		t.Errorf("on call %q", got)
	}
}
