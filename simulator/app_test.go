package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	ours   = "+12025550100"
	caller = "+12025550111"
	alice  = "+12025550121"
	bob    = "+447700900122"

	testSID   = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	testToken = "0123456789abcdef"
)

// hook is one request that the carrier made.
type hook struct {
	method, path, token string
	form                url.Values
}

// app is the server that the carrier asks. Its answers are set per path; each request is checked and kept.
type app struct {
	t      *testing.T
	url    string
	mu     sync.Mutex
	pages  map[string]http.HandlerFunc
	got    []hook
	waking chan struct{}
}

// bench is a carrier, an app it talks to, and the context of one test.
type bench struct {
	*app
	sim  *Carrier
	rest *httptest.Server
	ctx  context.Context
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchAt(t, 40)
}

func newBenchAt(t *testing.T, speed float64) *bench {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	sim := New(Config{AccountSID: testSID, AuthToken: testToken, Speed: speed})
	a := &app{t: t, pages: map[string]http.HandlerFunc{}, waking: make(chan struct{})}
	server := httptest.NewServer(a)
	a.url = server.URL
	rest := httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		sim.Close()
		rest.Close()
		server.Close()
		cancel()
	})
	sim.AddNumber(Number{Phone: ours, VoiceURL: a.url + "/voice", StatusCallback: a.url + "/status"})
	return &bench{app: a, sim: sim, rest: rest, ctx: ctx}
}

// says makes a path answer with verbs; a request's parameters may be used as in {Digits}.
func (a *app) says(path, verbs string) {
	a.on(path, func(w http.ResponseWriter, r *http.Request) {
		body := verbs
		for name := range r.Form {
			body = strings.ReplaceAll(body, "{"+name+"}", r.Form.Get(name))
		}
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, "<Response>%s</Response>", body)
	})
}

func (a *app) on(path string, h http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pages[path] = h
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	if want := Sign(testToken, a.url+r.URL.RequestURI(), r.PostForm); r.Header.Get("X-Twilio-Signature") != want {
		a.t.Errorf("%s %s is signed %q, want %q", r.Method, r.URL, r.Header.Get("X-Twilio-Signature"), want)
	}
	a.mu.Lock()
	page := a.pages[r.URL.Path]
	a.got = append(a.got, hook{r.Method, r.URL.Path, r.Header.Get("I-Twilio-Idempotency-Token"), r.Form})
	close(a.waking)
	a.waking = make(chan struct{})
	a.mu.Unlock()
	if page == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	page(w, r)
}

func (a *app) hooks(path string) []hook {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.got), func(h hook) bool { return h.path != path })
}

// waitHooks waits for n requests of a path, and for the last to fulfil ok.
func (b *bench) waitHooks(path string, n int) []hook {
	b.t.Helper()
	for {
		b.mu.Lock()
		next := b.waking
		b.mu.Unlock()
		if got := b.hooks(path); len(got) >= n {
			return got
		}
		select {
		case <-next:
		case <-b.ctx.Done():
			b.t.Fatalf("%s was asked %d times, want %d", path, len(b.hooks(path)), n)
		}
	}
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.story()
		b.t.Fatal(err)
	}
}

func (b *bench) story() {
	for _, e := range b.sim.History() {
		line, _ := json.Marshal(e)
		b.t.Log(string(line))
	}
}

// post asks REST and decodes the answer.
func (b *bench) post(path string, form url.Values) (int, map[string]any) {
	b.t.Helper()
	return b.send(http.MethodPost, path, form)
}

func (b *bench) get(path string) (int, map[string]any) {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

func (b *bench) send(method, path string, form url.Values) (int, map[string]any) {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.ctx, method, b.rest.URL+"/2010-04-01/Accounts/"+testSID+path, body)
	b.must(err)
	req.SetBasicAuth(testSID, testToken)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	b.must(err)
	defer res.Body.Close()
	var out map[string]any
	b.must(json.NewDecoder(res.Body).Decode(&out))
	return res.StatusCode, out
}

// ring asks REST to call a phone with the app's path as its document.
func (b *bench) ring(phone, path string, more ...string) *Leg {
	b.t.Helper()
	form := url.Values{"To": {phone}, "From": {ours}, "Url": {b.url + path}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	status, body := b.post("/Calls.json", form)
	if status != http.StatusCreated {
		b.t.Fatalf("POST Calls: %d %v", status, body)
	}
	return b.sim.Leg(body["sid"].(string))
}

func (b *bench) ends(l *Leg, status string) {
	b.t.Helper()
	select {
	case <-l.Done():
	case <-b.ctx.Done():
		b.story()
		b.t.Fatalf("call to %s does not end, it is %s", l.Phone(), l.Status())
	}
	if l.Status() != status {
		b.story()
		b.t.Errorf("call to %s ended as %s, want %s", l.Phone(), l.Status(), status)
	}
}

func (b *bench) count(kind EventKind) int {
	n := 0
	for _, e := range b.sim.History() {
		if e.Kind == kind {
			n++
		}
	}
	return n
}
