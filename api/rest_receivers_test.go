package api

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	aPagerDuty     = `{"name": "Operators", "type": "pagerduty", "secret": "routing-key-in-confidence"}`
	anAlertmanager = `{"name": "Alerts", "type": "alertmanager", "url": "https://alerts.example.com"}`
	anIncidentIO   = `{"name": "Responders", "type": "incident_io", "reference": "01ABC", "secret": "token-in-confidence",
		"conditions": [{"attribute": "country", "operation": "equals", "value": "GB"}]}`
)

// aWebhook is a receiver at an address.
func aWebhook(address string) string {
	return fmt.Sprintf(`{"name": "Hook", "type": "webhook", "url": %q}`, address)
}

func TestRESTReceiverLife(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	made := rt.send(http.MethodPost, "/v1/receivers", anIncidentIO).is(http.StatusCreated)
	path := made.Header().Get("Location")
	read := rt.send(http.MethodGet, path, "").is(http.StatusOK)
	if r := read.fields(); path != "/v1/receivers/"+made.id() || read.Header().Get("ETag") != `"1"` || r["has_secret"] != true || r["enabled"] != true ||
		r["reference"] != "01ABC" || r["type"] != "incident_io" || read.Body.String() != made.Body.String() ||
		fmt.Sprint(r["conditions"]) != "[map[attribute:country operation:equals value:GB]]" {
		t.Errorf("read %s, made %s", read.Body, made.Body)
	}
	rt.send(http.MethodPost, "/v1/receivers", anIncidentIO).is(http.StatusConflict)

	off := `{"name": "Responders", "type": "incident_io", "enabled": false, "reference": "01DEF"}`
	changed := rt.send(http.MethodPut, path, off, "If-Match", `"1"`).is(http.StatusOK)
	if r := changed.fields(); r["enabled"] != false || r["has_secret"] != true || r["reference"] != "01DEF" || fmt.Sprint(r["conditions"]) != "[]" || changed.Header().Get("ETag") != `"2"` {
		t.Errorf("changed to %s", changed.Body)
	}
	if kept, err := rt.store.Receiver(t.Context(), made.id()); err != nil || kept.Secret != "token-in-confidence" {
		t.Errorf("a secret that is left out is lost: %v", err)
	}
	rt.send(http.MethodPut, path, strings.Replace(off, `{`, `{"secret": "another-in-confidence", `, 1)).is(http.StatusOK)
	if kept, err := rt.store.Receiver(t.Context(), made.id()); err != nil || kept.Secret != "another-in-confidence" {
		t.Errorf("a new secret is not kept: %v", err)
	}
	rt.send(http.MethodPut, path, off, "If-Match", `"1"`).is(http.StatusPreconditionFailed)

	rt.creates("/v1/receivers", anAlertmanager)
	if names, next := rt.send(http.MethodGet, "/v1/receivers", "").is(http.StatusOK).items("name"); fmt.Sprint(names) != "[Responders Alerts]" || next != "" {
		t.Errorf("listed %v, next %q", names, next)
	}
	rt.send(http.MethodDelete, path, "", "If-Match", `"1"`).is(http.StatusPreconditionFailed)
	rt.send(http.MethodDelete, path, "", "If-Match", `"3"`).is(http.StatusNoContent)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		rt.send(method, path, "").is(http.StatusNotFound)
	}
	rt.send(http.MethodPut, path, off).is(http.StatusNotFound)
	rt.send(http.MethodPost, path+"/test", "").is(http.StatusNotFound)
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTReceiverFaultsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	create := func(body string) reply { return rt.send(http.MethodPost, "/v1/receivers", body) }
	create(`{"name": "", "type": "email", "url": "ftp://x", "enabled": 1, "to": "all", "conditions": [{"attribute": "mood", "operation": "equals"}]}`).
		faults("body.name", "body.type", "body.enabled", "body.to", "body.conditions[0].attribute")
	create(`{"name": "A", "type": "incident_io"}`).faults("body.reference", "body.secret")
	create(`{"name": "A", "type": "pagerduty", "reference": "x", "secret": "  "}`).faults("body.reference", "body.secret")
	create(`{"name": "A", "type": "alertmanager"}`).faults("body.url")
	create(`{"name": "A", "type": "webhook", "url": "https://user:word@example.com/#x", "secret": "whsec_c2hvcnQ="}`).faults("body.url", "body.secret")
	create(`{"type": "webhook", "secret": null}`).faults("body.name", "body.url", "body.secret")
	made := rt.send(http.MethodPost, "/v1/receivers", aPagerDuty).is(http.StatusCreated)
	rt.send(http.MethodPut, made.Header().Get("Location"), `{"name": "", "type": "pagerduty", "reference": "x"}`).faults("body.name", "body.reference")
	rt.send(http.MethodGet, "/v1/receivers?cursor=forged", "").faults("query.cursor")
}

func TestRESTASecretIsSentNowhereElse(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	path := "/v1/receivers/" + rt.creates("/v1/receivers", strings.Replace(aPagerDuty, `{`, `{"url": "https://events.eu.pagerduty.com", `, 1))
	change := func(more string) reply {
		return rt.send(http.MethodPut, path, `{"name": "Operators", "type": "pagerduty", `+more+`}`)
	}
	change(`"url": "https://elsewhere.example.com"`).faults("body.secret")
	change(`"url": "http://events.eu.pagerduty.com"`).faults("body.secret")
	change(`"reference": "x"`).faults("body.secret", "body.reference")
	change(`"url": "https://elsewhere.example.com", "secret": "routing-key-in-confidence"`).is(http.StatusOK)
	change(`"url": "https://elsewhere.example.com/below"`).is(http.StatusOK)
	for _, other := range []string{
		`{"name": "Operators", "type": "alertmanager", "url": "https://elsewhere.example.com"}`,
		`{"name": "Operators", "type": "webhook", "url": "https://elsewhere.example.com"}`,
		`{"name": "Operators", "type": "incident_io", "reference": "x", "url": "https://elsewhere.example.com"}`,
	} {
		rt.send(http.MethodPut, path, other).faults("body.secret")
	}

	hook := "/v1/receivers/" + rt.creates("/v1/receivers", aWebhook("https://hook.example.com"))
	rt.send(http.MethodPut, hook, aWebhook("https://elsewhere.example.com")).is(http.StatusOK) // it is sent no secret
}

func TestRESTAWebhookWithoutASecretGetsOneThatIsShownOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	made := rt.send(http.MethodPost, "/v1/receivers", aWebhook("https://hook.example.com"), "Idempotency-Key", "once").is(http.StatusCreated)
	secret, _ := made.fields()["secret"].(string)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) != 32 || !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("the secret is %q", secret)
	}
	rt.send(http.MethodPost, "/v1/receivers", aWebhook("https://hook.example.com"), "Idempotency-Key", "once").is(http.StatusConflict)
	own := rt.send(http.MethodPost, "/v1/receivers", strings.Replace(aWebhook("https://hook.example.com"), `{"name": "Hook"`,
		`{"name": "Other", "secret": "`+secret+`"`, 1)).is(http.StatusCreated)
	if strings.Contains(own.Body.String(), secret) {
		t.Errorf("a secret that the client brought is shown: %s", own.Body)
	}
	if another, _ := rt.send(http.MethodPost, "/v1/receivers", strings.Replace(aWebhook("https://hook.example.com"), "Hook", "Third", 1)).
		is(http.StatusCreated).fields()["secret"].(string); another == secret || another == "" {
		t.Errorf("two webhooks have one secret")
	}
}

func TestRESTNoSecretIsEverShown(t *testing.T) {
	t.Parallel()
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized) // and says what it was sent
		fmt.Fprintf(w, `{"message": %q}`, r.Header.Get("Authorization")+" is wrong")
	}))
	t.Cleanup(answers.Close)
	rt := newREST(t, nil)
	var replies strings.Builder
	send := func(method, path, body string) reply {
		got := rt.send(method, path, body)
		replies.WriteString(got.Body.String())
		return got
	}
	at := fmt.Sprintf(`{"url": %q, `, answers.URL)
	path := send(http.MethodPost, "/v1/receivers", strings.Replace(anIncidentIO, `{`, at, 1)).is(http.StatusCreated).Header().Get("Location")
	send(http.MethodPost, "/v1/receivers", strings.Replace(anIncidentIO, `{`, at, 1)).is(http.StatusConflict)
	send(http.MethodPost, "/v1/receivers", strings.Replace(anIncidentIO, `"incident_io"`, `"token-in-confidence"`, 1)).is(http.StatusUnprocessableEntity)
	send(http.MethodPost, path+"/test", "").is(http.StatusOK)
	send(http.MethodPut, path, strings.Replace(strings.Replace(anIncidentIO, `{`, at, 1), "token-in", "another-in", 1)).is(http.StatusOK)
	send(http.MethodPut, path, `{"name": "Responders", "type": "incident_io", "reference": "x", "url": "https://elsewhere.example.com"}`).is(http.StatusUnprocessableEntity)
	send(http.MethodPost, path+"/test", "").is(http.StatusOK)
	send(http.MethodPost, "/v1/alert-routes/evaluate", `{}`).is(http.StatusOK)
	send(http.MethodGet, path, "").is(http.StatusOK)
	send(http.MethodGet, "/v1/receivers", "").is(http.StatusOK)
	send(http.MethodDelete, path, "").is(http.StatusNoContent)
	ids, _ := send(http.MethodGet, "/v1/audit?noun=receiver", "").is(http.StatusOK).items("id")
	if len(ids) < 3 {
		t.Errorf("audited %d times", len(ids))
	}
	for _, id := range ids {
		send(http.MethodGet, "/v1/audit/"+id, "").is(http.StatusOK)
	}
	if strings.Contains(replies.String()+rt.log.String(), "in-confidence") {
		t.Errorf("a secret is shown: %s\n%s", replies.String(), rt.log)
	}
}

func TestRESTAReceiverIsTried(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers func(w http.ResponseWriter, r *http.Request)
		want    triedReceiver
	}{
		{"it takes it", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
			triedReceiver{Delivered: true, Status: http.StatusNoContent}},
		{"it does not know us", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "who are you?", http.StatusUnauthorized) },
			triedReceiver{Status: http.StatusUnauthorized, Error: "the receiver does not accept our secret, or us, with status 401 (it says: who are you?)"}},
		{"it hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			triedReceiver{Error: "the receiver did not answer in time"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var heard []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				heard = append(heard, r.Header.Get("webhook-id"))
				_, _ = io.Copy(io.Discard, r.Body) // the server sees that the client leaves once the body is read
				c.answers(w, r)
			}))
			rt := newREST(t, nil)
			id := rt.creates("/v1/receivers", strings.Replace(aWebhook(server.URL), `{`, `{"enabled": false, `, 1))
			var tried triedReceiver
			rt.send(http.MethodPost, "/v1/receivers/"+id+"/test", "").is(http.StatusOK).into(&tried)
			server.Close()
			if took := tried.TookMS; took < 0 || c.want.Status == 0 && took < tryAtMost.Milliseconds() {
				t.Errorf("took %d ms", took)
			}
			if tried.TookMS = 0; tried != c.want {
				t.Errorf("%+v, want %+v", tried, c.want)
			}
			if len(heard) != 1 || heard[0] == "" {
				t.Errorf("the receiver heard of %v", heard)
			}
			if ids, _ := rt.send(http.MethodGet, "/v1/deliveries", "").is(http.StatusOK).items("id"); len(ids) > 0 {
				t.Errorf("a test is listed: %v", ids)
			}
		})
	}
}

func TestRESTAReceiverThatIsNotThereIsTriedInVain(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	id := rt.creates("/v1/receivers", aWebhook(server.URL))
	var tried triedReceiver
	rt.send(http.MethodPost, "/v1/receivers/"+id+"/test", "").is(http.StatusOK).into(&tried)
	if tried.Delivered || tried.Status != 0 || tried.Error != "the receiver cannot be reached" {
		t.Errorf("%+v", tried)
	}
	other := rt.process(rt.deps()) // which keeps to the public internet
	other.send(http.MethodPost, "/v1/receivers/"+id+"/test", "").is(http.StatusOK).into(&tried)
	if tried.Delivered || !strings.Contains(tried.Error, "a loopback address") {
		t.Errorf("%+v", tried)
	}
}
