package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// exchange is what was seen of one request and its answer. slack-go alone does not tell whether Slack
// has refused something or its answer was cut.
type exchange struct {
	err        error // of the transport; nil when a whole answer arrived
	status     int   // of HTTP; zero when no answer began
	ok         bool  // Slack did what was asked
	code       string
	retryAfter time.Duration
}

type exchangeKey struct{}

// observed is a transport that notes each exchange in the exchange of its context.
type observed struct{ http.RoundTripper }

// largestAnswer is in bytes, far above a page of channels.
const largestAnswer = 8 << 20

// RoundTrip reads the answer whole, so that the connection can be used again.
func (o observed) RoundTrip(r *http.Request) (*http.Response, error) {
	seen, _ := r.Context().Value(exchangeKey{}).(*exchange)
	answer, err := o.RoundTripper.RoundTrip(r)
	if err == nil {
		err = seen.read(answer)
	}
	if err != nil {
		seen.err = err
		return nil, err
	}
	return answer, nil
}

// codes are Slack's words for what is wrong. Anything else comes from somebody else.
var codes = regexp.MustCompile(`^[a-z][a-z0-9_]{1,80}$`)

func (x *exchange) read(answer *http.Response) error {
	x.status = answer.StatusCode
	x.retryAfter = retryAfter(answer.Header.Get("Retry-After"), time.Now())
	body, err := io.ReadAll(io.LimitReader(answer.Body, largestAnswer))
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return err
	}
	var said struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &said) == nil {
		x.ok = said.OK
		if codes.MatchString(said.Error) {
			x.code = said.Error
		}
	}
	return nil
}

const (
	usualWait   = 30 * time.Second
	longestWait = time.Hour
)

// retryAfter reads a header that holds seconds or a date.
func retryAfter(header string, now time.Time) time.Duration {
	wait := usualWait
	if seconds, err := strconv.Atoi(strings.TrimSpace(header)); err == nil {
		wait = time.Duration(min(max(seconds, 0), int(longestWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, time.Second), longestWait)
}

// judge says what an exchange means. unusable says that the answer could not be read as one to the
// request.
func (x *exchange) judge(o op, unusable bool) error {
	e := &Error{Op: o.words, Class: Retry, Code: x.code}
	switch {
	case x.err != nil:
		e.What = unanswered(x.err)
	case x.status == http.StatusTooManyRequests, busy[x.code]:
		e.RetryAfter = x.retryAfter
		e.What = fmt.Sprintf("Slack asks us to wait %d s", e.RetryAfter/time.Second)
	case x.status == http.StatusRequestTimeout, x.status >= 500, x.status >= 300 && x.status < 400:
		e.What = fmt.Sprintf("Slack answers with status %d", x.status)
	case x.status >= 400 && x.code == "": // nobody of Slack's says so
		e.What = fmt.Sprintf("Slack answers with status %d: check SLACK_API_URL and any proxy on the way", x.status)
	case x.code != "" && !x.ok:
		e.Class = classOf(x.code)
		e.What = meaning(o, x.code)
	case !x.ok, unusable:
		e.What = "Slack gave an answer that cannot be read"
	default:
		return nil
	}
	return e
}

// unanswered leaves out the request, which a log needs not hold.
func unanswered(err error) string {
	var network net.Error
	switch {
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "Slack did not answer in time"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "Slack broke off its answer"
	default:
		return "Slack cannot be reached"
	}
}
