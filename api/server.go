// Package api is what the outside reaches over HTTP: the carrier's webhooks, which keep callers
// going whatever happens, and the REST API for people.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/telemetry"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/singleflight"
)

// Config is what the server needs.
type Config struct {
	Store       *store.Store
	Temporal    client.Client // with workflows.DataConverter and workflows.FailureConverter of Histories
	Namespace   string        // of Temporal
	Carrier     *twilio.Client
	Outside     *outside.Client // nil: outside schedules cannot be added
	AuthTokens  []string        // of the carrier account: one, or more while they are rotated
	PublicURL   string          // where the carrier reaches us, without a trailing slash
	FallbackURL string          // where the emergency documents are served; empty when nowhere
	FallbackDir string          // the folder where they are published; empty when nowhere
	CacheDir    string          // the folder of the last good copies of routes; empty keeps them in memory only
	AdminKey    string          // of the REST API; empty lets nobody in
	Pace        float64         // tests only: how much faster than life calls run; zero means 1
	Proxies     Proxies         // in front of us, whose X-Forwarded-For is believed
	RateLimit   float64         // requests a second for each key of the REST API; zero means no limit

	CallsPerSecond float64          // what the carrier account may place; zero means no limit
	Allotment      models.Allotment // what may be used
	Retention      models.Retention // for how long things are kept
	Keys           *secrets.Keys    // seal documents; nil: there are no documents

	Histories         *secrets.Keys // seal what runs are given and give, or open it alone; nil: it is not sealed, and there is no codec
	TemporalUIOrigins []string      // where browsers have Temporal's web UI, which may ask the codec from there

	Receivers *receivers.Client      // tries receivers of alerts; nil: tries those of the public internet
	Channel   models.ChannelProvider // where the people of new incidents talk; empty means internal

	Log *slog.Logger

	Tracing *telemetry.Tracing // nil makes no traces

	// Metrics gets what the API counts, nil when nobody wants to know.
	Metrics prometheus.Registerer
}

// Server answers over HTTP. It keeps nothing in memory that another copy of it would miss, but the
// last good copies of routes and of the API keys, and how often keys and addresses asked lately. Keep is to
// run beside it.
type Server struct {
	store      *store.Store
	temporal   client.Client
	namespace  string
	signatures signatures
	carrier    *twilio.Client
	publicURL  string
	pace       float64
	proxies    Proxies
	forgers    *buckets // of whom false signatures are logged

	callsPerSecond float64

	routes    *routes
	emergency *emergency
	log       *slog.Logger
	now       func() time.Time
	metrics   *metrics
	tracing   *telemetry.Tracing

	unwritten unwritten

	echo  *echo.Echo
	tasks sync.WaitGroup
}

// New checks the settings, every mistake at once, and mounts everything.
func New(c Config) (*Server, error) {
	public, err := url.Parse(c.PublicURL)
	var mistakes []error
	if err != nil || public.Host == "" || public.Scheme != "http" && public.Scheme != "https" || strings.HasSuffix(c.PublicURL, "/") {
		mistakes = append(mistakes, fmt.Errorf("public URL %q: want https://host without a trailing slash", c.PublicURL))
	}
	if len(c.AuthTokens) == 0 {
		mistakes = append(mistakes, errors.New("auth tokens: want at least one, or anybody could forge a webhook"))
	}
	for _, token := range c.AuthTokens {
		if strings.TrimSpace(token) == "" {
			mistakes = append(mistakes, errors.New("auth tokens: one is empty, so anybody could forge a webhook"))
		}
	}
	for _, origin := range c.TemporalUIOrigins {
		mistakes = append(mistakes, CheckOrigin(origin))
	}
	mistakes = append(mistakes, twiml.Check())
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	s := &Server{
		store: c.Store, temporal: c.Temporal, namespace: c.Namespace, signatures: c.AuthTokens,
		carrier: c.Carrier, publicURL: c.PublicURL, pace: c.Pace, callsPerSecond: c.CallsPerSecond, log: c.Log, now: time.Now, tracing: c.Tracing,
		emergency: &emergency{store: c.Store, folder: c.FallbackDir, public: c.PublicURL, log: c.Log},
		proxies:   c.Proxies, forgers: newBuckets(forgeries, time.Now),
	}
	s.routes = &routes{
		store: c.Store, background: s.background, now: time.Now, log: c.Log, copies: map[models.Phone]routeCopy{},
		files: &copyFiles{folder: c.CacheDir, log: c.Log, kept: map[models.Phone]keptCopy{}},
	}
	live, open, waiting := &liveCalls{temporal: c.Temporal, namespace: c.Namespace}, &openRequests{store: c.Store}, &waitingDeliveries{store: c.Store}
	if s.metrics, err = newMetrics(c.Metrics, live, open, waiting); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = c.Proxies.extractor(c.Log)
	e.Use(s.metrics.timed, securely(c.PublicURL), perAddress(time.Now, s.metrics.refused))
	e.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{LogErrorFunc: func(_ echo.Context, err error, stack []byte) error {
		s.log.Error("panic", "cause", err, "stack", string(stack))
		return err
	}}))
	e.Use(s.traced)
	e.HTTPErrorHandler = problemHandler(c.Log)
	s.mountWebhooks(e)
	s.mountAudio(e)
	s.mountHealth(e)
	mountREST(e, restDeps{
		store: c.Store, carrier: c.Carrier, outside: c.Outside, adminKey: c.AdminKey,
		runs:      &runs{temporal: c.Temporal, namespace: c.Namespace},
		publicURL: c.PublicURL, fallbackURL: c.FallbackURL, emergency: s.emergency, log: c.Log, now: time.Now,
		callsPerSecond: c.CallsPerSecond, allotment: c.Allotment, retention: c.Retention, background: s.background, erase: s.erase,
		receivers: c.Receivers, channel: c.Channel, wake: s.wake, redeliver: s.redeliver,
		start: s.start, actOn: s.actOn, done: s.done, sealing: c.Keys, rateLimit: c.RateLimit, limited: s.metrics.refused,
		histories: c.Histories, namespace: c.Namespace, uiOrigins: c.TemporalUIOrigins,
	})
	s.echo = e
	return s, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Drain waits for what requests have left to be done. Call it when no request comes any more.
func (s *Server) Drain() { s.tasks.Wait() }

// backgroundWithin is how long a task may take that no caller waits for.
const backgroundWithin = 5 * time.Second

// background does what no caller waits for.
func (s *Server) background(task func(ctx context.Context)) {
	s.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), backgroundWithin)
		defer cancel()
		task(ctx)
	})
}

func (s *Server) links(sid string) models.Links { return models.Links{Base: s.publicURL, CallSID: sid} }

// mountHealth says whether the process lives, and whether it can do its work.
func (s *Server) mountHealth(e *echo.Echo) {
	e.GET("/livez", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	var looks singleflight.Group // however many ask at once, there is one look
	e.GET("/readyz", func(c echo.Context) error {
		_, err, _ := looks.Do("", func() (any, error) { return nil, s.look(c.Request().Context()) })
		if err != nil {
			return c.String(http.StatusServiceUnavailable, "not ready\n")
		}
		return c.String(http.StatusOK, "ready\n")
	})
}

// look says what is away of what the process works with.
func (s *Server) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second) // others wait for it too
	defer cancel()
	var away []error
	if err := s.store.Ping(ctx); err != nil {
		away = append(away, fmt.Errorf("database: %w", err))
	}
	if _, err := s.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		away = append(away, fmt.Errorf("temporal: %w", err))
	}
	err := errors.Join(away...)
	if err != nil {
		s.log.Warn("not ready", "cause", err)
	}
	return err
}
