package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringdown/ringdown/cluster"
)

// breaker breaks what a drill is to break, one thing at a time, and mends it.
type breaker struct {
	outages
	d     *drill
	draw  draw
	parts map[string][]string // that can be broken, by their kind
	inner map[string]bool     // kinds that are no processes of their own, so that they cannot be frozen
	begun chan int            // gets one for each call that begins
	pause func(context.Context, time.Duration) bool
}

// newBreaker finds out what can be broken, and says what cannot.
func newBreaker(ctx context.Context, d *drill) (*breaker, error) {
	b := &breaker{d: d, draw: drawOf(d.Seed, ofBreaks), parts: map[string][]string{}, inner: map[string]bool{}, begun: make(chan int, max(d.Calls, 1)), pause: pause}
	if d.Call >= 0 {
		return b, nil
	}
	if d.control != nil {
		parts, err := d.control.Parts(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask which parts the system has: %w", err)
		}
		for _, p := range parts {
			if p.State != cluster.Up {
				return nil, fmt.Errorf("%s is %s: bring it up before the drill", p.Name, p.State)
			}
			b.parts[p.Kind] = append(b.parts[p.Kind], p.Name)
			b.inner[p.Kind] = p.PID == 0
		}
	}
	if len(b.parts[cluster.API]) < 2 { // somebody must answer the carrier
		delete(b.parts, cluster.API)
	}
	for _, kind := range partFaults {
		if d.Faults.has(kind) && len(b.parts[kind]) == 0 {
			d.say("not broken: %s", cannot[kind])
		}
	}
	return b, nil
}

// cannot is why a part is not broken.
var cannot = map[string]string{
	cluster.Worker:   "the worker, which this system cannot be asked to stop",
	cluster.API:      "the API, of which this system has no second",
	cluster.Temporal: "Temporal, which this system cannot be asked to stop",
	cluster.Database: "the database, which is no process of its own in this system",
}

// oneMore is told of each call that begins.
func (b *breaker) oneMore(int) { b.begun <- 1 }

// run breaks things until calling ends, and returns with everything whole.
func (b *breaker) run(calling, lasting context.Context) error {
	if b.d.Faults.OneByOne && b.d.Call < 0 {
		return b.oneByOne(calling, lasting)
	}
	if err := b.d.carrier.SetFaults(lasting, b.d.Faults.plan(b.d.Seed, 1)); err != nil {
		return fmt.Errorf("set the carrier's fault plan: %w", err)
	}
	var kinds []string
	for _, kind := range partFaults {
		if b.d.Faults.has(kind) && len(b.parts[kind]) > 0 {
			kinds = append(kinds, kind)
		}
	}
	for len(kinds) > 0 && b.pause(calling, inSeconds(b.draw.seconds(8, 25))) && b.rests(calling) {
		if err := b.breakOne(calling, lasting, pick(b.draw, kinds...)); err != nil {
			return err
		}
	}
	return nil
}

// rests waits until the system has made up for what was broken last, and reports false when ctx ends before.
func (b *breaker) rests(ctx context.Context) bool {
	for b.d.ear.strained(time.Now()) {
		if !b.pause(ctx, holdFor) {
			return false
		}
	}
	return true
}

// oneByOne meets each fault in turn: all calls are shared out among them, and the last third of each share is left in peace.
func (b *breaker) oneByOne(calling, lasting context.Context) error {
	var names []string
	for _, name := range b.d.Faults.Names {
		if !slices.Contains(partFaults, name) || len(b.parts[name]) > 0 {
			names = append(names, name)
		}
	}
	share := max(b.d.Calls/max(len(names), 1), 3)
	for _, name := range names {
		if err := b.begin(calling, lasting, name); err != nil {
			return err
		}
		if !b.wait(calling, share-share/3) {
			return nil
		}
		b.d.say("%s  all is well", time.Now().Format(time.TimeOnly))
		if err := b.d.carrier.SetFaults(lasting, Faults{}.plan(b.d.Seed, 1)); err != nil {
			return fmt.Errorf("end the carrier's faults: %w", err)
		}
		if !b.wait(calling, share/3) {
			return nil
		}
	}
	return nil
}

// begin begins with one fault; a part is whole again when it returns.
func (b *breaker) begin(calling, lasting context.Context, name string) error {
	if slices.Contains(partFaults, name) {
		return b.breakOne(calling, lasting, name)
	}
	for _, c := range carrierFaults {
		if c.name == name {
			b.d.say("%s  %s", time.Now().Format(time.TimeOnly), c.does)
		}
	}
	only := Faults{Names: []string{name}}
	if err := b.d.carrier.SetFaults(lasting, only.plan(b.d.Seed, alone)); err != nil {
		return fmt.Errorf("set the carrier's fault plan: %w", err)
	}
	return nil
}

// wait waits until so many more calls have begun, and reports false when ctx ends before.
func (b *breaker) wait(ctx context.Context, calls int) bool {
	for range calls {
		select {
		case <-ctx.Done():
			return false
		case <-b.begun:
		}
	}
	return true
}

// pause lets time go by. It reports false when ctx ends before the time is over.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// way is how a part is broken.
type way struct {
	does  string // in the past
	order func(context.Context, string) error
}

// ways are those in which a kind of part can be broken. An API that hangs is found out by a balancer's patience, which is longer than
// a caller may hear nothing; what there is then to see is known.
func (b *breaker) ways(kind string) []way {
	ways := []way{{"killed", b.d.control.Kill}, {"halted", b.d.control.Halt}}
	if kind != cluster.API && !b.inner[kind] {
		ways = append(ways, way{"frozen", b.d.control.Freeze})
	}
	return ways
}

// breakOne breaks one part of a kind, or all workers, for a while.
func (b *breaker) breakOne(calling, lasting context.Context, kind string) error {
	names, way := b.parts[kind], pick(b.draw, b.ways(kind)...)
	most := 5.0
	if kind == cluster.Worker && b.draw.chance(0.3) {
		most = 20
	}
	down := inSeconds(b.draw.seconds(0.2, most))
	all := len(names) == 1 || kind == cluster.Worker && b.draw.chance(0.5)
	if !all {
		names = []string{pick(b.draw, names...)}
	}
	o := outage{kind: kind, parts: names, how: way.does, total: all}
	i := b.open(o)
	b.d.say("%s  %s for %s", time.Now().Format(time.TimeOnly), o, seconds(down))
	err := each(lasting, names, way.order)
	b.pause(calling, down)
	err = errors.Join(err, each(lasting, names, b.d.control.Resume)) // also after a mistake
	b.close(i)
	if err != nil {
		return fmt.Errorf("break %s: %w", strings.Join(names, " and "), err)
	}
	return nil
}

// each gives an order to several parts at once.
func each(ctx context.Context, names []string, order func(context.Context, string) error) error {
	var group errgroup.Group
	for _, name := range names {
		group.Go(func() error { return order(ctx, name) })
	}
	return group.Wait()
}
