package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// api is an API behind the balancer that answers as told and remembers what it was asked.
type api struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // bodies
}

func newAPI(t *testing.T, answer http.HandlerFunc) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.URL.Path != "/livez" {
			a.mu.Lock()
			a.asked = append(a.asked, string(body))
			a.mu.Unlock()
		}
		answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) times() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.asked)
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// breaks ends the connection without an answer.
func breaks(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// breaksOff ends the connection in the middle of its answer.
func breaksOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, "<Respo")
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// balance puts a balancer before addresses that it takes for alive; the first is asked first.
func balance(t *testing.T, addresses ...string) (*balancer, *httptest.Server) {
	t.Helper()
	b := newBalancer()
	for _, address := range addresses {
		b.add(strings.TrimPrefix(address, "http://"))
	}
	for _, one := range b.backends {
		one.down.Store(false)
	}
	b.turn.Store(^uint64(0))
	front := httptest.NewServer(b)
	t.Cleanup(front.Close)
	t.Cleanup(b.kept.CloseIdleConnections)
	return b, front
}

// refuses is an address that nobody listens at.
func refuses(t *testing.T) string {
	t.Helper()
	gone := httptest.NewServer(nil)
	gone.Close()
	return gone.URL
}

func ask(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	status, answer, err := asks(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return status, answer
}

func asks(ctx context.Context, method, url, body string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), errors.Join(err, response.Body.Close())
}

func TestRequestsAreSharedInTurn(t *testing.T) {
	one, two := newAPI(t, says("one")), newAPI(t, says("two"))
	_, front := balance(t, one.URL, two.URL)
	heard := ""
	for range 4 {
		_, answer := ask(t, http.MethodGet, front.URL+"/v1/calls", "")
		heard += answer + " "
	}
	if heard != "one two one two " {
		t.Errorf("they answer %q", heard)
	}
}

func TestAnAPIThatRefusesIsPassedOver(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		for _, path := range []string{"/twilio/voice", "/v1/users"} {
			t.Run(method+" "+path, func(t *testing.T) {
				lives := newAPI(t, says("hello"))
				b, front := balance(t, refuses(t), lives.URL)
				if status, answer := ask(t, method, front.URL+path, "From=anonymous"); status != http.StatusOK || answer != "hello" {
					t.Errorf("it answers %d %q", status, answer)
				}
				if want := "From=anonymous"; lives.times() != 1 || lives.asked[0] != want {
					t.Errorf("the other was asked %q", lives.asked)
				}
				if !b.backends[0].down.Load() {
					t.Error("the next request tries it first again")
				}
			})
		}
	}
}

func TestAWebhookThatIsNotAnsweredIsTriedOnTheOther(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"the connection breaks":               breaks,
		"the answer breaks off":               breaksOff,
		"nothing comes in time":               func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"the answer is larger than any":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, webhookSize+1)) },
		"what answers does not speak of HTTP": func(w http.ResponseWriter, _ *http.Request) { garble(w) },
	} {
		t.Run(name, func(t *testing.T) {
			broken, well := newAPI(t, answer), newAPI(t, says("<Response/>"))
			b, front := balance(t, broken.URL, well.URL)
			b.within = 100 * time.Millisecond
			if status, answer := ask(t, http.MethodPost, front.URL+"/twilio/voice?x=1", "CallSid=CA1"); status != http.StatusOK || answer != "<Response/>" {
				t.Errorf("it answers %d %q", status, answer)
			}
			if broken.times() != 1 || well.times() != 1 || well.asked[0] != "CallSid=CA1" {
				t.Errorf("they were asked %q and %q", broken.asked, well.asked)
			}
		})
	}
}

func garble(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_, _ = io.WriteString(connection, "no such thing\r\n\r\n")
		_ = connection.Close()
	}
}

func TestARequestThatMayHaveBeenHeardIsNeverRepeated(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		t.Run(method, func(t *testing.T) {
			broken, well := newAPI(t, breaks), newAPI(t, says("hello"))
			_, front := balance(t, broken.URL, well.URL)
			if status, _ := ask(t, method, front.URL+"/v1/users", "{}"); status != http.StatusBadGateway {
				t.Errorf("it answers %d", status)
			}
			if broken.times() != 1 || well.times() != 0 {
				t.Errorf("they were asked %d and %d times", broken.times(), well.times())
			}
		})
	}
}

func TestWhatACallerHearsIsAskedOfTheNextWhereOneBreaks(t *testing.T) {
	broken, well := newAPI(t, breaks), newAPI(t, says("music"))
	_, front := balance(t, broken.URL, well.URL)
	for range 2 { // whoever's turn it is
		if status, answer := ask(t, http.MethodGet, front.URL+"/audio/hold.xml", ""); status != http.StatusOK || answer != "music" {
			t.Errorf("it answers %d %q", status, answer)
		}
	}
}

func TestASlowAnswerIsWaitedFor(t *testing.T) {
	slow := newAPI(t, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(100 * time.Millisecond)
		_, _ = io.WriteString(w, "slow")
	})
	other := newAPI(t, says("other"))
	for _, path := range []string{"/twilio/voice", "/v1/users"} {
		_, front := balance(t, slow.URL, other.URL)
		if _, answer := ask(t, http.MethodPost, front.URL+path, "x"); answer != "slow" || other.times() != 0 {
			t.Errorf("%s is answered %q", path, answer)
		}
	}
}

func TestAFaultOfTheAPIIsItsAnswer(t *testing.T) {
	faulty := newAPI(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) })
	other := newAPI(t, says("other"))
	_, front := balance(t, faulty.URL, other.URL)
	if status, answer := ask(t, http.MethodPost, front.URL+"/twilio/voice", "x"); status != http.StatusInternalServerError || answer != "no\n" {
		t.Errorf("it answers %d %q", status, answer)
	}
}

func TestWhereNoAPILivesTheBalancerSaysSo(t *testing.T) {
	_, front := balance(t, refuses(t), refuses(t))
	_, empty := balance(t)
	for _, url := range []string{front.URL, empty.URL} {
		for _, path := range []string{"/twilio/voice", "/v1/users"} {
			if status, _ := ask(t, http.MethodPost, url+path, "x"); status != http.StatusBadGateway {
				t.Errorf("%s: it answers %d", path, status)
			}
		}
	}
}

func TestALargeWebhookIsRefused(t *testing.T) {
	one := newAPI(t, says("one"))
	_, front := balance(t, one.URL)
	if status, _ := ask(t, http.MethodPost, front.URL+"/twilio/voice", strings.Repeat("x", webhookSize+1)); status != http.StatusRequestEntityTooLarge || one.times() != 0 {
		t.Errorf("it answers %d", status)
	}
	if status, _ := ask(t, http.MethodPost, front.URL+"/twilio/voice", strings.Repeat("x", webhookSize)); status != http.StatusOK {
		t.Errorf("the largest is answered %d", status)
	}
	if status, _ := ask(t, http.MethodPost, front.URL+"/v1/documents", strings.Repeat("x", 2*webhookSize)); status != http.StatusOK {
		t.Errorf("a document is answered %d", status)
	}
}

// One API is stopped and started again while requests come: every webhook is answered, and no other request is done twice.
func TestNothingIsLostWhileAnAPIDrains(t *testing.T) {
	var mu sync.Mutex
	done := map[string]int{}
	count := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		done[string(body)]++
		mu.Unlock()
		time.Sleep(time.Millisecond)
		_, _ = io.WriteString(w, "done")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	stays := httptest.NewServer(http.HandlerFunc(count))
	defer stays.Close()
	b, front := balance(t, address, stays.URL)
	ctx, stop := context.WithCancel(t.Context())
	var checking, asking sync.WaitGroup
	checking.Go(func() { b.check(ctx) })

	var over atomic.Bool
	var webhooks, others, unanswered atomic.Int64
	for i := range 8 {
		asking.Go(func() {
			for n := 0; !over.Load(); n++ {
				path, counter := "/twilio/voice", &webhooks
				if n%2 == 1 {
					path, counter = "/v1/users", &others
				}
				status, _, err := asks(t.Context(), http.MethodPost, front.URL+path, fmt.Sprintf("%s %d %d", path, i, n))
				switch {
				case err != nil:
					t.Error(err)
				case status == http.StatusOK:
					counter.Add(1)
				case path == "/twilio/voice":
					t.Errorf("a webhook is answered %d", status)
				default:
					unanswered.Add(1)
				}
			}
		})
	}
	for range 10 {
		server := &http.Server{Handler: http.HandlerFunc(count)}
		go func() { _ = server.Serve(listener) }()
		b.backends[0].down.Store(false) // as the next check finds
		time.Sleep(30 * time.Millisecond)
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Millisecond)
		if listener, err = net.Listen("tcp", address); err != nil {
			t.Fatal(err)
		}
	}
	_ = listener.Close()
	over.Store(true)
	asking.Wait()
	stop()
	checking.Wait()
	mu.Lock()
	defer mu.Unlock()
	for body, times := range done {
		if times > 1 && strings.HasPrefix(body, "/v1/") {
			t.Errorf("%s was done %d times", body, times)
		}
	}
	t.Logf("%d webhooks and %d other requests were answered, %d others were not", webhooks.Load(), others.Load(), unanswered.Load())
}

func TestTheBalancerFollowsLivez(t *testing.T) {
	var ill atomic.Bool
	one := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/livez" && ill.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	b := newBalancer()
	b.add(strings.TrimPrefix(one.URL, "http://"))
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { defer close(over); b.check(ctx) }()
	for _, want := range []bool{false, true, false} {
		ill.Store(want)
		deadline := time.Now().Add(5 * time.Second)
		for b.backends[0].down.Load() != want {
			if time.Now().After(deadline) {
				t.Fatalf("it never takes down for %v", want)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	stop()
	<-over
}

func TestTheBalancerTellsWhoAsks(t *testing.T) {
	var heard http.Header
	var host string
	one := newAPI(t, func(_ http.ResponseWriter, r *http.Request) { heard, host = r.Header.Clone(), r.Host })
	_, front := balance(t, one.URL)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+"/twilio/voice", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "ringdown.example.com"
	request.Header.Set("X-Forwarded-For", "203.0.113.7")
	request.Header.Set("X-Twilio-Signature", "s")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if got := heard.Values("X-Forwarded-For"); len(got) != 1 || got[0] != "127.0.0.1" {
		t.Errorf("for whom: %q", got)
	}
	if heard.Get("X-Twilio-Signature") != "s" || host != "ringdown.example.com" {
		t.Errorf("it heard %v of %s", heard, host)
	}
}

func TestAStreamPassesAsItComes(t *testing.T) {
	more := make(chan struct{})
	one := newAPI(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: 1\n")
		_ = http.NewResponseController(w).Flush()
		<-more
		_, _ = io.WriteString(w, "data: 2\n")
	})
	_, front := balance(t, one.URL)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+"/v1/calls/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewReader(response.Body)
	for _, want := range []string{"data: 1\n", "data: 2\n"} {
		if got, err := lines.ReadString('\n'); err != nil || got != want {
			t.Fatalf("it says %q: %v", got, err)
		}
		if want == "data: 1\n" {
			close(more)
		}
	}
}
