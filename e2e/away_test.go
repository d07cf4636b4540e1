package e2e

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
)

// parts is a system whose parts can be taken away and given back.
type parts struct {
	*system
	toTemporal *wire // of API and worker; the test's own client does not go by it
	toSite     *wire // of the carrier
	toDatabase *wire // nil on SQLite

	carrierDoor *door // before the carrier's REST API
	siteDoor    *door // before our site

	server     *api.Server
	fallback   string // where the emergency documents are served, on another host
	work       worker.Config
	stopWorker func() // returns when it has stopped; does nothing while there is none
}

const adminKey = "aKeyForTestsAlone"

// newParts starts a system. Its database is SQLite, or a Postgres at the end of a wire.
func newParts(t *testing.T, life testing.TB, namespace string, pace float64, postgres bool) *parts {
	t.Helper()
	p := &parts{system: &system{log: &logBook{}}, toTemporal: newWire(life, temporalAddress)}
	logger := slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p.carrier = simulator.New(simulator.Config{AccountSID: accountSID, AuthToken: authToken, Speed: pace})
	life.Cleanup(p.carrier.Close)
	p.carrierDoor = &door{inside: p.carrier.Handler()}
	carrierHTTP := httptest.NewServer(p.carrierDoor)
	life.Cleanup(carrierHTTP.Close)
	p.openDatabase(life, postgres)
	p.temporal = dialTemporal(life, temporalAddress, namespace)
	rest, err := twilio.New(twilio.Config{AccountSID: accountSID, AuthToken: authToken, APIURL: carrierHTTP.URL, Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	p.siteDoor = &door{}
	site := httptest.NewServer(p.siteDoor)
	life.Cleanup(site.Close)
	p.toSite = newWire(life, strings.TrimPrefix(site.URL, "http://"))
	p.public = "http://" + p.toSite.address
	published := life.TempDir()
	elsewhere := httptest.NewServer(http.FileServer(http.Dir(published)))
	life.Cleanup(elsewhere.Close)
	p.fallback = elsewhere.URL
	ours := dialTemporal(life, p.toTemporal.address, namespace)
	p.server, err = api.New(api.Config{
		Store: p.store, Temporal: ours, Namespace: namespace, Carrier: rest, AuthTokens: []string{authToken},
		PublicURL: p.public, FallbackURL: p.fallback, FallbackDir: published, AdminKey: adminKey, Pace: pace, Log: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	life.Cleanup(p.server.Drain)
	p.siteDoor.inside = p.server
	p.inBackground(life, p.server.Watch)
	p.work = worker.Config{
		Temporal: ours, Store: p.store, Carrier: rest, PublicURL: p.public, Histories: historyKeys(namespace), Log: logger,
	}
	p.startWorker()
	life.Cleanup(func() {
		p.toTemporal.mend() // it would not let go of it
		p.stopWorker()
	})
	return p
}

// dialTemporal is a client for a namespace of the server at an address.
func dialTemporal(t testing.TB, address, namespace string) client.Client {
	t.Helper()
	c, err := temporalAt(address, namespace)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func temporalAt(address, namespace string, between ...interceptor.ClientInterceptor) (client.Client, error) {
	return temporalWith(historyKeys(namespace), address, namespace, between...)
}

// temporalWith is temporalAt with keys of its own.
func temporalWith(keys *secrets.Keys, address, namespace string, between ...interceptor.ClientInterceptor) (client.Client, error) {
	return client.Dial(client.Options{
		HostPort: address, Namespace: namespace, Interceptors: between, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		DataConverter: workflows.DataConverter(keys), FailureConverter: workflows.FailureConverter(keys),
	})
}

func (p *parts) openDatabase(t testing.TB, postgres bool) {
	t.Helper()
	if !postgres {
		p.store = storetest.SQLite(t)
		return
	}
	database, err := url.Parse(storetest.PostgresLine(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	p.toDatabase = newWire(t, database.Host)
	database.Host = p.toDatabase.address
	p.store = storetest.Open(t, database.String())
}

// inBackground runs what belongs to a process of the API until the test ends.
func (p *parts) inBackground(t testing.TB, run func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// startWorker starts the worker, which stopWorker stops.
func (p *parts) startWorker() {
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- worker.Run(ctx, p.work) }()
	p.stopWorker = func() {
		stop()
		<-stopped
		p.stopWorker = func() {}
	}
}

// line is a line whose number is set up as the product does it, with an emergency document.
func (p *parts) line(t *testing.T, levels string, settings ...func(*models.Route)) *line {
	t.Helper()
	return p.setUp(p.system.line(t, levels, settings...))
}

func (p *parts) lineWithEmergency(t *testing.T, levels string, settings ...func(*models.Route)) *line {
	t.Helper()
	return p.setUp(p.system.lineWithEmergency(t, levels, settings...))
}

func (p *parts) setUp(l *line) *line {
	links := models.Links{Base: p.public}
	p.carrier.AddNumber(simulator.Number{
		Phone: l.number, VoiceURL: links.Voice(0), StatusCallback: links.Status(),
		VoiceFallbackURL: models.EmergencyURL(p.fallback, l.route.PhoneNumberID), VoiceFallbackMethod: http.MethodGet,
	})
	return l
}

// emergency is the name of the phone that callers are diverted to.
const emergency = "the emergency number"

// lineWithEmergency is a line whose callers can be diverted.
func (s *system) lineWithEmergency(t *testing.T, levels string, settings ...func(*models.Route)) *line {
	t.Helper()
	phone := &phone{t: t, s: s, number: s.fresh()}
	s.carrier.Script(phone.number, simulator.Script{Answer: simulator.Manual})
	l := s.line(t, levels, append(settings, func(r *models.Route) { r.EmergencyNumber = models.Phone(phone.number) })...)
	l.people[emergency] = phone
	return l
}

// publishes waits until the emergency documents of these lines are on the other host.
func (p *parts) publishes(t *testing.T, lines ...*line) {
	t.Helper()
	p.inBackground(t, p.server.Keep)
	for _, l := range lines {
		eventually(t, "its emergency document is published", func() bool {
			r, err := http.Get(models.EmergencyURL(p.fallback, l.route.PhoneNumberID))
			return err == nil && r.Body.Close() == nil && r.StatusCode == http.StatusOK
		})
	}
}

// eventually waits until something holds that nobody tells of.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("it is never so that %s", what)
		}
		time.Sleep(5 * time.Millisecond) // until it is looked at again
	}
}

// closed waits until the row of a call is closed, by its run or by somebody else, and checks that
// the caller always heard something, and that no number is in the log.
func (l *line) closed(want models.Outcome) models.Call {
	l.t.Helper()
	var call models.Call
	eventually(l.t, "the row of the call is closed", func() bool {
		row, err := l.s.store.CallByCarrierID(l.t.Context(), l.leg.SID)
		call = row
		return err == nil && row.EndedAt != nil
	})
	if call.Outcome != want {
		l.t.Errorf("recorded %s, want %s; timeline %+v", call.Outcome, want, call.Timeline)
	}
	l.checkSilence()
	for _, number := range append(l.numbers(), l.number, l.from) {
		if l.s.log.has(number) {
			l.t.Errorf("the log holds the number %s", number)
		}
	}
	return call
}

var theParts = struct {
	sync.Mutex
	*parts
}{}

// sharedParts is one system for all tests that use its doors alone, for as long as the test process
// lives.
func sharedParts(t *testing.T) *parts {
	theParts.Lock()
	defer theParts.Unlock()
	if theParts.parts == nil {
		theParts.parts = newParts(t, forever{t}, "races", pace, false)
	}
	return theParts.parts
}
