package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// inTriage makes an incident of each alert that somebody is to accept.
const inTriage = `{"name": "Triage", "incident": {"start_in_triage": true, "severity": "major"}}`

// declares raises an alert of which an alert route makes an incident, and answers the incident's path.
func (rt *restTest) declares(id string, provider models.ChannelProvider) string {
	rt.Helper()
	return "/v1/incidents/" + incident(rt.raises(id, 0, provider))
}

func TestRESTIncidentLife(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	route := rt.creates("/v1/alert-routes", inTriage)
	path := rt.declares("a1", models.ChannelInternal)
	read := rt.send(http.MethodGet, path, "").is(http.StatusOK)
	var shown shownIncident
	read.into(&shown)
	if shown.Label != "INC-1" || shown.Name != "Call to Support" || shown.Status != models.IncidentTriage || shown.Severity != models.SeverityMajor ||
		shown.AlertRouteID != route || read.Header().Get("ETag") != `"1"` || shown.Channel.Provider != models.ChannelInternal ||
		len(shown.Alerts) != 1 || shown.Alerts[0].ID != "a1" || fmt.Sprint(read.fields()["participants"]) != "[]" {
		t.Errorf("read %s with ETag %s", read.Body, read.Header().Get("ETag"))
	}

	for _, c := range []struct {
		action, ifMatch string
		status          int
		says            string
	}{
		{"close", "", http.StatusConflict, "The incident is in triage: it can only be accepted or declined."},
		{"accept", `"7"`, http.StatusPreconditionFailed, ""},
		{"accept", `"1"`, http.StatusOK, "active"},
		{"accept", `"1"`, http.StatusPreconditionFailed, ""},
		{"decline", "", http.StatusConflict, "The incident is active: it can only be closed."},
		{"close", `"2"`, http.StatusOK, "closed"},
		{"reopen", "*", http.StatusOK, "active"},
		{"reopen", "", http.StatusConflict, "The incident is active: it can only be closed."},
	} {
		var headers []string
		if c.ifMatch != "" {
			headers = []string{"If-Match", c.ifMatch}
		}
		got := rt.send(http.MethodPost, path+"/"+c.action, "", headers...).is(c.status)
		switch {
		case c.status == http.StatusConflict && got.problem().Detail != c.says:
			t.Errorf("%s says %q, want %q", c.action, got.problem().Detail, c.says)
		case c.status == http.StatusOK && got.fields()["status"] != c.says:
			t.Errorf("%s leaves it %v, want %s", c.action, got.fields()["status"], c.says)
		}
	}
	if last := rt.send(http.MethodGet, path, "").is(http.StatusOK); last.Header().Get("ETag") != `"4"` {
		t.Errorf("in the end it is %s with ETag %s", last.Body, last.Header().Get("ETag"))
	}
	if actions, _ := rt.send(http.MethodGet, "/v1/audit?noun=incident", "").is(http.StatusOK).items("action"); strings.Join(actions, " ") != "reopen close accept" {
		t.Errorf("audited %v", actions)
	}
	if len(rt.woken) > 0 {
		t.Errorf("channels of incidents without one were looked after: %v", rt.woken)
	}
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTADeclinedIncidentGoesBackIntoTriage(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.creates("/v1/alert-routes", inTriage)
	path := rt.declares("a1", models.ChannelInternal)
	declined := rt.send(http.MethodPost, path+"/decline", "").is(http.StatusOK).fields()
	if declined["status"] != "declined" || declined["ended_at"] == nil {
		t.Errorf("declined: %v", declined)
	}
	reopened := rt.send(http.MethodPost, path+"/reopen", "").is(http.StatusOK).fields()
	if reopened["status"] != "triage" || reopened["ended_at"] != nil {
		t.Errorf("reopened: %v", reopened)
	}
}

func TestRESTAnActionIsDoneOnceForOneKey(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.creates("/v1/alert-routes", inTriage)
	path := rt.declares("a1", models.ChannelInternal)
	rt.send(http.MethodPost, path+"/accept", "", "Idempotency-Key", "once").is(http.StatusOK)
	again := rt.send(http.MethodPost, path+"/accept", "", "Idempotency-Key", "once").is(http.StatusOK)
	if again.Header().Get("Idempotency-Replayed") != "true" {
		t.Errorf("done again: %s", again.Body)
	}
	rt.send(http.MethodPost, path+"/accept", "").is(http.StatusConflict)
}

func TestRESTIncidentsAreFiltered(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	user := rt.user(alice)
	route := rt.creates("/v1/alert-routes", strings.Replace(inTriage, `{`, `{"later_too": true, `, 1))
	other := rt.creates("/v1/alert-routes", strings.Replace(everything, `{`, `{"position": 1, `, 1))
	rt.alertIs(ringingAlice(rt.raises("a1", 0, models.ChannelInternal), user))
	rt.raises("a2", 1, models.ChannelInternal)
	for query, want := range map[string]string{
		"":                                   "[INC-4 INC-3 INC-2 INC-1]",
		"?status=triage":                     "[INC-3 INC-1]",
		"?status=declined":                   "[]",
		"?severity=minor":                    "[INC-4 INC-2]",
		"?alert_route_id=" + route:           "[INC-3 INC-1]",
		"?alert_route_id=" + other:           "[INC-4 INC-2]",
		"?user_id=" + user:                   "[INC-2 INC-1]",
		"?user_id=a%00b":                     "[]",
		"?to=2026-03-04T12:00:00Z":           "[]",
		"?from=2026-03-04T12:00:00Z&limit=1": "[INC-4]",
	} {
		labels, _ := rt.send(http.MethodGet, "/v1/incidents"+query, "").is(http.StatusOK).items("label")
		if fmt.Sprint(labels) != want {
			t.Errorf("%s lists %v, want %s", query, labels, want)
		}
	}
	_, next := rt.send(http.MethodGet, "/v1/incidents?limit=3", "").is(http.StatusOK).items("label")
	if labels, end := rt.send(http.MethodGet, "/v1/incidents?limit=3&cursor="+next, "").is(http.StatusOK).items("label"); fmt.Sprint(labels) != "[INC-1]" || end != "" {
		t.Errorf("the second page is %v, next %q", labels, end)
	}
	rt.send(http.MethodGet, "/v1/incidents?status=open&severity=awful", "").faults("query.status", "query.severity")
	rt.send(http.MethodGet, "/v1/incidents?from=2026-03-05T12:00:00Z&to=2026-03-04T12:00:00Z", "").faults("query.to")
	rt.send(http.MethodGet, "/v1/incidents?cursor=forged", "").faults("query.cursor")
}

func TestRESTSomebodyIsInvitedToAnIncident(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a, b := rt.user(alice), rt.user(bob)
	rt.creates("/v1/alert-routes", everything)
	alert := rt.raises("a1", 0, models.ChannelInternal)
	rt.alertIs(ringingAlice(alert, a))
	path := "/v1/incidents/" + incident(alert)
	added := rt.send(http.MethodPost, path+"/participants", `{"user_id": "`+b+`", "reason": "knows the lift"}`).is(http.StatusCreated).fields()
	if added["name"] != "Bob" || added["why"] != "knows the lift" || added["status"] != "invited" {
		t.Errorf("added %v", added)
	}
	again := rt.send(http.MethodPost, path+"/participants", `{"user_id": "`+b+`"}`).is(http.StatusCreated).fields()
	if again["why"] != "knows the lift" {
		t.Errorf("added again %v", again)
	}
	var shown shownIncident
	rt.send(http.MethodGet, path, "").is(http.StatusOK).into(&shown)
	if len(shown.Participants) != 2 || shown.Participants[0].Why != `was rung by call route "Support"` || shown.Participants[1].Name != "Bob" {
		t.Errorf("participants %+v", shown.Participants)
	}
	rt.send(http.MethodPost, path+"/participants", `{"user_id": "none", "reason": "a\u0007b", "role": "lead"}`).faults("body.user_id", "body.reason", "body.role")
	rt.send(http.MethodPost, path+"/participants", `{"reason": "`+strings.Repeat("x", 201)+`"}`).faults("body.user_id", "body.reason")
	rt.send(http.MethodPost, "/v1/incidents/none/participants", `{"user_id": "`+b+`"}`).is(http.StatusNotFound)
}

func TestRESTSomethingIsSaidAboutAnIncident(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	_, secret := rt.key(models.RoleAdmin)
	rt.creates("/v1/alert-routes", everything)
	path := rt.declares("a1", models.ChannelInternal)
	said := rt.with(secret, http.MethodPost, path+"/messages", `{"text": "The lift is *stuck*.\n<!channel>"}`).is(http.StatusCreated).fields()
	if said["text"] != "The lift is *stuck*.\n<!channel>" || said["author"] != "A admin" || said["status"] != "posted" {
		t.Errorf("said %v", said)
	}
	texts, next := rt.send(http.MethodGet, path+"/messages", "").is(http.StatusOK).items("text")
	if len(texts) != 2 || !strings.HasPrefix(texts[0], "Call to Support from +447700900123") || !strings.HasPrefix(texts[1], "The lift") || next != "" {
		t.Errorf("messages %q", texts)
	}
	_, next = rt.send(http.MethodGet, path+"/messages?limit=1", "").is(http.StatusOK).items("text")
	if rest, _ := rt.send(http.MethodGet, path+"/messages?limit=1&cursor="+next, "").is(http.StatusOK).items("text"); len(rest) != 1 || rest[0] != texts[1] {
		t.Errorf("the second page is %q", rest)
	}
	rt.send(http.MethodPost, path+"/messages", `{"text": "", "to": "all"}`).faults("body.text", "body.to")
	rt.send(http.MethodPost, path+"/messages", `{"text": "`+strings.Repeat("x", 3001)+`"}`).faults("body.text")
	rt.send(http.MethodPost, path+"/messages", `{"text": "a\u0000b"}`).faults("body.text")
	rt.send(http.MethodPost, "/v1/incidents/none/messages", `{"text": "Hello"}`).is(http.StatusNotFound)
	rt.send(http.MethodGet, "/v1/incidents/none/messages", "").is(http.StatusNotFound)
	rt.send(http.MethodGet, path+"/messages?cursor=forged", "").faults("query.cursor")
}

func TestRESTAnIncidentThatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodGet, "/v1/incidents/none", "").is(http.StatusNotFound)
	for _, action := range []string{"accept", "decline", "close", "reopen"} {
		rt.send(http.MethodPost, "/v1/incidents/none/"+action, "").is(http.StatusNotFound)
	}
}

func TestRESTTheChannelOfAnIncidentIsToldWhateverIsDone(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	user := rt.user(alice)
	rt.creates("/v1/alert-routes", inTriage)
	path := rt.declares("a1", models.ChannelSlack)
	for n, do := range []func(){
		func() { rt.send(http.MethodPost, path+"/accept", "").is(http.StatusOK) },
		func() {
			added := rt.send(http.MethodPost, path+"/participants", `{"user_id": "`+user+`"}`).is(http.StatusCreated).fields()
			if added["why"] != "was added" || added["status"] != "pending" {
				t.Errorf("added %v", added)
			}
		},
		func() { rt.send(http.MethodPost, path+"/messages", `{"text": "Hello"}`).is(http.StatusCreated) },
	} {
		do()
		if id := strings.TrimPrefix(path, "/v1/incidents/"); len(rt.woken) != n+1 || rt.woken[n] != id {
			t.Errorf("after step %d the channels of %v were looked after", n+1, rt.woken)
		}
	}
	rt.send(http.MethodPost, path+"/accept", "").is(http.StatusConflict)
	rt.send(http.MethodPost, path+"/messages", `{}`).faults("body.text")
	rt.send(http.MethodGet, path, "").is(http.StatusOK)
	if len(rt.woken) != 3 {
		t.Errorf("what changed nothing had channels looked after: %v", rt.woken)
	}
}
