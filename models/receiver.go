package models

import (
	"encoding/base64"
	"net/url"
	"strings"
	"time"
)

// ReceiverType is what kind of system is told of alerts.
type ReceiverType string

// The types of receivers.
const (
	ReceiverIncidentIO   ReceiverType = "incident_io"  // alert events of an HTTP alert source
	ReceiverPagerDuty    ReceiverType = "pagerduty"    // Events API v2
	ReceiverAlertmanager ReceiverType = "alertmanager" // Prometheus Alertmanager, API v2
	ReceiverWebhook      ReceiverType = "webhook"      // any, signed after the Standard Webhooks convention
)

// ReceiverTypes are all there are.
var ReceiverTypes = []ReceiverType{ReceiverIncidentIO, ReceiverPagerDuty, ReceiverAlertmanager, ReceiverWebhook}

// Receiver is an outside system that is told of alerts.
type Receiver struct {
	ID         string       `json:"id" gorm:"primaryKey"`
	Name       string       `json:"name" gorm:"uniqueIndex"`
	Type       ReceiverType `json:"type"`
	Enabled    bool         `json:"enabled"`
	URL        string       `json:"url"`                               // of Alertmanager or the webhook; empty for the others means the service itself
	Reference  string       `json:"reference"`                         // for incident_io: the id of the alert source's configuration
	Conditions []Condition  `json:"conditions" gorm:"serializer:json"` // which alerts it is told of; none: all
	Secret     string       `json:"-"`                                 // a token, a routing key or the key of signatures; never shown
	HasSecret  bool         `json:"has_secret" gorm:"-"`               // see Shown
	Version    int          `json:"version"`
	CreatedAt  time.Time    `json:"created_at"`
	UpdatedAt  time.Time    `json:"updated_at"`
}

// Shown is a receiver as people see it.
func (r Receiver) Shown() Receiver {
	r.HasSecret = r.Secret != ""
	if r.Conditions == nil {
		r.Conditions = []Condition{}
	}
	return r
}

// HostAlone is a receiver as those see it who may not know its whole address: a path or a query often holds
// a secret, so that "…" stands for them.
func (r Receiver) HostAlone() Receiver {
	u, err := url.Parse(r.URL)
	switch {
	case r.URL == "":
	case err != nil || u.Host == "":
		r.URL = "…"
	default:
		site := u.Scheme + "://" + u.Host
		if strings.TrimSuffix(r.URL, "/") != site {
			site += "/…"
		}
		r.URL = site
	}
	return r
}

// SecretPrefix begins the secret of a webhook; standard base64 follows.
// Source: Standard Webhooks, Signature scheme.
const SecretPrefix = "whsec_"

// Validate reports every fault of a receiver at once.
func (r Receiver) Validate() error {
	var faults Faults
	text(&faults, "name", r.Name, 1, 100)
	validateConditions(&faults, r.Conditions)
	switch r.Type {
	case ReceiverIncidentIO:
		text(&faults, "reference", r.Reference, 1, 100)
		r.needsSecret(&faults, "the token of the alert source")
		r.address(&faults, false)
	case ReceiverPagerDuty:
		r.needsSecret(&faults, "the integration key of the service")
		r.address(&faults, false)
	case ReceiverAlertmanager:
		r.address(&faults, true)
	case ReceiverWebhook:
		r.address(&faults, true)
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Secret, SecretPrefix))
		if err != nil || !strings.HasPrefix(r.Secret, SecretPrefix) || len(key) < 24 || len(key) > 64 {
			faults.Add("secret", "must be %s and 24 to 64 bytes in base64", SecretPrefix)
		}
	default:
		faults.Add("type", "must be %s, %s, %s or %s", ReceiverIncidentIO, ReceiverPagerDuty, ReceiverAlertmanager, ReceiverWebhook)
	}
	if r.Type != ReceiverIncidentIO && r.Reference != "" {
		faults.Add("reference", "is for %s alone", ReceiverIncidentIO)
	}
	return faults.Err()
}

func (r Receiver) needsSecret(faults *Faults, what string) {
	if strings.TrimSpace(r.Secret) == "" {
		faults.Add("secret", "must be %s", what)
		return
	}
	text(faults, "secret", r.Secret, 1, 500)
}

func (r Receiver) address(faults *Faults, needed bool) {
	if r.URL == "" && !needed {
		return
	}
	u, err := url.Parse(r.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(r.URL) > 500 || strings.ContainsFunc(r.URL, notInEmail):
		faults.Add("url", "must be an address, as in https://alerts.example.com/ringdown")
	case u.User != nil || u.Fragment != "":
		faults.Add("url", "must hold neither a password nor a fragment")
	}
}

// Takes says why a receiver is not told of an alert, and is empty when it is.
func (r Receiver) Takes(a Alert) string {
	if !r.Enabled {
		return "is switched off"
	}
	return unmet(r.Conditions, a)
}

// AlertEvent is what receivers are told of an alert.
type AlertEvent string

// The events of an alert, in their order.
const (
	EventRaised   AlertEvent = "raised"
	EventAnswered AlertEvent = "answered" // a responder took the call
	EventLost     AlertEvent = "lost"     // and was lost before they met the caller: nobody has it again
	EventResolved AlertEvent = "resolved" // the call is over
	EventUpdated  AlertEvent = "updated"  // more is known: the recording or transcript of a message
	EventTest     AlertEvent = "test"     // somebody tries the receiver
)

// Wants says whether a type of receiver has a use for an event.
func (t ReceiverType) Wants(event AlertEvent) bool {
	switch t {
	case ReceiverPagerDuty: // it knows no update of what is resolved, and takes no acknowledgement back
		return event == EventRaised || event == EventAnswered || event == EventResolved
	case ReceiverAlertmanager: // the same labels firing or not; annotations of what is resolved may change
		return event != EventAnswered && event != EventLost
	default:
		return true
	}
}
