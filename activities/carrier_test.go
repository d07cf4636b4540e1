package activities_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/converter"
)

const (
	account   = "AC0123456789abcdef0123456789abcdef"
	callerLeg = "CA00000000000000000000000000000001"
	alice     = models.Phone("+12025550101")
	ours      = models.Phone("+12025550100")
)

// carrier is a server in Twilio's place, with the legs that it was asked for.
type carrier struct {
	t  *testing.T
	mu sync.Mutex

	replies  []reply // to the requests for a leg, in order; afterwards all is well
	posts    int     // requests for a leg
	placed   []string
	legs     map[string]*leg
	order    []string
	moved    map[string]string // where a leg was sent
	busy     int               // so many requests about one leg are not answered well
	stuck    bool              // a live leg cannot be moved
	unlisted bool              // it does not say what a caller's document has dialled
	calls    map[string]string // the latest request for a leg
}

type leg struct {
	sid, to, from, status string
	created               time.Time
	parent                string // the call whose document dialled it; empty for one that was asked for
}

// reply is how a request for a leg goes.
type reply struct {
	status, code int    // of a refusal; zero is none
	legs         int    // made although the answer is lost
	as           string // their state; empty is ringing
	lost         bool
	wait         chan struct{} // until it is closed nothing is answered
}

func newCarrier(t *testing.T, replies ...reply) (*activities.Phone, *carrier) {
	t.Helper()
	c := &carrier{t: t, replies: replies, legs: map[string]*leg{}, moved: map[string]string{}, calls: map[string]string{}}
	c.add(callerLeg, "in-progress", string(ours), "+447700900123", time.Now())
	server := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(server.Close)
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: "0123456789abcdef", APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return &activities.Phone{
		Carrier: client, PublicURL: "https://ringdown.example", Converter: converter.GetDefaultDataConverter(),
		Log:      slog.New(slog.DiscardHandler),
		Diverted: func(context.Context, string) (bool, error) { return false, nil },
		Alone:    func(context.Context, string, models.Phone) (bool, error) { return true, nil },
	}, c
}

func (c *carrier) add(sid, status, to, from string, created time.Time) {
	c.legs[sid] = &leg{sid: sid, to: to, from: from, status: status, created: created}
	c.order = append(c.order, sid)
}

// dials adds a leg that the caller's own document has dialled.
func (c *carrier) dials(sid, status string, to models.Phone) {
	c.add(sid, status, string(to), string(ours), time.Now())
	c.legs[sid].parent = callerLeg
}

// set changes the state of a leg.
func (c *carrier) set(sid, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.legs[sid].status = status
}

// is tells the state of a leg.
func (c *carrier) is(sid string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.legs[sid] == nil {
		return "unknown"
	}
	return c.legs[sid].status
}

func (c *carrier) asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.posts
}

func (c *carrier) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/2010-04-01/Accounts/"+account+"/Calls")
	sid := strings.TrimSuffix(strings.TrimPrefix(path, "/"), ".json")
	if err := r.ParseForm(); err != nil {
		c.t.Error(err)
	}
	switch {
	case path == ".json" && r.Method == http.MethodPost:
		c.place(w, r)
	case path == ".json":
		c.list(w, r)
	default:
		c.one(w, r, sid)
	}
}

func (c *carrier) place(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.posts++
	for name := range r.PostForm {
		c.calls[name] = r.PostForm.Get(name)
	}
	re := reply{legs: 1}
	if c.posts <= len(c.replies) {
		re = c.replies[c.posts-1]
	}
	c.mu.Unlock()
	if re.wait != nil {
		<-re.wait
		re.legs = 1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for range re.legs {
		sid := fmt.Sprintf("CA%032x", 256+len(c.placed))
		status := re.as
		if status == "" {
			status = "ringing"
		}
		c.add(sid, status, r.PostForm.Get("To"), r.PostForm.Get("From"), time.Now())
		c.placed = append(c.placed, sid)
	}
	switch {
	case re.lost:
		panic(http.ErrAbortHandler)
	case re.status != 0:
		problem(w, re.status, re.code)
	default:
		answer(w, http.StatusCreated, c.legs[c.placed[len(c.placed)-1]].view())
	}
}

func (c *carrier) list(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := []map[string]any{}
	q := r.URL.Query()
	if c.unlisted && q.Has("ParentCallSid") {
		problem(w, http.StatusServiceUnavailable, 0)
		return
	}
	for _, sid := range c.order {
		l := c.legs[sid]
		asked := func(name, is string) bool { return !q.Has(name) || q.Get(name) == is }
		if asked("To", l.to) && asked("From", l.from) && asked("Status", l.status) && asked("ParentCallSid", l.parent) {
			found = append(found, l.view())
		}
	}
	answer(w, http.StatusOK, map[string]any{"calls": found})
}

func (c *carrier) one(w http.ResponseWriter, r *http.Request, sid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.legs[sid]
	switch {
	case c.busy > 0:
		c.busy--
		problem(w, http.StatusServiceUnavailable, 0)
		return
	case l == nil:
		problem(w, http.StatusNotFound, 20404)
		return
	case r.Method == http.MethodPost && r.PostForm.Get("Status") == "completed":
		switch l.status {
		case "in-progress":
			l.status = "completed"
		case "ringing", "queued":
			l.status = "canceled"
		}
	case r.Method == http.MethodPost && (l.status != "in-progress" || c.stuck):
		problem(w, http.StatusBadRequest, 21220)
		return
	case r.Method == http.MethodPost:
		c.moved[sid] = r.PostForm.Get("Url")
	}
	answer(w, http.StatusOK, l.view())
}

func (l *leg) view() map[string]any {
	return map[string]any{
		"sid": l.sid, "to": l.to, "from": l.from, "status": l.status, "direction": "outbound-api",
		"date_created": l.created.UTC().Format(time.RFC1123Z),
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func problem(w http.ResponseWriter, status, code int) {
	answer(w, status, map[string]any{"status": status, "code": code, "message": "about a number"})
}

func anAttempt() models.Attempt {
	return models.Attempt{ID: "1.alice.1.1", Level: 1, UserID: "alice", Name: "Alice", Label: "mobile", Number: alice, Nth: 1, Round: 1}
}

func aDial() activities.DialRequest {
	return activities.DialRequest{CallSID: callerLeg, Attempt: anAttempt(), From: ours, Language: "en-GB", Timeout: 28}
}
