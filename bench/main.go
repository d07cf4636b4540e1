// Command bench measures how fast calls go, beside the floor: a bare workflow on the same server
// that issues the same commands and does nothing else. See docs/bench.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are what to measure, and how much of it.
type options struct {
	n             int
	asJSON, quick bool
	only          string        // one part; empty: all but the load
	lasts         time.Duration // of the load
}

func main() {
	var o options
	flag.IntVar(&o.n, "n", 100, "calls of each kind and side")
	flag.BoolVar(&o.asJSON, "json", false, "print JSON instead of a table")
	flag.BoolVar(&o.quick, "quick", false, "a few calls only, to see that it works; targets are shown and not judged")
	flag.StringVar(&o.only, "only", "", "only one part: times, alerts, held, rest, requests or cluster; or alert-load, which is no part of the whole")
	flag.DurationVar(&o.lasts, "for", 10*time.Minute, "how long alert-load lasts, at least 10s")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if role := os.Getenv(heldRole); role != "" {
		fmt.Fprintln(os.Stderr, "bench:", serveHeldWorker(ctx, role))
		os.Exit(1) //nolint:gocritic // a worker is killed, not stopped
	}
	if role := os.Getenv(deskRole); role != "" {
		fmt.Fprintln(os.Stderr, "bench:", serveDesk(ctx, role))
		os.Exit(1) //nolint:gocritic // so is this one
	}
	passed, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err != nil || !passed {
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

// run measures and prints. passed says that no target was missed.
func run(ctx context.Context, o options) (passed bool, err error) {
	if o.quick {
		o.n = crowd
	}
	switch {
	case o.n < crowd:
		return false, fmt.Errorf("-n %d: want at least %d", o.n, crowd)
	case o.lasts < loadRows*time.Second:
		return false, fmt.Errorf("-for %v: want at least %v", o.lasts, loadRows*time.Second)
	}
	dir, err := os.MkdirTemp("", "ringdown-bench-")
	if err != nil {
		return false, fmt.Errorf("make a folder for the databases: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r, err := measure(ctx, o, dir)
	if err != nil {
		return false, err
	}
	if o.asJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		err = out.Encode(r)
	} else {
		err = r.print(os.Stdout)
	}
	return o.quick || r.passes(), err
}

// measure measures the parts that are asked for.
func measure(ctx context.Context, o options, dir string) (r report, err error) {
	if o.wants("alerts") { // it has servers of its own
		if r.Alerts, err = measureAlerts(ctx, dir, o.n, os.Stderr); err != nil || o.only != "" {
			return r, err
		}
	}
	if !o.quick && o.wants("requests") { // so have they
		if r.Requests, err = measureRequests(ctx, dir, o.n, os.Stderr); err != nil || o.only != "" {
			return r, err
		}
	}
	if !o.quick && o.wants("cluster") { // this one is on Postgres
		if r.Cluster, err = measureCluster(ctx, dir, o.n, os.Stderr); err != nil || o.only != "" {
			return r, err
		}
	}
	server, err := startTemporal(ctx, dir, os.Stderr)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	address := server.FrontendHostPort()
	if o.wants("times") {
		if r.Figures, err = measureTimes(ctx, dir, address, o.n); err != nil {
			return r, err
		}
	}
	if !o.quick && o.wants("held") {
		if r.Held, err = measureHeld(ctx, dir, address, os.Stderr); err != nil {
			return r, err
		}
	}
	if !o.quick && o.wants("rest") {
		if r.REST, err = measureREST(ctx, dir, address, os.Stderr); err != nil {
			return r, err
		}
	}
	if o.only == "alert-load" {
		r.Load, err = measureAlertLoad(ctx, dir, address, o.lasts, os.Stderr)
	}
	return r, err
}

// wants says whether a part is to be measured.
func (o options) wants(part string) bool { return o.only == "" || o.only == part }

// measureTimes makes calls on both sides by turns.
func measureTimes(ctx context.Context, dir, temporalAddress string, n int) (figures []figure, err error) {
	ours, err := startOurs(ctx, settings{dir: dir, temporal: temporalAddress})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	floor, err := startFloor(ctx, temporalAddress, nil)
	if err != nil {
		return nil, err
	}
	defer floor.stop()

	m := &measurement{ours: ours, floor: floor, progress: os.Stderr}
	if err := m.compareCommands(ctx); err != nil {
		return nil, err
	}
	if err := m.measure(ctx, n); err != nil {
		return nil, err
	}
	return m.figures(), nil
}
