package receivers

import (
	"cmp"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// pagerDutyEvent is an event of the Events API v2.
// Source: PagerDuty, Events API v2, Send an Alert Event.
type pagerDutyEvent struct {
	RoutingKey string           `json:"routing_key"`
	Action     string           `json:"event_action"` // trigger, acknowledge or resolve
	Key        string           `json:"dedup_key"`    // at most 255 characters
	Payload    pagerDutyPayload `json:"payload"`
	Client     string           `json:"client"`
	ClientURL  string           `json:"client_url,omitempty"`
}

type pagerDutyPayload struct {
	Summary   string    `json:"summary"` // at most 1024 characters
	Source    string    `json:"source"`  // never empty
	Severity  string    `json:"severity"`
	Timestamp time.Time `json:"timestamp"`
	Component string    `json:"component,omitempty"`
	Class     string    `json:"class"`
	Details   details   `json:"custom_details"`
}

// Severities of PagerDuty. Somebody waits on the line, which is as urgent as anything; a test wakes nobody.
const (
	pagerDutyCall = "critical"
	pagerDutyTest = "info"
)

func (c *Client) pagerDuty(r models.Receiver, n notice) []message {
	event := pagerDutyEvent{
		RoutingKey: strings.TrimSpace(r.Secret), Action: "trigger", Key: n.key, Client: "Ringdown", ClientURL: n.link,
		Payload: pagerDutyPayload{
			Summary: n.first, Source: cmp.Or(n.Alert.RouteName, "Ringdown"), Severity: pagerDutyCall, Timestamp: n.At.UTC(),
			Component: string(n.Alert.Number), Class: "incoming call", Details: n.details(),
		},
	}
	address := below(cmp.Or(r.URL, c.config.PagerDutyURL, "https://events.pagerduty.com"), "v2/enqueue")
	switch n.Event {
	case models.EventAnswered:
		event.Action, event.Payload.Summary = "acknowledge", n.standing
	case models.EventResolved:
		event.Action, event.Payload.Summary = "resolve", n.standing
	case models.EventTest:
		event.Payload.Summary, event.Payload.Severity = n.standing, pagerDutyTest
		over := event
		over.Action = "resolve"
		return []message{{address: address, body: event}, {address: address, body: over}}
	}
	return []message{{address: address, body: event}}
}
