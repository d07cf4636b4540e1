package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
)

// deskRole has the program be API and worker of requests for numbers, in a process of its own.
const deskRole = "RINGDOWN_BENCH_REQUESTS"

// deskPlace is where it works.
type deskPlace struct {
	dir, temporal, carrier string // its files, and the addresses of its server and of the carrier
	cacheSize              int    // how many runs it holds in memory at most
}

// serveDesk is API and worker in one process, until it is killed. At its root it says what it uses.
func serveDesk(ctx context.Context, role string) error {
	var at deskPlace
	if _, err := fmt.Sscan(role, &at.dir, &at.temporal, &at.carrier, &at.cacheSize); err != nil {
		return fmt.Errorf("%s=%q: want folder, Temporal, carrier and size of the cache: %w", deskRole, role, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	runs := &runsInMemory{}
	rest, err := startDeskIn(ctx, at, "http://"+listener.Addr().String(), runs)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	mux := http.NewServeMux()
	mux.Handle("/", rest)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		u := usageNow()
		u.Held, u.Missed = runs.held.Load(), runs.missed.Load()
		_ = json.NewEncoder(w).Encode(u)
	})
	web := &http.Server{ReadHeaderTimeout: patience, Handler: mux}
	return web.Serve(listener)
}

// startDeskIn starts the worker, and is the API.
func startDeskIn(ctx context.Context, at deskPlace, public string, runs *runsInMemory) (http.Handler, error) {
	logs, err := os.Create(filepath.Join(at.dir, "ringdown.log")) // logging costs what it costs in production
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	logger := slog.New(slog.NewJSONHandler(logs, nil))
	rows, err := store.Open(ctx, "sqlite:"+filepath.Join(at.dir, "ringdown.db"), logger)
	if err != nil {
		return nil, err
	}
	if err := rows.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := rows.SeedCountries(ctx, models.SeedCountries()); err != nil {
		return nil, err
	}
	engine, err := client.DialContext(ctx, client.Options{
		HostPort: at.temporal, DataConverter: workflows.DataConverter(nil), Logger: quiet(), MetricsHandler: runs,
	})
	if err != nil {
		return nil, fmt.Errorf("reach Temporal: %w", err)
	}
	rest, err := twilio.New(twilio.Config{AccountSID: accountSID, AuthToken: authToken, APIURL: at.carrier, Log: logger})
	if err != nil {
		return nil, err
	}
	server, err := api.New(api.Config{
		Store: rows, Temporal: engine, Namespace: client.DefaultNamespace, Carrier: rest, AdminKey: restKey,
		AuthTokens: []string{authToken}, PublicURL: public, Log: logger,
	})
	if err != nil {
		return nil, err
	}
	go func() {
		err := worker.Run(ctx, worker.Config{
			Temporal: engine, Store: rows, Carrier: rest, PublicURL: public, CacheSize: at.cacheSize, Log: logger,
		})
		_, _ = fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}()
	return server, nil
}

// runsInMemory is what the SDK tells of the runs that a worker holds in memory.
type runsInMemory struct {
	held, missed atomic.Int64
}

// WithTags tells nothing apart: there is one namespace, and one worker that has runs.
func (m *runsInMemory) WithTags(map[string]string) client.MetricsHandler { return m }

// Counter counts tasks whose run was to be read anew from its history.
func (m *runsInMemory) Counter(name string) client.MetricsCounter {
	if name == "temporal_sticky_cache_miss" {
		return runsMissed{m}
	}
	return client.MetricsNopHandler.Counter(name)
}

// Gauge keeps how many runs are held.
func (m *runsInMemory) Gauge(name string) client.MetricsGauge {
	if name == "temporal_sticky_cache_size" {
		return runsHeld{m}
	}
	return client.MetricsNopHandler.Gauge(name)
}

// Timer keeps nothing.
func (m *runsInMemory) Timer(name string) client.MetricsTimer {
	return client.MetricsNopHandler.Timer(name)
}

type (
	runsMissed struct{ m *runsInMemory }
	runsHeld   struct{ m *runsInMemory }
)

func (r runsMissed) Inc(by int64)       { r.m.missed.Add(by) }
func (r runsHeld) Update(count float64) { r.m.held.Store(int64(count)) }

// seller is the simulated carrier, which notes how long it takes to say which numbers are for sale at what price.
type seller struct {
	carrier *simulator.Carrier
	web     *httptest.Server
	took    atomic.Int64 // nanoseconds, all together
}

func startSeller() *seller {
	s := &seller{carrier: simulator.New(simulator.Config{AccountSID: accountSID, AuthToken: authToken})}
	s.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		s.carrier.Handler().ServeHTTP(w, r)
		if strings.Contains(r.URL.Path, "/AvailablePhoneNumbers") || strings.HasPrefix(r.URL.Path, "/v1/PhoneNumbers") {
			s.took.Add(int64(time.Since(began)))
		}
	}))
	return s
}

func (s *seller) stop() {
	s.web.Close()
	s.carrier.Close()
}
