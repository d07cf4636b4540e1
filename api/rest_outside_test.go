package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/models"
)

// elsewhere is PagerDuty with one schedule, P1: Alice is on call until six, and somebody who is no
// user of ours beside her.
type elsewhere struct{ status atomic.Int64 } // of each answer; 0: as it should be

func (e *elsewhere) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := int(e.status.Load())
	switch {
	case status != 0:
		w.WriteHeader(status)
	case r.URL.Path == "/schedules/P1":
		fmt.Fprint(w, `{"schedule": {"id": "P1"}}`)
	case r.URL.Path == "/oncalls":
		fmt.Fprint(w, `{"oncalls": [
			{"user": {"id": "PA", "name": "Al", "email": "al@elsewhere.example"}, "schedule": {"id": "P1"}, "start": "2026-03-04T08:00:00Z", "end": "2026-03-04T18:00:00Z"},
			{"user": {"id": "PZ", "name": "Zed", "email": "zed@example.com"}, "schedule": {"id": "P1"}, "start": "2026-03-04T08:00:00Z", "end": "2026-03-04T18:00:00Z"}],
			"more": false}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error": {"message": "Schedule Not Found", "code": 2100}}`)
	}
}

func newRESTElsewhere(t *testing.T) (*restTest, *elsewhere) {
	t.Helper()
	e := &elsewhere{}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	services, err := outside.New(outside.Config{PagerDutyKey: "k", PagerDutyURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return newRESTBeside(t, nil, services), e
}

func aPlatform(userID string) string {
	return fmt.Sprintf(`{"name": "Platform", "provider": "pagerduty", "reference": "P1", "people": [{"outside": "PA", "user_id": %q}]}`, userID)
}

func TestRESTOutsideScheduleLife(t *testing.T) {
	t.Parallel()
	rt, away := newRESTElsewhere(t)
	user := rt.user(alice)
	made := rt.send(http.MethodPost, "/v1/outside-schedules", aPlatform(user)).is(http.StatusCreated)
	path := "/v1/outside-schedules/" + made.id()
	rt.send(http.MethodPost, "/v1/outside-schedules", aPlatform(user)).is(http.StatusConflict)

	rt.now = rt.now.Add(90 * time.Second)
	var read outsideSchedule
	rt.send(http.MethodGet, path, "").is(http.StatusOK).into(&read)
	if read.AgeSeconds == nil || *read.AgeSeconds != 90 || read.LastError != "" || strings.Join(read.Unmatched, " ") != "zed@example.com" || len(read.OnCall) != 2 ||
		read.OnCall[0].Name != "Alice" || read.OnCall[0].Reason != "" || read.OnCall[1].Reason != "zed@example.com is no user here" {
		t.Errorf("%+v", read)
	}
	if names, _ := rt.send(http.MethodGet, "/v1/outside-schedules", "").is(http.StatusOK).items("name"); strings.Join(names, " ") != "Platform" {
		t.Errorf("listed %v", names)
	}

	route := rt.send(http.MethodPost, "/v1/call-routes", fmt.Sprintf(
		`{"name": "Support", "levels": [{"targets": [{"type": "schedule", "schedule_id": %q}]}]}`, made.id())).is(http.StatusCreated)
	if !strings.Contains(route.Body.String(), "zed@example.com is never rung for Platform") {
		t.Errorf("no warning of whom nobody knows: %s", route.Body)
	}
	plan := rt.send(http.MethodGet, "/v1/call-routes/"+route.id()+"/plan", "").is(http.StatusOK)
	if !strings.Contains(plan.Body.String(), "Platform of PagerDuty: on call until 2026-03-04T18:00:00Z") {
		t.Errorf("the plan rings others: %s", plan.Body)
	}
	if p := rt.send(http.MethodDelete, path, "").is(http.StatusConflict).problem(); !strings.Contains(p.Detail, `call route "Support"`) {
		t.Errorf("%+v", p)
	}

	away.status.Store(http.StatusInternalServerError)
	renamed := strings.Replace(aPlatform(user), `"Platform"`, `"Platform team"`, 1)
	rt.send(http.MethodPut, path, renamed, "If-Match", `"1"`).is(http.StatusOK).into(&read)
	if read.Name != "Platform team" || read.LastError != "PagerDuty answers with status 500" || len(read.OnCall) != 2 || *read.AgeSeconds != 90 {
		t.Errorf("renamed while the provider is away: %+v", read)
	}
	rt.send(http.MethodPut, path, renamed, "If-Match", `"1"`).is(http.StatusPreconditionFailed)
	another := strings.Replace(renamed, `"P1"`, `"P2"`, 1)
	rt.send(http.MethodPut, path, another).is(http.StatusBadGateway)
	rt.log.Reset() // which said so, as of anything that breaks
	away.status.Store(0)
	rt.send(http.MethodPut, path, another).faults("body.reference")
	rt.send(http.MethodPut, path, renamed, "If-Match", `"2"`).is(http.StatusOK).into(&read)
	if read.LastError != "" || *read.AgeSeconds != 0 {
		t.Errorf("read again: %+v", read)
	}

	rt.send(http.MethodDelete, "/v1/call-routes/"+route.id(), "").is(http.StatusNoContent)
	rt.send(http.MethodDelete, path, "", "If-Match", `"1"`).is(http.StatusPreconditionFailed)
	rt.send(http.MethodDelete, path, "", "If-Match", `"3"`).is(http.StatusNoContent)
	rt.send(http.MethodGet, path, "").is(http.StatusNotFound)
	rt.send(http.MethodPut, path, renamed).is(http.StatusNotFound)
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTAnOutsideScheduleIsRefusedInPlainWords(t *testing.T) {
	t.Parallel()
	rt, away := newRESTElsewhere(t)
	user := rt.user(alice)
	saying := func(body, place, words string) {
		t.Helper()
		reply := rt.send(http.MethodPost, "/v1/outside-schedules", body)
		reply.faults(place)
		if got := reply.problem().Errors[0].Message; got != words {
			t.Errorf("%q, want %q", got, words)
		}
	}
	saying(strings.Replace(aPlatform(user), `"P1"`, `"P2"`, 1), "body.reference", "PagerDuty knows no such schedule (it says: Schedule Not Found)")
	saying(strings.Replace(aPlatform(user), "pagerduty", "incident_io", 1), "body.provider", "incident.io cannot be asked: set INCIDENT_IO_API_KEY")
	saying(aPlatform("nobody"), "body.people[0].user_id", "is no user")
	rt.send(http.MethodPost, "/v1/outside-schedules", `{"provider": "opsgenie", "people": [{"outside": "x"}]}`).
		faults("body.name", "body.provider", "body.reference", "body.people[0].user_id")
	away.status.Store(http.StatusUnauthorized)
	saying(aPlatform(user), "body.provider", "PagerDuty does not let our key read the schedule")
	away.status.Store(http.StatusTooManyRequests)
	if p := rt.send(http.MethodPost, "/v1/outside-schedules", aPlatform(user)).is(http.StatusBadGateway).problem(); p.Detail != "PagerDuty asks us to wait. Nothing was saved; try again in a moment." {
		t.Errorf("%+v", p)
	}
	if ids, _ := rt.send(http.MethodGet, "/v1/outside-schedules", "").is(http.StatusOK).items("id"); len(ids) > 0 {
		t.Errorf("saved all the same: %v", ids)
	}
}

func TestRESTAnOutsideScheduleTellsWhoIsOnCallAsFarAsItIsKnown(t *testing.T) {
	t.Parallel()
	rt, _ := newRESTElsewhere(t)
	user := rt.user(alice)
	path := "/v1/outside-schedules/" + rt.send(http.MethodPost, "/v1/outside-schedules", aPlatform(user)).is(http.StatusCreated).id()
	got := rt.send(http.MethodGet, path+"/entries?from=2026-03-03T12:00:00Z&to=2026-03-14T12:00:00Z", "").is(http.StatusOK).fields()
	rt.want(got, "scheduled", "2026-03-04T08:00:00Z 2026-03-04T18:00:00Z Alice")
	rt.want(got, "overrides")
	rt.want(got, "final", "2026-03-04T08:00:00Z 2026-03-04T18:00:00Z Alice")
	rt.want(got, "uncovered",
		"2026-03-03T12:00:00Z 2026-03-04T08:00:00Z no longer known",
		"2026-03-04T08:00:00Z 2026-03-04T18:00:00Z zed@example.com is no user here",
		"2026-03-04T18:00:00Z 2026-03-12T12:00:00Z nobody is named",
		"2026-03-12T12:00:00Z 2026-03-14T12:00:00Z not known yet")
	rt.send(http.MethodGet, path+"/entries?to=2026-03-01T00:00:00Z", "").faults("query.to")
	rt.send(http.MethodGet, path+"/on-call?at=noon", "").faults("query.at")
	for at, want := range map[string]struct {
		onCall    string
		uncovered []string
	}{
		"":                         {"Alice", []string{"2026-03-04T12:00:00Z 2026-03-04T18:00:00Z zed@example.com is no user here"}},
		"?at=2026-03-04T18:00:00Z": {"", []string{"2026-03-04T18:00:00Z 2026-03-12T12:00:00Z nobody is named"}},
		"?at=2026-03-20T18:00:00Z": {"", []string{"2026-03-20T18:00:00Z 2026-04-03T18:00:00Z not known yet"}},
	} {
		reply := rt.send(http.MethodGet, path+"/on-call"+at, "").is(http.StatusOK)
		var on onCall
		reply.into(&on)
		if len(on.OnCall) > 1 || len(on.OnCall) == 1 && on.OnCall[0].Name != want.onCall || len(on.OnCall) == 0 && want.onCall != "" || len(on.Dropped) > 0 {
			t.Errorf("at %q: %s", at, reply.Body)
		}
		rt.want(reply.fields(), "uncovered", want.uncovered...)
	}

	rt.send(http.MethodPut, "/v1/users/"+user, strings.Replace(alice, `"Alice"`, `"Alice", "active": false`, 1)).is(http.StatusOK)
	var on onCall
	rt.send(http.MethodGet, path+"/on-call", "").is(http.StatusOK).into(&on)
	if len(on.OnCall) > 0 || len(on.Dropped) != 1 || on.Dropped[0].Reason != "is deactivated" || len(on.Uncovered) != 2 {
		t.Errorf("of somebody who is deactivated: %+v", on)
	}
	ours := rt.send(http.MethodPost, "/v1/schedules", handedOver(user)).is(http.StatusCreated).id()
	for _, id := range []string{ours, "x", "%00"} {
		rt.send(http.MethodGet, "/v1/outside-schedules/"+id+"/on-call", "").is(http.StatusNotFound)
		rt.send(http.MethodGet, "/v1/outside-schedules/"+id+"/entries", "").is(http.StatusNotFound)
	}
	rt.send(http.MethodGet, strings.Replace(path, "outside-", "", 1)+"/on-call", "").is(http.StatusNotFound)
}

func TestRESTAUserOfAnOutsideScheduleStays(t *testing.T) {
	t.Parallel()
	rt, _ := newRESTElsewhere(t)
	user := rt.user(alice)
	made := rt.send(http.MethodPost, "/v1/outside-schedules", aPlatform(user)).is(http.StatusCreated)
	refused := rt.send(http.MethodDelete, "/v1/users/"+user, "").is(http.StatusConflict)
	const want = `User "Alice" is in use by outside schedule "Platform": change what uses it first.`
	if got := refused.problem().Detail; got != want {
		t.Errorf("detail %s", got)
	}
	rt.send(http.MethodPut, "/v1/outside-schedules/"+made.id(), `{"name": "Platform", "provider": "pagerduty", "reference": "P1"}`).is(http.StatusOK)
	rt.send(http.MethodDelete, "/v1/users/"+user, "").is(http.StatusNoContent)
}

func TestTheLastGoodCopyOfARouteHoldsThoseOfOutsideSchedules(t *testing.T) {
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	kept := models.OutsideCopy{Entries: []models.Entry{{From: at, To: at.Add(time.Hour), UserID: "alice"}}}
	files := &copyFiles{folder: t.TempDir(), log: slog.New(slog.DiscardHandler), kept: map[models.Phone]keptCopy{}}
	files.keep(routeCopy{"+12025550110", models.Route{ID: "r"}, models.Directory{Schedules: map[string]models.Schedule{
		"theirs": {ID: "theirs", TimeZone: "UTC", Outside: &kept}, "ours": {ID: "ours", TimeZone: "UTC"},
	}}, at})
	got, ok := files.last("+12025550110")
	if on := got.directory.Schedules["theirs"].OnCall(at); !ok || len(on) != 1 || on[0].UserID != "alice" || got.directory.Schedules["ours"].Outside != nil {
		t.Errorf("%+v, %v", got, ok)
	}
}
