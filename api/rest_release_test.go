package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// imported is a number of ours, whose calls reach us.
func (rt *restTest) imported() (id string) {
	rt.Helper()
	return rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusCreated).id()
}

const (
	confirmed = `{"number": "+12025550123"}`
	givenBack = `{"number": "+12025550123", "give_back": true}`
)

func TestRESTANumberIsReleased(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		body  string
		asked []string // of the carrier, by method, for both times
		voice string   // the webhook that is left
	}{
		{"and stays in the account without our webhooks", confirmed, []string{http.MethodPost}, ""},
		{"and given back to the carrier", givenBack, []string{http.MethodDelete, http.MethodDelete}, "given back"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newFakeCarrier(t, owned)
			rt := newREST(t, client)
			path := "/v1/phone-numbers/" + rt.imported()
			carrier.asked = nil
			for range 2 { // it may be repeated
				n := rt.send(http.MethodPost, path+"/release", c.body).is(http.StatusOK)
				if n.fields()["status"] != "released" || n.Header().Get("ETag") != `"2"` {
					t.Errorf("answered %s %s", n.Header().Get("ETag"), n.Body)
				}
			}
			if !slices.Equal(carrier.asked, c.asked) {
				t.Errorf("asked the carrier for %v, want %v", carrier.asked, c.asked)
			}
			if carrier.gone != (c.voice == "given back") || !carrier.gone && carrier.hooks.Get("VoiceUrl") != "" {
				t.Errorf("gone %v, webhooks %v", carrier.gone, carrier.hooks)
			}
			if got := rt.send(http.MethodGet, path, "").is(http.StatusOK).fields(); got["status"] != "released" || got["name"] != "Support line" {
				t.Errorf("the row says %v", got)
			}
		})
	}
}

func TestRESTANumberInUseIsNotReleased(t *testing.T) {
	t.Parallel()
	client, carrier := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	id := rt.imported()
	route, err := rt.store.CreateRoute(context.Background(), models.Route{Name: "Support", PhoneNumberID: id, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	carrier.asked = nil
	p := rt.send(http.MethodPost, "/v1/phone-numbers/"+id+"/release", givenBack).is(http.StatusConflict).problem()
	if !strings.Contains(p.Detail, `call route "Support"`) || !strings.Contains(p.Detail, "switch the route off first") {
		t.Errorf("detail %q", p.Detail)
	}
	for body, place := range map[string]string{
		`{"number": "+12025550124"}`: "body.number", `{}`: "body.number", `{"number": "+12025550123", "give_back": "yes"}`: "body.give_back",
	} {
		rt.send(http.MethodPost, "/v1/phone-numbers/"+id+"/release", body).faults(place)
	}
	rt.send(http.MethodPost, "/v1/phone-numbers/none/release", confirmed).is(http.StatusNotFound)
	if len(carrier.asked) > 0 {
		t.Errorf("the carrier was asked for %v", carrier.asked)
	}
	if got := rt.send(http.MethodGet, "/v1/phone-numbers/"+id, "").is(http.StatusOK).fields(); got["status"] != "active" {
		t.Errorf("the row says %v", got)
	}
	route.Enabled = false
	if _, err := rt.store.UpdateRoute(context.Background(), route, 0); err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodPost, "/v1/phone-numbers/"+id+"/release", confirmed).is(http.StatusOK)
}

func TestRESTAReleaseThatTheCarrierHasNotHeardOfIsRepeated(t *testing.T) {
	t.Parallel()
	client, carrier := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	path := "/v1/phone-numbers/" + rt.imported()
	carrier.status = http.StatusInternalServerError
	p := rt.send(http.MethodPost, path+"/release", confirmed).is(http.StatusBadGateway).problem()
	if !strings.Contains(p.Detail, "release it once more") {
		t.Errorf("detail %q", p.Detail)
	}
	carrier.status = 0
	rt.send(http.MethodPost, path+"/release", confirmed).is(http.StatusOK)
	if carrier.hooks.Get("VoiceUrl") != "" {
		t.Errorf("the webhooks stay: %v", carrier.hooks)
	}
}

func TestRESTAReleasedNumberIsRevived(t *testing.T) {
	t.Parallel()
	client, carrier := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	id := rt.imported()
	rt.send(http.MethodPost, "/v1/phone-numbers/"+id+"/release", confirmed).is(http.StatusOK)
	again := rt.send(http.MethodPost, "/v1/phone-numbers", `{"number": "+12025550123", "name": "Hotline"}`).is(http.StatusCreated)
	if n := again.fields(); again.id() != id || n["status"] != "active" || n["name"] != "Hotline" || n["country"] != "US" || n["version"] != 3.0 {
		t.Errorf("revived %v", n)
	}
	if voice := carrier.hooks.Get("VoiceUrl"); !strings.HasPrefix(voice, restSite+"/twilio/voice") {
		t.Errorf("the carrier asks %q", voice)
	}
	rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusConflict)
}
