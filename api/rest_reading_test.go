package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// saysInConfidence leaves a call with a message that is transcribed, and an alert, an incident and a delivery that
// tell of it. It answers the paths that show any of these.
func (rt *restTest) saysInConfidence() (paths []string) {
	rt.Helper()
	receiver := rt.creates("/v1/receivers", aPagerDuty)
	rt.creates("/v1/alert-routes", everything)
	alert := rt.raises("a1", -5, models.ChannelInternal)
	over := rt.now.Add(-time.Minute)
	alert.Status, alert.Outcome, alert.ResolvedAt = models.AlertResolved, models.Voicemailed, &over
	alert.Voicemail = &models.Voicemail{
		Status: models.RecordingReady, Recording: aRecording, Seconds: 17, Transcript: "In confidence.", Transcribe: models.TranscriptReady,
	}
	rt.alertIs(alert)
	call := models.Call{
		ID: "call-a1", CarrierCallID: alert.CarrierCallID, RouteID: "r1", Stage: models.StageEnded, Outcome: models.Voicemailed,
		StartedAt: alert.StartedAt, EndedAt: &over, Voicemail: alert.Voicemail,
	}
	if err := rt.store.RecordCall(rt.Context(), call); err != nil {
		rt.Fatal(err)
	}
	rt.keeps(models.Delivery{
		ID: "d1", AlertID: "a1", ReceiverID: receiver, Event: models.EventUpdated, Alert: alert, At: rt.now, Status: models.DeliveryFailed,
	})
	about := "/v1/incidents/" + incident(alert)
	return []string{"/v1/calls", "/v1/calls/call-a1", "/v1/alerts", "/v1/alerts/a1", about, about + "/messages", "/v1/deliveries/d1"}
}

// reads reads a path with a key of each role that may: what each is answered.
func (rt *restTest) reads(path string, secrets map[models.Role]string, headers ...string) map[models.Role]string {
	rt.Helper()
	answers := map[models.Role]string{}
	for role, secret := range secrets {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+secret)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		got := rt.do(r).is(http.StatusOK)
		answers[role] = got.Body.String()
	}
	return answers
}

// whoRead are keys of the roles that may read, the first key of the environment among the admins.
func (rt *restTest) whoRead() map[models.Role]string {
	rt.Helper()
	secrets := map[models.Role]string{models.RoleAdmin: restKey}
	for _, role := range []models.Role{models.RoleReviewer, models.RoleViewer} {
		_, secrets[role] = rt.key(role)
	}
	return secrets
}

func TestRESTViewersDoNotReadWhatCallersHaveSaid(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for _, path := range rt.saysInConfidence() {
		for role, answer := range rt.reads(path, rt.whoRead()) {
			if may := role != models.RoleViewer; strings.Contains(answer, "In confidence.") != may {
				t.Errorf("%s reads at %s: %s", role, path, answer)
			}
			if strings.HasSuffix(path, "/messages") {
				if strings.Contains(answer, notForYou) != (role == models.RoleViewer) || !strings.Contains(answer, "left a message of 17 s") {
					t.Errorf("%s reads of the message: %s", role, answer)
				}
			} else if !strings.Contains(answer, `"transcript_status":"ready"`) || !strings.Contains(answer, aRecording) {
				t.Errorf("%s does not read at %s that there is a message: %s", role, path, answer)
			}
		}
	}
}

func TestRESTViewersDoNotHearWhatCallersHaveSaid(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.saysInConfidence()
	earlier := fmt.Sprint(rt.now.Add(-10 * time.Minute).UnixMicro())
	for role, secret := range rt.whoRead() {
		r := httptest.NewRequest(http.MethodGet, "/v1/calls/stream", nil) // whose connection ends once something was told
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Last-Event-ID", earlier)
		told := rt.raw(r).Body.String()
		if !strings.Contains(told, "event: ended") || strings.Contains(told, "In confidence.") != (role != models.RoleViewer) {
			t.Errorf("%s hears %s", role, told)
		}
	}
}

func TestRESTOnlyAdminsReadTheWholeAddressOfAReceiver(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	made := rt.send(http.MethodPost, "/v1/receivers", aWebhook("https://hook.example.com/in-confidence?key=in-confidence")).is(http.StatusCreated)
	rt.creates("/v1/receivers", anAlertmanager)
	if !strings.Contains(made.Body.String(), "in-confidence") {
		t.Errorf("who made it reads %s", made.Body)
	}
	path := made.Header().Get("Location")
	for _, path := range []string{"/v1/receivers", path} {
		for role, answer := range rt.reads(path, rt.whoRead()) {
			admin := role == models.RoleAdmin
			if strings.Contains(answer, "in-confidence") != admin || strings.Contains(answer, `"url":"https://hook.example.com/…"`) == admin {
				t.Errorf("%s reads at %s: %s", role, path, answer)
			}
			if path == "/v1/receivers" && !strings.Contains(answer, `"url":"https://alerts.example.com"`) {
				t.Errorf("%s reads of what has nothing to hide: %s", role, answer)
			}
		}
	}
	ids, _ := rt.send(http.MethodGet, "/v1/audit?noun=receiver", "").is(http.StatusOK).items("id")
	for _, id := range ids {
		if audited := rt.send(http.MethodGet, "/v1/audit/"+id, "").is(http.StatusOK).Body.String(); strings.Contains(audited, "in-confidence") {
			t.Errorf("audited %s", audited)
		}
	}
	changed := strings.Replace(aWebhook("https://hook.example.com/in-confidence"), `{`, `{"enabled": false, `, 1)
	if answer := rt.send(http.MethodPut, path, changed).is(http.StatusOK); !strings.Contains(answer.Body.String(), "in-confidence") {
		t.Errorf("who changed it reads %s", answer.Body)
	}
}

func TestRESTARequestOfNoRoleReadsLittle(t *testing.T) {
	t.Parallel()
	call := callFor(t.Context(), models.Call{Voicemail: &models.Voicemail{Transcript: "In confidence."}})
	receiver := receiverFor(t.Context(), models.Receiver{URL: "https://hook.example.com/in-confidence"})
	if call.Voicemail.Transcript != "" || receiver.URL != "https://hook.example.com/…" {
		t.Errorf("%+v, %+v", call.Voicemail, receiver)
	}
}
