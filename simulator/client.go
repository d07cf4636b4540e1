package simulator

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Client steers a simulator in another process through its control API. BaseURL must name a loopback host.
type Client struct {
	BaseURL string
	HTTP    *http.Client // nil means http.DefaultClient; a Timeout also ends Events
}

// PutScript says how a phone behaves when it is rung from now on.
func (c *Client) PutScript(ctx context.Context, phone string, s Script) error {
	return c.call(ctx, http.MethodPut, "/sim/phones/"+url.PathEscape(phone), s, nil)
}

// PutNumber makes the account own a number, or replaces its settings.
func (c *Client) PutNumber(ctx context.Context, n Number) error {
	return c.call(ctx, http.MethodPut, "/sim/numbers/"+url.PathEscape(n.Phone), n, nil)
}

// PutName says what the owner of a phone calls it, for who looks at the phones.
func (c *Client) PutName(ctx context.Context, phone, name string) error {
	return c.call(ctx, http.MethodPut, "/sim/phones/"+url.PathEscape(phone)+"/name", nameRequest{name}, nil)
}

// Forget drops what is kept of a phone: its script, its name, and its calls that are over.
func (c *Client) Forget(ctx context.Context, phone string) error {
	return c.call(ctx, http.MethodDelete, "/sim/phones/"+url.PathEscape(phone), nil, nil)
}

// Faults is the fault plan of this moment.
func (c *Client) Faults(ctx context.Context) (Faults, error) {
	var f Faults
	return f, c.call(ctx, http.MethodGet, "/sim/faults", nil, &f)
}

// SetFaults replaces the fault plan.
func (c *Client) SetFaults(ctx context.Context, f Faults) error {
	return c.call(ctx, http.MethodPut, "/sim/faults", f, nil)
}

// Dial places a call from a caller's phone to one of the account's numbers.
func (c *Client) Dial(ctx context.Context, from, to string, s CallerScript) (CallView, error) {
	var v CallView
	return v, c.call(ctx, http.MethodPost, "/sim/calls", dialRequest{from, to, s}, &v)
}

// Press presses keys at a call's phone.
func (c *Client) Press(ctx context.Context, sid, digits string) error {
	return c.act(ctx, sid, "press", pressRequest{digits})
}

// Answer picks up a ringing phone.
func (c *Client) Answer(ctx context.Context, sid string) error { return c.act(ctx, sid, "answer", nil) }

// Reject declines a ringing phone.
func (c *Client) Reject(ctx context.Context, sid string) error { return c.act(ctx, sid, "reject", nil) }

// HangUp ends a call from its phone.
func (c *Client) HangUp(ctx context.Context, sid string) error { return c.act(ctx, sid, "hangup", nil) }

func (c *Client) act(ctx context.Context, sid, act string, body any) error {
	return c.call(ctx, http.MethodPost, "/sim/calls/"+url.PathEscape(sid)+"/"+act, body, nil)
}

// Numbers are the account's numbers.
func (c *Client) Numbers(ctx context.Context) ([]Number, error) {
	var all []Number
	return all, c.call(ctx, http.MethodGet, "/sim/numbers", nil, &all)
}

// Phones are the phones that have a script or were ever rung.
func (c *Client) Phones(ctx context.Context) ([]PhoneState, error) {
	var all []PhoneState
	return all, c.call(ctx, http.MethodGet, "/sim/phones", nil, &all)
}

// Calls are all calls, oldest first, without what was heard.
func (c *Client) Calls(ctx context.Context) ([]CallView, error) {
	var all []CallView
	return all, c.call(ctx, http.MethodGet, "/sim/calls", nil, &all)
}

// Call is one call with what was heard.
func (c *Client) Call(ctx context.Context, sid string) (CallView, error) {
	var v CallView
	return v, c.call(ctx, http.MethodGet, "/sim/calls/"+url.PathEscape(sid), nil, &v)
}

func (c *Client) http() *http.Client {
	if c.HTTP == nil {
		return http.DefaultClient
	}
	return c.HTTP
}

func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.BaseURL, "/")+path, in)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http().Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode > 299 {
		var e controlError
		_ = json.NewDecoder(res.Body).Decode(&e)
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, e.Error)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// Events yields every event after the one numbered after, then each new one as it happens. It ends with ctx, or with the
// error that broke the stream.
func (c *Client) Events(ctx context.Context, after int) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		target := strings.TrimSuffix(c.BaseURL, "/") + "/sim/events?after=" + strconv.Itoa(after)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err != nil {
			yield(Event{}, err)
			return
		}
		res, err := c.http().Do(req)
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, maxBody)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var e Event
			err := json.Unmarshal([]byte(data), &e)
			if !yield(e, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); err != nil && ctx.Err() == nil {
			yield(Event{}, err)
		}
	}
}
