package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/worker"
	"go.temporal.io/sdk/interceptor"
)

// serverRole is the environment variable that makes this test binary a server, to be killed. Its
// value is a crashServer in JSON.
const serverRole = "RINGDOWN_E2E_SERVER"

// crashServer is API and worker in a process of their own.
type crashServer struct {
	Temporal, Namespace, Carrier, Database, Public string
	Slack                                          string // empty: incidents have their messages alone
	Points                                         string // a door that activities ask at each; empty: they ask nobody
	Key                                            string // seals documents; empty: none can be uploaded

	logPath string
	process *exec.Cmd
}

// crashSystem is a system whose API and worker are not in this process. Its static files are on
// another host, as a fallback must be.
type crashSystem struct {
	*system
	server      *crashServer
	carrierDoor *door // before the carrier's REST API
	fallbackURL string
}

func newCrashSystem(t *testing.T, namespace string) *crashSystem {
	t.Helper()
	s := &crashSystem{system: &system{log: &logBook{}}}
	s.carrier = simulator.New(simulator.Config{AccountSID: accountSID, AuthToken: authToken, Speed: crashPace})
	t.Cleanup(s.carrier.Close)
	s.carrierDoor = &door{inside: s.carrier.Handler()}
	carrierHTTP := httptest.NewServer(s.carrierDoor)
	t.Cleanup(carrierHTTP.Close)
	s.public = "http://" + freePort(t)
	dir := t.TempDir()
	s.server = &crashServer{
		Temporal: temporalAddress, Namespace: namespace, Carrier: carrierHTTP.URL, Public: s.public,
		Database: "sqlite:" + filepath.Join(dir, "crash.db"), logPath: filepath.Join(dir, "server.log"),
	}
	s.store = storetest.Open(t, s.server.Database)
	s.temporal = dialTemporal(t, temporalAddress, namespace)
	document := twiml.Words{}.Fallback("", "", models.Links{Base: s.public}.VoiceAgain())
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
	var between []interceptor.ClientInterceptor
	if c.Points != "" {
		between = append(between, &points{door: c.Points})
	}
	temporal, err := temporalAt(c.Temporal, c.Namespace, between...)
	if err != nil {
		return err
	}
	carrier, err := twilio.New(twilio.Config{AccountSID: accountSID, AuthToken: authToken, APIURL: c.Carrier, Log: logger})
	if err != nil {
		return err
	}
	var slackClient *slack.Client
	if c.Slack != "" {
		if slackClient, err = slack.New(slack.Config{Token: slacktest.Token, APIURL: c.Slack, Log: logger}); err != nil {
			return err
		}
	}
	keys, err := secrets.ParseKeys(c.Key)
	if err != nil {
		return err
	}
	tells := receivers.New(receivers.Config{AllowPrivate: true})
	server, err := api.New(api.Config{
		AdminKey: adminKey, Keys: keys,
		Store: rows, Temporal: temporal, Namespace: c.Namespace, Carrier: carrier,
		AuthTokens: []string{authToken}, PublicURL: c.Public, Pace: crashPace, Log: logger, Receivers: tells, Channel: slackClient.Provider(),
	})
	if err != nil {
		return err
	}
	failed := make(chan error, 3)
	go func() { failed <- http.ListenAndServe(strings.TrimPrefix(c.Public, "http://"), server) }()
	go func() {
		failed <- worker.Run(ctx, worker.Config{
			Temporal: temporal, Store: rows, Carrier: carrier, PublicURL: c.Public, Log: logger, Receivers: tells, Slack: slackClient,
			Keys: keys,
		})
	}()
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		failed <- errors.Join(errors.New("the tests are over"), err)
	}()
	return <-failed
}
