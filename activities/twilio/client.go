// Package twilio is the client of Twilio's REST API: it starts, moves, ends and finds legs, buys
// numbers with the paperwork that they need, and looks up and sets up those there are. Every error
// it returns from the carrier is a *CarrierError whose Class says whether the carrier may have acted.
package twilio

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/telemetry"
	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Config says whose carrier account is used and where the carrier is.
type Config struct {
	AccountSID string
	AuthToken  string
	APIURL     string       // empty means Twilio itself; else scheme and host that get all requests
	Log        *slog.Logger // one debug line a request; nil means none

	// Asked is told of each request once it is over, to count and time it. op is one of few, class
	// empty for a success. It is called from many goroutines and must not block; nil means nobody.
	Asked func(op string, class Class, took time.Duration)

	Tracing *telemetry.Tracing // nil makes no traces
}

// Client asks things of the carrier. It is safe for concurrent use.
type Client struct {
	accountSID string
	authToken  string
	apiURL     *url.URL // nil means Twilio itself
	log        *slog.Logger
	asked      func(op string, class Class, took time.Duration)
	tracing    *telemetry.Tracing
	transport  http.RoundTripper
	patience   time.Duration // how long one request may take, connecting and reading included
	uploading  time.Duration // the same for a request that brings a file
}

var (
	accountSID  = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	callSID     = regexp.MustCompile(`^CA[0-9a-fA-F]{32}$`)
	numberSID   = regexp.MustCompile(`^PN[0-9a-fA-F]{32}$`)
	letters     = regexp.MustCompile(`^[0-9a-zA-Z]+$`)
	errNoAnswer = errors.New("the answer lacks what was asked for")
)

// New makes a client. It reaches for nothing; Check does. The error is a models.Faults that
// names every mistake at once and repeats no secret.
func New(cfg Config) (*Client, error) {
	var faults models.Faults
	if !accountSID.MatchString(cfg.AccountSID) {
		faults.Add("AccountSID", "must be AC and 32 hexadecimal digits, as the carrier's console shows it")
	}
	switch {
	case cfg.AuthToken == "":
		faults.Add("AuthToken", "is empty; without it no webhook can be trusted and no call placed")
	case !letters.MatchString(cfg.AuthToken):
		faults.Add("AuthToken", "must be letters and digits only; look for spaces, quotes or line ends around it")
	}
	apiURL, ok := parseAPIURL(cfg.APIURL)
	if !ok {
		faults.Add("APIURL", "must be http or https and a host, without path, query or user")
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Asked == nil {
		cfg.Asked = func(string, Class, time.Duration) {}
	}
	return &Client{
		accountSID: cfg.AccountSID, authToken: cfg.AuthToken, apiURL: apiURL,
		log: cfg.Log, asked: cfg.Asked, tracing: cfg.Tracing, transport: transport(),
		patience: 10 * time.Second, uploading: time.Minute,
	}, nil
}

func parseAPIURL(s string) (u *url.URL, ok bool) {
	if s == "" {
		return nil, true
	}
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, false
	}
	return u, u.Path == "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

// transport speaks HTTP/1.1 only: a stuck connection then delays one leg instead of all, and
// whether a request left is known for certain. Idle connections are kept for less than the 60 s
// after which the other side's balancers commonly drop theirs, since a request that meets a
// connection being dropped may or may not have been heard.
func transport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSHandshakeTimeout: 3 * time.Second,
		Protocols:           &protocols,
		MaxIdleConns:        100,
		MaxIdleConnsPerHost: 100,
		IdleConnTimeout:     20 * time.Second,
	}
}

// Check asks for the account itself: nil means that the credentials work and the account is active.
func (c *Client) Check(ctx context.Context) error {
	var status string
	err := c.ask(ctx, "check account", func(s *api.ApiService) error {
		account, err := s.FetchAccount(c.accountSID)
		if err != nil || account.Status == nil {
			return errors.Join(err, errNoAnswer)
		}
		status = *account.Status
		return nil
	})
	if err == nil && status != "active" {
		return &CarrierError{Op: "check account", Class: Credentials, Status: http.StatusOK, Code: codeAccountNotActive}
	}
	return err
}

// ask makes one request of the carrier and judges what came of it. request calls one method of
// the service it is given, once; its error only says that the answer cannot be used.
func (c *Client) ask(ctx context.Context, op string, request func(*api.ApiService) error) error {
	return c.through(ctx, op, c.patience, func(t *http.Client) error { return request(api.NewApiService(c.handler(t))) })
}

// through makes one request with the client it gives, and judges what came of it. The client brings ctx and the
// patience, for it serves callers who can bring neither.
func (c *Client) through(ctx context.Context, op string, patience time.Duration, request func(*http.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ctx, span := c.tracing.Ask(ctx, "carrier: "+op)
	began := time.Now()
	var seen exchange
	unusable := request(&http.Client{
		Transport: c.carry(ctx, &seen),
		// A followed 307 would place the call again.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}) != nil
	class, took := seen.class(unusable), time.Since(began)
	c.asked(op, class, took)
	span.End(string(class), seen.about()...)
	c.log.LogAttrs(ctx, slog.LevelDebug, "carrier asked",
		slog.String("op", op), slog.Int("status", seen.status), slog.Int("code", seen.code),
		slog.String("class", string(class)), slog.Duration("duration", took))
	if class == "" {
		return nil
	}
	return &CarrierError{
		Op: op, Class: class, Status: seen.status, Code: seen.code,
		RetryAfter: seen.retryAfter, cause: seen.cause(ctx),
	}
}

// handler is twilio-go for a single request: twilio-go takes no context, so the transport brings
// it. The handler is made by hand because twilio-go's own would let TWILIO_EDGE and
// TWILIO_REGION change the host unseen.
func (c *Client) handler(t *http.Client) *client.RequestHandler {
	base := &client.Client{Credentials: client.NewCredentials(c.accountSID, c.authToken), HTTPClient: t}
	base.SetAccountSid(c.accountSID)
	return &client.RequestHandler{Client: base}
}
