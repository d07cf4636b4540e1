package twilio

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

const ourSite = "https://ringdown.example"

func TestDisconnectTakesOurWebhooksAlone(t *testing.T) {
	t.Parallel()
	fetch := asked{http.MethodGet, oneNumber, map[string][]string{}, map[string][]string{}}
	update := func(form map[string][]string) asked {
		return asked{http.MethodPost, oneNumber, map[string][]string{}, form}
	}
	for name, c := range map[string]struct {
		found string
		want  []asked
	}{
		"all are ours": {connected, []asked{fetch, update(map[string][]string{"VoiceUrl": {""}, "VoiceFallbackUrl": {""}, "StatusCallback": {""}})}},
		"somebody else hears of its state": {
			strings.Replace(connected, `"https://ringdown.example/status"`, `"https://stranger.example/status"`, 1),
			[]asked{fetch, update(map[string][]string{"VoiceUrl": {""}, "VoiceFallbackUrl": {""}})},
		},
		"somebody else takes its calls": {
			strings.Replace(connected, `"https://ringdown.example/voice"`, `"https://ringdown.example.stranger.example/voice"`, 1), []asked{fetch},
		},
		"nobody takes its calls": {strings.Replace(connected, `"https://ringdown.example/voice"`, `""`, 1), []asked{fetch}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, says(c.found))
			if err := client.Disconnect(t.Context(), number1, ourSite); err != nil {
				t.Error(err)
			}
			if got := carrier.got(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("asked %v\n want %v", got, c.want)
			}
		})
	}
}

func TestGiveBackDeletesTheNumber(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(http.StatusNoContent, "", ""))
	if err := client.GiveBack(t.Context(), number1); err != nil {
		t.Error(err)
	}
	want := []asked{{http.MethodDelete, oneNumber, map[string][]string{}, map[string][]string{}}}
	if got := carrier.got(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v\n want %v", got, want)
	}
}

func TestANumberIsGivenUpWhateverTheCarrierSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   Class
	}{
		"it is no longer ours":            {http.StatusNotFound, `{"code": 20404, "status": 404}`, ""},
		"a 404 that is not the carrier's": {http.StatusNotFound, `not here`, Refused},
		"too many requests":               {http.StatusTooManyRequests, `{"code": 20429, "status": 429}`, Busy},
		"it broke":                        {http.StatusInternalServerError, ``, Unknown},
		"a wrong token":                   {http.StatusUnauthorized, `{"code": 20003, "status": 401}`, Credentials},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newCarrier(t, always(c.status, "", c.body))
			if err := client.GiveBack(t.Context(), number1); ClassOf(err) != c.want || (err == nil) != (c.want == "") {
				t.Errorf("GiveBack = %v", err)
			}
			if err := client.Disconnect(t.Context(), number1, ourSite); ClassOf(err) != c.want || (err == nil) != (c.want == "") {
				t.Errorf("Disconnect = %v", err)
			}
		})
	}
}

func TestOnlyANumberIsGivenUp(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(http.StatusNoContent, "", ""))
	for _, sid := range []string{"", "PN1", number1 + "/..", leg1} {
		var invalid *models.InvalidError
		if err := client.GiveBack(t.Context(), sid); !errors.As(err, &invalid) {
			t.Errorf("GiveBack %q = %v", sid, err)
		}
		if err := client.Disconnect(t.Context(), sid, ourSite); !errors.As(err, &invalid) {
			t.Errorf("Disconnect %q = %v", sid, err)
		}
	}
	if got := carrier.got(); len(got) > 0 {
		t.Errorf("asked %v", got)
	}
}
