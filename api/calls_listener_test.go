package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringdown/ringdown/models"
)

// pipes are connections without a network, so that time passes only while everybody waits.
type pipes struct {
	made   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.made:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.made <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// feedTest is a server of the API of calls, and clients of it.
type feedTest struct {
	*restTest
	temporal *runsTemporal
	pipes    *pipes
	server   *http.Server
}

// onFeed runs one case in a time of its own. That nothing is left running is checked as it ends.
func onFeed(t *testing.T, name string, f func(ft *feedTest)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ft := &feedTest{temporal: &runsTemporal{}, pipes: &pipes{made: make(chan net.Conn), closed: make(chan struct{})}}
			ft.restTest = newCallsREST(t, ft.temporal)
			ft.now = time.Now()
			ft.server = &http.Server{Handler: ft.echo, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: sendWithin, WriteTimeout: takenWithin}
			served := make(chan error)
			go func() { served <- ft.server.Serve(ft.pipes) }()
			f(ft)
			ft.stops()
			<-served
		})
	})
}

// stops shuts the server down, and checks that no stream holds it up.
func (ft *feedTest) stops() {
	ft.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := ft.server.Shutdown(ctx); err != nil {
		ft.Error(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		ft.Errorf("the server took %v to shut down", took)
	}
}

// stream is what one client hears.
type stream struct {
	ft     *feedTest
	answer *http.Response
	hears  chan heard // closed when the stream ends
	leaves context.CancelFunc
	lastID string
}

// heard is an event, or a comment.
type heard struct {
	id, name, data string
}

func (h heard) String() string {
	var call models.Call
	if json.Unmarshal([]byte(h.data), &call) != nil || call.ID == "" {
		return strings.TrimSpace(h.name + " " + h.data)
	}
	return strings.Join(strings.Fields(fmt.Sprint(h.name, " ", call.ID, " ", call.Stage, " ", call.Outcome)), " ")
}

// connects asks for the stream. after is the id of the last event that was heard, empty for none.
func (ft *feedTest) connects(after string) *stream {
	ft.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://ringdown.example/v1/calls/stream", nil)
	if err != nil {
		ft.Fatal(err)
	}
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	transport := &http.Transport{DialContext: ft.pipes.dial, DisableKeepAlives: true}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		ft.Fatal(err)
	}
	s := &stream{ft: ft, answer: answer, hears: make(chan heard, 1000), leaves: cancel}
	go s.read()
	return s
}

func (s *stream) read() {
	defer close(s.hears)
	defer func() { _ = s.answer.Body.Close() }()
	lines := bufio.NewScanner(s.answer.Body)
	var h heard
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			h.id = value
		case "event":
			h.name = value
		case "data":
			h.data = value
		case "":
			if value != "" { // a comment
				h.name = value
			}
			if lines.Text() == "" && h != (heard{}) {
				s.hears <- h
				h = heard{}
			}
		}
	}
}

// heard gives what came until now, line by line.
func (s *stream) heard() string {
	s.ft.Helper()
	synctest.Wait()
	var all []string
	for {
		select {
		case h, ok := <-s.hears:
			if !ok {
				return strings.Join(append(all, "the end"), "\n")
			}
			if h.id != "" {
				s.lastID = h.id
			}
			all = append(all, h.String())
		default:
			return strings.Join(all, "\n")
		}
	}
}

// are checks what came until now.
func (s *stream) are(want ...string) {
	s.ft.Helper()
	if got := s.heard(); got != strings.Join(want, "\n") {
		s.ft.Errorf("heard\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// aLook is enough for whoever listens to hear of what happened.
func aLook() { time.Sleep(feedEvery + 10*time.Millisecond) }
