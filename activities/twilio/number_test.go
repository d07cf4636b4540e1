package twilio

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

const (
	numbers   = "/2010-04-01/Accounts/" + account + "/IncomingPhoneNumbers.json"
	oneNumber = "/2010-04-01/Accounts/" + account + "/IncomingPhoneNumbers/" + number1 + ".json"
)

const connected = `{"sid": "` + number1 + `", "phone_number": "+12025550123", "capabilities": {"voice": true, "sms": false, "mms": false},
	"voice_url": "https://ringdown.example/voice", "voice_method": "POST",
	"voice_fallback_url": "https://elsewhere.example/voice.xml", "voice_fallback_method": "GET",
	"status_callback": "https://ringdown.example/status", "status_callback_method": "POST",
	"voice_application_sid": null, "trunk_sid": null}`

var webhooks = Webhooks{
	Voice: "https://ringdown.example/voice", Status: "https://ringdown.example/status",
	Fallback: "https://elsewhere.example/voice.xml", FallbackMethod: http.MethodGet,
}

func TestNumberIsTheOneAskedForOfAllThatMatch(t *testing.T) {
	t.Parallel()
	other := `{"sid": "` + number2 + `", "phone_number": "+12025550124"}`
	client, carrier := newCarrier(t, says(`{"incoming_phone_numbers": [`+other+`,`+connected+`]}`))
	got, err := client.Number(t.Context(), "+12025550123")
	want := Number{
		SID: number1, Number: "+12025550123", CanCall: true, Webhooks: webhooks, VoiceMethod: "POST", StatusMethod: "POST",
	}
	if err != nil || got != want {
		t.Errorf("Number = %+v, %v", got, err)
	}
	if asked := carrier.got()[0]; asked.Path != numbers || asked.Query.Encode() != "PhoneNumber=%2B12025550123" {
		t.Errorf("asked %v", asked)
	}
}

func TestNumberOfSomebodyElseIsNotFound(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, says(`{"incoming_phone_numbers": []}`))
	_, err := client.Number(t.Context(), "+12025550123")
	if !errors.Is(err, models.ErrNotFound) || strings.Contains(err.Error(), "2025550123") {
		t.Errorf("Number = %v", err)
	}
	client, _ = newCarrier(t, always(http.StatusOK, "", "{}"))
	if _, err := client.Number(t.Context(), "+12025550123"); ClassOf(err) != Unknown {
		t.Errorf("Number = %v", err)
	}
}

func TestConnectSetsWebhooksAndReadsThemBack(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, says(connected))
	if err := client.Connect(t.Context(), number1, webhooks); err != nil {
		t.Error(err)
	}
	want := []asked{
		{http.MethodPost, oneNumber, map[string][]string{}, map[string][]string{
			"VoiceUrl": {webhooks.Voice}, "VoiceMethod": {"POST"},
			"VoiceFallbackUrl": {webhooks.Fallback}, "VoiceFallbackMethod": {"GET"},
			"StatusCallback": {webhooks.Status}, "StatusCallbackMethod": {"POST"},
		}},
		{http.MethodGet, oneNumber, map[string][]string{}, map[string][]string{}},
	}
	if got := carrier.got(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v\n want %v", got, want)
	}
}

func TestConnectSaysWhatIsNotAsItWasSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, changed, want string }{
		"another voice URL":    {`ringdown.example/voice"`, `user:password@stranger.example/voice"`, "voice URL is not"},
		"another voice method": {`"voice_method": "POST"`, `"voice_method": "GET"`, "voice method is not"},
		"no fallback":          {`"https://elsewhere.example/voice.xml"`, `null`, "fallback URL is not"},
		"fallback by POST":     {`"GET"`, `"POST"`, "fallback method is not"},
		"no status callback":   {`"https://ringdown.example/status"`, `""`, "status callback is not"},
		"status callback by GET": {`"status_callback_method": "POST"`, `"status_callback_method": "GET"`,
			"status callback method is not"},
		"an application": {`"voice_application_sid": null`, `"voice_application_sid": "AP00000000000000000000000000000001"`,
			"detach it"},
		"a trunk": {`"trunk_sid": null`, `"trunk_sid": "TK00000000000000000000000000000001"`, "detach it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := strings.Replace(connected, c.old, c.changed, 1)
			client, _ := newCarrier(t, says(found))
			err := client.Connect(t.Context(), number1, webhooks)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "password") {
				t.Errorf("Connect = %v, want %q", err, c.want)
			}
		})
	}
}

func TestConnectOfANumberWithoutFallback(t *testing.T) {
	t.Parallel()
	found := strings.NewReplacer(`"https://elsewhere.example/voice.xml"`, `""`, `"GET"`, `"POST"`).Replace(connected)
	client, _ := newCarrier(t, says(found))
	if err := client.Connect(t.Context(), number1, Webhooks{Voice: webhooks.Voice, Status: webhooks.Status}); err != nil {
		t.Error(err)
	}
	var invalid *models.InvalidError
	if err := client.Connect(t.Context(), "", webhooks); !errors.As(err, &invalid) {
		t.Errorf("Connect = %v", err)
	}
}
