package receivers_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/models"
)

const (
	token   = "s3cret token&<of> the receiver"
	caller  = "+12025550123"
	number  = "+447700900001"
	taken   = http.StatusAccepted
	alertID = "01ALERT"
)

var (
	noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	key  = models.SecretPrefix + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
)

// kept is a receiver that keeps what it hears.
type kept struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   [][]byte
}

// receiving is a receiver that answers as told, after it has read and kept the request.
func receiving(t *testing.T, answer http.HandlerFunc) *kept {
	t.Helper()
	k := &kept{}
	k.Server = httptest.NewServer(k.keeping(t, answer))
	t.Cleanup(k.Close)
	return k
}

func (k *kept) keeping(t *testing.T, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		k.mu.Lock()
		k.requests, k.bodies = append(k.requests, r), append(k.bodies, body)
		k.mu.Unlock()
		answer(w, r)
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// heard are the bodies that a receiver was sent, as JSON.
func (k *kept) heard(t *testing.T) []any {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	heard := make([]any, len(k.bodies))
	for i, body := range k.bodies {
		if err := json.Unmarshal(body, &heard[i]); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if got := k.requests[i].Header.Get("Content-Type"); got != "application/json" || k.requests[i].Method != http.MethodPost {
			t.Errorf("%s with %s", k.requests[i].Method, got)
		}
	}
	return heard
}

// same compares a body with JSON as written here.
func same(t *testing.T, want string, got any) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Error(diff)
	}
}

// told is a client that may tell receivers on this machine.
func told() *receivers.Client {
	return receivers.New(receivers.Config{AllowPrivate: true, PublicURL: "https://ringdown.example/"})
}

func receiverOf(t models.ReceiverType, address string) models.Receiver {
	r := models.Receiver{ID: "r1", Name: "Ours", Type: t, Enabled: true, URL: address, Secret: token}
	switch t {
	case models.ReceiverIncidentIO:
		r.Reference = "01SOURCE"
	case models.ReceiverWebhook:
		r.Secret = key
	case models.ReceiverAlertmanager:
		r.Secret = ""
	}
	return r
}

// types are all types of receivers.
var types = []models.ReceiverType{models.ReceiverIncidentIO, models.ReceiverPagerDuty, models.ReceiverAlertmanager, models.ReceiverWebhook}

// event is one of an alert, as the alert stood then.
func event(e models.AlertEvent) models.Delivery {
	a := models.Alert{
		ID: alertID, CarrierCallID: "CA1", CallID: "01CALL", RouteID: "01ROUTE", RouteName: "Support", Title: "Call to Support", SourceID: "01INCOMING",
		Number: number, Caller: caller, CallerName: "Carol", CallerListed: true, Country: "US", Verstat: "TN-Validation-Passed-A",
		Status: models.AlertFiring, StartedAt: noon,
	}
	at := noon
	ring := models.Ring{Attempt: "1.alice.1.1", UserID: "alice", Name: "Alice", Label: "mobile", Level: 1, At: noon.Add(time.Second), State: models.Ringing}
	answered, over := noon.Add(9*time.Second), noon.Add(70*time.Second)
	switch e {
	case models.EventAnswered:
		at, ring.State, ring.EndedAt = answered, models.Accepted, &answered
		a.Rings, a.Dialled, a.AnsweredBy, a.AnsweredAt = []models.Ring{ring}, []string{"alice"}, "alice", &answered
	case models.EventLost:
		at, ring.State, ring.Lost, ring.EndedAt = answered, models.Ending, true, &answered
		a.Rings, a.Dialled = []models.Ring{ring}, []string{"alice"}
	case models.EventResolved, models.EventUpdated:
		at, ring.State, ring.Result, ring.EndedAt = over, models.Ending, models.ResultNoAnswer, &answered
		a.Rings, a.Dialled = []models.Ring{ring}, []string{"alice"}
		a.Status, a.Outcome, a.ResolvedAt = models.AlertResolved, models.Voicemailed, &over
		a.Voicemail = &models.Voicemail{Status: models.RecordingExpected, Transcribe: models.TranscriptPending}
		if e == models.EventUpdated {
			at = over.Add(time.Minute)
			a.Voicemail = &models.Voicemail{
				Status: models.RecordingReady, Recording: "RE1", Seconds: 12, Transcript: "Please call me back.", Transcribe: models.TranscriptReady,
			}
		}
	}
	return models.Delivery{ID: models.DeliveryID(alertID, "r1", 1), AlertID: alertID, ReceiverID: "r1", Event: e, Alert: a, At: at}
}

// send tells a receiver of an event, which it must take.
func send(t *testing.T, c *receivers.Client, r models.Receiver, d models.Delivery) {
	t.Helper()
	if got, err := c.Send(t.Context(), r, d); err != nil || got/100 != 2 {
		t.Fatalf("status %d, %v", got, err)
	}
}

// refusal is the error of an event that was not taken.
func refusal(t *testing.T, r models.Receiver, d models.Delivery) *receivers.Error {
	t.Helper()
	code, err := told().Send(t.Context(), r, d)
	var refused *receivers.Error
	if !errors.As(err, &refused) || refused.Status != code {
		t.Fatalf("status %d, %v", code, err)
	}
	for _, secret := range []string{token, url.QueryEscape(token), key, strings.TrimPrefix(key, models.SecretPrefix), caller, number, "hooks/hidden"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q holds %q", err, secret)
		}
	}
	return refused
}

func TestARedirectIsNotFollowed(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		elsewhere := receiving(t, status(taken, ""))
		server := receiving(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/inside?token="+url.QueryEscape(token), code)
		})
		got := refusal(t, receiverOf(models.ReceiverIncidentIO, server.URL), event(models.EventRaised))
		want := "the receiver points elsewhere, which is not followed: " + elsewhere.URL + "/inside"
		if !got.Final || got.What != strings.TrimPrefix(want, "the receiver ") || got.Status != code {
			t.Errorf("%d: %s, final %v", code, got, got.Final)
		}
		if heard := elsewhere.heard(t); len(heard) != 0 {
			t.Errorf("%d: %v was told elsewhere", code, heard)
		}
	}
}

func TestAPrivateReceiverIsRefusedBeforeItHearsAnything(t *testing.T) {
	server := receiving(t, status(taken, ""))
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	wary := receivers.New(receivers.Config{IncidentIOURL: server.URL, PagerDutyURL: server.URL})
	for _, kind := range types {
		for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "0.0.0.0"} {
			r := receiverOf(kind, "http://"+net.JoinHostPort(strings.Trim(host, "[]"), port))
			_, err := wary.Send(t.Context(), r, event(models.EventRaised))
			var refused *receivers.Error
			switch {
			case !errors.As(err, &refused):
				t.Errorf("%s at %s: %v", kind, host, err)
			case !refused.Final || !strings.HasSuffix(refused.What, "which is refused unless ALLOW_PRIVATE_RECEIVERS is set"):
				t.Errorf("%s at %s: %s, final %v", kind, host, refused, refused.Final)
			}
		}
		if r := receiverOf(kind, ""); kind == models.ReceiverIncidentIO || kind == models.ReceiverPagerDuty {
			if _, err := wary.Send(t.Context(), r, event(models.EventRaised)); err == nil {
				t.Errorf("%s at its usual address was told", kind)
			}
		}
	}
	if heard := server.heard(t); len(heard) != 0 {
		t.Errorf("it heard %v", heard)
	}
}

func TestNoProxyConnectsForUs(t *testing.T) {
	proxy := receiving(t, status(taken, ""))
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := told().Send(ctx, receiverOf(models.ReceiverWebhook, "http://receiver.invalid/"), event(models.EventRaised)); err == nil {
		t.Error("a receiver that there is not was told")
	}
	if heard := proxy.heard(t); len(heard) != 0 {
		t.Errorf("the proxy heard %v", heard)
	}
}

func TestWhatCannotBeToldIsFinal(t *testing.T) {
	server := receiving(t, status(taken, ""))
	late := event(models.EventRaised)
	late.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	nothing := receiverOf(models.ReceiverWebhook, server.URL)
	nothing.Secret = models.SecretPrefix
	broken := nothing
	broken.Secret = token
	for name, c := range map[string]struct {
		r    models.Receiver
		d    models.Delivery
		said string
	}{
		"an event that is of no use":     {receiverOf(models.ReceiverPagerDuty, server.URL), event(models.EventLost), "has no use for the event lost"},
		"a type that there is not":       {receiverOf("pigeon", server.URL), event(models.EventRaised), "is of a type that there is not"},
		"an address without a scheme":    {receiverOf(models.ReceiverWebhook, "receiver.example/x"), event(models.EventRaised), "has an address that is none"},
		"an address of another kind":     {receiverOf(models.ReceiverAlertmanager, "ftp://receiver.example"), event(models.EventRaised), "has an address that is none"},
		"an address that cannot be read": {receiverOf(models.ReceiverIncidentIO, "http://[::1"), event(models.EventRaised), "has an address that is none"},
		"a secret that anybody has":      {nothing, event(models.EventRaised), "has a secret that nothing can be signed with"},
		"a secret that cannot be read":   {broken, event(models.EventRaised), "has a secret that nothing can be signed with"},
		"a time that cannot be written":  {receiverOf(models.ReceiverWebhook, server.URL), late, "cannot be told: this alert cannot be written as JSON"},
		"an address of e-mail":           {receiverOf(models.ReceiverWebhook, "mailto:a@receiver.example"), event(models.EventRaised), "has an address that is none"},
	} {
		if got := refusal(t, c.r, c.d); !got.Final || got.Status != 0 || got.What != c.said {
			t.Errorf("%s: %s, final %v", name, got, got.Final)
		}
	}
	if heard := server.heard(t); len(heard) != 0 {
		t.Errorf("it heard %v", heard)
	}
}
