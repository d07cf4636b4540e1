package outside

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ringdown/ringdown/models"
)

// Class says what may help against an error.
type Class string

// What a service may answer.
const (
	Refused     Class = "refused"     // another reference may help
	Credentials Class = "credentials" // another key may help
	Busy        Class = "busy"        // waiting for RetryAfter helps
	Away        Class = "away"        // it may work again soon
)

// Error is what came of asking a service. Its text is for people and holds no key.
type Error struct {
	Provider   models.Provider
	What       string // as in: knows no such schedule
	Said       string // the service's own words; may be empty
	Class      Class
	RetryAfter time.Duration // for Busy
}

func (e *Error) Error() string {
	if e.Said == "" {
		return fmt.Sprintf("%v %s", e.Provider, e.What)
	}
	return fmt.Sprintf("%v %s (it says: %s)", e.Provider, e.What, e.Said)
}

// refused is the error of an answer that is none of those wished for.
func refused(provider models.Provider, res *http.Response, body []byte, key string) error {
	e := &Error{Provider: provider, Said: said(bytes.ReplaceAll(body, []byte(key), []byte("…")))}
	switch code := res.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.What, e.Class = "does not let our key read the schedule", Credentials
	case code == http.StatusNotFound:
		e.What, e.Class = "knows no such schedule", Refused
	case code == http.StatusTooManyRequests:
		e.What, e.Class, e.RetryAfter = "asks us to wait", Busy, retryAfter(res.Header.Get("Retry-After"))
	case code >= 400 && code < 500:
		e.What, e.Class = fmt.Sprintf("refuses the request with status %d", code), Refused
	default:
		e.What, e.Class = fmt.Sprintf("answers with status %d", code), Away
	}
	return e
}

const (
	usualWait   = time.Minute
	longestWait = time.Hour
)

// retryAfter reads a header that holds seconds or a date.
func retryAfter(value string) time.Duration {
	wait := usualWait
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
		wait = time.Duration(min(max(seconds, 0), int(longestWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, time.Second), longestWait)
}

// said is the message in the body of an error, which both services put below "error" or "errors".
func said(body []byte) string {
	var answer struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	_ = json.Unmarshal(body, &answer) // an answer without a message says nothing
	message := answer.Error.Message
	if message == "" && len(answer.Errors) > 0 {
		message = answer.Errors[0].Message
	}
	return oneLine(message)
}

// oneLine makes a text of somebody else's fit to be stored and shown.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return text
}
