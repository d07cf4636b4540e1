package models

import (
	"strings"
	"testing"
)

const signingKey = SecretPrefix + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

func TestReceiversThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		receiver Receiver
		fields   []string
	}{
		"incident.io":                        {Receiver{Name: "A", Type: ReceiverIncidentIO, Reference: "01HX", Secret: "token"}, nil},
		"incident.io without its source":     {Receiver{Name: "A", Type: ReceiverIncidentIO, Secret: "token"}, []string{"reference"}},
		"incident.io without its token":      {Receiver{Name: "A", Type: ReceiverIncidentIO, Reference: "01HX"}, []string{"secret"}},
		"PagerDuty":                          {Receiver{Name: "A", Type: ReceiverPagerDuty, Secret: "key"}, nil},
		"PagerDuty without a key":            {Receiver{Name: "A", Type: ReceiverPagerDuty}, []string{"secret"}},
		"PagerDuty with a reference":         {Receiver{Name: "A", Type: ReceiverPagerDuty, Secret: "key", Reference: "x"}, []string{"reference"}},
		"Alertmanager":                       {Receiver{Name: "A", Type: ReceiverAlertmanager, URL: "http://alerts.example.com:9093"}, nil},
		"Alertmanager nowhere":               {Receiver{Name: "A", Type: ReceiverAlertmanager}, []string{"url"}},
		"a webhook":                          {Receiver{Name: "A", Type: ReceiverWebhook, URL: "https://example.com/hook?x=1", Secret: signingKey}, nil},
		"a webhook by file":                  {Receiver{Name: "A", Type: ReceiverWebhook, URL: "file:///etc/passwd", Secret: signingKey}, []string{"url"}},
		"a webhook with a password":          {Receiver{Name: "A", Type: ReceiverWebhook, URL: "https://a:b@example.com", Secret: signingKey}, []string{"url"}},
		"a webhook with a line break":        {Receiver{Name: "A", Type: ReceiverWebhook, URL: "https://example.com/\n", Secret: signingKey}, []string{"url"}},
		"a webhook with a short key":         {Receiver{Name: "A", Type: ReceiverWebhook, URL: "https://example.com", Secret: SecretPrefix + "c2hvcnQ="}, []string{"secret"}},
		"a webhook with a key of no kind":    {Receiver{Name: "A", Type: ReceiverWebhook, URL: "https://example.com", Secret: strings.TrimPrefix(signingKey, SecretPrefix)}, []string{"secret"}},
		"a system that we do not know":       {Receiver{Name: "A", Type: "smoke_signal"}, []string{"type"}},
		"a condition on an unknown thing":    {Receiver{Name: "A", Type: ReceiverPagerDuty, Secret: "key", Conditions: []Condition{{Attribute: "mood", Operation: OpEquals}}}, []string{"conditions[0].attribute"}},
		"no name, no address, no signatures": {Receiver{Type: ReceiverWebhook}, []string{"name", "url", "secret"}},
	} {
		err := c.receiver.Validate()
		for _, field := range c.fields {
			if !hasFault(err, field) {
				t.Errorf("%s: %v, want a fault at %s", name, err, field)
			}
		}
		if len(c.fields) == 0 && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhichAlertsAReceiverIsToldOf(t *testing.T) {
	r := Receiver{Enabled: true, Conditions: []Condition{fromGB}}
	if why := r.Takes(called); why != "" {
		t.Errorf("it is not told: %s", why)
	}
	abroad := called
	abroad.Country = "FR"
	if why := r.Takes(abroad); why == "" {
		t.Error("it is told of an alert for which its condition does not hold")
	}
	r.Enabled = false
	if why := r.Takes(called); why != "is switched off" {
		t.Errorf("one that is switched off: %q", why)
	}
}

func TestTheHostOfAReceiverTellsNothingElse(t *testing.T) {
	for address, want := range map[string]string{
		"":                            "",
		"https://example.com":         "https://example.com",
		"https://example.com/":        "https://example.com",
		"https://example.com/T01/B02": "https://example.com/…",
		"https://example.com?key=abc": "https://example.com/…",
		"http://example.com:9093/?a":  "http://example.com:9093/…",
		"https://user:word@a.example": "https://a.example/…",
		"hidden":                      "…",
		"://hidden":                   "…",
	} {
		if got := (Receiver{URL: address}).HostAlone().URL; got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
	}
}
