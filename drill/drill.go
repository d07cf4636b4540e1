// Package drill makes live calls on a running system while parts of it are broken on purpose, and holds what must be true
// of each of them. It looks from outside alone: as people with phones do, who also ask the REST API and read histories.
package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/simulator"
)

// Config says what a drill is to do.
type Config struct {
	System cluster.System
	Folder string // of the system

	Calls  int    // how many, up to CallsAtMost
	AtOnce int    // how many callers may be on the line at a time, up to AtOnceAtMost
	Seed   uint64 // of everything that is left to chance
	Call   int    // make this call alone, with the faults of the carrier that meet it, and break no part; -1 makes all
	Faults Faults // what goes wrong
	Each   bool   // tell of each call when it is over
	Out    io.Writer
}

// Limits of a drill.
const (
	CallsAtMost  = callersAtMost
	AtOnceAtMost = 250
)

// drill is a drill while it goes on.
type drill struct {
	Config
	*site
	lines   []*line
	ear     *ear
	breaks  *breaker
	report  *Report
	begun   time.Time
	calls   sync.WaitGroup
	tallies tallies
}

// Run drills, and reports what came of it. The error says what kept it from being made or brought to its end; what was promised
// and not kept is in the report. When ctx ends, callers hang up, and what is left of the drill is cleared away.
func Run(ctx context.Context, c Config) (*Report, error) {
	s, err := visit(ctx, c.System)
	if err != nil {
		return nil, err
	}
	defer s.leave()
	d := &drill{Config: c, site: s}
	d.report = newReport(c)
	if d.breaks, err = newBreaker(ctx, d); err != nil {
		return nil, err
	}
	before, err := s.carrier.Faults(ctx) // whoever watches the phones may have set some
	if err != nil {
		return nil, fmt.Errorf("read the carrier's fault plan: %w", err)
	}
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx)) // what is begun is brought to its end
	defer cancel()
	logs := markLogs(c.System)
	if err := d.setUp(ctx); err != nil {
		return nil, errors.Join(err, d.clear(lasting))
	}
	d.ear = newEar(d.lines, d.breaks.between)
	go d.ear.listen(lasting, s.carrier)
	wrong := d.makeCalls(ctx, lasting)
	wrong = errors.Join(wrong, s.carrier.SetFaults(lasting, before))
	d.report.close(d, logs)
	return d.report, errors.Join(wrong, d.clear(lasting))
}

// makeCalls makes all calls and waits until each is judged.
func (d *drill) makeCalls(ctx, lasting context.Context) error {
	d.begun = time.Now()
	d.report.Begun = d.begun
	watching, enough := context.WithCancel(lasting)
	defer enough()
	following, giveUp := context.WithCancel(lasting)
	defer giveUp()
	go d.showProgress(watching)
	go d.watchMachine(watching)
	broken := make(chan error, 1)
	calling, stop := context.WithCancel(ctx)
	go func() {
		err := d.breaks.run(calling, lasting)
		if err != nil {
			stop() // what is broken stays so
		}
		broken <- err
	}()
	err := d.dispatch(calling, following)
	stop()
	err = errors.Join(err, <-broken)
	settled := make(chan struct{})
	go func() {
		d.calls.Wait()
		close(settled)
	}()
	if err == nil {
		select {
		case <-settled:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil || err != nil {
		d.say("\nit is ended: the callers hang up")
		d.hangUp(lasting)
		defer time.AfterFunc(settlesWithin, giveUp).Stop()
	}
	<-settled
	d.report.Took = time.Since(d.begun)
	return err
}

func (d *drill) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.Out, format+"\n", args...)
}

// settlesWithin is how long the calls of a drill that is ended may take to be settled. Those that are not by then are not judged.
const settlesWithin = 30 * time.Second

// hangUp ends every caller's line.
func (d *drill) hangUp(ctx context.Context) {
	for _, c := range d.ear.live() {
		if sid := c.cutOff(); sid != "" {
			_ = d.carrier.HangUp(ctx, sid) // it may be over
		}
	}
}

// seconds is a time in words.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func inSeconds(s simulator.Seconds) time.Duration {
	return time.Duration(float64(s) * float64(time.Second))
}
