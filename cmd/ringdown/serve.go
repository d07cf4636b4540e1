package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/worker"
)

// drainWithin is how long requests in flight may take when the API stops: longer than any.
const drainWithin = 10 * time.Second

type serveCommand struct{ settings }

// Run runs both roles until ctx ends.
func (c *serveCommand) Run(ctx context.Context) error { return c.serve(ctx, true, true) }

type apiCommand struct{ settings }

// Run runs the API until ctx ends.
func (c *apiCommand) Run(ctx context.Context) error { return c.serve(ctx, true, false) }

type workerCommand struct{ settings }

// Run runs the worker until ctx ends.
func (c *workerCommand) Run(ctx context.Context) error { return c.serve(ctx, false, true) }

func (s settings) serve(ctx context.Context, withAPI, withWorker bool) error {
	if err := s.mistakes(withAPI); err != nil {
		return err
	}
	p, err := s.connectFor(ctx, withWorker)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.expectDatabase(ctx); err != nil {
		return err
	}
	metrics, err := s.exposeMetrics(p)
	if err != nil {
		return err
	}
	defer func() { _ = metrics.Close() }()
	if !withAPI {
		return s.work(ctx, p)
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; set LISTEN", s.Listen, err)
	}
	return s.runRoles(ctx, p, listener, withWorker, 0)
}

// connectFor opens what a role works with. A worker has nothing to do without Temporal; an API keeps callers going.
func (s settings) connectFor(ctx context.Context, withWorker bool) (parts, error) {
	if withWorker {
		return s.connect(ctx, os.Stderr, false)
	}
	return s.connectLater(ctx, os.Stderr)
}

// runRoles runs the API, and the worker with it where wanted, until ctx ends or one of them
// fails. The API stops first: what it has begun, the worker still answers.
func (s settings) runRoles(ctx context.Context, p parts, listener net.Listener, withWorker bool, pace float64) error {
	cache, err := s.cacheFolder()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	allotment, err := models.ParseAllotment(s.Allotment)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	retention, err := models.ParseRetention(s.Retention)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	proxies, err := s.proxies()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server, err := api.New(api.Config{
		Store: p.store, Temporal: p.temporal, Namespace: p.namespace, Carrier: p.carrier, Outside: p.outside, AuthTokens: s.tokens(),
		PublicURL: s.PublicURL, FallbackURL: s.FallbackURL, AdminKey: s.AdminKey, Pace: pace, Log: p.log,
		Metrics: p.registry, Tracing: p.tracing, CallsPerSecond: s.CallsPerSec, FallbackDir: s.FallbackDir, CacheDir: cache,
		Allotment: allotment, Retention: retention, Keys: p.keys, Histories: p.histories, TemporalUIOrigins: s.uiOrigins(), Receivers: p.receivers, Channel: p.slack.Provider(),
		Proxies: proxies, RateLimit: s.RateLimit,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	stopTending := tend(ctx, server.Watch, server.Keep)
	defer stopTending()
	workerCtx, stopWorker := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorker()
	worked := make(chan error, 1)
	if withWorker {
		go func() { worked <- s.work(workerCtx, p) }()
	}
	web := server.Web()
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	p.log.Info("api started", "address", listener.Addr().String())

	select {
	case <-ctx.Done():
	case err = <-worked:
		withWorker = false
	case err = <-served:
	}
	drainCtx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	err = errors.Join(err, web.Shutdown(drainCtx))
	stopTending()
	server.Drain()
	stopWorker()
	if withWorker {
		err = errors.Join(err, <-worked)
	}
	p.log.Info("stopped")
	return err
}

// tend does things beside the requests until ctx ends or stop is called, which returns when none of
// them uses the database any more. It may be called twice.
func tend(ctx context.Context, things ...func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	for _, thing := range things {
		done.Go(func() { thing(ctx) })
	}
	return func() {
		cancel()
		done.Wait()
	}
}

func (s settings) work(ctx context.Context, p parts) error {
	allotment, err := models.ParseAllotment(s.Allotment)
	if err != nil {
		return err
	}
	retention, err := models.ParseRetention(s.Retention)
	if err != nil {
		return err
	}
	return worker.Run(ctx, worker.Config{
		Temporal: p.temporal, Store: p.store, Carrier: p.carrier, Outside: p.outside, Receivers: p.receivers, Slack: p.slack,
		PublicURL: s.PublicURL, FallbackURL: s.FallbackURL, CallsPerSecond: s.CallsPerSec, Allotment: allotment, Retention: retention,
		Keys: p.keys, Histories: p.histories, Mail: p.mail, Reviewers: s.reviewers(), ReviewChannel: s.ReviewChannel, BuildID: s.BuildID, Log: p.log,
	})
}
