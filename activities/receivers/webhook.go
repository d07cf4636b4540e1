package receivers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/ringdown/ringdown/models"
)

// webhookEvent is what a webhook is told.
// Source: Standard Webhooks, Payload structure.
type webhookEvent struct {
	Type      string      `json:"type"` // as in alert.raised
	Timestamp time.Time   `json:"timestamp"`
	Data      webhookData `json:"data"`
}

type webhookData struct {
	Test     bool          `json:"test"`          // nobody calls
	Standing string        `json:"standing"`      // how the alert stands, in one line
	URL      string        `json:"url,omitempty"` // of the alert
	Alert    models.Alert  `json:"alert"`         // as the API has it, its texts tidied
	Lines    []webhookLine `json:"lines"`         // all that is told of it so far
}

type webhookLine struct {
	Key  string    `json:"key"` // the same however often it is told
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

func webhook(r models.Receiver, n notice) []message {
	event := webhookEvent{
		Type: "alert." + string(n.Event), Timestamp: n.At.UTC(),
		Data: webhookData{Test: n.test, Standing: n.standing, URL: n.link, Alert: n.Alert},
	}
	for _, line := range n.Alert.Lines() {
		event.Data.Lines = append(event.Data.Lines, webhookLine{line.Key, line.At.UTC(), oneLine(line.Text, longestTranscript)})
	}
	return []message{{address: r.URL, body: event, sign: func(header http.Header, body []byte) error {
		return signed(header, r.Secret, n.ID, time.Now(), body)
	}}}
}

// signed adds the headers by which a webhook knows that a body is ours, and which delivery it is.
// Source: Standard Webhooks, Signature scheme.
func signed(header http.Header, secret, id string, at time.Time, body []byte) error {
	if strings.TrimPrefix(secret, models.SecretPrefix) == "" { // anybody could sign with it
		return errors.New("no secret")
	}
	key, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	signature, err := key.Sign(id, at, body)
	if err != nil {
		return err
	}
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return nil
}
