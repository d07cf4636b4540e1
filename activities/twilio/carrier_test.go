package twilio

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

const (
	account = "AC0123456789abcdef0123456789abcdef"
	token   = "0123456789abcdef"
	leg1    = "CA00000000000000000000000000000001"
	leg2    = "CA00000000000000000000000000000002"
	leg3    = "CA00000000000000000000000000000003"
	leg4    = "CA00000000000000000000000000000004"
	number1 = "PN00000000000000000000000000000001"
	number2 = "PN00000000000000000000000000000002"

	calls   = "/2010-04-01/Accounts/" + account + "/Calls.json"
	oneCall = "/2010-04-01/Accounts/" + account + "/Calls/" + leg1 + ".json"
)

var aLeg = Leg{
	To: "+12025550123", From: "+447700900001",
	URL: "https://ringdown.example/leg", StatusCallback: "https://ringdown.example/status", Timeout: 28,
}

// asked is one request that the carrier got.
type asked struct {
	Method, Path string
	Query, Form  url.Values
}

// carrier is a server in Twilio's place. What it is asked, and what it says well, is checked
// against Twilio's own description of its API.
type carrier struct {
	t        *testing.T
	server   *httptest.Server
	mu       sync.Mutex
	requests []asked
	files    []File // that came with them
}

// newCarrier answers every request with answer; nth counts from 1.
func newCarrier(t *testing.T, answer func(c *carrier, w http.ResponseWriter, r *http.Request, nth int)) (*Client, *carrier) {
	t.Helper()
	c := &carrier{t: t}
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(c, w, r, c.note(r))
	}))
	t.Cleanup(c.server.Close)
	return newClient(t, c.server.URL), c
}

func newClient(t *testing.T, apiURL string) *Client {
	t.Helper()
	client, err := New(Config{AccountSID: account, AuthToken: token, APIURL: apiURL})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (c *carrier) note(r *http.Request) (nth int) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	form, file, err := formOf(r, body)
	if err != nil {
		c.t.Error(err)
	}
	if file != nil {
		body = []byte(form.Encode())
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	checkRequest(c.t, r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if user, password, _ := r.BasicAuth(); user != account || password != token {
		c.t.Errorf("credentials sent: %q and a token of %d letters", user, len(password))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, asked{r.Method, r.URL.Path, r.URL.Query(), form})
	if file != nil {
		c.files = append(c.files, *file)
	}
	return len(c.requests)
}

// got is what the carrier was asked so far.
func (c *carrier) got() []asked {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

// says answers as Twilio would; body is checked.
func (c *carrier) says(w http.ResponseWriter, r *http.Request, status int, body string) {
	checkResponse(c.t, r, status, body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// always is a carrier with one answer, unchecked, since most of them are wrong.
func always(status int, header, body string) func(*carrier, http.ResponseWriter, *http.Request, int) {
	return func(_ *carrier, w http.ResponseWriter, _ *http.Request, _ int) {
		if header != "" {
			w.Header().Set("Retry-After", header)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func within(t *testing.T, limit time.Duration, what func()) {
	t.Helper()
	began := time.Now()
	what()
	if took := time.Since(began); took > limit {
		t.Errorf("took %v, more than %v", took, limit)
	}
}
