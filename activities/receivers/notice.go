package receivers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// shownLines is how many lines of an alert are told, the first and the last ones. A hunt may ring hundreds
// of phones.
const shownLines = 50

// notice is an event as all receivers are told of it.
type notice struct {
	models.Delivery        // its alert is tidied
	key             string // the same in all events of an alert
	link            string // to the alert; may be empty
	test            bool
	standing        string // how the alert stands, in one line
	first           string // what raised it, in one line
}

func (c *Client) notice(r models.Receiver, d models.Delivery) notice {
	d.Alert = tidy(d.Alert)
	n := notice{Delivery: d, key: d.Alert.ID, test: d.Event == models.EventTest}
	if n.test {
		n.key = "test/" + d.ID
		n.Alert.ID, n.Alert.Status = n.key, models.AlertFiring
		n.Alert.Title = oneLine("TEST, nobody calls: "+n.Alert.Title, longestLine)
		if n.Alert.StartedAt.IsZero() {
			n.Alert.StartedAt = d.At
		}
	} else if c.config.PublicURL != "" {
		n.link = c.config.PublicURL + "/v1/alerts/" + d.Alert.ID
	}
	n.standing = oneLine(n.Alert.Standing(), 2*longestLine)
	n.first = oneLine(strings.TrimSuffix(n.Alert.Lines()[0].Text, "."), 2*longestLine)
	if n.test {
		n.standing = oneLine(fmt.Sprintf("TEST, nobody calls. Somebody tries the receiver %q, and nothing is to be done.", r.Name), 2*longestLine)
	}
	return n
}

// resolved is the time from which an alert is over, nil while it fires.
func (n notice) resolved() *time.Time {
	if n.Alert.Status != models.AlertResolved {
		return nil
	}
	at := n.At
	if n.Alert.ResolvedAt != nil {
		at = *n.Alert.ResolvedAt
	}
	return &at
}

// lines tell the alert so far, each with its time. Every text goes through mark first.
func (n notice) lines(mark func(string) string) []string {
	var told []string
	lines := n.Alert.Lines()
	for i, line := range lines {
		if i > 0 && len(lines)-i >= shownLines {
			continue
		}
		told = append(told, line.At.UTC().Format("15:04:05 UTC ")+mark(oneLine(line.Text, longestTranscript)))
	}
	return told
}

// plain is a text that needs no mark.
func plain(text string) string { return text }

// details are what is known of an alert. Their names stay: receivers have rules about them. All are there
// in every event.
type details struct {
	Event        models.AlertEvent  `json:"event"`
	Test         bool               `json:"test"` // nobody calls
	AlertID      string             `json:"alert_id"`
	CallID       string             `json:"call_id"`
	CallRoute    string             `json:"call_route"` // its name
	CallRouteID  string             `json:"call_route_id"`
	Number       string             `json:"number"`        // ours, E.164
	Caller       string             `json:"caller"`        // E.164; empty when withheld
	CallerName   string             `json:"caller_name"`   // may be empty, as all below
	CallerListed bool               `json:"caller_listed"` // the call route's allowlist has the caller
	Country      string             `json:"country"`
	Attestation  string             `json:"attestation"`
	Status       models.AlertStatus `json:"status"`
	Outcome      models.Outcome     `json:"outcome"`
	AnsweredBy   string             `json:"answered_by"` // their name
	Rung         []string           `json:"rung"`        // names, in the order in which they were first rung
	StartedAt    time.Time          `json:"started_at"`
	AnsweredAt   *time.Time         `json:"answered_at"`
	ResolvedAt   *time.Time         `json:"resolved_at"`
	Seconds      int                `json:"voicemail_seconds"` // zero: no message, or not yet
	Transcript   string             `json:"voicemail_transcript"`
}

func (n notice) details() details {
	a := n.Alert
	d := details{
		Event: n.Event, Test: n.test, AlertID: a.ID, CallID: a.CallID, CallRoute: a.RouteName, CallRouteID: a.RouteID,
		Number: string(a.Number), Caller: string(a.Caller), CallerName: a.CallerName, CallerListed: a.CallerListed,
		Country: a.Country, Attestation: a.Verstat, Status: a.Status, Outcome: a.Outcome, AnsweredBy: a.AnsweredBy,
		Rung: []string{}, StartedAt: a.StartedAt, AnsweredAt: a.AnsweredAt, ResolvedAt: a.ResolvedAt,
	}
	for _, ring := range a.Rings {
		if !slices.Contains(d.Rung, ring.Name) {
			d.Rung = append(d.Rung, ring.Name)
		}
		if ring.UserID == a.AnsweredBy {
			d.AnsweredBy = ring.Name
		}
	}
	if v := a.Voicemail; v != nil && v.Status == models.RecordingReady {
		d.Seconds, d.Transcript = v.Seconds, v.Transcript
	}
	return d
}
