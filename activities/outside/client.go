// Package outside reads the on-call schedules that other services keep: who is on call there, and
// when. It only reads. Every error it returns of a service is an *Error.
package outside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// Config says with which keys the services are asked, and where they are. A service without a key
// is not asked.
type Config struct {
	IncidentIOKey string
	IncidentIOURL string // scheme and host; empty means the service itself
	PagerDutyKey  string
	PagerDutyURL  string // as IncidentIOURL
}

const (
	requestWithin = 10 * time.Second
	largestAnswer = 8 << 20 // bytes
	mostPages     = 100     // of one schedule
)

// Client asks the services. It is safe for concurrent use, and for asking the same again. A nil one
// has no keys.
type Client struct {
	services map[models.Provider]service
	http     *http.Client
}

// service is how one provider is asked.
type service struct {
	key, base string
	headers   func(key string) http.Header
	check     func(ctx context.Context, ask asking, reference string) error
	shifts    func(ctx context.Context, ask asking, reference string, within models.Stretch) ([]models.OutsideShift, error)
}

// variables of the environment hold the keys.
var variables = map[models.Provider]string{models.IncidentIO: "INCIDENT_IO_API_KEY", models.PagerDuty: "PAGERDUTY_API_KEY"}

// asking gets a path with a query and reads the answer's JSON.
type asking func(ctx context.Context, path string, query url.Values, answer any) error

// New makes a client. It reaches for nothing. Its error names an address that is none.
func New(c Config) (*Client, error) {
	services := map[models.Provider]service{
		models.IncidentIO: {
			c.IncidentIOKey, c.IncidentIOURL, incidentIOHeaders, checkIncidentIO, incidentIOShifts,
		},
		models.PagerDuty: {
			c.PagerDutyKey, c.PagerDutyURL, pagerDutyHeaders, checkPagerDuty, pagerDutyShifts,
		},
	}
	usual := map[models.Provider]string{models.IncidentIO: "https://api.incident.io", models.PagerDuty: "https://api.pagerduty.com"}
	for provider, s := range services {
		if s.base == "" {
			s.base = usual[provider]
		}
		if u, err := url.Parse(s.base); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.TrimSuffix(u.Path, "/") != "" {
			return nil, fmt.Errorf("%sURL: want https and a host, without a path", strings.TrimSuffix(variables[provider], "KEY"))
		}
		s.base, s.key = strings.TrimSuffix(s.base, "/"), strings.TrimSpace(s.key)
		services[provider] = s
	}
	return &Client{services: services, http: &http.Client{
		Timeout:       requestWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the key goes nowhere else
	}}, nil
}

// Ready says whether there is a key for any service.
func (c *Client) Ready() bool {
	return c != nil && (c.services[models.IncidentIO].key != "" || c.services[models.PagerDuty].key != "")
}

// Unable says why a provider cannot be asked, and is empty when it can.
func (c *Client) Unable(provider models.Provider) string {
	variable, known := variables[provider]
	switch {
	case !known:
		return "is no provider"
	case c == nil || c.services[provider].key == "":
		return "cannot be asked: set " + variable
	default:
		return ""
	}
}

// Check asks whether a schedule is there and may be read.
func (c *Client) Check(ctx context.Context, provider models.Provider, reference string) error {
	ask, err := c.asks(provider)
	if err != nil {
		return err
	}
	if strings.Trim(reference, ".") == "" { // in a path it would be another place
		return &Error{Provider: provider, What: "cannot be asked with this reference", Class: Refused}
	}
	return c.services[provider].check(ctx, ask, reference)
}

// Shifts lists the shifts of a schedule that share any time with a window, overrides worked in.
func (c *Client) Shifts(ctx context.Context, provider models.Provider, reference string, within models.Stretch) ([]models.OutsideShift, error) {
	ask, err := c.asks(provider)
	if err != nil {
		return nil, err
	}
	return c.services[provider].shifts(ctx, ask, reference, within)
}

func (c *Client) asks(provider models.Provider) (asking, error) {
	if why := c.Unable(provider); why != "" {
		return nil, &Error{Provider: provider, What: why, Class: Credentials}
	}
	s := c.services[provider]
	return func(ctx context.Context, path string, query url.Values, answer any) error {
		return c.get(ctx, provider, s, path, query, answer)
	}, nil
}

func (c *Client) get(ctx context.Context, provider models.Provider, s service, path string, query url.Values, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return &Error{Provider: provider, What: "cannot be asked with this reference", Class: Refused}
	}
	req.Header = s.headers(s.key)
	res, err := c.http.Do(req)
	if err != nil {
		return unanswered(provider, err)
	}
	defer func() { _ = res.Body.Close() }() // only read
	body, err := io.ReadAll(io.LimitReader(res.Body, largestAnswer+1))
	switch {
	case res.StatusCode != http.StatusOK: // whatever of its reason could be read
		return refused(provider, res, body, s.key)
	case err != nil:
		return unanswered(provider, err)
	case len(body) > largestAnswer:
		return &Error{Provider: provider, What: "gave an answer that is too long", Class: Away}
	case json.Unmarshal(body, answer) != nil:
		return &Error{Provider: provider, What: "gave an answer that cannot be read", Class: Away}
	default:
		return nil
	}
}

// unanswered leaves out the request, which a log needs not hold.
func unanswered(provider models.Provider, err error) error {
	var network net.Error
	what := "cannot be reached"
	switch {
	case errors.As(err, &network) && network.Timeout() || errors.Is(err, context.DeadlineExceeded):
		what = "did not answer in time"
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		what = "broke off its answer"
	}
	return &Error{Provider: provider, What: what, Class: Away}
}
