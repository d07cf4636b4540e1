package api

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func ringing(users ...string) string {
	targets := make([]string, len(users))
	for i, user := range users {
		targets[i] = fmt.Sprintf(`{"type": "user", "user_id": %q}`, user)
	}
	return `{"name": "Support", "levels": [{"targets": [` + strings.Join(targets, ", ") + `]}]}`
}

func TestRESTRouteLife(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	user := rt.user(alice)
	made := rt.send(http.MethodPost, "/v1/call-routes", ringing(user)).is(http.StatusCreated)
	path := made.Header().Get("Location")
	got := rt.send(http.MethodGet, path, "").is(http.StatusOK).fields()
	for field, want := range map[string]any{
		"enabled": true, "language": "en-GB", "ring_seconds": 30.0, "max_wait_seconds": 900.0,
		"responder_caller_id": "route_number", "emergency_number": "",
		"accept":    map[string]any{"required": true, "key": "1", "prompt": ""},
		"allowlist": map[string]any{"enabled": false, "callers": []any{}, "refusal": ""},
		"limits":    map[string]any{"per_caller_per_minute": 10.0, "live_calls": 100.0},
	} {
		if fmt.Sprint(got[field]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	full := `{"name": "Support", "enabled": false, "language": "de-DE", "voice": "Polly.Vicki-Neural", "greeting": "Guten Tag",
		"hold": {"audio": "ringback"}, "allowlist": {"enabled": true, "callers": [{"name": "Carol", "number": "+447700900123"}], "refusal": "No"},
		"keypress": {"enabled": true, "key": "5", "prompt": "Press five"},
		"levels": [{"strategy": "one_by_one", "targets": [{"type": "user", "user_id": "` + user + `"}]}], "ring_seconds": 20, "ring_again": true,
		"accept": {"required": false, "key": "3", "prompt": "Press three"}, "nobody": {"action": "message", "message": "Sorry"},
		"emergency_number": "+12025550199", "max_wait_seconds": 600, "limits": {"per_caller_per_minute": 3, "live_calls": 7},
		"require_attestation": true, "responder_caller_id": "route_number"}`
	changed := rt.send(http.MethodPut, path, full, "If-Match", made.Header().Get("ETag")).is(http.StatusOK)
	for _, want := range []string{`"allowlist":{"enabled":true,"callers":[{"name":"Carol","number":"+447700900123"}],"refusal":"No"}`,
		`"accept":{"required":false,"key":"3","prompt":"Press three"}`, `"require_attestation":true`, `"emergency_number":"+12025550199"`} {
		if !strings.Contains(changed.Body.String(), want) {
			t.Errorf("%s lacks %s", changed.Body, want)
		}
	}
	rt.send(http.MethodPut, path, full, "If-Match", made.Header().Get("ETag")).is(http.StatusPreconditionFailed)
	rt.send(http.MethodPost, "/v1/call-routes", full).is(http.StatusConflict)
	if names, _ := rt.send(http.MethodGet, "/v1/call-routes", "").is(http.StatusOK).items("name"); fmt.Sprint(names) != "[Support]" {
		t.Errorf("listed %v", names)
	}
}

func TestRESTRouteFaultsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	user := rt.user(alice)
	rt.send(http.MethodPost, "/v1/call-routes", `{"name": "", "language": "tlh", "ring_seconds": 5, "max_wait_seconds": "long", "phone_number_id": "x",
		"keypress": {"key": "12"}, "accept": {"key": "9"}, "emergency_number": "112", "levels": [{"targets": [{"type": "user", "user_id": "x"},
		{"type": "user", "user_id": "`+user+`"}, {"type": "pager"}, {"type": "schedule", "schedule_id": "y", "mode": "sometimes"}]}, {}],
		"allowlist": {"enabled": true, "callers": [{"number": "+12025550101"}, {"number": "+12025550101"}]}, "hold": null}`).
		faults("body.name", "body.language", "body.ring_seconds", "body.max_wait_seconds", "body.phone_number_id", "body.keypress.key",
			"body.accept.key", "body.emergency_number", "body.levels[0].targets[0].user_id", "body.levels[0].targets[2].type",
			"body.levels[0].targets[3].schedule_id", "body.levels[0].targets[3].mode", "body.levels[1].targets",
			"body.allowlist.callers[1].number", "body.hold")
	rt.send(http.MethodPost, "/v1/call-routes", ringing(rt.user(bob))).faults("body.levels")
}

func TestRESTPlanTellsWhoRingsAndWhatIsRisky(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, b := rt.user(alice), rt.user(bob)
	schedule := rt.send(http.MethodPost, "/v1/schedules", weekly(a, b)).is(http.StatusCreated).id()
	made := rt.send(http.MethodPost, "/v1/call-routes", fmt.Sprintf(`{"name": "Support", "accept": {"required": false}, "levels": [
		{"targets": [{"type": "user", "user_id": %q}, {"type": "user", "user_id": %q}]},
		{"targets": [{"type": "schedule", "schedule_id": %q}]}]}`, a, b, schedule)).is(http.StatusCreated)
	var plan routePlan
	rt.send(http.MethodGet, made.Header().Get("Location")+"/plan?at=2026-03-05T12:00:00Z", "").is(http.StatusOK).into(&plan)
	if len(plan.Levels) != 2 || len(plan.Levels[0].People) != 1 || plan.Levels[0].People[0].Name != "Alice" || len(plan.Levels[1].People) != 0 {
		t.Errorf("levels %+v", plan.Levels)
	}
	if len(plan.Skipped) != 2 || plan.Skipped[0].Reason != "has no phone" || plan.Skipped[1].Reason != "nobody is on call" {
		t.Errorf("skipped %+v", plan.Skipped)
	}
	if plan.LongestWaitSeconds != 32 {
		t.Errorf("longest wait %d s", plan.LongestWaitSeconds)
	}
	want := []models.Warning{
		{Place: "phone_number_id", Message: "The route has no phone number, so nobody can call it."},
		{Place: "levels[1]", Message: "Level 2 rings nobody in the next 7 days."},
		{Place: "levels[0].targets[1]", Message: "Level 1 never rings Bob, who has no phone."},
		{Place: "levels[1].targets[0]", Message: "Level 2 never rings Bob, who has no phone."},
		{Place: "accept.required", Message: "Responders are asked for no key, so a mailbox can take the call."},
		{Place: "emergency_number", Message: "There is no emergency number, so a caller reaches nobody while this service is away."},
	}
	if !slices.Equal(plan.Warnings, want) {
		t.Errorf("warnings %+v", plan.Warnings)
	}
	var saved savedRoute
	made.into(&saved)
	want[1].Message = "Level 2 rings nobody from Thu 5 Mar 00:00 on (Europe/London)."
	if !slices.Equal(saved.Warnings, want) {
		t.Errorf("warnings on saving %+v", saved.Warnings)
	}
}

func TestRESTPlanWarnsOfTimesAtWhichNobodyIsRung(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	schedule := rt.send(http.MethodPost, "/v1/schedules", weekly(rt.user(alice), rt.user(carol))).is(http.StatusCreated).id()
	made := rt.send(http.MethodPost, "/v1/call-routes",
		fmt.Sprintf(`{"name": "Support", "levels": [{"targets": [{"type": "schedule", "schedule_id": %q}]}]}`, schedule)).is(http.StatusCreated)
	want := models.Warning{Place: "levels", Serious: true, Message: "Nobody at all is rung from Thu 5 Mar 00:00 to Wed 11 Mar 09:00 (Europe/London)."}
	var saved savedRoute
	var plan routePlan
	made.into(&saved)
	rt.send(http.MethodGet, made.Header().Get("Location")+"/plan", "").is(http.StatusOK).into(&plan)
	if !slices.Contains(saved.Warnings, want) || !slices.Contains(plan.Warnings, want) {
		t.Errorf("warnings %+v on saving, %+v in the plan", saved.Warnings, plan.Warnings)
	}
}

func TestRESTRouteNamesWhoHasNoLicence(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	erin := rt.user(`{"name": "Erin", "email": "erin@example.com", "time_zone": "Europe/London", "phones": [{"label": "mobile", "number": "+12025550105"}]}`)
	a := rt.user(alice)
	refused := rt.send(http.MethodPost, "/v1/call-routes", ringing(a, erin))
	refused.faults("body.levels[0].targets[1].user_id")
	if says := refused.problem().Errors[0].Message; says != "Erin has no on-call licence" {
		t.Errorf("says %q", says)
	}
	made := rt.send(http.MethodPost, "/v1/call-routes", ringing(a)).is(http.StatusCreated)
	rt.send(http.MethodPut, "/v1/users/"+a, strings.Replace(alice, "true", "false", 1)).is(http.StatusOK)
	var plan routePlan
	rt.send(http.MethodGet, made.Header().Get("Location")+"/plan", "").is(http.StatusOK).into(&plan)
	if len(plan.Skipped) != 1 || plan.Skipped[0].Reason != "has no on-call licence" || !plan.Warnings[1].Serious {
		t.Errorf("a route whose people lost the licence later skips %+v and warns %+v", plan.Skipped, plan.Warnings)
	}
}

func TestRESTRouteIsRemoved(t *testing.T) {
	t.Parallel()
	client, _ := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	rt.emergency.folder = t.TempDir()
	number := rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusCreated).id()
	on := strings.Replace(ringing(rt.user(alice)), `{`, `{"phone_number_id": "`+number+`", `, 1)
	off := strings.Replace(on, `{`, `{"enabled": false, `, 1)
	made := rt.send(http.MethodPost, "/v1/call-routes", on).is(http.StatusCreated)
	path := made.Header().Get("Location")
	document := filepath.Join(rt.emergency.folder, number+".xml")
	if _, err := os.Stat(document); err != nil {
		t.Fatal(err)
	}
	if says := rt.send(http.MethodDelete, path, "").is(http.StatusConflict).problem().Detail; !strings.Contains(says, "switch") {
		t.Errorf("says %q", says)
	}
	if err := rt.emergency.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodPut, path, off).is(http.StatusOK)
	if err := os.WriteFile(document, []byte("left behind"), 0o600); err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodDelete, path, "", "If-Match", made.Header().Get("ETag")).is(http.StatusPreconditionFailed)
	rt.send(http.MethodDelete, path, "", "If-Match", `"2"`).is(http.StatusNoContent)
	if _, err := os.Stat(document); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the emergency document is still there: %v", err)
	}
	rt.send(http.MethodGet, path, "").is(http.StatusNotFound)
	rt.send(http.MethodDelete, path, "").is(http.StatusNotFound)
}

func TestRESTPlanOfASafeRouteWarnsOfNothing(t *testing.T) {
	t.Parallel()
	client, _ := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	number := rt.send(http.MethodPost, "/v1/phone-numbers", `{"number": "+12025550123", "name": "Support line"}`).is(http.StatusCreated).id()
	body := strings.Replace(ringing(rt.user(alice)), `{`, `{"emergency_number": "+12025550199", "phone_number_id": "`+number+`", `, 1)
	made := rt.send(http.MethodPost, "/v1/call-routes", body).is(http.StatusCreated)
	plan := rt.send(http.MethodGet, made.Header().Get("Location")+"/plan", "").is(http.StatusOK).fields()
	if fmt.Sprint(plan["warnings"]) != "[]" || fmt.Sprint(plan["skipped"]) != "[]" || plan["at"] != "2026-03-04T12:00:00Z" {
		t.Errorf("plan %v", plan)
	}
	rt.send(http.MethodPost, "/v1/call-routes", strings.Replace(body, "Support", "Other", 1)).is(http.StatusConflict)
}
