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
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	passed, err := run(ctx, *n, *asJSON, *quick)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err != nil || !passed {
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

// run measures and prints. passed says that no target was missed.
func run(ctx context.Context, n int, asJSON, quick bool) (passed bool, err error) {
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
	ours, err := startOurs(ctx, dir, server.FrontendHostPort())
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	floor, err := startFloor(ctx, server.FrontendHostPort())
	if err != nil {
		return false, err
	}
	defer floor.stop()

	m := &measurement{ours: ours, floor: floor, progress: os.Stderr}
	if err := m.compareCommands(ctx); err != nil {
		return false, err
	}
	if err := m.measure(ctx, n); err != nil {
		return false, err
	}
	figures := m.figures()
	if asJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		err = out.Encode(figures)
	} else {
		err = printTable(os.Stdout, figures)
	}
	return quick || allPass(figures), err
}
