package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

const atNight = `{"name": "At night", "enabled": false, "position": 3, "later_too": true,
	"conditions": [{"attribute": "country", "operation": "one_of", "values": ["GB", "IE"]},
		{"attribute": "caller_listed", "operation": "equals", "value": "true", "not": true},
		{"attribute": "time", "operation": "within", "time_zone": "Europe/London", "hours": [{"weekday": "monday", "from": "22:00", "to": "24:00"}]}],
	"incident": {"declare": true, "start_in_triage": true, "severity": "critical", "name": "{{caller}} calls {{call_route_name}}",
		"summary": "At {{time}}", "decline_triage_when_resolved": true, "grouping": {"by": ["caller", "call_route"], "window_seconds": 600}}}`

func TestRESTAlertRouteLife(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	made := rt.send(http.MethodPost, "/v1/alert-routes", everything).is(http.StatusCreated)
	path := made.Header().Get("Location")
	if path != "/v1/alert-routes/"+made.id() || made.Header().Get("ETag") != `"1"` || fmt.Sprint(made.fields()["warnings"]) != "[]" {
		t.Errorf("made %s at %s", made.Body, path)
	}
	got := rt.send(http.MethodGet, path, "").is(http.StatusOK).fields()
	for field, want := range map[string]any{
		"enabled": true, "position": 0.0, "conditions": []any{}, "later_too": false,
		"incident": map[string]any{
			"declare": true, "start_in_triage": false, "severity": "minor", "name": "{{title}}", "summary": "",
			"decline_triage_when_resolved": false, "grouping": map[string]any{"by": []any{}, "window_seconds": 3600.0},
		},
	} {
		if fmt.Sprint(got[field]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}

	changed := rt.send(http.MethodPut, path, atNight, "If-Match", `"1"`).is(http.StatusOK)
	for _, want := range []string{
		`{"attribute":"country","operation":"one_of","values":["GB","IE"]}`, `{"attribute":"caller_listed","operation":"equals","not":true,"value":"true"}`,
		`"hours":[{"weekday":"monday","from":"22:00","to":"24:00"}]`, `"grouping":{"by":["caller","call_route"],"window_seconds":600}`,
		`"severity":"critical"`, `"name":"{{caller}} calls {{call_route_name}}"`, `"later_too":true`, `"enabled":false`, `"position":3`,
	} {
		if !strings.Contains(changed.Body.String(), want) {
			t.Errorf("%s lacks %s", changed.Body, want)
		}
	}
	rt.send(http.MethodPut, path, atNight, "If-Match", `"1"`).is(http.StatusPreconditionFailed)
	rt.send(http.MethodPost, "/v1/alert-routes", atNight).is(http.StatusConflict)
	if names, next := rt.send(http.MethodGet, "/v1/alert-routes", "").is(http.StatusOK).items("name"); fmt.Sprint(names) != "[At night]" || next != "" {
		t.Errorf("listed %v", names)
	}
	rt.send(http.MethodDelete, path, "", "If-Match", `"1"`).is(http.StatusPreconditionFailed)
	rt.send(http.MethodDelete, path, "", "If-Match", `"2"`).is(http.StatusNoContent)
	rt.send(http.MethodGet, path, "").is(http.StatusNotFound)
	rt.send(http.MethodPut, path, atNight).is(http.StatusNotFound)
	rt.send(http.MethodDelete, path, "").is(http.StatusNotFound)
	if changes, _ := rt.send(http.MethodGet, "/v1/audit?noun=alert+route", "").is(http.StatusOK).items("action"); strings.Join(changes, " ") != "delete update create" {
		t.Errorf("audited %v", changes)
	}
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTAnAlertRouteThatDeclinesWarns(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	warnings := func(r reply) []string {
		var saved savedAlertRoute
		r.into(&saved)
		return saved.Warnings
	}
	made := rt.send(http.MethodPost, "/v1/alert-routes", atNight).is(http.StatusCreated)
	if got := warnings(made); !slices.Equal(got, []string{models.DeclineWarning}) {
		t.Errorf("warns of %q when it is made", got)
	}
	path := made.Header().Get("Location")
	if got := warnings(rt.send(http.MethodPut, path, atNight).is(http.StatusOK)); !slices.Equal(got, []string{models.DeclineWarning}) {
		t.Errorf("warns of %q when it is changed", got)
	}
	if got := warnings(rt.send(http.MethodPut, path, everything).is(http.StatusOK)); len(got) > 0 {
		t.Errorf("warns of %q when it declines no more", got)
	}
	if got := rt.send(http.MethodGet, path, "").is(http.StatusOK).fields()["warnings"]; got != nil {
		t.Errorf("shown with warnings %v", got)
	}
}

func TestRESTAlertRouteFaultsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodPost, "/v1/alert-routes", `{"name": "", "position": -1, "enabled": "yes", "order": 1,
		"conditions": [{"attribute": "mood", "operation": "equals", "value": "bad"}, {"attribute": "caller", "operation": "matches", "value": "("},
			{"attribute": "time", "operation": "within", "time_zone": "Mars", "hours": [{"weekday": "monday", "from": "09:00", "to": "08:00"}]},
			{"attribute": "caller", "operation": "within"}, {"attribute": "country", "operation": "one_of"}, {"operation": "contains", "value": ""}],
		"incident": {"severity": "awful", "name": "{{mood}}", "summary": "{{", "grouping": {"by": ["caller", "time", "caller"], "window_seconds": 5}}}`).
		faults("body.name", "body.position", "body.enabled", "body.order", "body.conditions[0].attribute", "body.conditions[1].value",
			"body.conditions[2].time_zone", "body.conditions[2].hours[0].to", "body.conditions[3].operation", "body.conditions[3].time_zone",
			"body.conditions[3].hours", "body.conditions[4].values", "body.conditions[5].attribute", "body.conditions[5].value",
			"body.incident.severity", "body.incident.name", "body.incident.summary", "body.incident.grouping.by[1]",
			"body.incident.grouping.by[2]", "body.incident.grouping.window_seconds")
	rt.send(http.MethodPost, "/v1/alert-routes", `{"name": "A", "incident": {"name": "  "}}`).faults("body.incident.name")
	rt.send(http.MethodPost, "/v1/alert-routes", `{"name": "A", "incident": {"name": "", "severity": ""}}`).faults("body.incident.name", "body.incident.severity")
	rt.send(http.MethodPost, "/v1/alert-routes/evaluate", `{"alert_route": {"name": "A", "incident": {"name": ""}}}`).faults("body.alert_route.incident.name")
	rt.send(http.MethodPost, "/v1/alert-routes", `{"name": "A", "incident": null, "conditions": null}`).faults("body.incident", "body.conditions")
	rt.send(http.MethodPost, "/v1/alert-routes", `{}`).faults("body.name")
	rt.send(http.MethodGet, "/v1/alert-routes?cursor=forged", "").faults("query.cursor")
}
