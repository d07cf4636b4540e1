package e2e

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// door stands before an HTTP server. A test can have it keep a request, or its answer, until the
// moment that a race needs.
type door struct {
	inside http.Handler

	mu       sync.Mutex
	expected []*expected
}

// visit says which requests are meant. Empty fields mean any.
type visit struct {
	path string // a part of the path
	to   string // the form's To: the phone that is rung
	has  string // a field that the form has: Status to end a call, Url to move it

	said  string                     // a part of the body
	about func(form url.Values) bool // says whether a form is meant
}

// expected is what a door does with a request that is to come.
type expected struct {
	visit
	times int
	serve func(w http.ResponseWriter, r *http.Request)
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever asked has left
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	if e := d.expects(r.URL.Path, string(body), form); e != nil {
		e.serve(w, r)
		return
	}
	d.inside.ServeHTTP(w, r)
}

func (d *door) expects(path, body string, form url.Values) *expected {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.expected {
		if e.times > 0 && strings.Contains(path, e.path) && strings.Contains(body, e.said) && (e.to == "" || e.to == form.Get("To")) && (e.has == "" || form.Has(e.has)) && (e.about == nil || e.about(form)) {
			e.times--
			return e
		}
	}
	return nil
}

func (d *door) expect(v visit, times int, serve func(w http.ResponseWriter, r *http.Request)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expected = append(d.expected, &expected{v, times, serve})
}

// held is a request that stands at a door.
type held struct {
	t     *testing.T
	what  visit
	came  chan struct{} // closed when it is there
	mayGo chan struct{} // closed when it may go on
	over  chan struct{} // closed when it is answered, or whoever asked has left
	let   func()
}

func newHeld(t *testing.T, what visit) *held {
	h := &held{t: t, what: what, came: make(chan struct{}), mayGo: make(chan struct{}), over: make(chan struct{})}
	h.let = sync.OnceFunc(func() { close(h.mayGo) })
	t.Cleanup(h.let)
	return h
}

// keeps holds the next such request back before it is let in. When whoever asked leaves, it never is.
func (d *door) keeps(t *testing.T, v visit) *held {
	h := newHeld(t, v)
	d.expect(v, 1, func(w http.ResponseWriter, r *http.Request) {
		defer close(h.over)
		close(h.came)
		select {
		case <-h.mayGo:
			d.inside.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
	return h
}

// keepsAnswer lets the next such request in and holds back what it is answered.
func (d *door) keepsAnswer(t *testing.T, v visit) *held {
	h := newHeld(t, v)
	d.expect(v, 1, func(w http.ResponseWriter, r *http.Request) {
		defer close(h.over)
		answer := httptest.NewRecorder()
		d.inside.ServeHTTP(answer, r)
		close(h.came)
		select {
		case <-h.mayGo:
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		case <-r.Context().Done():
		}
	})
	return h
}

// refuses answers such requests so many times with an error of the carrier's.
func (d *door) refuses(v visit, times, status, code int) {
	d.expect(v, times, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"code":%d,"message":"refused","status":%d}`, code, status)
	})
}

// comes waits until the request stands at the door.
func (h *held) comes() *held {
	h.t.Helper()
	h.await(h.came, "does not come")
	return h
}

// goesOn lets the request, or its answer, go on and waits until it is done.
func (h *held) goesOn() {
	h.t.Helper()
	h.let()
	h.await(h.over, "is not answered")
}

// isGivenUp waits until whoever asked has left.
func (h *held) isGivenUp() {
	h.t.Helper()
	h.await(h.over, "is not given up")
}

// stillStands holds that whoever asked has not left so far.
func (h *held) stillStands() {
	h.t.Helper()
	select {
	case <-h.over:
		h.t.Errorf("the request %+v is given up already", h.what)
	default:
	}
}

func (h *held) await(what chan struct{}, why string) {
	h.t.Helper()
	select {
	case <-what:
	case <-time.After(patience):
		h.t.Fatalf("the request %+v %s", h.what, why)
	}
}
