package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

func TestRESTUserLife(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	made := rt.send(http.MethodPost, "/v1/users", alice).is(http.StatusCreated)
	path := "/v1/users/" + made.id()
	if got := made.Header().Get("Location"); got != path {
		t.Errorf("Location %q, want %q", got, path)
	}
	read := rt.send(http.MethodGet, path, "").is(http.StatusOK)
	if read.Body.String() != made.Body.String() || read.Header().Get("ETag") != `"1"` {
		t.Errorf("read %s with ETag %s, made %s", read.Body, read.Header().Get("ETag"), made.Body)
	}
	if u := read.fields(); u["active"] != true || u["version"] != 1.0 || fmt.Sprint(u["phones"]) != "[map[label:mobile number:+12025550101]]" {
		t.Errorf("user %v", u)
	}
	changed := rt.send(http.MethodPut, path, strings.Replace(alice, `"Alice"`, `"Alice Adams", "active": false`, 1), "If-Match", `"1"`).is(http.StatusOK)
	if u := changed.fields(); u["name"] != "Alice Adams" || u["active"] != false || changed.Header().Get("ETag") != `"2"` || u["created_at"] != read.fields()["created_at"] {
		t.Errorf("changed user %v", u)
	}
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTIfMatchRefusesStaleChange(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	path := "/v1/users/" + rt.user(alice)
	for _, c := range []struct {
		tag    string
		status int
	}{
		{`"1"`, http.StatusOK},
		{`"1"`, http.StatusPreconditionFailed},
		{`"3"`, http.StatusPreconditionFailed},
		{`W/"2"`, http.StatusPreconditionFailed},
		{`2`, http.StatusPreconditionFailed},
		{`"0"`, http.StatusPreconditionFailed},
		{`"2"`, http.StatusOK},
		{`*`, http.StatusOK},
		{``, http.StatusOK},
	} {
		if got := rt.send(http.MethodPut, path, alice, "If-Match", c.tag); got.Code != c.status {
			t.Errorf("If-Match %s: %d, want %d: %s", c.tag, got.Code, c.status, got.Body)
		}
	}
}

func TestRESTUserFaultsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodPost, "/v1/users", `{"name": " ", "email": "nobody", "time_zone": "Mars/Olympus", "shoe_size": 45, "active": "yes",
		"phones": [{"label": "mobile", "number": "+12025550101"}, {"label": "", "number": "12025550102"}, {"label": "x", "number": 12025550103}]}`).
		faults("body.name", "body.email", "body.time_zone", "body.shoe_size", "body.active",
			"body.phones[1].label", "body.phones[1].number", "body.phones[2].number")
	rt.send(http.MethodPost, "/v1/users", `{}`).faults("body.name", "body.email", "body.time_zone")
	rt.send(http.MethodPost, "/v1/users", `{"name": "A", "email": "a@b", "time_zone": "UTC", "phones": null}`).faults("body.phones")
	rt.send(http.MethodPost, "/v1/users", `[]`).faults("body")
	rt.send(http.MethodPost, "/v1/users", `{"name": "+12025550101"`).is(http.StatusBadRequest)
	rt.send(http.MethodPost, "/v1/users", ``).is(http.StatusBadRequest)
	if ids, _ := rt.send(http.MethodGet, "/v1/users", "").is(http.StatusOK).items("id"); len(ids) > 0 {
		t.Errorf("made %v", ids)
	}
}

func TestRESTMissingAndTaken(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.user(alice)
	rt.send(http.MethodPost, "/v1/users", alice).is(http.StatusConflict)
	for _, path := range []string{"/v1/users/x", "/v1/schedules/x", "/v1/schedules/x/on-call", "/v1/schedules/x/overrides",
		"/v1/phone-numbers/x", "/v1/blocked-callers/x", "/v1/call-routes/x", "/v1/call-routes/x/plan", "/v1/calls/x", "/v1/users/%00"} {
		rt.send(http.MethodGet, path, "").is(http.StatusNotFound)
	}
	rt.send(http.MethodPut, "/v1/users/x", bob).is(http.StatusNotFound)
}

func TestRESTListsGoPageByPage(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	var made, met []string
	for i := range 5 {
		made = append(made, rt.user(fmt.Sprintf(`{"name": "P%d", "email": "p%d@example.com", "time_zone": "UTC"}`, i, i)))
	}
	path := "/v1/users?limit=2"
	for path != "" {
		page, next := rt.send(http.MethodGet, path, "").is(http.StatusOK).items("id")
		met = append(met, page...)
		path = ""
		if next != "" {
			path = "/v1/users?limit=2&cursor=" + next
		}
	}
	if !slices.Equal(made, met) {
		t.Errorf("met %v, made %v", met, made)
	}
	for _, list := range []string{"users", "schedules", "phone-numbers", "call-routes", "calls"} {
		rt.send(http.MethodGet, "/v1/"+list+"?cursor=forged", "").faults("query.cursor")
		rt.send(http.MethodGet, "/v1/"+list+"?limit=1000", "").faults("query.limit")
		rt.send(http.MethodGet, "/v1/"+list+"?colour=red", "").faults("query.colour")
	}
}

func TestRESTSavingAUserSettlesTheFaultsOfTheirPhones(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	at := rt.now.Add(-time.Hour)
	flag := func(number models.Phone) {
		t.Helper()
		if err := rt.store.FlagPhone(t.Context(), number, 21211, at); err != nil {
			t.Fatal(err)
		}
	}
	phones := func(r reply) string { return fmt.Sprint(r.fields()["phones"]) }
	const faulted = "[map[fault:map[code:21211 seen_at:2026-03-04T11:00:00Z] label:mobile number:+12025550101]]"
	const settled = "[map[label:mobile number:+12025550101]]"

	flag("+12025550101") // of somebody who had the phone before
	made := rt.send(http.MethodPost, "/v1/users", alice).is(http.StatusCreated)
	path := "/v1/users/" + made.id()
	if got := phones(rt.send(http.MethodGet, path, "").is(http.StatusOK)); got != settled {
		t.Errorf("as it was made: %s", got)
	}
	flag("+12025550101")
	flag("+12025550102")
	if got := phones(rt.send(http.MethodGet, path, "").is(http.StatusOK)); got != faulted {
		t.Errorf("refused by the carrier: %s", got)
	}
	rt.send(http.MethodPut, path, alice, "If-Match", `"7"`).is(http.StatusPreconditionFailed)
	if got := phones(rt.send(http.MethodGet, path, "").is(http.StatusOK)); got != faulted {
		t.Errorf("after a change that was refused: %s", got)
	}
	if got := phones(rt.send(http.MethodPut, path, alice).is(http.StatusOK)); got != settled {
		t.Errorf("as it was saved: %s", got)
	}
	if got := phones(rt.send(http.MethodGet, path, "").is(http.StatusOK)); got != settled {
		t.Errorf("somebody has looked: %s", got)
	}
	other := rt.user(strings.Replace(strings.Replace(bob, "Bob", "Carol", 1), "bob@", "carol@", 1))
	if _, err := rt.store.UpdateUser(t.Context(), models.User{
		ID: other, Name: "Carol", Phones: []models.UserPhone{{Label: "mobile", Number: "+12025550102"}},
	}, 0); err != nil {
		t.Fatal(err)
	}
	if got := phones(rt.send(http.MethodGet, "/v1/users/"+other, "").is(http.StatusOK)); !strings.Contains(got, "21211") {
		t.Errorf("the phone of somebody else: %s", got)
	}
}

// countOn makes a schedule and a route that count on a user.
func (rt *restTest) countOn(id string) {
	rt.Helper()
	rt.send(http.MethodPost, "/v1/schedules", fmt.Sprintf(`{"name": "Primary", "time_zone": "UTC", "rotations": [
		{"name": "weekly", "users": [%q], "handover": {"starts_at": "2026-03-02T09:00:00", "every": [{"unit": "weeks", "count": 1}]}}]}`, id)).is(http.StatusCreated)
	rt.send(http.MethodPost, "/v1/call-routes", fmt.Sprintf(`{"name": "Support", "levels": [{"targets": [{"type": "user", "user_id": %q}]}]}`, id)).is(http.StatusCreated)
}

func TestRESTAUserIsDeletedWhomNothingNames(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	path := "/v1/users/" + rt.user(alice)
	rt.send(http.MethodDelete, path, "", "If-Match", `"2"`).is(http.StatusPreconditionFailed)
	rt.send(http.MethodDelete, path, "", "If-Match", `"1"`).is(http.StatusNoContent)
	rt.send(http.MethodDelete, path, "").is(http.StatusNotFound)
	rt.send(http.MethodGet, path, "").is(http.StatusNotFound)

	id := rt.user(alice)
	rt.countOn(id)
	refused := rt.send(http.MethodDelete, "/v1/users/"+id, "").is(http.StatusConflict)
	const want = `User "Alice" is in use by call route "Support", schedule "Primary": change what uses it first.`
	if got := refused.problem().Detail; got != want {
		t.Errorf("detail %s", got)
	}
	rt.send(http.MethodGet, "/v1/users/"+id, "").is(http.StatusOK)
}

func TestRESTSavingAUserTellsWhatMissesThem(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	id := rt.user(alice)
	rt.countOn(id)
	for _, c := range []struct {
		name, user string
		want       []string
	}{
		{"as they were", alice, nil},
		{"deactivated", strings.Replace(alice, `"Alice"`, `"Alice", "active": false`, 1), []string{
			`Level 1 of call route "Support" passes over Alice, who is deactivated.`,
			`There are shifts in schedule "Primary" of Alice, who is deactivated.`,
		}},
		{"without a licence", strings.Replace(alice, `"on_call_licence": true`, `"on_call_licence": false`, 1), []string{
			`Level 1 of call route "Support" passes over Alice, who has no on-call licence.`,
			`There are shifts in schedule "Primary" of Alice, who has no on-call licence.`,
		}},
	} {
		var saved struct{ Warnings []models.Warning }
		rt.send(http.MethodPut, "/v1/users/"+id, c.user).is(http.StatusOK).into(&saved)
		var got []string
		for _, warning := range saved.Warnings {
			got = append(got, warning.Message)
		}
		if saved.Warnings == nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
