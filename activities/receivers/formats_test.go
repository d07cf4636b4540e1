package receivers_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/models"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// known is what receivers are told of an alert in all events, as it stands once it is updated.
const known = `{"event": "updated", "test": false, "alert_id": "01ALERT", "call_id": "01CALL", "call_route": "Support", "call_route_id": "01ROUTE",
	"number": "+447700900001", "caller": "+12025550123", "caller_name": "Carol", "caller_listed": true, "country": "US", "attestation": "TN-Validation-Passed-A",
	"status": "resolved", "outcome": "voicemail", "answered_by": "", "rung": ["Alice"],
	"started_at": "2026-03-04T12:00:00Z", "answered_at": null, "resolved_at": "2026-03-04T12:01:10Z",
	"voicemail_seconds": 12, "voicemail_transcript": "Please call me back."}`

func TestIncidentIOIsToldOfOneAlertByOneKey(t *testing.T) {
	server := receiving(t, status(taken, `{"status": "success", "message": "Event accepted for processing", "deduplication_key": "01ALERT"}`))
	r := receiverOf(models.ReceiverIncidentIO, "")
	c := receivers.New(receivers.Config{AllowPrivate: true, PublicURL: "https://ringdown.example", IncidentIOURL: server.URL + "/"})
	for _, e := range []models.AlertEvent{models.EventRaised, models.EventAnswered, models.EventLost, models.EventResolved, models.EventUpdated} {
		send(t, c, r, event(e))
	}
	heard := server.heard(t)
	for i, want := range []struct{ status, standing string }{
		{"firing", "Call to Support: nobody is rung yet"},
		{"firing", "Call to Support: Alice talks to the caller"},
		{"firing", "Call to Support: Alice (mobile) was lost before they met the caller"},
		{"resolved", "Call to Support: ended after 1 min 10 s, nobody took it, and the caller left a message"},
		{"resolved", "Call to Support: ended after 1 min 10 s, nobody took it, and the caller left a message"},
	} {
		got := heard[i].(map[string]any)
		if got["status"] != want.status || got["deduplication_key"] != alertID || !strings.HasPrefix(got["description"].(string), want.standing+"\n\n- ") {
			t.Errorf("event %d: %v", i+1, got)
		}
		request := server.requests[i]
		if request.URL.Path != "/v2/alert_events/http/01SOURCE" || request.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("%s with %v", request.URL, request.Header)
		}
		describedByIncidentIO(t, request, server.bodies[i])
	}
	same(t, `{"title": "Call to Support", "status": "resolved", "deduplication_key": "01ALERT", "source_url": "https://ringdown.example/v1/alerts/01ALERT",
		"description": `+strconv.Quote(`Call to Support: ended after 1 min 10 s, nobody took it, and the caller left a message

- 12:00:00 UTC Call to Support from +12025550123 (Carol, US).
- 12:00:01 UTC Alice (mobile) is rung.
- 12:00:09 UTC Alice (mobile) did not answer.
- 12:01:10 UTC The caller left a message of 12 s.
- 12:01:10 UTC The message says: Please call me back.
- 12:01:10 UTC The call ended after 1 min 10 s: nobody took it, and the caller left a message.`)+`,
		"metadata": `+known+`}`, heard[4])
}

func TestPagerDutyIsToldOfOneAlertByOneKey(t *testing.T) {
	server := receiving(t, status(taken, `{"status": "success", "message": "Event processed", "dedup_key": "01ALERT"}`))
	r := receiverOf(models.ReceiverPagerDuty, "")
	c := receivers.New(receivers.Config{AllowPrivate: true, PublicURL: "https://ringdown.example", PagerDutyURL: server.URL})
	for _, e := range []models.AlertEvent{models.EventRaised, models.EventAnswered, models.EventResolved} {
		send(t, c, r, event(e))
	}
	heard := server.heard(t)
	for i, want := range []struct{ action, summary, timestamp string }{
		{"trigger", "Call to Support from +12025550123 (Carol, US)", "2026-03-04T12:00:00Z"},
		{"acknowledge", "Call to Support: Alice talks to the caller", "2026-03-04T12:00:09Z"},
		{"resolve", "Call to Support: ended after 1 min 10 s, nobody took it, and the caller left a message", "2026-03-04T12:01:10Z"},
	} {
		if request := server.requests[i]; request.URL.Path != "/v2/enqueue" || request.Header.Get("Authorization") != "" {
			t.Errorf("%s with %v", request.URL, request.Header)
		}
		got := heard[i].(map[string]any)
		details := got["payload"].(map[string]any)["custom_details"]
		delete(got["payload"].(map[string]any), "custom_details")
		same(t, fmt.Sprintf(`{"routing_key": %q, "event_action": %q, "dedup_key": "01ALERT", "client": "Ringdown",
			"client_url": "https://ringdown.example/v1/alerts/01ALERT", "payload": {"summary": %q, "source": "Support", "severity": "critical",
			"timestamp": %q, "component": "+447700900001", "class": "incoming call"}}`, token, want.action, want.summary, want.timestamp), got)
		if details.(map[string]any)["caller"] != caller {
			t.Errorf("details %v", details)
		}
	}
}

func TestAlertmanagerKnowsAnAlertByLabelsThatStay(t *testing.T) {
	server := receiving(t, status(http.StatusOK, ""))
	r := receiverOf(models.ReceiverAlertmanager, server.URL+"/alertmanager/?tenant=a")
	r.Secret = token
	for _, e := range []models.AlertEvent{models.EventRaised, models.EventResolved, models.EventUpdated} {
		send(t, told(), r, event(e))
	}
	heard := server.heard(t)
	labels := func(i int) any { return heard[i].([]any)[0].(map[string]any)["labels"] }
	for i, request := range server.requests {
		if request.URL.String() != "/alertmanager/api/v2/alerts?tenant=a" || request.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("%s with %v", request.URL, request.Header)
		}
		if diff := cmp.Diff(labels(0), labels(i)); diff != "" {
			t.Error(diff)
		}
		describedByAlertmanager(t, request, server.bodies[i])
	}
	const shared = `"labels": {"alertname": "IncomingCall", "severity": "critical", "alert_id": "01ALERT", "call_route": "Support", "call_route_id": "01ROUTE",
		"country": "US"},
		"startsAt": "2026-03-04T12:00:00Z", "generatorURL": "https://ringdown.example/v1/alerts/01ALERT"`
	same(t, `[{`+shared+`, "endsAt": "2026-03-06T12:00:00Z", "annotations": {"summary": "Call to Support: nobody is rung yet",
		"description": "12:00:00 UTC Call to Support from +12025550123 (Carol, US).",
		"number": "+447700900001", "caller": "+12025550123", "caller_name": "Carol"}}]`, heard[0])
	updated := heard[2].([]any)[0].(map[string]any)
	if heard[1].([]any)[0].(map[string]any)["endsAt"] != "2026-03-04T12:01:10Z" || updated["endsAt"] != "2026-03-04T12:01:10Z" {
		t.Errorf("%v, %v", heard[1], updated)
	}
	if notes := updated["annotations"].(map[string]any); notes["voicemail_transcript"] != "Please call me back." || notes["outcome"] != "voicemail" {
		t.Errorf("%v", notes)
	}
}

func TestAlertmanagerIsNeverToldOfAnEndBeforeTheBeginning(t *testing.T) {
	server := receiving(t, status(http.StatusOK, ""))
	d := event(models.EventResolved)
	early := noon.Add(-time.Second)
	d.Alert.ResolvedAt = &early
	send(t, told(), receiverOf(models.ReceiverAlertmanager, server.URL), d)
	if got := server.heard(t)[0].([]any)[0].(map[string]any)["endsAt"]; got != "2026-03-04T12:00:00Z" {
		t.Errorf("it ends at %v", got)
	}
}

func TestAWebhookIsSignedAsTheConventionSays(t *testing.T) {
	server := receiving(t, status(http.StatusNoContent, ""))
	d := event(models.EventUpdated)
	send(t, told(), receiverOf(models.ReceiverWebhook, server.URL+"/hook?x=1"), d)
	header, body := server.requests[0].Header, server.bodies[0]
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", d.ID, header.Get("Webhook-Timestamp"), body)
	if got, want := header.Get("Webhook-Signature"), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	seconds, err := strconv.ParseInt(header.Get("Webhook-Timestamp"), 10, 64)
	if age := time.Since(time.Unix(seconds, 0)); err != nil || age < 0 || age > time.Minute || header.Get("Webhook-Id") != "01ALERT.r1.1" {
		t.Errorf("%v, %v", header, err)
	}
	if got := server.requests[0].URL.String(); got != "/hook?x=1" {
		t.Errorf("posted to %s", got)
	}
	heard := server.heard(t)[0].(map[string]any)
	data := heard["data"].(map[string]any)
	var alert models.Alert
	text, err := json.Marshal(data["alert"])
	if err != nil || json.Unmarshal(text, &alert) != nil {
		t.Fatal(err)
	}
	d.Alert.IncidentIDs = []string{}
	if diff := cmp.Diff(d.Alert, alert); diff != "" {
		t.Error(diff)
	}
	delete(data, "alert")
	lines := data["lines"].([]any)
	same(t, `{"key": "transcript", "at": "2026-03-04T12:01:10Z", "text": "The message says: Please call me back."}`, lines[4])
	delete(data, "lines")
	same(t, `{"type": "alert.updated", "timestamp": "2026-03-04T12:02:10Z", "data": {"test": false, "url": "https://ringdown.example/v1/alerts/01ALERT",
		"standing": "Call to Support: ended after 1 min 10 s, nobody took it, and the caller left a message"}}`, heard)
}

func TestEachTryOfAWebhookIsSignedAnew(t *testing.T) {
	server := receiving(t, status(taken, ""))
	r := receiverOf(models.ReceiverWebhook, server.URL)
	d := event(models.EventRaised)
	send(t, told(), r, d)
	send(t, told(), r, d)
	if diff := cmp.Diff(string(server.bodies[0]), string(server.bodies[1])); diff != "" || server.requests[0].Header.Get("Webhook-Id") != server.requests[1].Header.Get("Webhook-Id") {
		t.Errorf("the same delivery looks another: %s", diff)
	}
}

func TestATestSaysThatItIsOne(t *testing.T) {
	for name, d := range map[string]models.Delivery{
		"with an alert as it might be": {ID: "01TEST", Event: models.EventTest, Alert: event(models.EventRaised).Alert, At: noon},
		"with none":                    {ID: "01TEST", Event: models.EventTest, At: noon},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range types {
				server := receiving(t, status(taken, ""))
				began := time.Now()
				send(t, told(), receiverOf(kind, server.URL), d)
				heard := server.heard(t)
				for i, body := range server.bodies {
					if !strings.Contains(string(body), "TEST, nobody calls") || strings.Contains(string(body), alertID) {
						t.Errorf("%s: %s", kind, body)
					}
					switch kind {
					case models.ReceiverIncidentIO:
						describedByIncidentIO(t, server.requests[i], body)
					case models.ReceiverAlertmanager:
						describedByAlertmanager(t, server.requests[i], body)
					}
				}
				switch kind {
				case models.ReceiverIncidentIO:
					first, second := heard[0].(map[string]any), heard[1].(map[string]any)
					if first["status"] != "firing" || second["status"] != "resolved" || first["deduplication_key"] != "test/01TEST" || second["deduplication_key"] != "test/01TEST" {
						t.Errorf("%v, then %v", first, second)
					}
				case models.ReceiverPagerDuty:
					first, second := heard[0].(map[string]any), heard[1].(map[string]any)
					if first["event_action"] != "trigger" || second["event_action"] != "resolve" || first["dedup_key"] != "test/01TEST" || second["dedup_key"] != "test/01TEST" ||
						first["payload"].(map[string]any)["severity"] != "info" {
						t.Errorf("%v, then %v", first, second)
					}
				case models.ReceiverAlertmanager:
					alert := heard[0].([]any)[0].(map[string]any)
					ends, err := time.Parse(time.RFC3339, alert["endsAt"].(string))
					if labels := alert["labels"].(map[string]any); err != nil || labels["alert_id"] != "test/01TEST" || labels["test"] != "true" ||
						ends.Before(began.Add(4*time.Minute)) || ends.After(began.Add(6*time.Minute)) {
						t.Errorf("%v, %v", alert, err)
					}
				case models.ReceiverWebhook:
					if got := heard[0].(map[string]any); got["type"] != "alert.test" || got["data"].(map[string]any)["test"] != true {
						t.Errorf("%v", got)
					}
				}
			}
		})
	}
}

func TestATestThatIsNotTakenIsNotResolved(t *testing.T) {
	server := receiving(t, status(500, ""))
	refusal(t, receiverOf(models.ReceiverPagerDuty, server.URL), models.Delivery{ID: "01TEST", Event: models.EventTest, At: noon})
	if heard := server.heard(t); len(heard) != 1 {
		t.Errorf("it heard %v", heard)
	}
}

func TestWithoutAnAddressOfOursNothingIsLinked(t *testing.T) {
	for _, kind := range types {
		server := receiving(t, status(taken, ""))
		send(t, receivers.New(receivers.Config{AllowPrivate: true}), receiverOf(kind, server.URL), event(models.EventRaised))
		for _, name := range []string{"source_url", "client_url", "generatorURL", `"url"`, "/v1/alerts"} {
			if strings.Contains(string(server.bodies[0]), name) {
				t.Errorf("%s: %s", kind, server.bodies[0])
			}
		}
	}
}

// hostile is an alert in which everybody who can say something says what they should not.
func hostile() models.Delivery {
	const mark = "a\r\nb\x00c\x1b[31m\u202e\u2028<!channel> <@U1> **bold** [link](https://evil.example) {{ .Title }} \"}],\\ \xff \ufeff"
	d := event(models.EventUpdated)
	d.Alert.Title, d.Alert.RouteName, d.Alert.CallerName, d.Alert.Country, d.Alert.Verstat = mark, mark, strings.Repeat(mark, 1000), mark, mark
	d.Alert.Rings[0].Name, d.Alert.Rings[0].Label = mark, strings.Repeat(mark, 10)
	d.Alert.Voicemail.Transcript = strings.Repeat(mark, 1<<20/len(mark)+1)
	for i := range 500 { // a hunt in rounds
		ring := d.Alert.Rings[0]
		ring.Attempt = fmt.Sprint("1.alice.1.", i+2)
		d.Alert.Rings = append(d.Alert.Rings, ring)
	}
	return d
}

func TestWhatOthersSayIsTextAndNeverTooLong(t *testing.T) {
	for _, kind := range types {
		t.Run(string(kind), func(t *testing.T) {
			server := receiving(t, status(taken, ""))
			d := hostile()
			if kind == models.ReceiverPagerDuty {
				d.Event = models.EventRaised
			}
			send(t, told(), receiverOf(kind, server.URL), d)
			heard := server.heard(t)[0]
			texts(heard, func(text string) {
				if strings.ContainsAny(text, "\r\x00\x1b\u2028\u202e\ufeff\ufffd") || len([]rune(text)) > 10000 {
					t.Errorf("%d characters: %.300q", len([]rune(text)), text)
				}
			})
			switch kind {
			case models.ReceiverIncidentIO:
				describedByIncidentIO(t, server.requests[0], server.bodies[0])
				description := heard.(map[string]any)["description"].(string)
				for _, mark := range []string{" <!channel>", " **bold", " [link", "https://"} {
					if strings.Contains(description, mark) {
						t.Errorf("mark-up %s in %.300s", mark, description)
					}
				}
				if !strings.Contains(description, `\<\!channel\> \<@U1\> \*\*bold\*\* \[link\](https\://evil.example)`) {
					t.Errorf("%.300s", description)
				}
			case models.ReceiverPagerDuty:
				if summary := heard.(map[string]any)["payload"].(map[string]any)["summary"].(string); len([]rune(summary)) > 1024 {
					t.Errorf("%d characters", len([]rune(summary)))
				}
			case models.ReceiverAlertmanager:
				describedByAlertmanager(t, server.requests[0], server.bodies[0])
			}
			most := 64 << 10 // PagerDuty takes 512 KB
			if kind == models.ReceiverWebhook {
				most = 2 << 20 // each phone that was rung is in it
			}
			if len(server.bodies[0]) > most {
				t.Errorf("%d bytes", len(server.bodies[0]))
			}
		})
	}
}

// texts visits all texts of a body.
func texts(body any, visit func(string)) {
	switch b := body.(type) {
	case string:
		visit(b)
	case []any:
		for _, one := range b {
			texts(one, visit)
		}
	case map[string]any:
		for _, one := range b {
			texts(one, visit)
		}
	}
}
