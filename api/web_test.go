package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// webTest is a server that is reached over real connections.
type webTest struct {
	*webhookTest
	web     *http.Server
	address string
	client  *http.Client
}

// newWebTest serves as `ringdown api` does; change may change how. The admin's key is restKey.
func newWebTest(t *testing.T, change func(*http.Server)) *webTest {
	t.Helper()
	wt := newWebhookTest(t)
	server, err := New(Config{
		Store: wt.store, Temporal: wt.temporal, Namespace: "default", AuthTokens: []string{authToken}, PublicURL: site, AdminKey: restKey, Log: wt.Server.log,
	})
	wt.must(err)
	wt.Server = server
	web := &webTest{webhookTest: wt, web: server.Web(), client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	change(web.web)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	wt.must(err)
	web.address = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- web.web.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := web.web.Shutdown(ctx); err != nil { // who asks has left by now, but is still being answered
			wt.must(web.web.Close())
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return web
}

func asItIs(*http.Server) {}

// asksForCall sends a true webhook of a new call on a connection of its own, and says how long its answer took.
func (wt *webTest) asksForCall(n int) time.Duration {
	wt.Helper()
	form := arriving("CallSid", fmt.Sprintf("CA%032x", n))
	r, err := http.NewRequestWithContext(wt.Context(), http.MethodPost, "http://"+wt.address+"/twilio/voice", strings.NewReader(form.Encode()))
	wt.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", sign(authToken, site+"/twilio/voice", form))
	began := time.Now()
	res, err := wt.client.Do(r)
	if err != nil {
		wt.Errorf("call %d: %v", n, err)
		return time.Since(began)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK {
		wt.Errorf("call %d: %d, %v", n, res.StatusCode, err)
	}
	return time.Since(began)
}

// answersSoon asks for calls one after another. A machine that runs other tests beside this one may be slow now and then.
func (wt *webTest) answersSoon(calls int) {
	wt.Helper()
	var took []time.Duration
	for n := range calls {
		took = append(took, wt.asksForCall(n))
	}
	slices.Sort(took)
	usual, worst := took[len(took)*9/10], took[len(took)-1]
	if usual > soon && !raced || worst > answersWithin { // the race detector makes all of it slow
		wt.Errorf("nine of ten webhooks took up to %v, the slowest %v", usual, worst)
	}
	wt.Logf("nine of ten webhooks took up to %v, the slowest %v", usual, worst)
}

// dials opens a connection and sends something.
func (wt *webTest) dials(text string) net.Conn {
	wt.Helper()
	conn, err := (&net.Dialer{}).DialContext(wt.Context(), "tcp", wt.address)
	wt.must(err)
	wt.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, text)
	wt.must(err)
	return conn
}

// answered reads an answer from a connection, with its body.
func (wt *webTest) answered(conn net.Conn) (*http.Response, string) {
	wt.Helper()
	wt.must(conn.SetReadDeadline(time.Now().Add(20 * time.Second)))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		wt.Fatalf("no answer: %v", err)
	}
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}

// closed says how long it takes until the server ends a connection, whatever it answers before.
func (wt *webTest) closed(conn net.Conn) time.Duration {
	wt.Helper()
	began := time.Now()
	wt.must(conn.SetReadDeadline(began.Add(20 * time.Second)))
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(interface{ Timeout() bool })) && strings.Contains(err.Error(), "timeout") {
		wt.Fatal("the connection is never closed")
	}
	return time.Since(began)
}

// soon is how soon a webhook is answered, whoever else is there.
const soon = 100 * time.Millisecond

func TestTwoHundredSlowClientsKeepNoWebhookWaiting(t *testing.T) {
	wt := newWebTest(t, asItIs)
	signature := "X-Twilio-Signature: " + falseSignature + "\r\n"
	kinds := []string{
		"GET /v1/users HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"POST /twilio/voice HTTP/1.1\r\nHost: x\r\n" + signature + "Content-Length: 1000\r\n\r\n",
		"POST /v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + restKey + "\r\nContent-Length: 1000\r\n\r\n",
		"POST /v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + restKey + "\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
		"",
	}
	ctx, stop := context.WithCancel(t.Context())
	var dripping sync.WaitGroup
	for i := range 200 {
		conn := wt.dials(kinds[i%len(kinds)])
		dripping.Go(func() {
			for tick := time.NewTicker(time.Second); ; {
				if _, err := io.WriteString(conn, "x"); err != nil {
					return
				}
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	wt.answersSoon(50)
	stop()
	dripping.Wait()
}

func TestSlowClientsAreSentAway(t *testing.T) {
	t.Parallel()
	const patience = 300 * time.Millisecond
	wt := newWebTest(t, func(s *http.Server) {
		s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout = patience, patience, patience
	})
	for name, text := range map[string]string{
		"nothing":          "",
		"half a head":      "GET /livez HTTP/1.1\r\nHost: x\r\n",
		"a request at all": "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", // and then no other
	} {
		if took := wt.closed(wt.dials(text)); took < patience/2 || took > 5*time.Second {
			t.Errorf("%s: sent away after %v", name, took)
		}
	}
}

func TestWhoReadsNoAnswerIsSentAway(t *testing.T) {
	t.Parallel()
	wt := newWebTest(t, func(s *http.Server) { s.WriteTimeout = 300 * time.Millisecond })
	conn := wt.dials("")
	wt.must(conn.(*net.TCPConn).SetReadBuffer(4 << 10))
	_, err := io.WriteString(conn, strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", 50)) // some 30 MB
	wt.must(err)
	gone := make(chan bool, 1)
	go func() {
		for n, before := 0, time.Now(); n < 200 && time.Since(before) < 15*time.Second; n++ {
			if _, err := io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				gone <- true
				return
			}
			time.Sleep(50 * time.Millisecond) // until the server has noticed; nothing tells us
		}
		gone <- false
	}()
	if !<-gone {
		t.Error("it is served on")
	}
}

func TestHeadsBeyondMeasureAreRefused(t *testing.T) {
	t.Parallel()
	wt := newWebTest(t, asItIs)
	for name, head := range map[string]string{
		"one header of a megabyte":   "X-Large: " + strings.Repeat("x", 1<<20) + "\r\n",
		"a hundred thousand headers": strings.Repeat("X-Many: 1\r\n", 100_000),
	} {
		conn := wt.dials("")
		go func() { _, _ = io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\n"+head+"\r\n") }() // it is not read to its end
		if res, _ := wt.answered(conn); res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	wt.answersSoon(10)
}

// post is a request as it goes over the line.
func post(target, headers, body string) string {
	return "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n" + headers + "\r\n" + body
}

func TestBodiesOverTheLimitAreRefusedAndNothingIsDone(t *testing.T) {
	t.Parallel()
	wt := newWebTest(t, asItIs)
	key := "Authorization: Bearer " + restKey + "\r\n"
	large := `{"name":"` + strings.Repeat("x", bodyLimit) + `"}`
	form := strings.Repeat("a", webhookLimit+1)
	signature := "X-Twilio-Signature: " + sign(authToken, site+"/twilio/voice", parseForm(form)) + "\r\n"
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n", n) }
	chunked := func(body string) string {
		var b strings.Builder
		for len(body) > 0 {
			n := min(len(body), 10_000)
			fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
			body = body[n:]
		}
		return b.String() + "0\r\n\r\n"
	}
	const inChunks = "Transfer-Encoding: chunked\r\n"
	for _, c := range []struct {
		name, request string
		code          int
	}{
		{"a large one", post("/v1/users", key+length(len(large)), large), http.StatusRequestEntityTooLarge},
		{"a large one that can be repeated", post("/v1/users", key+"Idempotency-Key: a\r\n"+length(len(large)), large), http.StatusRequestEntityTooLarge},
		{"a large one in chunks", post("/v1/users", key+inChunks, chunked(large)), http.StatusRequestEntityTooLarge},
		{"a form", post("/twilio/voice", signature+length(len(form)), form), http.StatusRequestEntityTooLarge},
		{"a form in chunks", post("/twilio/voice", signature+inChunks, chunked(form)), http.StatusRequestEntityTooLarge},
		{"a form that says that it is large", post("/twilio/voice", signature+length(1<<40), ""), http.StatusRequestEntityTooLarge},
		{"one without a key", post("/v1/users", length(len(large)), large), http.StatusUnauthorized},
		{"a length that is none", post("/v1/users", key+"Content-Length: -1\r\n", ""), http.StatusBadRequest},
		{"two lengths", post("/v1/users", key+length(3)+length(4), "{}x"), http.StatusBadRequest},
		{"a chunk whose length is none", post("/v1/users", key+inChunks, "zz\r\n{}\r\n0\r\n\r\n"), http.StatusBadRequest},
		{"less than a whole one", post("/v1/users", key+length(5), alice), http.StatusBadRequest},
	} {
		conn := wt.dials("")
		go func() { _, _ = io.WriteString(conn, c.request) }() // it may not be read to its end
		res, body := wt.answered(conn)
		problem := strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json")
		byUs := c.code != http.StatusBadRequest || problem
		if res.StatusCode != c.code || byUs && !problem {
			t.Errorf("%s: %d %s %s", c.name, res.StatusCode, res.Header.Get("Content-Type"), body)
		}
	}
	users, _, err := wt.store.Users(t.Context(), store.Page{})
	if err != nil || len(users) != 1 || len(wt.rows()) > 0 { // the one of the route
		t.Errorf("%d users, %v, %d calls", len(users), err, len(wt.rows()))
	}
}

func TestABodyThatNeverComesIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	wt := newWebTest(t, asItIs)
	signature := "X-Twilio-Signature: " + falseSignature + "\r\n"
	for name, request := range map[string]string{
		"a webhook":                     post("/twilio/voice", signature+"Content-Length: 1000\r\n", "CallSid="),
		"a webhook without a signature": post("/twilio/voice", "Content-Length: 1000\r\n", "CallSid="),
		"a request without a key":       post("/v1/users", "Content-Length: 1000\r\n", "{"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if took := wt.closed(wt.dials(request)); took > formWithin+2*time.Second {
				t.Errorf("it is waited for %v", took)
			}
		})
	}
}

func TestAnIdleCrowdKeepsNoWebhookOut(t *testing.T) {
	for name, set := range map[string]func(c *crowd){
		"of all together":   func(c *crowd) { c.most = 50 },
		"of one address":    func(c *crowd) { c.mostOfOne = 50 },
		"through our proxy": func(c *crowd) { c.most, c.mostOfOne, c.proxies = 50, 1, Proxies{netip.MustParsePrefix("127.0.0.1/32")} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCrowd(nil)
			set(c)
			wt := newWebTest(t, c.around)
			for i := range 200 {
				wt.dials([]string{"", "GET /livez HTTP/1.1\r\nHost: x\r\n", "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"}[i%3])
			}
			wt.answersSoon(20)
			c.mu.Lock()
			defer c.mu.Unlock()
			if len(c.all) > 50 || c.quiet.Len() > len(c.all) {
				t.Errorf("%d connections, %d of them quiet", len(c.all), c.quiet.Len())
			}
		})
	}
}

func TestFormsThatDoNotComeKeepNoWebhookOut(t *testing.T) {
	t.Parallel()
	c := newCrowd(nil)
	c.mostOfOne = 50
	wt := newWebTest(t, c.around)
	slow := post("/twilio/voice", "X-Twilio-Signature: "+falseSignature+"\r\nContent-Length: 1000\r\n", "CallSid=")
	for range 50 {
		wt.dials(slow)
	}
	wt.answersSoon(20)
}

func TestWhoHasARequestAtWorkIsNotSentAway(t *testing.T) {
	t.Parallel()
	c := newCrowd(nil)
	c.most = 3
	wt := newWebTest(t, c.around)
	began, end := make(chan bool), make(chan bool)
	wt.echo.GET("/slow", func(c echo.Context) error {
		began <- true
		<-end
		return c.String(http.StatusOK, "done")
	})
	var working []net.Conn
	for range 3 {
		working = append(working, wt.dials("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"))
		<-began
	}
	if took := wt.closed(wt.dials("")); took > time.Second { // there is no room, and nobody who is idle but them
		t.Errorf("one too many is sent away after %v", took)
	}
	close(end)
	for _, conn := range working {
		if res, body := wt.answered(conn); res.StatusCode != http.StatusOK || body != "done" {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	}
}

func TestARecordingLastsAsLongAsSomebodyListens(t *testing.T) {
	t.Parallel()
	carrier := recordingCarrier(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 8 {
			_, _ = io.WriteString(w, "sound ")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(50 * time.Millisecond) // the line of the carrier is slow
		}
	})
	wt := newWebTest(t, func(s *http.Server) { s.WriteTimeout = 200 * time.Millisecond })
	server, err := New(Config{
		Store: wt.store, Temporal: wt.temporal, Namespace: "default", AuthTokens: []string{authToken}, PublicURL: site, AdminKey: restKey,
		Carrier: carrier, Log: wt.Server.log,
	})
	wt.must(err)
	wt.web.Handler = server
	ended := time.Now()
	wt.must(wt.store.RecordCall(t.Context(), models.Call{
		ID: "c1", CarrierCallID: callerLeg, Stage: models.StageEnded, Outcome: models.Voicemailed, StartedAt: ended, EndedAt: &ended, Voicemail: ready(),
	}))
	res, body := wt.answered(wt.dials("GET /v1/calls/c1/recording HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + restKey + "\r\n\r\n"))
	if res.StatusCode != http.StatusOK || body != strings.Repeat("sound ", 8) {
		t.Errorf("%d %q", res.StatusCode, body)
	}
}

func TestASlowUploadIsTaken(t *testing.T) {
	t.Parallel()
	wt := newWebTest(t, func(s *http.Server) { s.ReadTimeout, s.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond })
	server, err := New(Config{
		Store: wt.store, Temporal: wt.temporal, AuthTokens: []string{authToken}, PublicURL: site, AdminKey: restKey, Keys: sealingKeys(t), Log: wt.Server.log,
	})
	wt.must(err)
	wt.web.Handler = server
	file := string(aPDF) + strings.Repeat(" ", 1000)
	head := fmt.Sprintf("POST /v1/documents?name=a.pdf HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/pdf\r\nContent-Length: %d\r\n\r\n", restKey, len(file))
	conn := wt.dials(head + file[:100])
	for rest := file[100:]; rest != ""; rest = rest[min(len(rest), 200):] {
		time.Sleep(100 * time.Millisecond) // the line of the client is slow
		_, err := io.WriteString(conn, rest[:min(len(rest), 200)])
		wt.must(err)
	}
	if res, body := wt.answered(conn); res.StatusCode != http.StatusCreated {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}
