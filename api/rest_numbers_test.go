package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/ringdown/ringdown/activities/twilio"
)

const (
	account   = "AC0123456789abcdef0123456789abcdef"
	numberSID = "PN00000000000000000000000000000001"
)

// fakeCarrier answers about numbers in Twilio's place, and keeps the webhooks that it is given.
type fakeCarrier struct {
	owned  string // the JSON of the one number it knows, with %s for the webhooks
	status int    // what it answers instead when not zero
	code   int

	mu    sync.Mutex
	hooks url.Values
	asked []string // what changed something, by method
	gone  bool     // the number was given back
}

const owned = `{"sid": "` + numberSID + `", "phone_number": "+12025550123", "capabilities": {"voice": true}%s}`

func newFakeCarrier(t *testing.T, number string) (*twilio.Client, *fakeCarrier) {
	t.Helper()
	c := &fakeCarrier{owned: number}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: "0123456789abcdef", APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client, c
}

func (c *fakeCarrier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodGet {
		c.asked = append(c.asked, r.Method)
	}
	switch {
	case c.status != 0:
		w.WriteHeader(c.status)
		_, _ = fmt.Fprintf(w, `{"code": %d, "message": "about +12025550123", "status": %d}`, c.code, c.status)
	case strings.HasSuffix(r.URL.Path, "/IncomingPhoneNumbers.json"):
		numbers := ""
		if r.URL.Query().Get("PhoneNumber") == "+12025550123" && !c.gone {
			numbers = c.number()
		}
		_, _ = fmt.Fprintf(w, `{"incoming_phone_numbers": [%s]}`, numbers)
	case strings.Contains(r.URL.Path, "/AvailablePhoneNumbers"), c.gone:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"code": 20404, "message": "not found", "status": 404}`))
	case r.Method == http.MethodDelete:
		c.gone = true
		w.WriteHeader(http.StatusNoContent)
	default:
		if err := r.ParseForm(); err == nil && r.Method == http.MethodPost {
			c.hooks = r.PostForm
		}
		_, _ = w.Write([]byte(c.number()))
	}
}

func (c *fakeCarrier) number() string {
	hooks := ""
	for field, key := range map[string]string{
		"voice_url": "VoiceUrl", "voice_method": "VoiceMethod", "voice_fallback_url": "VoiceFallbackUrl",
		"voice_fallback_method": "VoiceFallbackMethod", "status_callback": "StatusCallback", "status_callback_method": "StatusCallbackMethod",
	} {
		hooks += fmt.Sprintf(`, %q: %q`, field, c.hooks.Get(key))
	}
	return fmt.Sprintf(c.owned, hooks)
}

const supportLine = `{"number": "+12025550123", "name": "Support line"}`

func TestRESTImportTakesInANumberOfTheAccount(t *testing.T) {
	t.Parallel()
	client, carrier := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	made := rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusCreated)
	n := made.fields()
	if n["number"] != "+12025550123" || n["country"] != "US" || n["status"] != "active" || n["carrier_id"] != numberSID {
		t.Errorf("number %v", n)
	}
	rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusConflict) // and its webhooks stay
	const fragment = "#rc=3&rp=ct,rt,5xx&ct=2000&rt=6000&tt=14000"
	for key, want := range map[string]string{
		"VoiceUrl": "https://ringdown.example/twilio/voice" + fragment, "StatusCallback": "https://ringdown.example/twilio/status" + fragment,
		"VoiceFallbackUrl": "https://elsewhere.example/emergency/" + made.id() + ".xml" + fragment, "VoiceFallbackMethod": "GET",
	} {
		if got := carrier.hooks.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	path := made.Header().Get("Location")
	rt.send(http.MethodPut, path, `{"name": "Hotline"}`, "If-Match", `"1"`).is(http.StatusOK)
	rt.send(http.MethodPut, path, `{"name": "Hotline"}`, "If-Match", `"1"`).is(http.StatusPreconditionFailed)
	rt.send(http.MethodPut, path, `{"name": " ", "number": "+12025550124"}`).faults("body.name", "body.number")
	if got := rt.send(http.MethodGet, path, "").is(http.StatusOK).fields(); got["name"] != "Hotline" || got["number"] != "+12025550123" {
		t.Errorf("number %v", got)
	}
	if names, _ := rt.send(http.MethodGet, "/v1/phone-numbers", "").is(http.StatusOK).items("name"); fmt.Sprint(names) != "[Hotline]" {
		t.Errorf("listed %v", names)
	}
}

func TestRESTImportRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	client, _ := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	rt.send(http.MethodPost, "/v1/phone-numbers", `{"number": "+12025550124", "name": "Not ours"}`).faults("body.number")
	rt.send(http.MethodPost, "/v1/phone-numbers", `{"number": "tel:2025550124", "name": ""}`).faults("body.number", "body.name")

	client, _ = newFakeCarrier(t, strings.Replace(owned, `"voice": true`, `"voice": false`, 1))
	newREST(t, client).send(http.MethodPost, "/v1/phone-numbers", supportLine).faults("body.number")

	client, _ = newFakeCarrier(t, strings.Replace(owned, `"sid"`, `"trunk_sid": "TK1", "sid"`, 1))
	p := newREST(t, client).send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusBadGateway).problem()
	if !strings.Contains(p.Detail, "detach it") {
		t.Errorf("detail %q", p.Detail)
	}
}

func TestRESTCarrierErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		status, code int
		want         string
	}{
		{"wrong token", http.StatusUnauthorized, 20003, "SID and token"},
		{"too many requests", http.StatusTooManyRequests, 20429, "try again"},
		{"broken", http.StatusInternalServerError, 0, "try again"},
		{"refused", http.StatusBadRequest, 21402, "errors/21402"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newFakeCarrier(t, owned)
			carrier.status, carrier.code = c.status, c.code
			rt := newREST(t, client)
			p := rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusBadGateway).problem()
			if !strings.Contains(p.Detail, c.want) {
				t.Errorf("detail %q, want %q", p.Detail, c.want)
			}
			if log := rt.log.String(); strings.Count(log, "request failed") != 1 || strings.Contains(log, "+1202") {
				t.Errorf("logged %s", log)
			}
		})
	}
}
