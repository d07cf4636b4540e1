package receivers

import (
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// alertmanagerAlert is one alert of those that are posted.
// Source: Prometheus Alertmanager, API v2, postAlerts.
type alertmanagerAlert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

const (
	// longestCall is when a call is over, whatever became of it: Twilio ends one after 4 h, or after 24 h where
	// the account has it so. Source: Twilio, Configurable call limits.
	longestCall = 24 * time.Hour

	// firesFor is how long an alert fires that Alertmanager hears no more of. It would resolve one without an
	// end after five minutes, since it waits for its clients to repeat themselves, and each alert is told
	// once. So the end is given as one that no call reaches, and as much later as the true end may be told.
	firesFor = longestCall + models.DeliverWithin

	// testFires is when a test is over. One that is over at once is told to nobody: Alertmanager gathers for
	// 30 s what it tells.
	testFires = 5 * time.Minute
)

func alertmanager(r models.Receiver, n notice) []message {
	a := alertmanagerAlert{
		Labels: n.labels(), Annotations: n.annotations(), GeneratorURL: n.link, StartsAt: n.Alert.StartedAt.UTC(), EndsAt: n.Alert.StartedAt.UTC().Add(firesFor),
	}
	if over := n.resolved(); over != nil {
		a.EndsAt = over.UTC()
	}
	if n.test {
		a.EndsAt = time.Now().UTC().Add(testFires)
	}
	if a.EndsAt.Before(a.StartsAt) { // two clocks
		a.EndsAt = a.StartsAt
	}
	return []message{{address: below(r.URL, "api/v2/alerts"), token: strings.TrimSpace(r.Secret), body: []alertmanagerAlert{a}}}
}

// labels name the alert: they are the same in all of its events. Alertmanager drops empty ones. It groups
// alerts by them and writes them into logs and into links that silence: no number is among them.
func (n notice) labels() map[string]string {
	labels := filled(map[string]string{
		"alertname": "IncomingCall", "severity": "critical", "alert_id": n.key, "call_route": n.Alert.RouteName, "call_route_id": n.Alert.RouteID,
		"country": n.Alert.Country,
	})
	if n.test {
		labels["test"] = "true"
	}
	return labels
}

func (n notice) annotations() map[string]string {
	d := n.details()
	return filled(map[string]string{
		"summary": n.standing, "description": cut(strings.Join(n.lines(plain), "\n"), longestDescription),
		"number": d.Number, "caller": d.Caller, "caller_name": d.CallerName,
		"answered_by": d.AnsweredBy, "outcome": string(d.Outcome), "voicemail_transcript": d.Transcript,
	})
}

// filled is a map without what is empty.
func filled(texts map[string]string) map[string]string {
	for name, text := range texts {
		if text == "" {
			delete(texts, name)
		}
	}
	return texts
}
