// Package slacktest is a Slack for tests: it keeps channels, members and messages, is asked over real
// HTTP, and can be made to fail. It refuses what Slack refuses, and reports to the test what Slack
// would not know.
package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Token is the one that the server takes, and App the account of the bot behind it.
const (
	Token = "xoxb-for-tests" //nolint:gosec // it opens nothing
	App   = "U0APP"
)

// Server is a workspace. Its fields are set before it is used.
type Server struct {
	URL    string // for slack.Config
	Scopes []string
	Page   int // how many things a page of an answer has at most

	t        testing.TB
	mu       sync.Mutex
	users    []User
	channels []*Channel
	troubles map[string][]Trouble
	asked    []Request
	count    int // of things with an id
}

// User is somebody with an account.
type User struct {
	ID      string
	Email   string
	Deleted bool
	Refused string // Slack's word when they are invited; empty: they may be
}

// Channel is a channel with all that was said in it.
type Channel struct {
	ID, Name, Creator, Topic, Purpose string
	Archived                          bool
	Members                           []string // without the app where it has opened the channel
	Messages                          []Message
	Topics                            int // how often the topic was set
}

// Message is a message as people see it.
type Message struct {
	ID     string
	Thread string // the id of the message that it answers
	Text   string
	Notice string // the text for notices, unescaped
	Markup bool   // something in it would be a link, a mention or formatted
	Key    string // from the metadata
	Calls  string // the account that is mentioned
	Edits  int
}

// Request is one that was made.
type Request struct {
	Method string
	Args   url.Values
}

// Trouble is how a request fails.
type Trouble struct {
	Status     int    // of HTTP; zero means 200
	Error      string // Slack's word
	RetryAfter string // the header
	Acts       bool   // what was asked is done nevertheless
	Breaks     bool   // half an answer comes
	Body       string // the answer; empty means what Slack would say
	Lasts      bool   // until Mend
}

// New starts a workspace that lasts as long as the test. The app has every scope that it needs.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, Page: 100, troubles: map[string][]Trouble{}, Scopes: []string{
		"channels:manage", "channels:read", "channels:history", "chat:write", "users:read", "users:read.email", "im:write", "im:history",
	}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL + "/api"
	return s
}

// Add makes accounts.
func (s *Server) Add(users ...User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = append(s.users, users...)
}

// Open makes a channel of somebody else's.
func (s *Server) Open(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.ID = s.newID("C")
	s.channels = append(s.channels, &c)
}

// Change changes a channel that is there, as people do.
func (s *Server) Change(name string, change func(*Channel)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.channels {
		if c.Name == name {
			change(c)
			return
		}
	}
	s.t.Errorf("slack: there is no channel %s", name)
}

// Channel is a channel as it is now; one that is not there has no id. The direct messages to an account are
// the channel @account.
func (s *Server) Channel(name string) Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.channels {
		if c.Name == name {
			now := *c
			now.Members, now.Messages = slices.Clone(c.Members), slices.Clone(c.Messages)
			return now
		}
	}
	return Channel{}
}

// Names are those of all channels, in the order in which they were made.
func (s *Server) Names() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.channels {
		names = append(names, c.Name)
	}
	return names
}

// Fail has the next requests of a method fail, one after the other.
func (s *Server) Fail(method string, troubles ...Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubles[method] = append(s.troubles[method], troubles...)
}

// Mend has a method work again.
func (s *Server) Mend(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.troubles, method)
}

// Asked lists the requests of a method; an empty method means all.
func (s *Server) Asked(method string) (all []Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.asked {
		if method == "" || r.Method == method {
			all = append(all, r)
		}
	}
	return all
}

// ServeHTTP is Slack's Web API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, _ := strings.CutPrefix(r.URL.Path, "/api/")
	if err := r.ParseForm(); err != nil {
		s.t.Errorf("slack: %s: %v", name, err)
	}
	args := r.Form
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = args.Get("token")
	}
	args.Del("token")
	s.asked = append(s.asked, Request{name, args})
	trouble := s.trouble(name)
	answer := s.answer(name, token, args, trouble)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if trouble == nil {
		s.write(w, answer)
		return
	}
	s.fail(w, *trouble)
}

func (s *Server) trouble(method string) *Trouble {
	queue := s.troubles[method]
	if len(queue) == 0 {
		return nil
	}
	if !queue[0].Lasts {
		s.troubles[method] = queue[1:]
	}
	return &queue[0]
}

// reply is the body of an answer.
type reply map[string]any

func refusal(word string) reply { return reply{"ok": false, "error": word} }

func (s *Server) answer(name, token string, args url.Values, trouble *Trouble) reply {
	m, known := methods[name]
	if !known {
		s.t.Errorf("slack: there is no method %s", name)
		return refusal("unknown_method")
	}
	for arg := range args {
		if !slices.Contains(m.args, arg) {
			s.t.Errorf("slack: %s knows no argument %s", name, arg)
		}
	}
	switch {
	case trouble != nil && !trouble.Acts:
		return nil
	case token == "":
		return refusal("not_authed")
	case token != Token:
		return refusal("invalid_auth")
	case m.scope != "" && !slices.Contains(s.Scopes, m.needed(args)):
		return reply{"ok": false, "error": "missing_scope", "needed": m.needed(args), "provided": strings.Join(s.Scopes, ",")}
	default:
		answer := m.does(s, args)
		if _, refused := answer["ok"]; !refused {
			answer["ok"] = true
		}
		return answer
	}
}

func (s *Server) fail(w http.ResponseWriter, trouble Trouble) {
	if trouble.Breaks {
		fmt.Fprint(w, `{"ok":tr`)
		_ = http.NewResponseController(w).Flush() // the rest never comes
		panic(http.ErrAbortHandler)
	}
	if trouble.RetryAfter != "" {
		w.Header().Set("Retry-After", trouble.RetryAfter)
	}
	if trouble.Status != 0 {
		w.WriteHeader(trouble.Status)
	}
	if trouble.Body != "" {
		fmt.Fprint(w, trouble.Body)
		return
	}
	if trouble.Error != "" {
		s.write(w, refusal(trouble.Error))
	}
}

func (s *Server) write(w http.ResponseWriter, answer reply) {
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.t.Errorf("slack: %v", err)
	}
}

// newID is the next id of a kind. Those of messages are times, as Slack's are.
func (s *Server) newID(kind string) string {
	s.count++
	if kind == "" {
		return fmt.Sprintf("%d.%06d", time.Now().Unix(), s.count)
	}
	return fmt.Sprintf("%s%08d", kind, s.count)
}
