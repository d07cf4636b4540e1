package twilio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

// exchange is what was seen of one request and its answer.
type exchange struct {
	method     string
	sent       bool  // a connection was had, so bytes may have left
	err        error // of the transport; nil when a whole answer arrived
	status     int   // of HTTP; zero when no answer began
	code       int   // the carrier's own; zero when it gave none
	retryAfter time.Duration
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// carry brings ctx into a request that was made without one, sends it to the configured host and
// notes in seen what happens. The answer is read whole, so that the connection can be used again
// whatever the reader of the answer does with it.
func (c *Client) carry(ctx context.Context, seen *exchange) roundTrip {
	// GetConn begins every try of the transport, which tries again only what provably never left.
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { seen.sent = false },
		GotConn: func(httptrace.GotConnInfo) { seen.sent = true },
	})
	return func(r *http.Request) (*http.Response, error) {
		r = r.Clone(ctx)
		seen.method = r.Method
		if c.apiURL != nil {
			r.URL.Scheme, r.URL.Host, r.Host = c.apiURL.Scheme, c.apiURL.Host, ""
		}
		answer, err := c.transport.RoundTrip(r)
		if err == nil {
			err = seen.read(answer)
		}
		if err != nil {
			seen.err = err
			return nil, err
		}
		return answer, nil
	}
}

// maxAnswer is far above the carrier's longest answer, a page of 100 calls.
const maxAnswer = 8 << 20

func (x *exchange) read(answer *http.Response) error {
	x.status = answer.StatusCode
	x.retryAfter = retryAfter(answer.Header.Get("Retry-After"), time.Now())
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return err
	}
	if x.status >= http.StatusMultipleChoices {
		var problem struct{ Code int }
		_ = json.Unmarshal(body, &problem) // not JSON: the code stays zero
		x.code = problem.Code
	}
	return nil
}

// retryAfter reads the header in both its forms, seconds and a date; zero means not given.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// about is what a trace may tell of it: never the URL, whose query may hold numbers.
func (x *exchange) about() []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("http.request.method", x.method),
		attribute.Int("http.response.status_code", x.status),
		attribute.Int("carrier.code", x.code),
	}
}

// class is empty for a success. unusable says that the body of the answer could not be used.
func (x *exchange) class(unusable bool) Class {
	switch {
	case x.status == http.StatusTooManyRequests:
		return Busy
	case x.err != nil && !x.sent:
		return Unsent
	case x.err != nil:
		return Unknown
	case x.status >= 200 && x.status < 300:
		if unusable {
			return Unknown
		}
		return ""
	case x.status >= 400 && x.status < 500:
		return classOfRefusal(x.status, x.code)
	default: // 5xx; and 3xx, which the carrier never sends, so who knows who did
		return Unknown
	}
}

// cause is the part of a transport's error that is safe to show: it names hosts at most, never
// the URL of a request, whose query may hold numbers. An ended ctx goes first.
func (x *exchange) cause(ctx context.Context) error {
	var network *net.OpError
	switch {
	case x.err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !x.sent, errors.As(x.err, &network), errors.Is(x.err, io.EOF), errors.Is(x.err, io.ErrUnexpectedEOF):
		return x.err
	default:
		return nil
	}
}
