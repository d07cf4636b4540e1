package receivers

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ringdown/ringdown/models"
)

// Error is what came of telling a receiver. Its text is for people. It holds no secret, no number of the
// call and nothing of the receiver's address but its host.
type Error struct {
	What       string        // as in: refuses it with status 400
	Said       string        // the receiver's own words; may be empty
	Status     int           // of HTTP; zero without an answer
	Final      bool          // repeating does not help
	RetryAfter time.Duration // how long the receiver asks to be left alone, 1 s to 1 h; zero: as you like
}

func (e *Error) Error() string {
	if e.Said == "" {
		return "the receiver " + e.What
	}
	return fmt.Sprintf("the receiver %s (it says: %s)", e.What, e.Said)
}

// refused is the error of an answer that is none of success. body is empty where it could not be read.
func refused(res *http.Response, body []byte, hide *strings.Replacer) *Error {
	code := res.StatusCode
	e := &Error{Status: code, Said: said(body, hide)}
	switch {
	case code >= 300 && code < 400:
		e.What, e.Final = "points elsewhere, which is not followed"+elsewhere(res, hide), true
	case code == http.StatusTooManyRequests:
		e.What, e.RetryAfter = "asks us to wait", retryAfter(res.Header.Get("Retry-After"))
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		e.What = fmt.Sprintf("asks us to try again with status %d", code)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.What, e.Final = fmt.Sprintf("does not accept our secret, or us, with status %d", code), true
	case code == http.StatusNotFound, code == http.StatusGone:
		e.What, e.Final = fmt.Sprintf("has nothing at this address, with status %d", code), true
	case code >= 400 && code < 500:
		e.What, e.Final = fmt.Sprintf("refuses it with status %d", code), true
	default:
		e.What, e.RetryAfter = fmt.Sprintf("answers with status %d", code), retryAfter(res.Header.Get("Retry-After"))
	}
	return e
}

// elsewhere names where an answer points to, without its query.
func elsewhere(res *http.Response, hide *strings.Replacer) string {
	to, err := res.Location()
	if err != nil {
		return ": status " + strconv.Itoa(res.StatusCode)
	}
	to = &url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}
	return ": " + oneLine(hide.Replace(to.String()), longestSaid)
}

// unanswered says why no answer came, or not all of one. It leaves out the request.
func unanswered(err error) *Error {
	var (
		private   *privateError
		untrusted *tls.CertificateVerificationError
		unknown   *net.DNSError
		network   net.Error
	)
	switch {
	case errors.As(err, &private):
		return &Error{What: "is at " + private.where + ", which is refused unless ALLOW_PRIVATE_RECEIVERS is set", Final: true}
	case errors.Is(err, context.Canceled):
		return &Error{What: "was not waited for: we are stopping"}
	case errors.As(err, &unknown):
		return &Error{What: "has a name that could not be looked up"}
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return &Error{What: "did not answer in time"}
	case errors.As(err, &untrusted):
		return &Error{What: "has a certificate that is not to be trusted: " + oneLine(untrusted.Err.Error(), longestSaid)}
	case brokenTLS(err):
		return &Error{What: "does not speak TLS as it should"}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return &Error{What: "broke off its answer"}
	default:
		return &Error{What: "cannot be reached"}
	}
}

func brokenTLS(err error) bool {
	var (
		record tls.RecordHeaderError
		alert  tls.AlertError
	)
	return errors.As(err, &record) || errors.As(err, &alert) || errors.Is(err, http.ErrSchemeMismatch)
}

const longestWait = time.Hour

// retryAfter reads a header that holds seconds or a date. Zero means that it holds neither.
func retryAfter(value string) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
		wait = time.Duration(min(max(seconds, 0), int(longestWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = time.Until(at)
	} else {
		return 0
	}
	return min(max(wait, time.Second), longestWait)
}

// said are the words in the body of an error. A page says nothing.
func said(body []byte, hide *strings.Replacer) string {
	text := strings.ToValidUTF8(string(body), "")
	var answer any
	if json.Unmarshal(body, &answer) == nil {
		text = words(answer)
	} else if strings.HasPrefix(strings.TrimSpace(text), "<") {
		return ""
	}
	return oneLine(hide.Replace(oneLine(hide.Replace(text), largestAnswer)), longestSaid)
}

// words are the texts of an answer in JSON, wherever the known systems put them.
func words(answer any) string {
	var parts []string
	switch a := answer.(type) {
	case string:
		return a
	case []any:
		for _, one := range a {
			parts = append(parts, words(one))
		}
	case map[string]any:
		for _, name := range []string{"title", "message", "detail", "error", "errors"} {
			parts = append(parts, words(a[name]))
		}
	}
	var b strings.Builder
	for _, part := range parts {
		if b.Len() > 0 && part != "" {
			b.WriteString("; ")
		}
		b.WriteString(part)
	}
	return b.String()
}

// hidden takes out of a text what is nobody's business: the secret, the address, the numbers of the call.
func hidden(r models.Receiver, d models.Delivery) *strings.Replacer {
	hide := []string{r.Secret, url.QueryEscape(r.Secret), strings.TrimPrefix(r.Secret, models.SecretPrefix)}
	if u, err := url.Parse(r.URL); err == nil && len(u.Path)+len(u.RawQuery) > 1 {
		hide = append(hide, u.RequestURI(), u.Path, u.RawQuery)
	}
	for _, number := range []models.Phone{d.Alert.Caller, d.Alert.Number} {
		hide = append(hide, string(number), strings.TrimPrefix(string(number), "+"))
	}
	var pairs []string
	for _, text := range hide {
		if text != "" && text != "/" {
			pairs = append(pairs, text, "…")
		}
	}
	return strings.NewReplacer(pairs...)
}
