// Package e2e holds conversations: callers and responders on simulated phones, with everything
// between them real, over HTTP, Temporal and a database.
package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/mail/mailtest"
	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"github.com/ringdown/ringdown/workflows/temporaltest"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

const (
	// pace is how much faster than life the calls of these tests run. Requests and answers do not.
	pace       = 10
	accountSID = "AC00000000000000000000000000000001"
	authToken  = "anAuthTokenOfNoAccountAtAll"
	// patience is how long a test waits for what must happen.
	patience = 90 * time.Second
)

// payloadKeys seal the documents of these tests, and the histories of some systems.
var payloadKeys = func() *secrets.Keys {
	keys, err := secrets.ParseKeys(secrets.NewKey())
	if err != nil {
		panic(err)
	}
	return keys
}()

// historyKeys seal the histories of a namespace: of one of the two systems on which conversations are held, so that they are
// held with sealed histories and with plain ones, and of those that are called sealed.
func historyKeys(namespace string) *secrets.Keys {
	if namespace == "postgres" || strings.HasSuffix(namespace, "-sealed") {
		return payloadKeys
	}
	return nil
}

// temporalAddress is the address of the server that all tests of this package share.
var temporalAddress string

func TestMain(m *testing.M) {
	if role := os.Getenv(serverRole); role != "" {
		fmt.Fprintln(os.Stderr, serveUntilKilled(role))
		os.Exit(1)
	}
	server, err := startTemporal()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	temporalAddress = server.FrontendHostPort()
	flag.Parse()
	if err := flag.Set("test.parallel", atOnceInTests); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	code := m.Run()
	if err := server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop temporal:", err)
	}
	os.Exit(code)
}

// atOnceInTests is how many tests run beside each other, whatever the machine: most of what they
// do is to wait.
const atOnceInTests = "12"

// namespaces keep systems apart that share the server: one a database, and those of the tests
// that break something.
var namespaces = []string{
	"sqlite", "postgres", "broken", "real-time", crashNamespace, crashDialNamespace,
	"away-worker", "away-temporal", "away-temporal-silent", "away-database", "away-database-silent", "rest-database", "rest-database-silent", "away-site",
	"divert-worker", "divert-temporal", "divert-temporal-silent", "hold-worker", "hold-temporal", "hold-temporal-silent", "hold-back", "hold-late", "hold-move", "left-first", "divert-database",
	"faults", "callbacks", "races", "slack", "slack-away", crashAlertNamespace, "requests", "requests-lost", crashRequestNamespace, "releases", "releases-lost", "slack-sealed", "keys-sealed",
}

func startTemporal() (*testsuite.DevServer, error) {
	flags := append(temporaltest.SearchAttributes(),
		"--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000",
		"--dynamic-config-value", "matching.numTaskqueueReadPartitions=1",
		"--dynamic-config-value", "matching.numTaskqueueWritePartitions=1",
		"--dynamic-config-value", "system.forceSearchAttributesCacheRefreshOnRead=true",
	)
	for _, name := range namespaces {
		flags = append(flags, "--namespace", name)
	}
	return temporaltest.New(flags...)
}

// system is a whole Ringdown with a carrier and its phones.
type system struct {
	carrier  *simulator.Carrier
	store    *store.Store
	temporal client.Client
	slack    *slacktest.Server // nil: incidents have their messages alone
	mail     *mailtest.Server  // nil: nobody is told by e-mail
	log      *logBook
	spans    *spanBook // nil: no traces are made
	public   string

	mu      sync.Mutex
	numbers int
}

var shared = struct {
	sync.Mutex
	systems map[string]*system
}{systems: map[string]*system{}}

// each runs a conversation on a system with SQLite and on one with Postgres, several at once.
func each(t *testing.T, conversation func(t *testing.T, s *system)) {
	for _, name := range []string{"sqlite", "postgres"} {
		if name == "postgres" && !storetest.PostgresExpected() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conversation(t, sharedSystem(t, name))
		})
	}
}

// sharedSystem starts the system of a namespace once, for as long as the test process lives.
func sharedSystem(t *testing.T, name string) *system {
	shared.Lock()
	defer shared.Unlock()
	if shared.systems[name] == nil {
		speed := float64(pace)
		if name == "real-time" {
			speed = 1
		}
		shared.systems[name] = newSystem(t, name, speed, forever{t})
	}
	return shared.systems[name]
}

// forever is a test whose clean-up is left to the end of the process.
type forever struct{ testing.TB }

func (forever) Cleanup(func()) {}

func (f forever) TempDir() string {
	dir, err := os.MkdirTemp("", "ringdown-e2e-")
	if err != nil {
		f.Fatal(err)
	}
	return dir
}

// newSystem starts a system. Only the simulated carrier and a system of life's own pace may
// differ between tests.
func newSystem(t testing.TB, namespace string, pace float64, life testing.TB) *system {
	t.Helper()
	s := &system{log: &logBook{}}
	logger := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.carrier = simulator.New(simulator.Config{AccountSID: accountSID, AuthToken: authToken, Speed: pace})
	life.Cleanup(s.carrier.Close)
	carrierHTTP := httptest.NewServer(s.carrier.Handler())
	life.Cleanup(carrierHTTP.Close)
	switch namespace {
	case "postgres":
		s.store = storetest.Postgres(life)
	default:
		s.store = storetest.SQLite(life)
	}
	tracing := s.traced(namespace)
	interceptors, err := tracing.Interceptors()
	if err != nil {
		t.Fatal(err)
	}
	s.temporal, err = client.Dial(client.Options{
		HostPort: temporalAddress, Namespace: namespace, Interceptors: interceptors, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		DataConverter: workflows.DataConverter(historyKeys(namespace)), FailureConverter: workflows.FailureConverter(historyKeys(namespace)),
	})
	if err != nil {
		t.Fatal(err)
	}
	life.Cleanup(s.temporal.Close)
	rest, err := twilio.New(twilio.Config{AccountSID: accountSID, AuthToken: authToken, APIURL: carrierHTTP.URL, Log: logger, Tracing: tracing})
	if err != nil {
		t.Fatal(err)
	}
	var slackClient *slack.Client
	if strings.HasPrefix(namespace, "slack") {
		s.slack = slacktest.New(life)
		if slackClient, err = slack.New(slack.Config{Token: slacktest.Token, APIURL: s.slack.URL, Log: logger}); err != nil {
			t.Fatal(err)
		}
	}
	var mailClient *mail.Client
	if namespace == "requests" {
		s.mail = mailtest.New(life, mailtest.Offer{})
		if mailClient, err = mail.New(mail.Config{URL: s.mail.URL(), Log: logger}); err != nil {
			t.Fatal(err)
		}
	}
	tells := receivers.New(receivers.Config{AllowPrivate: true})
	var handler http.Handler
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	life.Cleanup(web.Close)
	s.public = web.URL
	server, err := api.New(api.Config{
		Store: s.store, Temporal: s.temporal, Namespace: namespace, Carrier: rest,
		AuthTokens: []string{authToken}, PublicURL: web.URL, AdminKey: adminKey, Pace: pace, Log: logger, Tracing: tracing,
		Receivers: tells, Channel: slackClient.Provider(), Keys: payloadKeys, Histories: historyKeys(namespace),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = server
	if err := s.store.SeedCountries(t.Context(), models.SeedCountries()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- worker.Run(ctx, worker.Config{
			Temporal: s.temporal, Store: s.store, Carrier: rest, PublicURL: web.URL, Log: logger, Receivers: tells, Slack: slackClient,
			Keys: payloadKeys, Histories: historyKeys(namespace), Mail: mailClient, Reviewers: []string{"rita@example.com"},
		})
	}()
	life.Cleanup(func() { stop(); <-done })
	return s
}

// logBook keeps what was logged, so that a test can look for what must not be in it.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), s)
}
