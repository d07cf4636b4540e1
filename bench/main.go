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
)

func main() {
	n := flag.Int("n", 100, "calls of each kind and side")
	asJSON := flag.Bool("json", false, "print JSON instead of a table")
	quick := flag.Bool("quick", false, "a few calls only, to see that it works; targets are shown and not judged")
	only := flag.String("only", "", "only one part: times, held or rest")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if role := os.Getenv(heldRole); role != "" {
		fmt.Fprintln(os.Stderr, "bench:", serveHeldWorker(ctx, role))
		os.Exit(1) //nolint:gocritic // a worker is killed, not stopped
	}
	passed, err := run(ctx, *n, *asJSON, *quick, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err != nil || !passed {
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

// run measures and prints. passed says that no target was missed.
func run(ctx context.Context, n int, asJSON, quick bool, only string) (passed bool, err error) {
	if quick {
		n = crowd
	}
	if n < crowd {
		return false, fmt.Errorf("-n %d: want at least %d", n, crowd)
	}
	dir, err := os.MkdirTemp("", "ringdown-bench-")
	if err != nil {
		return false, fmt.Errorf("make a folder for the databases: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := startTemporal(ctx, dir)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	var r report
	if only == "" || only == "times" {
		if r.Figures, err = measureTimes(ctx, dir, server.FrontendHostPort(), n); err != nil {
			return false, err
		}
	}
	if !quick && (only == "" || only == "held") {
		if r.Held, err = measureHeld(ctx, dir, server.FrontendHostPort(), os.Stderr); err != nil {
			return false, err
		}
	}
	if !quick && (only == "" || only == "rest") {
		if r.REST, err = measureREST(ctx, dir, server.FrontendHostPort(), os.Stderr); err != nil {
			return false, err
		}
	}
	if asJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		err = out.Encode(r)
	} else {
		err = r.print(os.Stdout)
	}
	return quick || r.passes(), err
}

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
