package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// handedOver hands duty over every day at 09:00, London time.
func handedOver(users ...string) string {
	return fmt.Sprintf(`{"name": "Primary", "time_zone": "Europe/London", "rotations": [{"name": "daily", "users": ["%s"],
		"handover": {"starts_at": "2026-03-02T09:00:00", "every": [{"unit": "days", "count": 1}]}}]}`, strings.Join(users, `", "`))
}

// lines tell the entries of a list: from, to, who, and why not.
func lines(t *testing.T, reply map[string]any, list string) (lines []string) {
	t.Helper()
	items, ok := reply[list].([]any)
	if !ok {
		t.Fatalf("%s is no list: %v", list, reply[list])
	}
	for _, item := range items {
		e := item.(map[string]any)
		line := fmt.Sprint(e["from"], " ", e["to"])
		for _, field := range []string{"schedule", "name", "reason"} {
			if e[field] != nil {
				line += fmt.Sprint(" ", e[field])
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func (rt *restTest) want(reply map[string]any, list string, want ...string) {
	rt.Helper()
	if diff := cmp.Diff(want, lines(rt.T, reply, list)); diff != "" {
		rt.Errorf("%s: %s", list, diff)
	}
}

func TestRESTEntriesTellWhoIsOnCallWithNames(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, b := rt.user(alice), rt.user(bob)
	path := rt.send(http.MethodPost, "/v1/schedules", handedOver(a, b)).is(http.StatusCreated).Header().Get("Location")
	override := rt.send(http.MethodPost, path+"/overrides",
		fmt.Sprintf(`{"rotation": "daily", "user_id": %q, "from": "2026-03-29T20:00:00Z", "to": "2026-03-29T21:00:00Z"}`, a)).is(http.StatusCreated).id()

	got := rt.send(http.MethodGet, path+"/entries?from=2026-03-28T13:00:00%2B01:00&to=2026-03-30T08:00:00Z", "").is(http.StatusOK).fields()
	rt.want(got, "scheduled",
		"2026-03-28T12:00:00Z 2026-03-29T08:00:00Z Alice", // the clocks go forward
		"2026-03-29T08:00:00Z 2026-03-30T08:00:00Z Bob")
	rt.want(got, "overrides", "2026-03-29T20:00:00Z 2026-03-29T21:00:00Z Alice")
	rt.want(got, "final",
		"2026-03-28T12:00:00Z 2026-03-29T08:00:00Z Alice",
		"2026-03-29T20:00:00Z 2026-03-29T21:00:00Z Alice")
	rt.want(got, "uncovered",
		"2026-03-29T08:00:00Z 2026-03-29T20:00:00Z Bob has no phone",
		"2026-03-29T21:00:00Z 2026-03-30T08:00:00Z Bob has no phone")
	if got["from"] != "2026-03-28T12:00:00Z" || got["to"] != "2026-03-30T08:00:00Z" {
		t.Errorf("of %v to %v", got["from"], got["to"])
	}
	if e := got["final"].([]any)[1].(map[string]any); e["override_id"] != override || e["user_id"] != a || e["rotation"] != "daily" || e["seat"] != 0.0 {
		t.Errorf("an entry is %v", e)
	}
}

func TestRESTEntriesAreOfTwoWeeksFromNow(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	path := rt.send(http.MethodPost, "/v1/schedules", handedOver(rt.user(alice))).is(http.StatusCreated).Header().Get("Location")
	for query, want := range map[string]string{
		"":                           "2026-03-04T12:00:00Z 2026-03-18T12:00:00Z",
		"?from=2026-03-20T00:00:00Z": "2026-03-20T00:00:00Z 2026-04-03T00:00:00Z",
		"?to=2026-03-05T00:00:00Z":   "2026-03-04T12:00:00Z 2026-03-05T00:00:00Z",
		"?from=2026-01-01T00:00:00Z&to=2027-01-02T00:00:00Z": "2026-01-01T00:00:00Z 2027-01-02T00:00:00Z",
	} {
		got := rt.send(http.MethodGet, path+"/entries"+query, "").is(http.StatusOK).fields()
		if of := fmt.Sprint(got["from"], " ", got["to"]); of != want {
			t.Errorf("%q is about %s", query, of)
		}
	}
	for query, fault := range map[string]string{
		"?from=noon":                        "query.from",
		"?to=2026-03-04T12:00:00Z":          "query.to",
		"?to=2027-03-05T12:00:01Z":          "query.to",
		"?from=9999-12-30T00:00:00Z":        "query.from",
		"?to=9999-12-30T00:00:00-14:00":     "query.to",
		"?from=0001-01-01T00:00:00%2B01:00": "query.from",
	} {
		rt.send(http.MethodGet, path+"/entries"+query, "").faults(fault)
	}
	rt.send(http.MethodGet, path+"/on-call?at=9999-12-31T23:59:59-14:00", "").faults("query.at")
	rt.send(http.MethodGet, "/v1/schedules/x/entries", "").is(http.StatusNotFound)
}

func TestRESTPreviewSavesNothing(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, b := rt.user(alice), rt.user(bob)
	const path = "/v1/schedules/preview?from=2026-03-04T00:00:00Z&to=2026-03-05T00:00:00Z"
	for range 2 {
		got := rt.send(http.MethodPost, path, handedOver(a, b)).is(http.StatusOK).fields()
		rt.want(got, "final", "2026-03-04T09:00:00Z 2026-03-05T00:00:00Z Alice")
		rt.want(got, "uncovered", "2026-03-04T00:00:00Z 2026-03-04T09:00:00Z Bob has no phone")
	}
	rt.send(http.MethodPost, path, `{"name": "", "time_zone": "Mars/Olympus", "rotations": [{"name": "weekly", "users": ["x"], "handover":
		{"starts_at": "2026-03-02T09:00:00", "every": []}}]}`).
		faults("body.name", "body.time_zone", "body.rotations[0].users[0]", "body.rotations[0].handover.every")
	rt.send(http.MethodPost, path+"T", handedOver(a)).faults("query.to")
	rt.send(http.MethodPost, "/v1/schedules/preview?to=2026-03-01T00:00:00Z", handedOver(a)).faults("query.to")
	if ids, _ := rt.send(http.MethodGet, "/v1/schedules", "").is(http.StatusOK).items("id"); len(ids) > 0 {
		t.Errorf("saved %v", ids)
	}
}

func TestRESTOnCallTellsWhoIsNextAndWhoIsDropped(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	path := rt.send(http.MethodPost, "/v1/schedules", handedOver(rt.user(alice), rt.user(bob))).is(http.StatusCreated).Header().Get("Location")
	names := func(reply map[string]any, list string) (told []string) {
		for _, item := range reply[list].([]any) {
			duty := item.(map[string]any)
			told = append(told, fmt.Sprint(duty["name"], " until ", duty["until"], " ", duty["reason"]))
		}
		return told
	}
	for at, want := range map[string]map[string][]string{
		"2026-03-04T12:00:00Z": {
			"on_call": {"Alice until 2026-03-05T09:00:00Z <nil>"}, "dropped": nil, "next": {"Bob until 2026-03-06T09:00:00Z has no phone"},
		},
		"2026-03-05T12:00:00Z": {
			"on_call": nil, "dropped": {"Bob until 2026-03-06T09:00:00Z has no phone"}, "next": {"Alice until 2026-03-07T09:00:00Z <nil>"},
		},
	} {
		got := rt.send(http.MethodGet, path+"/on-call?at="+at, "").is(http.StatusOK).fields()
		for list, want := range want {
			if diff := cmp.Diff(want, names(got, list)); diff != "" {
				t.Errorf("%s at %s: %s", list, at, diff)
			}
		}
	}
	rt.send(http.MethodGet, "/v1/schedules/x/on-call", "").is(http.StatusNotFound)
	rt.send(http.MethodPost, path+"/overrides", `{"rotation": "daily", "from": "2026-03-04T15:00:00Z", "to": "2026-03-04T16:00:00Z"}`).is(http.StatusCreated)
	for at, want := range map[string][]string{
		"2026-03-04T12:00:00Z": nil,
		"2026-03-04T15:30:00Z": {"2026-03-04T15:30:00Z 2026-03-04T16:00:00Z nobody, by an override"},
		"2026-03-05T12:00:00Z": {"2026-03-05T12:00:00Z 2026-03-06T09:00:00Z Bob has no phone"},
	} {
		rt.want(rt.send(http.MethodGet, path+"/on-call?at="+at, "").is(http.StatusOK).fields(), "uncovered", want...)
	}
}

func TestRESTShiftsOfAPersonAreOfAllSchedules(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, b := rt.user(alice), rt.user(bob)
	rt.send(http.MethodPost, "/v1/schedules", handedOver(a, b)).is(http.StatusCreated)
	rt.send(http.MethodPost, "/v1/schedules", strings.NewReplacer("Primary", "Escalation", "T09", "T10").Replace(handedOver(b, a))).is(http.StatusCreated)
	const window = "?from=2026-03-04T00:00:00Z&to=2026-03-06T00:00:00Z"
	got := rt.send(http.MethodGet, "/v1/users/"+a+"/on-call"+window, "").is(http.StatusOK).fields()
	rt.want(got, "shifts",
		"2026-03-04T00:00:00Z 2026-03-04T10:00:00Z Escalation",
		"2026-03-04T09:00:00Z 2026-03-05T09:00:00Z Primary",
		"2026-03-05T10:00:00Z 2026-03-06T00:00:00Z Escalation")
	got = rt.send(http.MethodGet, "/v1/users/"+b+"/on-call"+window, "").is(http.StatusOK).fields()
	rt.want(got, "shifts",
		"2026-03-04T00:00:00Z 2026-03-04T09:00:00Z Primary has no phone",
		"2026-03-04T10:00:00Z 2026-03-05T10:00:00Z Escalation has no phone",
		"2026-03-05T09:00:00Z 2026-03-06T00:00:00Z Primary has no phone")
	rt.send(http.MethodGet, "/v1/users/x/on-call", "").is(http.StatusNotFound)
	rt.send(http.MethodGet, "/v1/users/"+a+"/on-call?to=2026-03-04T12:00:00Z", "").faults("query.to")
}
