package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

const (
	crashNamespace = "crash"
	// crashPace is slow enough for every stage to outlast the set-up of all calls and the crash.
	crashPace = 2
	// perStage is how many calls are in each stage when the process is killed, and arriving how
	// many are announced in that very moment.
	perStage, arriving = 36, 20
	// atOnce is how many callers or responders act together.
	atOnce = 6
)

// stageOfCrash is where a call is when the process is killed, and what its people do before and
// after.
type stageOfCrash struct {
	name  string
	route func(*models.Route)
	phone simulator.Script // the responder's
	// ready waits until the call has come to this stage.
	ready func(c *crashCall)
	// leg is the responder's state then; empty: not rung yet.
	leg string
	// after is what the people do when the process is back; nil: it all goes by itself.
	after func(c *crashCall)
	want  models.Outcome
}

// crashCall is one caller with one responder, Alice.
type crashCall struct {
	*line
	stage  *stageOfCrash
	caller *phone
}

func stagesOfCrash() []*stageOfCrash {
	byHand, talker := takes, takes
	byHand.Answer = simulator.Manual
	talker.HangUpAfterJoined = 0
	return []*stageOfCrash{
		{
			name: "talking", phone: talker, leg: simulator.StatusInProgress, want: models.Connected,
			ready: func(c *crashCall) { c.caller.talks() },
			after: func(c *crashCall) { c.caller.hangsUp() },
		},
		{
			name: "at the key gate", phone: takes, want: models.Connected,
			route: func(r *models.Route) {
				r.Keypress = models.Keypress{Enabled: true, Key: "1", Prompt: "Please press 1. " + strings.Repeat("Then you are connected. ", 25)}
			},
			ready: func(c *crashCall) { c.caller.hears("press 1") },
			after: func(c *crashCall) { c.caller.presses("1") },
		},
		{
			name: "being told nobody", phone: simulator.Script{Answer: simulator.Busy}, leg: simulator.StatusBusy, want: models.Unanswered,
			route: func(r *models.Route) {
				r.Nobody.Message = "Nobody is there. " + strings.Repeat("Please write to support instead. ", 25)
			},
			ready: func(c *crashCall) { c.caller.hears("nobody") },
		},
		{
			name: "on hold while a phone rings", phone: byHand, leg: simulator.StatusRinging, want: models.Connected,
			route: func(r *models.Route) { r.RingSeconds = 60 },
			ready: func(c *crashCall) { c.rung("Alice") },
			after: func(c *crashCall) { c.people["Alice"].answers() },
		},
		{
			name: "a responder hears the prompt", leg: simulator.StatusInProgress, want: models.Connected,
			phone: simulator.Script{Answer: simulator.Manual, HangUpAfterJoined: takes.HangUpAfterJoined},
			route: func(r *models.Route) {
				r.RingSeconds = 60
				r.Accept.Prompt = "Press 1 to take it. " + strings.Repeat("Somebody needs you now. ", 6)
			},
			ready: func(c *crashCall) { c.rung("Alice") }, // she picks up when all have come so far
			after: func(c *crashCall) { c.people["Alice"].presses("1") },
		},
	}
}

// takes is a responder who picks up, presses 1 as often as asked and hangs up after a short talk.
var takes = simulator.Script{
	Answer: simulator.Answer, RingFor: 1, HangUpAfterJoined: 4, Keys: slices.Repeat([]simulator.Press{{Digits: "1"}}, 5),
}

// API and worker are killed in the middle of 200 calls, with Temporal and the carrier running
// on. Every call goes on and ends right.
func TestCallsOfEveryStageGoOnAfterACrash(t *testing.T) {
	s := newCrashSystem(t)
	s.server.start(t)
	var calls []*crashCall
	for _, stage := range stagesOfCrash() {
		calls = append(calls, s.linesOf(t, stage, perStage)...)
	}
	last := s.linesOf(t, &stageOfCrash{
		name: "arriving", phone: takes, want: models.Connected, route: func(r *models.Route) { r.RingSeconds = 10 },
	}, arriving)
	for group := range slices.Chunk(calls, atOnce) {
		begin(group)
		for _, c := range group {
			c.caller.connected()
		}
	}
	for _, c := range calls {
		c.stage.ready(c)
	}
	for group := range slices.Chunk(calls[len(calls)-perStage:], atOnce) {
		for _, c := range group {
			c.people["Alice"].answers()
		}
		for _, c := range group {
			c.people["Alice"].hears("to take it")
		}
	}
	checkStages(t, calls)
	begin(last)
	last[0].caller.connected() // others are being answered, or dialled for
	s.server.kill(t)
	killed := time.Now()
	s.fallsBack(t)
	s.server.start(t)
	t.Logf("%d calls were without us for %s", len(calls)+len(last), time.Since(killed).Round(time.Millisecond))

	slices.Reverse(calls) // whose time is shortest comes first
	for group := range slices.Chunk(calls, perStage/2) {
		goOn(group)
	}
	calls = append(calls, last...)
	s.checkAfterCrash(t, calls)
	s.server.kill(t)
	text := s.server.log(t)
	for _, c := range calls {
		if strings.Contains(text, c.number) || strings.Contains(text, c.from) || strings.Contains(text, c.people["Alice"].number) {
			t.Fatal("the log holds a number")
		}
	}
}

// linesOf makes lines for the calls of a stage, their numbers set up as the product does it.
func (s *crashSystem) linesOf(t *testing.T, stage *stageOfCrash, n int) []*crashCall {
	t.Helper()
	links := models.Links{Base: s.public}
	calls := make([]*crashCall, n)
	for i := range calls {
		l := s.line(t, "Alice", func(r *models.Route) {
			r.Name = fmt.Sprintf("%s %d", stage.name, i+1)
			if stage.route != nil {
				stage.route(r)
			}
		})
		s.carrier.Script(l.people["Alice"].number, stage.phone)
		s.carrier.AddNumber(simulator.Number{
			Phone: l.number, VoiceURL: links.Voice(0), StatusCallback: links.Status(),
			VoiceFallbackURL: s.fallbackURL, VoiceFallbackMethod: http.MethodGet,
		})
		calls[i] = &crashCall{line: l, stage: stage}
	}
	return calls
}

func begin(calls []*crashCall) {
	for _, c := range calls {
		c.caller = c.calls()
	}
}

// connected waits until the call was answered, by a gate or a greeting.
func (p *phone) connected() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if err := p.leg.WaitStatus(ctx, simulator.StatusInProgress); err != nil {
		p.t.Fatal(err)
	}
}

// fallsBack waits until the carrier has given our site up for a first caller.
func (s *crashSystem) fallsBack(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for e := range s.carrier.Events(ctx, 0) {
		if e.Kind == simulator.EventFallback {
			return
		}
	}
	t.Fatal("no caller was sent to the fallback document")
}

// checkStages holds that every stage is populated: that nothing has run out meanwhile.
func checkStages(t *testing.T, calls []*crashCall) {
	t.Helper()
	there := map[string]int{}
	for _, c := range calls {
		legs := c.s.carrier.Phone(c.people["Alice"].number).Legs()
		reached := len(legs) == 0 && c.stage.leg == "" || len(legs) == 1 && legs[0].Status() == c.stage.leg
		if reached && c.caller.leg.Status() == simulator.StatusInProgress {
			there[c.stage.name]++
		}
	}
	for _, c := range calls {
		if there[c.stage.name] < perStage/2 {
			t.Fatalf("too few calls are still in their stages: %v", there)
		}
	}
}

// goOn has people act as they do after the crash, and waits a moment for callers to be joined, so
// that not everybody acts at once.
func goOn(calls []*crashCall) {
	ctx, cancel := context.WithTimeout(calls[0].t.Context(), 2*time.Second)
	defer cancel()
	for _, c := range calls {
		if c.stage.after != nil {
			c.stage.after(c)
		}
	}
	for _, c := range calls {
		if c.stage.after != nil {
			_ = c.caller.leg.WaitJoined(ctx)
		}
	}
}

// checkAfterCrash holds that no call was lost, whatever stage it was in.
func (s *crashSystem) checkAfterCrash(t *testing.T, calls []*crashCall) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	unlucky := 0
	for _, c := range calls {
		if c.endsRight(ctx) {
			unlucky++
		}
	}
	t.Logf("%d responders' legs met a site that was away", unlucky)
	if live, _, err := s.store.Calls(ctx, store.CallFilter{Live: new(true)}, store.Page{}); err != nil || len(live) > 0 {
		t.Errorf("%d calls are still listed as live (%v)", len(live), err)
	}
	for _, leg := range s.carrier.Legs() {
		select {
		case <-leg.Done():
		case <-ctx.Done():
			t.Errorf("a line of %s is left %s", leg.Direction, leg.Status())
		}
	}
}

// endsRight holds what must be true of every call. unlucky says that its responder's leg ended
// because our site was away when it asked what to say: that person then counts as not reached.
func (c *crashCall) endsRight(ctx context.Context) (unlucky bool) {
	c.t.Helper()
	sid, want := c.caller.leg.SID, c.stage.want
	var outcome models.Outcome
	if err := c.s.temporal.GetWorkflow(ctx, workflows.CallID(sid), "").Get(ctx, &outcome); err != nil {
		c.t.Errorf("%s: the run does not end: %v; the caller heard %s", c.route.Name, err, heard(c.caller.leg))
		return false
	}
	legs := c.s.carrier.Phone(c.people["Alice"].number).Legs()
	if len(legs) > 1 {
		c.t.Errorf("%s: rung %d times", c.route.Name, len(legs))
	}
	for _, leg := range legs {
		if unlucky = strings.Contains(heard(leg), "application error"); unlucky {
			want = models.Unanswered
		}
	}
	call, err := c.s.store.CallByCarrierID(ctx, sid)
	if err != nil {
		c.t.Errorf("%s: no record: %v", c.route.Name, err)
		return unlucky
	}
	if outcome != want || call.Outcome != want || call.EndedAt == nil {
		c.t.Errorf("%s: outcome %s, recorded %s, want %s; %s; the caller heard %s; %d legs heard %s",
			c.route.Name, outcome, call.Outcome, want, story(call), heard(c.caller.leg), len(legs), heardBy(legs))
	}
	placed := 0
	for _, a := range call.Attempts {
		if a.Leg != "" {
			placed++
		}
	}
	if placed > len(legs) || placed < len(legs) && !unlucky {
		c.t.Errorf("%s: %d legs, recorded %+v", c.route.Name, len(legs), call.Attempts)
	}
	c.checkAlert(ctx, call)
	return unlucky
}

// story is a call's timeline in short.
func story(call models.Call) string {
	var all []string
	for _, m := range call.Timeline {
		all = append(all, fmt.Sprintf("%.1f %s", m.At.Sub(call.StartedAt).Seconds(), m.What))
	}
	return strings.Join(all, " | ")
}

func heardBy(legs []*simulator.Leg) string {
	var all []string
	for _, l := range legs {
		all = append(all, heard(l))
	}
	return strings.Join(all, "; ")
}

// heard is what a phone has heard, in short.
func heard(l *simulator.Leg) string {
	var all []string
	for _, h := range l.Heard() {
		all = append(all, fmt.Sprintf("%s %.40s", h.Kind, h.Text))
	}
	return strings.Join(all, " | ")
}

// serverRole is the environment variable that makes this test binary a server, to be killed. Its
// value is a crashServer in JSON.
const serverRole = "RINGDOWN_E2E_SERVER"

// crashServer is API and worker in a process of their own.
type crashServer struct {
	Temporal, Carrier, Database, Public string

	logPath string
	process *exec.Cmd
}

// crashSystem is a system whose API and worker are not in this process. Its static files are on
// another host, as a fallback must be.
type crashSystem struct {
	*system
	server      *crashServer
	fallbackURL string
}

func newCrashSystem(t *testing.T) *crashSystem {
	t.Helper()
	s := &crashSystem{system: &system{log: &logBook{}}}
	s.carrier = simulator.New(simulator.Config{AccountSID: accountSID, AuthToken: authToken, Speed: crashPace})
	t.Cleanup(s.carrier.Close)
	carrierHTTP := httptest.NewServer(s.carrier.Handler())
	t.Cleanup(carrierHTTP.Close)
	s.public = "http://" + freePort(t)
	dir := t.TempDir()
	s.server = &crashServer{
		Temporal: temporalAddress, Carrier: carrierHTTP.URL, Public: s.public,
		Database: "sqlite:" + filepath.Join(dir, "crash.db"), logPath: filepath.Join(dir, "server.log"),
	}
	s.store = storetest.Open(t, s.server.Database)
	var err error
	if s.temporal, err = dialCrash(temporalAddress); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.temporal.Close)
	document := twiml.Fallback(models.DefaultLanguage, "", models.Links{Base: s.public}.VoiceAgain())
	static := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write(document)
	}))
	t.Cleanup(static.Close)
	s.fallbackURL = static.URL + "/fallback.xml"
	return s
}

// freePort is an address at which a server can be started, killed and started again.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func dialCrash(address string) (client.Client, error) {
	return client.Dial(client.Options{
		HostPort: address, Namespace: crashNamespace, DataConverter: workflows.DataConverter(),
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
}

// start starts the process and waits until it answers.
func (c *crashServer) start(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	role, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	logFile, err := os.OpenFile(c.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	c.process = exec.Command(self)
	c.process.Env = append(os.Environ(), serverRole+"="+string(role))
	c.process.Stdout, c.process.Stderr = logFile, logFile
	if _, err = c.process.StdinPipe(); err != nil { // its end is the process's
		t.Fatal(err)
	}
	if err := errors.Join(c.process.Start(), logFile.Close()); err != nil {
		t.Fatal(err)
	}
	process := c.process
	t.Cleanup(func() { _ = process.Process.Kill() }) // killed already, as a rule
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		response, err := http.Get(c.Public + "/readyz")
		if err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server does not start: %v; %s", err, c.log(t))
		}
	}
}

// kill is kill -9.
func (c *crashServer) kill(t *testing.T) {
	t.Helper()
	if err := c.process.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = c.process.Wait() // says that it was killed
}

func (c *crashServer) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(c.logPath)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// serveUntilKilled is the other role of this test binary.
func serveUntilKilled(role string) error {
	var c crashServer
	if err := json.Unmarshal([]byte(role), &c); err != nil {
		return err
	}
	ctx := context.Background()
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	rows, err := store.Open(ctx, c.Database, logger)
	if err != nil {
		return err
	}
	temporal, err := dialCrash(c.Temporal)
	if err != nil {
		return err
	}
	carrier, err := twilio.New(twilio.Config{AccountSID: accountSID, AuthToken: authToken, APIURL: c.Carrier, Log: logger})
	if err != nil {
		return err
	}
	server, err := api.New(api.Config{
		Store: rows, Temporal: temporal, Namespace: crashNamespace, Carrier: carrier,
		AuthTokens: []string{authToken}, PublicURL: c.Public, Pace: crashPace, Log: logger,
	})
	if err != nil {
		return err
	}
	failed := make(chan error, 3)
	go func() { failed <- http.ListenAndServe(strings.TrimPrefix(c.Public, "http://"), server) }()
	go func() {
		failed <- worker.Run(ctx, worker.Config{Temporal: temporal, Store: rows, Carrier: carrier, PublicURL: c.Public, Log: logger})
	}()
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		failed <- errors.Join(errors.New("the tests are over"), err)
	}()
	return <-failed
}
