package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// exposeMetrics serves what this process counts, on an address of its own because the API's is
// open to the world. Without an address it serves nobody. Close ends it.
func (s settings) exposeMetrics(p parts) (*http.Server, error) {
	if s.MetricsListen == "" {
		return &http.Server{ReadHeaderTimeout: time.Second}, nil
	}
	if err := p.countItself(); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	listener, err := net.Listen("tcp", s.MetricsListen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s for metrics: %w; set METRICS_LISTEN, empty for none", s.MetricsListen, err)
	}
	pages := http.NewServeMux()
	pages.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(p.log.Handler(), slog.LevelError),
		ErrorHandling: promhttp.ContinueOnError, // what can be shown is
	}))
	server := &http.Server{
		Addr: listener.Addr().String(), Handler: pages,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("metrics served no longer", "cause", err)
		}
	}()
	p.log.Info("metrics served", "address", server.Addr)
	return server, nil
}

// countItself registers what every process shows: its build, its runtime, its database pools.
func (p parts) countItself() error {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "ringdown_build_info", Help: "Always 1; the label says what runs.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	faults := []error{
		p.registry.Register(build),
		p.registry.Register(collectors.NewGoCollector()),
		p.registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})),
	}
	pools, err := p.store.Pools()
	faults = append(faults, err)
	for name, db := range pools {
		faults = append(faults, p.registry.Register(collectors.NewDBStatsCollector(db, name)))
	}
	return errors.Join(faults...)
}
