package cluster

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/client"
)

// What the tests of a real cluster are asked for: go test ./cluster -args -real
var (
	real    = flag.Bool("real", false, "start real clusters, of the programs in bin")
	program = flag.String("program", "../bin/ringdown", "what the roles of a real cluster run")
)

func realConfig(t *testing.T) Config {
	t.Helper()
	path, errProgram := filepath.Abs(*program)
	tools, errTools := filepath.Abs("../bin")
	if err := errors.Join(errProgram, errTools); err != nil {
		t.Fatal(err)
	}
	return Config{Folder: t.TempDir(), Program: path, Tools: tools}
}

func startReal(t *testing.T, config Config) *Cluster {
	t.Helper()
	begun := time.Now()
	c, err := Start(t.Context(), config)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(config.Folder, "logs", "postgres.log"))
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("started in %s", time.Since(begun).Round(10*time.Millisecond))
	return c
}

// load asks a cluster all the time, as the carrier does and as people do.
type load struct {
	t       *testing.T
	c       *Cluster
	over    atomic.Bool
	resting atomic.Bool // the REST API is left alone
	all     sync.WaitGroup

	mu              sync.Mutex
	worst           time.Duration // of a webhook
	webhooks, users int           // answered
	unanswered      []int         // the statuses of other requests
}

func startLoad(t *testing.T, c *Cluster) *load {
	t.Helper()
	l := &load{t: t, c: c}
	for i := range 4 {
		l.all.Go(func() {
			for n := 0; !l.over.Load(); n++ {
				l.webhook()
			}
		})
		l.all.Go(func() {
			for n := 0; !l.over.Load(); n++ {
				l.user(fmt.Sprintf("user-%d-%d@example.com", i, n))
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	return l
}

// webhook is one about a leg that is nobody's, with a true signature.
func (l *load) webhook() {
	url := l.c.System().API + "/twilio/leg/none/none"
	mac := hmac.New(sha1.New, []byte(l.c.secrets.carrierToken))
	mac.Write([]byte(url + "CallSidCA1"))
	begun := time.Now()
	status, err := l.post(url, "application/x-www-form-urlencoded", "CallSid=CA1", "X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	took := time.Since(begun)
	if err != nil || status != http.StatusOK {
		l.t.Errorf("a webhook is answered %d: %v", status, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.webhooks++
	l.worst = max(l.worst, took)
}

func (l *load) user(email string) {
	if l.resting.Load() {
		return
	}
	body := fmt.Sprintf(`{"name":"Alice","email":%q,"time_zone":"Europe/London","active":true}`, email)
	status, err := l.post(l.c.System().API+"/v1/users", "application/json", body, "Authorization", "Bearer "+l.c.secrets.adminKey)
	if err != nil {
		l.t.Error(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if status == http.StatusCreated {
		l.users++
	} else {
		l.unanswered = append(l.unanswered, status)
	}
}

func (l *load) post(url, kind, body, header, value string) (status int, err error) {
	request, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set(header, value)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func (l *load) stop() {
	l.over.Store(true)
	l.all.Wait()
	l.t.Logf("%d webhooks, the slowest took %s; %d people were made, %d were not: %v",
		l.webhooks, l.worst.Round(time.Millisecond), l.users, len(l.unanswered), l.unanswered)
}

// works sees that a run goes through Temporal, a worker and the carrier.
func works(t *testing.T, c *Cluster) {
	t.Helper()
	begun := time.Now()
	temporal, err := client.Dial(client.Options{HostPort: c.System().Temporal})
	if err != nil {
		t.Fatal(err)
	}
	defer temporal.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run, err := temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: "calls"}, "Sweep")
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Get(ctx, nil); err != nil {
		t.Fatal(err)
	}
	t.Logf("  a run took %s", time.Since(begun).Round(time.Millisecond))
}

// Every part of a cluster is killed and halted once, and comes back; meanwhile every webhook is answered.
func TestEachPartOfARealClusterComesBack(t *testing.T) {
	if !*real {
		return // nothing is asked for
	}
	c := startReal(t, realConfig(t))
	control := &Client{BaseURL: c.System().Control}
	works(t, c)
	l := startLoad(t, c)
	order := func(what string, do func(context.Context, string) error, name string) {
		t.Helper()
		begun := time.Now()
		if err := do(t.Context(), name); err != nil {
			t.Errorf("%s %s: %v", what, name, err)
		}
		t.Logf("%s %s took %s", what, name, time.Since(begun).Round(time.Millisecond))
	}
	parts, err := control.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		l.resting.Store(p.Kind == Database)
		for _, end := range []struct {
			what string
			do   func(context.Context, string) error
		}{{"kill", control.Kill}, {"halt", control.Halt}} {
			order(end.what, end.do, p.Name)
			if now := c.view(t, p.Name); now.State != Down {
				t.Errorf("it is %+v", now)
			}
			order("resume", control.Resume, p.Name)
			if now := c.view(t, p.Name); now.State != Up || now.PID == p.PID {
				t.Errorf("it is %+v", now)
			}
			if p.Kind == Temporal || p.Kind == Database || p.Kind == Worker {
				works(t, c)
			}
		}
		l.resting.Store(p.Kind != Worker && p.Kind != UI) // nobody is told that a part hangs
		before := c.view(t, p.Name)
		order("freeze", control.Freeze, p.Name)
		if now := c.view(t, p.Name); now.State != Frozen || now.PID != before.PID {
			t.Errorf("it is %+v", now)
		}
		order("resume", control.Resume, p.Name)
		if now := c.view(t, p.Name); now != before {
			t.Errorf("it is %+v, and was %+v", now, before)
		}
	}
	l.stop()
	var there int
	if err := c.onDatabase(t.Context(), ringdownDatabase, func(ctx context.Context, db *pgx.Conn) error {
		return db.QueryRow(ctx, "SELECT count(*) FROM users").Scan(&there)
	}); err != nil {
		t.Fatal(err)
	}
	if most := l.users + len(l.unanswered); there < l.users || there > most {
		t.Errorf("%d people are there, want %d to %d", there, l.users, most)
	}
}

func (c *Cluster) view(t *testing.T, name string) Part {
	t.Helper()
	p, err := c.part(name)
	if err != nil {
		t.Fatal(err)
	}
	return p.view()
}

func TestARealClusterGrowsAndRunsOtherPrograms(t *testing.T) {
	if !*real {
		return // nothing is asked for
	}
	config := realConfig(t)
	config.FastDisk, config.WithoutUI = true, true
	c := startReal(t, config)
	for kind, want := range map[string]string{API: "api-3", Worker: "worker-3"} {
		name, err := c.Add(t.Context(), kind, Program{Env: []string{"RINGDOWN_BUILD_ID=two"}})
		if v := c.view(t, name); err != nil || name != want || v.State != Up || v.Build != "two" {
			t.Errorf("it is %+v: %v", v, err)
		}
	}
	if at, err := ReadSystem(config.Folder); err != nil || len(at.Metrics) != 6 {
		t.Errorf("it is said to be at %+v: %v", at, err)
	}
	if err := c.Run(t.Context(), "api-1", Program{Env: []string{"RINGDOWN_BUILD_ID=two"}}); err != nil || c.view(t, "api-1").Build != "two" {
		t.Errorf("it is %+v: %v", c.view(t, "api-1"), err)
	}
	for _, name := range []string{"postgres", "temporal", "carrier"} {
		if err := c.Run(t.Context(), name, Program{}); err == nil {
			t.Errorf("%s runs another program", name)
		}
	}
	if _, err := c.Add(t.Context(), Database, Program{}); err == nil {
		t.Error("there is another database")
	}
}

func TestARealClusterGoesOnWhereItStopped(t *testing.T) {
	if !*real {
		return // nothing is asked for
	}
	config := realConfig(t)
	var begun atomic.Int32
	config.Begin = func(_ context.Context, at System) error {
		begun.Add(1)
		return Answers(t.Context(), at.Carrier+"/sim/numbers")
	}
	c := startReal(t, config)
	works(t, c)
	if _, err := Start(t.Context(), config); err == nil || !strings.Contains(err.Error(), "another cluster uses the folder") {
		t.Errorf("a second one: %v", err)
	}
	l := startLoad(t, c)
	for l.made() < 20 {
		time.Sleep(10 * time.Millisecond)
	}
	l.stop()
	if err := errors.Join(c.Kill(t.Context(), "carrier"), c.Resume(t.Context(), "carrier")); err != nil || begun.Load() != 2 {
		t.Errorf("the carrier was told %d times: %v", begun.Load(), err)
	}
	pids := pidsOf(t, c)
	stopped := time.Now()
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped in %s", time.Since(stopped).Round(time.Millisecond))
	if _, err := ReadSystem(config.Folder); !errors.Is(err, ErrNotRunning) {
		t.Errorf("it is said to run: %v", err)
	}
	gone(t, pids)
	again := startReal(t, config)
	works(t, again)
	var there int
	if err := again.onDatabase(t.Context(), ringdownDatabase, func(ctx context.Context, db *pgx.Conn) error {
		return db.QueryRow(ctx, "SELECT count(*) FROM users").Scan(&there)
	}); err != nil || there < 20 {
		t.Errorf("%d people are kept: %v", there, err)
	}
}

func (l *load) made() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.users
}

func pidsOf(t *testing.T, c Control) map[string]int {
	t.Helper()
	parts, err := c.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pids := map[string]int{}
	for _, p := range parts {
		pids[p.Name] = p.PID
	}
	return pids
}

// gone waits until none of the processes is there.
func gone(t *testing.T, pids map[string]int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for name, pid := range pids {
		for syscall.Kill(pid, 0) == nil {
			if time.Now().After(deadline) {
				t.Errorf("%s is still there", name)
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func TestARealClusterEndsWithAPartThatEndsByItself(t *testing.T) {
	if !*real {
		return // nothing is asked for
	}
	config := realConfig(t)
	config.FastDisk, config.WithoutUI = true, true
	c := startReal(t, config)
	if err := syscall.Kill(pidsOf(t, c)["worker-2"], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "worker-2 ended by itself: see "+c.logOf("worker-2")) {
		t.Errorf("it ends with %v", err)
	}
}

// A cluster that is killed takes all of its parts with it, and the next one on its folder goes on.
func TestARealClusterThatIsKilledLeavesNothing(t *testing.T) {
	if !*real {
		return // nothing is asked for
	}
	config := realConfig(t)
	killed := exec.CommandContext(t.Context(), config.Program, "cluster", "--data", config.Folder, "--tools", config.Tools, "--ports", "0")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	var at System
	deadline := time.Now().Add(time.Minute)
	for {
		var err error
		if at, err = ReadSystem(config.Folder); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	pids := pidsOf(t, &Client{BaseURL: at.Control})
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait() // it was killed
	next := startReal(t, config)
	gone(t, pids)
	works(t, next)
}
