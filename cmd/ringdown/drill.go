package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/drill"
)

type drillCommand struct {
	Data   string `type:"path" placeholder:"FOLDER" help:"The data folder of the running system. Default: .ringdown or .ringdown/cluster, whichever runs."`
	Calls  int    `default:"200" help:"How many calls are made."`
	AtOnce int    `default:"40" help:"How many callers may be on the line at a time."`
	Seed   uint64 `help:"Of everything that is left to chance; the same seed makes the same calls. Default: a new one."`
	Faults string `default:"all" help:"What goes wrong: all, none, one-by-one, or of worker, api, temporal, database, carrier (or of it late, repeated, reordered, dropped, 429, errors, slow, lost), with commas." placeholder:"FAULTS"`
	Call   *int   `help:"Make only the call of the drill that has this number, and break no part." placeholder:"NUMBER"`
	Each   bool   `help:"Tell of every call when it is over, not only of those that went wrong."`
	Report string `type:"path" placeholder:"FILE" help:"Write the report there too, as Markdown."`

	faults drill.Faults
}

// Validate reports what is wrong with the flags before anything is asked of the system.
func (c *drillCommand) Validate() error {
	var wrong []error
	if c.Calls < 1 || c.Calls > drill.CallsAtMost {
		wrong = append(wrong, fmt.Errorf("--calls %d: want 1 to %d, for so many callers there are numbers", c.Calls, drill.CallsAtMost))
	}
	if c.AtOnce < 1 || c.AtOnce > drill.AtOnceAtMost {
		wrong = append(wrong, fmt.Errorf("--at-once %d: want 1 to %d", c.AtOnce, drill.AtOnceAtMost))
	}
	if c.Call != nil && (*c.Call < 0 || *c.Call >= drill.CallsAtMost) {
		wrong = append(wrong, fmt.Errorf("--call %d: want 0 to %d", *c.Call, drill.CallsAtMost-1))
	}
	var err error
	if c.faults, err = drill.ParseFaults(c.Faults); err != nil {
		wrong = append(wrong, fmt.Errorf("--faults: %w", err))
	}
	return errors.Join(wrong...)
}

// Run drills the running system, and fails unless all that was promised was kept.
func (c *drillCommand) Run(ctx context.Context, out io.Writer) (err error) {
	folder, system, err := c.find()
	if err != nil {
		return err
	}
	lock, err := alone(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	config := drill.Config{
		System: system, Folder: folder, Calls: c.Calls, AtOnce: c.AtOnce, Seed: c.Seed, Call: -1, Faults: c.faults, Each: c.Each, Out: out,
	}
	if config.Seed == 0 {
		config.Seed = uint64(rand.Uint32())
	}
	if c.Call != nil {
		config.Call, config.Calls, config.Each = *c.Call, max(c.Calls, *c.Call+1), true
	}
	_, _ = fmt.Fprintf(out, "drilling the %s system at %s: seed %d, faults: %s\n", system.Kind, system.API, config.Seed, config.Faults)
	report, err := drill.Run(ctx, config)
	if report == nil {
		return err
	}
	_, _ = fmt.Fprintln(out)
	err = errors.Join(err, report.Print(out), c.keep(report))
	switch {
	case err != nil:
		return err
	case !report.Kept():
		return errors.New("not all was kept that was promised; the report says what was not")
	case ctx.Err() != nil:
		return errors.New("the drill was ended before all calls were made")
	default:
		return nil
	}
}

// find is the running system.
func (c *drillCommand) find() (folder string, s cluster.System, err error) {
	folders := []string{c.Data}
	if c.Data == "" {
		folders = []string{".ringdown", filepath.Join(".ringdown", "cluster")}
	}
	for _, folder = range folders {
		if s, err = cluster.ReadSystem(folder); !errors.Is(err, cluster.ErrNotRunning) {
			return folder, s, err
		}
	}
	return "", s, fmt.Errorf("%w; start one with `ringdown dev` or `ringdown cluster`, or name its folder with --data", err)
}

// alone sees that no other drill of this system goes on until the file is closed: they would take each other's numbers away.
func alone(folder string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(folder, "drill.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("see that no other drill goes on: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another drill of the system in %s goes on: wait for its end", folder), lock.Close())
	}
	return lock, nil
}

// keep writes the report to a file, where one is asked for.
func (c *drillCommand) keep(report *drill.Report) error {
	if c.Report == "" {
		return nil
	}
	file, err := os.Create(c.Report)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return errors.Join(report.Print(file), file.Close())
}
