// Package caddy tries docker/caddy/Caddyfile with the Caddy that go.mod pins, between a carrier and two APIs that are
// played here. Whoever takes another Caddy changes go.mod and the image in docker/compose.yaml, and runs it: `make proxy`.
package caddy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const domain = "ringdown.example.com"

// api is one of two APIs: it keeps what it is sent, and answers as handler does.
type api struct {
	*httptest.Server
	mu      sync.Mutex
	handler http.HandlerFunc
	heard   []string
}

func newAPI(t *testing.T, name string) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/livez" {
			return
		}
		body, err := io.ReadAll(r.Body)
		a.mu.Lock()
		a.heard = append(a.heard, fmt.Sprintf("%s %s %s %v", r.Method, r.RequestURI, body, err))
		handler := a.handler
		a.mu.Unlock()
		if handler != nil {
			handler(w, r)
			return
		}
		fmt.Fprintf(w, "%s says %s for %s", name, body, r.Header.Get("X-Forwarded-For"))
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) answers(handler http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.handler, a.heard = handler, nil
}

func (a *api) said() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.heard
}

// dies breaks the connection when the request has been read.
func dies(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }

// proxy is a Caddy of the Caddyfile between the world and two APIs.
type proxy struct {
	t             *testing.T
	first, second *api
	address       map[string]string // by the port that the Caddyfile listens on
	log           string            // a file
}

// start runs Caddy on ports of loopback, and without TLS, since no authority knows the domain.
func start(t *testing.T) *proxy {
	t.Helper()
	p := &proxy{t: t, first: newAPI(t, "first"), second: newAPI(t, "second"), address: map[string]string{}, log: filepath.Join(t.TempDir(), "log")}
	ui := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the web UI") }))
	t.Cleanup(ui.Close)
	host := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	caddy := program(t)
	adapt := exec.Command(caddy, "adapt", "--config", "../../docker/caddy/Caddyfile", "--adapter", "caddyfile")
	adapt.Env = append(os.Environ(), "DOMAIN=http://"+domain, "APIS="+host(p.first.Server)+" "+host(p.second.Server),
		"TEMPORAL_UI="+host(ui), "GRAFANA="+host(ui), "PROMETHEUS="+host(ui))
	config, err := adapt.Output()
	if err != nil {
		t.Fatal(err)
	}
	config = regexp.MustCompile(`"listen":\[":(\d+)"\]`).ReplaceAllFunc(config, func(listen []byte) []byte {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		p.address[string(listen[len(`"listen":[":`):len(listen)-2])] = l.Addr().String()
		return fmt.Appendf(nil, `"automatic_https":{"disable":true},"listen":[%q]`, l.Addr())
	})
	var whole map[string]any
	if err := json.Unmarshal(config, &whole); err != nil {
		t.Fatal(err)
	}
	whole["admin"] = map[string]any{"disabled": true}
	config, err = json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "caddy.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	run := exec.CommandContext(ctx, caddy, "run", "--config", filepath.Join(folder, "caddy.json"))
	run.Env = append(os.Environ(), "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
	logs, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = logs.Close() }() // Caddy has its own
	run.Stderr = logs
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = run.Wait()
		if t.Failed() {
			t.Log(p.logged())
		}
	})
	p.await()
	return p
}

// logged is what Caddy has said.
func (p *proxy) logged() string {
	p.t.Helper()
	text, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// program is the pinned Caddy.
var program = func() func(t *testing.T) string {
	built := sync.OnceValues(func() (string, error) {
		out, err := exec.Command("go", "tool", "-n", "caddy").Output()
		return strings.TrimSpace(string(out)), err
	})
	return func(t *testing.T) string {
		t.Helper()
		path, err := built()
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
}()

// await waits until Caddy listens.
func (p *proxy) await() {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", p.address["80"]); err == nil {
			_ = c.Close()
			return
		}
	}
	p.t.Fatal("Caddy does not listen")
}

// send makes a request at a port of the Caddyfile.
func (p *proxy) send(port, host, method, path, body string, header ...string) (status int, said string) {
	p.t.Helper()
	request, err := http.NewRequest(method, "http://"+p.address[port]+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Host = host
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer.StatusCode, err.Error()
	}
	return answer.StatusCode, string(text)
}

func (p *proxy) post(path, body string) (int, string) {
	p.t.Helper()
	return p.send("80", domain, http.MethodPost, path, body, "Content-Type", "application/x-www-form-urlencoded")
}

const form = "CallSid=CA00000000000000000000000000000001&Digits=1"

func TestAWebhookWhoseAPIDiesIsAnsweredByTheOther(t *testing.T) {
	t.Parallel()
	for name, dying := range map[string]http.HandlerFunc{
		"when it has read it": dies,
		"after it has worked": func(w http.ResponseWriter, r *http.Request) { time.Sleep(300 * time.Millisecond); dies(w, r) },
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t)
			p.first.answers(dying)
			for range 4 { // whoever's turn it is
				status, said := p.post("/twilio/gate/1?a=%2B1", form)
				if status != 200 || !strings.HasPrefix(said, "second says "+form+" for 127.0.0.1") {
					t.Fatalf("%d, %s", status, said)
				}
			}
			if heard := p.first.said(); len(heard) == 0 || heard[0] != "POST /twilio/gate/1?a=%2B1 "+form+" <nil>" {
				t.Errorf("the first heard %q", heard)
			}
		})
	}
}

func TestAWebhookThatIsRefusedIsAnsweredByTheOther(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.first.Close()
	for range 4 {
		began := time.Now()
		if status, said := p.post("/twilio/voice", form); status != 200 || !strings.HasPrefix(said, "second says "+form) || time.Since(began) > time.Second {
			t.Fatalf("%d, %s after %s", status, said, time.Since(began))
		}
	}
}

func TestAWebhookThatIsNotAnsweredInTwoAndAHalfSecondsIsSentToTheOther(t *testing.T) {
	t.Parallel()
	p := start(t)
	gone := make(chan struct{})
	t.Cleanup(func() { close(gone) })
	p.first.answers(func(http.ResponseWriter, *http.Request) { <-gone })
	for range 2 {
		began := time.Now()
		status, said := p.post("/twilio/voice", form)
		if status != 200 || !strings.HasPrefix(said, "second says "+form) || time.Since(began) > 4500*time.Millisecond {
			t.Fatalf("%d, %s after %s", status, said, time.Since(began))
		}
	}
}

func TestWhatCallersHearIsAskedForAgain(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.first.answers(dies)
	for range 4 { // whoever's turn it is
		if status, said := p.send("80", domain, http.MethodGet, "/audio/hold.xml", ""); status != 200 || !strings.HasPrefix(said, "second says") {
			t.Fatalf("%d, %s", status, said)
		}
	}
	if len(p.first.said()) == 0 {
		t.Error("the first was not asked")
	}
}

func TestPrometheusSeesTheProxyAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	p := start(t)
	if status, said := p.send("9180", "caddy:9180", http.MethodGet, "/metrics", ""); status != 200 || !strings.Contains(said, "\ngo_goroutines ") {
		t.Errorf("%d, %.100s", status, said)
	}
	if _, said := p.send("9180", domain, http.MethodGet, "/metrics", ""); said != "" {
		t.Errorf("by another name it says %.100s", said)
	}
}

// An API that restarts closes the connections that the proxy keeps.
func TestNoWebhookIsLostWhileAnAPIRestarts(t *testing.T) {
	t.Parallel()
	p := start(t)
	done, lost, sent := make(chan struct{}), make(chan string, 1000), 0
	go func() {
		defer close(done)
		for i := range 400 {
			if status, said := p.post(fmt.Sprintf("/twilio/leg/%d", i), form); status != 200 {
				lost <- fmt.Sprintf("%d: %d, %s", i, status, said)
			}
			sent++
		}
	}()
	for range 10 {
		time.Sleep(30 * time.Millisecond)
		p.first.CloseClientConnections()
	}
	p.first.Close()
	<-done
	close(lost)
	for one := range lost {
		t.Error(one)
	}
	if sent != 400 {
		t.Errorf("%d were sent", sent)
	}
}

func TestWhatMayNotBeRepeatedIsNotWhenItMayHaveBeenHeard(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.first.answers(dies)
	p.second.answers(dies)
	if status, said := p.send("80", domain, http.MethodPost, "/v1/users", `{"name":"Alice"}`); status != http.StatusBadGateway {
		t.Errorf("%d, %s", status, said)
	}
	if heard := len(p.first.said()) + len(p.second.said()); heard != 1 {
		t.Errorf("it was heard %d times", heard)
	}
	if logged := p.logged(); !strings.Contains(logged, "EOF") || strings.Contains(logged, "/v1/users") {
		t.Errorf("the log does not say what happened, or has the address of a request:\n%s", logged)
	}
	p.first.Close()
	p.second.answers(nil)
	time.Sleep(2500 * time.Millisecond) // until the second is asked again
	for range 4 {
		if status, said := p.send("80", domain, http.MethodPost, "/v1/users", `{"name":"Alice"}`); status != 200 || !strings.HasPrefix(said, `second says {"name":"Alice"}`) {
			t.Errorf("refused by the first: %d, %s", status, said)
		}
	}
}

func TestTheWorldReachesWhatItNeedsAlone(t *testing.T) {
	t.Parallel()
	p := start(t)
	for path, want := range map[string]int{
		"/livez": 200, "/docs": 200, "/docs/docs.js": 200, "/openapi.json": 200, "/v1/users": 200, "/audio/hold.xml": 200, "/codec": 200,
		"/calendars/x.ics": 200, "/twilio/voice": 200,
		"/": 404, "/metrics": 404, "/readyz": 404, "/debug/pprof/": 404, "/twilio": 404, "/v1": 404, "/twilio/../metrics": 404, "/docsx": 404,
	} {
		if status, said := p.send("80", domain, http.MethodGet, path, ""); status != want {
			t.Errorf("%s: %d, %s", path, status, said)
		}
	}
	if status, said := p.post("/twilio/voice", form+"&"+strings.Repeat("x", 64<<10)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is no form: %d, %s", status, said)
	}
	if status, said := p.send("80", domain, http.MethodPost, "/v1/x", strings.Repeat("x", 12<<20)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("an upload that is too large: %d, %.50s", status, said)
	}
	_, said := p.send("80", domain, http.MethodPost, "/v1/x", "it", "X-Forwarded-For", "192.0.2.7")
	if !strings.HasSuffix(said, "says it for 127.0.0.1") {
		t.Errorf("whoever asks says who they are: %s", said)
	}
	if _, said := p.send("80", "elsewhere.example.com", http.MethodGet, "/v1/users", ""); said != "" {
		t.Errorf("another host is answered %s", said)
	}
}

func TestThePagesOfThisMachineAreForItAlone(t *testing.T) {
	t.Parallel()
	p := start(t)
	for port := range map[string]bool{"8233": true, "3000": true, "9090": true} {
		if status, said := p.send(port, "localhost", http.MethodGet, "/", ""); status != 200 || said != "the web UI" {
			t.Errorf("%s: %d, %s", port, status, said)
		}
		if _, said := p.send(port, "elsewhere.example.com", http.MethodGet, "/", ""); said != "" {
			t.Errorf("%s: a page that points its own name here is answered %s", port, said)
		}
	}
	if _, said := p.send("8233", "localhost", http.MethodPost, "/codec/decode", "it"); !strings.Contains(said, "says it") {
		t.Errorf("the UI decodes nothing: %s", said)
	}
}
