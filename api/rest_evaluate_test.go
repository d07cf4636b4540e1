package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// evaluates asks what an alert would come to.
func (rt *restTest) evaluates(body string) (came evaluation) {
	rt.Helper()
	rt.send(http.MethodPost, "/v1/alert-routes/evaluate", body).is(http.StatusOK).into(&came)
	return came
}

// verdicts are the names of alert routes with what each makes of the alert.
func (e evaluation) verdicts() (lines []string) {
	for _, v := range e.AlertRoutes {
		line := v.AlertRoute + ": " + v.Why
		if v.Declares != nil {
			line += fmt.Sprintf(" -> %s %s %q", v.Declares.Status, v.Declares.Severity, v.Declares.Name)
		}
		if v.Joins != nil {
			line += " joins " + v.Joins.Label
		}
		lines = append(lines, line)
	}
	return lines
}

func (rt *restTest) says(got []string, want ...string) {
	rt.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		rt.Errorf("says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const abroad = `{"name": "Abroad", "position": 1, "later_too": true, "conditions": [{"attribute": "country", "operation": "equals", "value": "FR"}],
	"incident": {"start_in_triage": true, "severity": "major", "name": "{{caller}} from {{country}}"}}`

const grouped = `{"name": "Grouped", "position": 2, "incident": {"grouping": {"by": ["caller"], "window_seconds": 600}}}`

func TestRESTAnAlertIsEvaluatedWithoutBeingRaised(t *testing.T) {
	t.Parallel()
	client, _ := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	number := rt.creates("/v1/phone-numbers", supportLine)
	route := rt.creates("/v1/call-routes", `{"name": "Support", "phone_number_id": "`+number+`",
		"nobody": {"action": "voicemail"}, "allowlist": {"callers": [{"name": "Carol", "number": "+447700900123"}]}}`)
	rt.creates("/v1/alert-routes", abroad)
	rt.creates("/v1/alert-routes", grouped)
	rt.creates("/v1/alert-routes", `{"name": "Rest", "position": 3}`)
	rt.creates("/v1/alert-routes", `{"name": "Off", "enabled": false}`)
	rt.creates("/v1/receivers", aPagerDuty)
	rt.creates("/v1/receivers", strings.Replace(anAlertmanager, `{`, `{"conditions": [{"attribute": "caller_listed", "operation": "equals", "value": "false"}], `, 1))
	rt.creates("/v1/receivers", `{"name": "Hook", "enabled": false, "type": "webhook", "url": "https://hook.example.com"}`)

	came := rt.evaluates(`{"call_route_id": "` + route + `", "caller": "+447700900123", "country": "GB", "at": "2026-03-04T23:00:00+01:00"}`)
	rt.says(came.verdicts(),
		`Off: is switched off`,
		`Abroad: condition 1 does not hold: country is "FR", and it is "GB"`,
		`Grouped: it applies to every alert -> active minor "Call to Support"`,
		`Rest: alert route "Grouped" applies and is the last`)
	var told []string
	for _, r := range came.Receivers {
		told = append(told, fmt.Sprintf("%s: %v, %s", r.Name, r.Told, r.Why))
	}
	rt.says(told, "Operators: true, it is told of every alert",
		`Alerts: false, condition 1 does not hold: caller_listed is "false", and it is "true"`, "Hook: false, is switched off")
	sources, _ := rt.send(http.MethodGet, "/v1/alert-sources", "").is(http.StatusOK).items("id")
	for attribute, want := range map[models.Attribute]string{
		"title": "Call to Support", "call_route": route, "call_route_name": "Support", "number": "+12025550123", "caller": "+447700900123",
		"caller_name": "Carol", "caller_listed": "true", "country": "GB", "attestation": "", "time": "2026-03-04T22:00:00Z", "source": strings.Join(sources, " "),
	} {
		if got := came.Attributes[attribute]; got != want {
			t.Errorf("%s is %q, want %q", attribute, got, want)
		}
	}
	if came.Channel != models.ChannelInternal {
		t.Errorf("people would talk in %q", came.Channel)
	}

	came = rt.evaluates(`{"call_route_id": "` + route + `", "country": "FR", "number": "+12025550124", "caller_listed": true, "attestation": "TN-Validation-Passed-B"}`)
	rt.says(came.verdicts()[1:3],
		`Abroad: all its conditions hold -> triage major "unknown from FR"`, `Grouped: it applies to every alert -> active minor "Call to Support"`)
	if came.Attributes["number"] != "+12025550124" || came.Attributes["caller_listed"] != "true" || came.Attributes["caller"] != "" || came.Attributes["time"] != "2026-03-04T12:00:00Z" {
		t.Errorf("attributes %v", came.Attributes)
	}
	if title := rt.evaluates(`{}`).Attributes["title"]; title != "" {
		t.Errorf("without a call route the title is %q", title)
	}
	for _, list := range []string{"/v1/alerts", "/v1/incidents", "/v1/deliveries"} {
		if ids, _ := rt.send(http.MethodGet, list, "").is(http.StatusOK).items("id"); len(ids) > 0 {
			t.Errorf("%s holds %v", list, ids)
		}
	}
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTAnEvaluationNamesTheIncidentThatAnAlertJoins(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.creates("/v1/alert-routes", grouped)
	rt.raises("a1", 0, models.ChannelInternal)
	rt.raises("a2", 20, models.ChannelInternal) // too late to join the first
	rt.raises("a3", 20, models.ChannelInternal, func(r *models.Raised) { r.Caller = "+447700900124" })
	joins := func(body string) string {
		line := rt.evaluates(body).verdicts()[0]
		return line[strings.LastIndex(line, `"`)+1:]
	}
	for body, want := range map[string]string{
		`{"caller": "+447700900123", "at": "2026-03-04T12:29:59Z"}`: " joins INC-2",
		`{"caller": "+447700900123", "at": "2026-03-04T12:30:00Z"}`: "",
		`{"caller": "+447700900124", "at": "2026-03-04T12:21:00Z"}`: " joins INC-3",
		`{"caller": "+447700900125", "at": "2026-03-04T12:21:00Z"}`: "",
		`{"at": "2026-03-04T12:21:00Z"}`:                            "",
		`{"alert_id": "a3"}`:                                        " joins INC-3",
	} {
		if got := joins(body); got != want {
			t.Errorf("%s%s, want %q", body, got, want)
		}
	}
	second, err := rt.store.Alert(t.Context(), "a2")
	if err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodPost, "/v1/incidents/"+incident(second)+"/close", "").is(http.StatusOK)
	if got := joins(`{"caller": "+447700900123", "at": "2026-03-04T12:21:00Z"}`); got != "" {
		t.Errorf("a closed incident takes in an alert: %s", got)
	}
	if got := joins(`{"caller": "+447700900123", "at": "2026-03-04T12:05:00Z"}`); got != " joins INC-1" {
		t.Errorf("once the second is closed: %s", got)
	}
}

func TestRESTAnAlertRouteIsTriedBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	saved := rt.creates("/v1/alert-routes", grouped)
	rt.raises("a1", 0, models.ChannelInternal)

	rt.says(rt.evaluates(`{"alert_id": "a1", "alert_route": {"name": "New", "position": 1, "incident": {"name": "{{call_route_name}} at {{time}}"}}}`).verdicts(),
		`New: it applies to every alert -> active minor "Support at 2026-03-04T12:00:00Z"`, `Grouped: alert route "New" applies and is the last`)
	rt.says(rt.evaluates(`{"alert_id": "a1", "alert_route": {"name": "New", "position": 2}}`).verdicts(),
		`Grouped: it applies to every alert -> active minor "Call to Support" joins INC-1`, `New: alert route "Grouped" applies and is the last`)
	changed := strings.Replace(grouped, `{"name": "Grouped"`, `{"name": "Grouped well"`, 1)
	rt.says(rt.evaluates(`{"alert_id": "a1", "instead_of": "`+saved+`", "alert_route": `+changed+`}`).verdicts(),
		`Grouped well: it applies to every alert -> active minor "Call to Support" joins INC-1`)
	if names, _ := rt.send(http.MethodGet, "/v1/alert-routes", "").is(http.StatusOK).items("name"); fmt.Sprint(names) != "[Grouped]" {
		t.Errorf("trying one left %v", names)
	}
}

func TestRESTAnEvaluationHasFaults(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	evaluate := func(body string) reply { return rt.send(http.MethodPost, "/v1/alert-routes/evaluate", body) }
	evaluate(`{"call_route_id": "none", "number": "112", "caller": "Bob", "caller_listed": "yes", "instead_of": "none", "mood": "bad",
		"alert_route": {"position": -1, "conditions": [{"attribute": "caller", "operation": "matches", "value": "("}], "incident": {"name": "{{mood}}"}}}`).
		faults("body.call_route_id", "body.number", "body.caller", "body.caller_listed", "body.instead_of", "body.mood",
			"body.alert_route.name", "body.alert_route.position", "body.alert_route.conditions[0].value", "body.alert_route.incident.name")
	evaluate(`{"alert_id": "none", "call_route_id": "r", "number": "+12025550123", "caller": "+447700900123", "caller_listed": false, "country": "GB",
		"attestation": "A", "at": "2026-03-04T12:00:00Z"}`).
		faults("body.alert_id", "body.call_route_id", "body.number", "body.caller", "body.caller_listed", "body.country", "body.attestation", "body.at")
	evaluate(`{"instead_of": "none"}`).faults("body.instead_of")
	evaluate(`{"at": "now", "mood": "bad"}`).faults("body.at", "body.mood")
	evaluate(`[]`).faults("body")
	evaluate(`{`).is(http.StatusBadRequest)
}
