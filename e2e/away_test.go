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

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
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

	carrierREST *twilio.Client
	fallback    string // where the emergency documents are served
	work        worker.Config
	stopWorker  func() // returns when it has stopped; does nothing while there is none
}

const adminKey = "aKeyForTestsAlone"

// newParts starts a system. Its database is SQLite, or a Postgres at the end of a wire.
func newParts(t *testing.T, namespace string, pace float64, postgres bool) *parts {
	t.Helper()
	p := &parts{system: &system{log: &logBook{}}, toTemporal: newWire(t, temporalAddress)}
	logger := slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p.carrier = simulator.New(simulator.Config{AccountSID: accountSID, AuthToken: authToken, Speed: pace})
	t.Cleanup(p.carrier.Close)
	p.carrierDoor = &door{inside: p.carrier.Handler()}
	carrierHTTP := httptest.NewServer(p.carrierDoor)
	t.Cleanup(carrierHTTP.Close)
	p.openDatabase(t, postgres)
	p.temporal = dialTemporal(t, temporalAddress, namespace)
	var err error
	if p.carrierREST, err = twilio.New(twilio.Config{AccountSID: accountSID, AuthToken: authToken, APIURL: carrierHTTP.URL, Log: logger}); err != nil {
		t.Fatal(err)
	}
	p.siteDoor = &door{}
	site := httptest.NewServer(p.siteDoor)
	t.Cleanup(site.Close)
	p.toSite = newWire(t, strings.TrimPrefix(site.URL, "http://"))
	p.public = "http://" + p.toSite.address
	published := t.TempDir()
	elsewhere := httptest.NewServer(http.FileServer(http.Dir(published)))
	t.Cleanup(elsewhere.Close)
	p.fallback = elsewhere.URL
	ours := dialTemporal(t, p.toTemporal.address, namespace)
	server, err := api.New(api.Config{
		Store: p.store, Temporal: ours, Namespace: namespace, Carrier: p.carrierREST, AuthTokens: []string{authToken},
		PublicURL: p.public, FallbackURL: p.fallback, FallbackDir: published, AdminKey: adminKey, Pace: pace, Log: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Drain)
	p.siteDoor.inside = server
	p.inBackground(t, server.Watch)
	p.inBackground(t, server.Keep)
	p.work = worker.Config{Temporal: ours, Store: p.store, Carrier: p.carrierREST, PublicURL: p.public, Log: logger}
	p.startWorker()
	t.Cleanup(func() {
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

func temporalAt(address, namespace string) (client.Client, error) {
	return client.Dial(client.Options{
		HostPort: address, Namespace: namespace, DataConverter: workflows.DataConverter(),
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
}

func (p *parts) openDatabase(t *testing.T, postgres bool) {
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
func (p *parts) inBackground(t *testing.T, run func(context.Context)) {
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
	l := p.system.line(t, levels, settings...)
	links := models.Links{Base: p.public}
	p.carrier.AddNumber(simulator.Number{
		Phone: l.number, VoiceURL: links.Voice(0), StatusCallback: links.Status(),
		VoiceFallbackURL: api.EmergencyURL(p.fallback, l.route.PhoneNumberID), VoiceFallbackMethod: http.MethodGet,
	})
	return l
}

// emergency is the name of the phone that callers are diverted to.
const emergency = "the emergency number"

// lineWithEmergency is a line whose callers can be diverted.
func (p *parts) lineWithEmergency(t *testing.T, levels string, settings ...func(*models.Route)) *line {
	t.Helper()
	phone := &phone{t: t, s: p.system, number: p.fresh()}
	p.carrier.Script(phone.number, simulator.Script{Answer: simulator.Manual})
	l := p.line(t, levels, append(settings, func(r *models.Route) { r.EmergencyNumber = models.Phone(phone.number) })...)
	l.people[emergency] = phone
	return l
}
