package receivers

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/ringdown/ringdown/models"
)

// incidentIOEvent is an alert event of an HTTP alert source.
// Source: incident.io API, Alert Events V2, CreateHTTP.
type incidentIOEvent struct {
	Title       string             `json:"title"`
	Status      models.AlertStatus `json:"status"` // its words are ours
	Key         string             `json:"deduplication_key"`
	Description string             `json:"description"` // Markdown
	SourceURL   string             `json:"source_url,omitempty"`
	Metadata    details            `json:"metadata"`
}

func (c *Client) incidentIO(r models.Receiver, n notice) []message {
	base := cmp.Or(r.URL, c.config.IncidentIOURL, "https://api.incident.io")
	event := incidentIOEvent{
		Title: n.Alert.Title, Status: n.Alert.Status, Key: n.key, SourceURL: n.link, Metadata: n.details(),
		Description: markdown(n.standing) + "\n",
	}
	for _, line := range n.lines(markdown) {
		event.Description += "\n- " + line
	}
	event.Description = cut(event.Description, longestDescription)
	m := message{address: below(base, "v2/alert_events/http", url.PathEscape(r.Reference)), token: strings.TrimSpace(r.Secret), body: event}
	if !n.test {
		return []message{m}
	}
	over := m
	event.Status, event.Metadata.Status = models.AlertResolved, models.AlertResolved
	over.body = event
	return []message{m, over}
}

// escapes makes Markdown read as the text that it is. An address in it makes no link.
// Source: CommonMark, Backslash escapes; GitHub Flavored Markdown, Autolinks.
var escapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `\<`, `>`, `\>`,
	`#`, `\#`, `|`, `\|`, `~`, `\~`, `!`, `\!`, `&`, `\&`, `://`, `\://`, `www.`, `www\.`)

// markdown is a text in Markdown in which nothing is mark-up.
func markdown(text string) string { return escapes.Replace(text) }
