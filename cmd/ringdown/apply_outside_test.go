package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/models"
)

// pagerDuty has one schedule, P1, with Alice on call.
type pagerDuty struct{ away atomic.Bool }

func (p *pagerDuty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case p.away.Load():
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.URL.Path == "/schedules/P1":
		fmt.Fprint(w, `{"schedule": {"id": "P1"}}`)
	case r.URL.Path == "/oncalls":
		fmt.Fprint(w, `{"oncalls": [{"user": {"id": "PA", "name": "Al", "email": "al@example.net"}, "schedule": {"id": "P1"},
			"start": "2026-03-04T08:00:00Z", "end": "2099-03-04T18:00:00Z"}], "more": false}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error": {"message": "Schedule Not Found", "code": 2100}}`)
	}
}

func newAppliedWithPagerDuty(t *testing.T) (*applied, *pagerDuty) {
	t.Helper()
	p := &pagerDuty{}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	services, err := outside.New(outside.Config{PagerDutyKey: "k", PagerDutyURL: server.URL})
	require.NoError(t, err)
	return newAppliedBeside(t, services), p
}

const theirs = `
outside_schedules:
  - name: Platform
    provider: pagerduty
    reference: P1
    people:
      - {outside: al@example.net, user: alice@example.com}
`

const toTheirs = `
call_routes:
  - name: Platform
    levels: [{targets: [{schedule: Platform}]}]
`

func TestAnOutsideScheduleIsAppliedWithTheRouteThatNamesIt(t *testing.T) {
	a, _ := newAppliedWithPagerDuty(t)
	text := toTheirs + theirs + team
	code, told, complained := a.run("apply", "-f", a.file(text))
	require.Equal(t, 3, code, complained)
	require.Contains(t, told, "+ outside schedule Platform\n    name: Platform\n    provider: pagerduty\n    reference: P1\n    people:\n"+
		"      - outside: al@example.net\n        user: alice@example.com\n+ call route Platform\n")

	told = a.apply(text)
	require.Contains(t, told, "done: create user bob@example.com\ndone: create outside schedule Platform\ndone: create call route Platform\n")
	require.NotContains(t, told, "is never rung", "Alice is on call there")
	require.Contains(t, a.apply(text), "0 to create, 0 to change, 0 to remove, 4 as they should be\n")

	exported := a.export()
	require.Contains(t, exported, "\noutside_schedules:\n  - name: Platform\n    provider: pagerduty\n    reference: P1\n    people:\n"+
		"      - outside: al@example.net\n        user: alice@example.com\n")
	require.Contains(t, a.apply(exported, "--prune"), "0 to create, 0 to change, 0 to remove, 4 as they should be\n")
	elsewhere, _ := newAppliedWithPagerDuty(t)
	elsewhere.apply(exported)
	require.Equal(t, exported, elsewhere.export())

	told = a.apply(strings.Replace(text, "user: alice@", "user: bob@", 1))
	require.Contains(t, told, "    people[al@example.net].user: alice@example.com → bob@example.com\n")
	require.Contains(t, told, "done: change outside schedule Platform\n")

	told = a.apply("users: []\noutside_schedules: []\ncall_routes: []\n", "--prune")
	require.Contains(t, told, "done: remove call route Platform\ndone: remove outside schedule Platform\ndone: remove user alice@example.com\n")
	require.NotContains(t, a.export(), "name:")
}

func TestWhatAProviderRefusesIsPutOnItsLine(t *testing.T) {
	a, pagerDuty := newAppliedWithPagerDuty(t)
	path := a.file(strings.Replace(theirs, "P1", "P2", 1) + team + toTheirs)
	code, _, complained := a.run("apply", "--yes", "-f", path)
	require.Equal(t, 1, code)
	require.Contains(t, complained, path+":5:16: outside schedule Platform: reference: PagerDuty knows no such schedule")
	require.Contains(t, complained, "\nnot done: create outside schedule Platform, create call route Platform\n")

	pagerDuty.away.Store(true)
	code, _, complained = a.run("apply", "--yes", "-f", a.file(theirs+team+toTheirs))
	require.Equal(t, 1, code)
	require.Contains(t, complained, "outside schedule Platform: PagerDuty answers with status 503. Nothing was saved; try again in a moment.\nnothing was done before\n")
	pagerDuty.away.Store(false)
	require.Contains(t, a.apply(theirs+team+toTheirs), "2 to create, 0 to change, 0 to remove, 2 as they should be\n")

	nobody := strings.Replace(theirs, "al@example.net", "zed@example.net", 1) + team
	path = a.file(nobody + strings.Replace(toTheirs, "name: Platform", "name: Nobody", 1))
	code, told, complained := a.run("apply", "--yes", "-f", path)
	require.Equal(t, 1, code)
	require.Contains(t, told, "done: change outside schedule Platform\n")
	require.Contains(t, complained, path+":15:5: call route Nobody: levels: can reach nobody", "who is on call there the API alone sees")
}

func TestAScheduleAndAnOutsideScheduleOfOneNameAreTold(t *testing.T) {
	a, _ := newAppliedWithPagerDuty(t)
	a.apply(team + weekly + support)
	path := a.file(strings.Replace(theirs, "Platform", "Primary", 1))
	code, told, complained := a.run("apply", "--yes", "-f", path)
	require.Equal(t, 1, code)
	require.Empty(t, told)
	require.Contains(t, complained, path+":3:11: outside schedule Primary: name: the schedule Primary has this name too")

	a.apply(theirs)
	outsides, _, err := a.store.OutsideSchedules(t.Context(), storePage)
	require.NoError(t, err)
	outsides[0].Name = "Primary"
	_, err = a.store.UpdateOutsideSchedule(t.Context(), outsides[0], 0)
	require.ErrorIs(t, err, models.ErrTaken)
}
