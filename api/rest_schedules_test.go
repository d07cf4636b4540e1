package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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
	for _, duty := range got.Dropped {
		names = append(names, "dropped "+duty.Name)
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
	if got := rt.onCall(id, "2026-03-11T13:00:00+01:00"); got != "dropped Bob" { // who has no phone
		t.Errorf("a week later %q", got)
	}
	if got := rt.onCall(id, "2026-03-05T12:00:00Z"); got != "" {
		t.Errorf("on Thursday %q", got)
	}
	rt.send(http.MethodPut, "/v1/schedules/"+id, strings.Replace(body, "Primary", "Second", 1), "If-Match", `"1"`).is(http.StatusOK)
	rt.send(http.MethodPut, "/v1/schedules/x", body).is(http.StatusNotFound)
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
	if f := made.fields(); f["from"] != "2026-03-04T11:30:00Z" || fmt.Sprint(f["supersedes"]) != "[]" {
		t.Errorf("made %s", made.Body)
	}
	if f := rt.send(http.MethodGet, made.Header().Get("Location"), "").is(http.StatusOK).fields(); f["id"] != made.id() || f["user_id"] != second {
		t.Errorf("read %v", f)
	}
	rt.send(http.MethodPost, path, override).faults("body.user_id") // the same once more
	third := rt.send(http.MethodPost, path, `{"rotation": "weekly", "from": "2026-03-04T13:00:00Z", "to": "2026-03-04T15:00:00Z"}`).is(http.StatusCreated)
	if got := fmt.Sprint(third.fields()["supersedes"]); got != "["+made.id()+"]" {
		t.Errorf("supersedes %s", got)
	}
	rt.send(http.MethodDelete, third.Header().Get("Location"), "").is(http.StatusNoContent)
	if ids, _ := rt.send(http.MethodGet, path, "").is(http.StatusOK).items("id"); fmt.Sprint(ids) != "["+made.id()+"]" {
		t.Errorf("overrides %v", ids)
	}
	for query, want := range map[string]int{
		"from=2026-03-04T14:00:00Z": 0, "from=2026-03-04T13:59:00Z": 1, "to=2026-03-04T11:30:00Z": 0, "to=2026-03-04T11:31:00Z": 1,
	} {
		if ids, _ := rt.send(http.MethodGet, path+"?"+query, "").is(http.StatusOK).items("id"); len(ids) != want {
			t.Errorf("%s lists %d overrides", query, len(ids))
		}
	}
	rt.send(http.MethodGet, path+"?from=noon&cursor=x", "").faults("query.from")
	rt.send(http.MethodGet, path+"?cursor=forged", "").faults("query.cursor")
	if got := rt.onCall(id, ""); got != "dropped Bob" {
		t.Errorf("on call %q", got)
	}
	rt.send(http.MethodPost, path, `{"rotation": "daily", "seat": 0, "user_id": "x", "from": "2026-03-04T12:30:00Z", "to": "2026-03-04T12:00:00Z"}`).
		faults("body.rotation", "body.user_id", "body.to")
	rt.send(http.MethodPost, "/v1/schedules/x/overrides", override).is(http.StatusNotFound)
	rt.send(http.MethodDelete, made.Header().Get("Location"), "").is(http.StatusNoContent)
	rt.send(http.MethodDelete, made.Header().Get("Location"), "").is(http.StatusNotFound)
	rt.send(http.MethodGet, made.Header().Get("Location"), "").is(http.StatusNotFound)
	if got := rt.onCall(id, rt.now.Format(time.RFC3339)); got != "Alice" {
		t.Errorf("on call %q", got)
	}
}

func TestRESTScheduleIsRemovedOnlyWhenNoRouteNamesIt(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a := rt.user(alice)
	made := rt.send(http.MethodPost, "/v1/schedules", weekly(a, rt.user(bob))).is(http.StatusCreated)
	path := made.Header().Get("Location")
	rt.send(http.MethodPost, path+"/overrides", `{"rotation": "weekly", "from": "2026-03-04T13:00:00Z", "to": "2026-03-04T15:00:00Z"}`).is(http.StatusCreated)
	route := rt.send(http.MethodPost, "/v1/call-routes", fmt.Sprintf(`{"name": "Support", "levels": [
		{"targets": [{"type": "user", "user_id": %q}, {"type": "schedule", "schedule_id": %q}]}]}`, a, made.id())).is(http.StatusCreated)

	inUse := rt.send(http.MethodDelete, path, "").is(http.StatusConflict).problem().Detail
	if !strings.Contains(inUse, `Schedule "Primary" is in use by call route "Support"`) {
		t.Errorf("it says %q", inUse)
	}
	rt.send(http.MethodPut, route.Header().Get("Location"), ringing(a)).is(http.StatusOK)
	rt.send(http.MethodDelete, path, "", "If-Match", `"2"`).is(http.StatusPreconditionFailed)
	rt.send(http.MethodDelete, path, "", "If-Match", `"1"`).is(http.StatusNoContent)
	rt.send(http.MethodDelete, path, "").is(http.StatusNotFound)
	rt.send(http.MethodGet, path+"/overrides", "").is(http.StatusNotFound)
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

// A time that JSON cannot write would make everything unreadable that it is part of.
func TestRESTATimeThatCannotBeWrittenIsNotKept(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	const late = "9999-12-31T23:00:00-14:00"
	body := weekly(rt.user(alice), rt.user(bob))
	for _, field := range []string{"effective_from", "effective_until"} {
		rt.send(http.MethodPost, "/v1/schedules", strings.Replace(body, `"users"`, `"`+field+`": "`+late+`", "users"`, 1)).faults("body.rotations[0]." + field)
	}
	path := rt.send(http.MethodPost, "/v1/schedules", body).is(http.StatusCreated).Header().Get("Location")
	rt.send(http.MethodPost, path+"/overrides", `{"rotation": "weekly", "from": "9999-12-31T00:00:00Z", "to": "`+late+`"}`).faults("body.from")
}

func TestRESTAnEditNeverRewritesThePast(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, carol := rt.user(alice), rt.user(strings.NewReplacer("Alice", "Carol", "alice", "carol").Replace(alice))
	made := rt.send(http.MethodPost, "/v1/schedules", weekly(a, carol)).is(http.StatusCreated)
	path := made.Header().Get("Location")
	noon, before := "2026-03-04T12:00:00Z", "2026-03-04T11:59:59Z"

	changed := rt.send(http.MethodPut, path, weekly(carol, a)).is(http.StatusOK)
	if was, is := rt.onCall(made.id(), before), rt.onCall(made.id(), noon); was != "Alice" || is != "Carol" {
		t.Errorf("%q was on call until %q is", was, is)
	}
	if got := changed.fields()["rotations"].([]any); len(got) != 2 || got[1].(map[string]any)["effective_from"] != noon {
		t.Errorf("the reply shows %v", got)
	}

	rt.now = rt.now.Add(time.Hour)
	read := changed.fields()
	body, err := json.Marshal(map[string]any{"name": read["name"], "time_zone": read["time_zone"], "rotations": read["rotations"]})
	if err != nil {
		t.Fatal(err)
	}
	again := rt.send(http.MethodPut, path, string(body)).is(http.StatusOK)
	if got := again.fields()["rotations"]; fmt.Sprint(got) != fmt.Sprint(read["rotations"]) {
		t.Errorf("what was read is written back as %v", got)
	}

	rt.send(http.MethodPut, path, strings.ReplaceAll(weekly(a, carol), "weekly", "other")).is(http.StatusOK)
	if was, is := rt.onCall(made.id(), noon), rt.onCall(made.id(), "2026-03-04T13:00:00Z"); was != "Carol" || is != "Alice" {
		t.Errorf("%q was on call until %q is", was, is)
	}
}

// The past may name people who have gone since: whoever writes back what they have read is not refused.
func TestRESTAPastThatNamesSomebodyGoneCanBeWrittenBack(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, b := rt.user(alice), rt.user(bob)
	path := rt.send(http.MethodPost, "/v1/schedules", weekly(a, b)).is(http.StatusCreated).Header().Get("Location")
	only := strings.Replace(weekly(a, b), fmt.Sprintf("%q, %q", a, b), fmt.Sprintf("%q", a), 1)
	read := rt.send(http.MethodPut, path, only).is(http.StatusOK).fields()
	rt.now = rt.now.Add(time.Hour)
	if err := rt.store.DeleteUser(t.Context(), b, 0); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"name": "Renamed", "time_zone": read["time_zone"], "rotations": read["rotations"]})
	if err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodPut, path, string(body)).is(http.StatusOK)
	rt.send(http.MethodPost, "/v1/schedules", string(body)).faults("body.rotations[0].users[1]")
}

// Both edits are in the end: the second comes on top of the first, or the first on top of it.
func TestRESTTwoEditsAtOnceWithoutAVersion(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, b := rt.user(alice), rt.user(bob)
	path := rt.send(http.MethodPost, "/v1/schedules", weekly(a, b)).is(http.StatusCreated).Header().Get("Location")
	const edits = 8
	codes := make(chan int, edits)
	for range edits {
		go func() {
			r := httptest.NewRequest(http.MethodPut, path, strings.NewReader(weekly(b, a)))
			r.Header.Set("Authorization", "Bearer "+restKey)
			codes <- rt.raw(r).Code
		}()
	}
	for range edits {
		if code := <-codes; code != http.StatusOK {
			t.Errorf("status %d", code)
		}
	}
	if got := rt.send(http.MethodGet, path, "").fields()["version"]; got != 1.0+edits {
		t.Errorf("version %v", got)
	}
}
