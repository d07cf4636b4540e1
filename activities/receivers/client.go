// Package receivers tells outside systems of alerts. It posts, and reads of an answer only whether it was
// taken. Every error it returns is an *Error.
package receivers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// Config says where receivers may be.
type Config struct {
	AllowPrivate  bool   // receivers may be in a private network, or on this machine
	PublicURL     string // of our API, linked from alerts; may be empty
	IncidentIOURL string // scheme and host; empty means the service itself
	PagerDutyURL  string // as IncidentIOURL
}

const (
	connectWithin = 10 * time.Second // and as long again for TLS
	requestWithin = 30 * time.Second // all of one request
	largestAnswer = 64 << 10         // bytes; what is beyond is not read
)

// Client tells receivers. It is safe for concurrent use.
type Client struct {
	config Config
	http   *http.Client
}

// message is one request to a receiver.
type message struct {
	address string
	token   string // for the header Authorization; may be empty
	body    any
	sign    func(header http.Header, body []byte) error // nil signs nothing
}

// New makes a client. It reaches for nothing.
func New(c Config) *Client {
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return &Client{config: c, http: &http.Client{
		Timeout:       requestWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // secrets go nowhere else
		Transport: &http.Transport{
			Proxy:                  nil, // one would connect for us to where we must not
			DialContext:            dialer(c.AllowPrivate).DialContext,
			TLSHandshakeTimeout:    connectWithin,
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: largestAnswer,
			IdleConnTimeout:        time.Minute,
		},
	}}
}

// dialer connects to where a receiver may be.
func dialer(allowPrivate bool) *net.Dialer {
	d := &net.Dialer{Timeout: connectWithin}
	if !allowPrivate {
		d.Control = refusePrivate
	}
	return d
}

// Send tells a receiver of an event once. It is safe to repeat with the same delivery: incident.io,
// PagerDuty and Alertmanager know the alert by its key, and a webhook is to know the delivery by its id.
// A test takes two requests where the receiver is also to be told that it is over. Its error is an
// *Error. status is that of HTTP, zero without an answer.
func (c *Client) Send(ctx context.Context, r models.Receiver, d models.Delivery) (status int, err error) {
	messages, err := c.messages(r, d)
	if err != nil {
		return 0, err
	}
	hide := hidden(r, d)
	for _, m := range messages {
		if status, err = c.post(ctx, m, hide); err != nil {
			return status, err
		}
	}
	return status, nil
}

// messages are the requests that tell a receiver of an event, in their order.
func (c *Client) messages(r models.Receiver, d models.Delivery) ([]message, error) {
	if d.Event != models.EventTest && !r.Type.Wants(d.Event) {
		return nil, &Error{What: "has no use for the event " + string(d.Event), Final: true}
	}
	n := c.notice(r, d)
	switch r.Type {
	case models.ReceiverIncidentIO:
		return c.incidentIO(r, n), nil
	case models.ReceiverPagerDuty:
		return c.pagerDuty(r, n), nil
	case models.ReceiverAlertmanager:
		return alertmanager(r, n), nil
	case models.ReceiverWebhook:
		return webhook(r, n), nil
	default:
		return nil, &Error{What: "is of a type that there is not", Final: true}
	}
}

// below is an address below another one, whose query stays. It is empty when there is none.
func below(base string, path ...string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.JoinPath(path...).String()
}

func (c *Client) post(ctx context.Context, m message, hide *strings.Replacer) (status int, err error) {
	req, err := request(ctx, m)
	if err != nil {
		return 0, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, unanswered(err)
	}
	defer func() { _ = res.Body.Close() }() // only read
	answer, err := io.ReadAll(io.LimitReader(res.Body, largestAnswer))
	switch taken := res.StatusCode >= 200 && res.StatusCode < 300; {
	case !taken && (err != nil || len(answer) == largestAnswer): // what is cut may hold half a secret
		return res.StatusCode, refused(res, nil, hide)
	case !taken:
		return res.StatusCode, refused(res, answer, hide)
	case err != nil:
		half := unanswered(err)
		half.Status = res.StatusCode
		return res.StatusCode, half
	default:
		return res.StatusCode, nil
	}
}

// request is a message as it is sent. Its errors are final.
func request(ctx context.Context, m message) (*http.Request, error) {
	body, err := json.Marshal(m.body)
	if err != nil { // as of a time after the year 9999
		return nil, &Error{What: "cannot be told: this alert cannot be written as JSON", Final: true}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.address, bytes.NewReader(body))
	if err != nil || req.URL.Host == "" || req.URL.Scheme != "https" && req.URL.Scheme != "http" {
		return nil, &Error{What: "has an address that is none", Final: true}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Ringdown")
	if m.token != "" {
		req.Header.Set("Authorization", "Bearer "+m.token)
	}
	if m.sign != nil {
		if err := m.sign(req.Header, body); err != nil {
			return nil, &Error{What: "has a secret that nothing can be signed with", Final: true}
		}
	}
	return req, nil
}
