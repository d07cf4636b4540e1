package drill

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// onAverage is how long a caller is on the line, by experience: so many begin in it as may be on the line at once, or all of
	// them would call in the same second, and again when it is over.
	onAverage = 45 * time.Second
	// lineAtMost is how long a caller's line may last: the longest wait, the last responder's prompt and a message or a talk.
	lineAtMost = 8 * time.Minute
	// quietFor is how long after the end of its run a call is looked at: nothing of it may come by then.
	quietFor = 3 * time.Second
)

// dispatch begins all calls, the first first where their lines are free, until ctx ends.
func (d *drill) dispatch(ctx, lasting context.Context) error {
	waiting, slots := newWaiting(d), make(chan struct{}, d.AtOnce)
	pace := time.NewTicker(onAverage / time.Duration(d.AtOnce))
	defer pace.Stop()
	for {
		l, n, left := waiting.next()
		switch {
		case !left:
			return nil
		case l == nil: // all lines that have calls left are taken
			if !waiting.wait(ctx) {
				return nil
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case slots <- struct{}{}:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pace.C:
		}
		d.holdBack(ctx)
		d.breaks.oneMore(n)
		d.tallies.begun.Add(1)
		d.calls.Go(func() {
			defer waiting.free(l)
			d.follow(lasting, drawCall(d.Seed, n, l), sync.OnceFunc(func() { <-slots }))
		})
	}
}

// waiting are the calls that have not begun.
type waiting struct {
	mu    sync.Mutex
	lines []*line
	at    []int // the next call of each line
	taken []bool
	most  int
	freed chan struct{}
}

func newWaiting(d *drill) *waiting {
	w := &waiting{lines: d.lines, taken: make([]bool, len(d.lines)), most: d.Calls, freed: make(chan struct{}, 1)}
	for _, l := range d.lines {
		w.at = append(w.at, l.n)
	}
	if d.Call >= 0 {
		w.at, w.most = []int{d.Call}, d.Call+1
	}
	return w
}

// next is the first call whose line is free, and takes the line. It has no line where all are taken, and nothing is left when
// all calls have begun.
func (w *waiting) next() (l *line, n int, left bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := -1
	for i, n := range w.at {
		if n >= w.most {
			continue
		}
		left = true
		if !w.taken[i] && (first < 0 || n < w.at[first]) {
			first = i
		}
	}
	if first < 0 {
		return nil, 0, left
	}
	n = w.at[first]
	w.taken[first], w.at[first] = true, n+linesAtMost
	return w.lines[first], n, true
}

func (w *waiting) free(l *line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken[slices.Index(w.lines, l)] = false
	select {
	case w.freed <- struct{}{}:
	default:
	}
}

// wait waits for a line to be freed, and reports false when ctx ends before.
func (w *waiting) wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-w.freed:
		return true
	}
}

// follow makes a call, waits for all that comes of it, and judges it. hungUp is called when the caller's line has ended.
func (d *drill) follow(ctx context.Context, c *call, hungUp func()) {
	defer hungUp()
	y := &story{call: c}
	if err := d.dial(ctx, c); err != nil {
		y.wrong(notLost, "it was never made: %v", err)
		d.ear.leave(c)
		d.report.add(d, y)
		return
	}
	select {
	case <-c.over:
	case <-ctx.Done():
	case <-time.After(lineAtMost):
		y.wrong(notLost, "the caller's line did not end within %s", lineAtMost)
		_ = d.carrier.HangUp(ctx, c.callSID()) // it may end in this moment
	}
	d.tallies.hungUp.Add(1)
	d.report.hungUp(time.Since(d.begun))
	hungUp()
	d.end(ctx, y)
	if ctx.Err() == nil {
		d.judge(ctx, y)
	}
	d.ear.leave(c)
	if ctx.Err() != nil { // the drill is ended
		d.report.unsettled()
		return
	}
	d.report.add(d, y)
	d.forget(ctx, c)
}

// dial tells every phone what it does, and makes the call.
func (d *drill) dial(ctx context.Context, c *call) error {
	for i, p := range c.phones {
		if err := d.carrier.PutScript(ctx, p.number, c.script[i]); err != nil {
			return fmt.Errorf("tell a phone what to do: %w", err)
		}
	}
	d.ear.expect(c)
	_, err := d.carrier.Dial(ctx, c.from, c.number, c.caller)
	return err
}

// forget has the carrier drop what it keeps of a call that is judged: it keeps all there ever was, and asks all of it whenever
// a phone rings.
func (d *drill) forget(ctx context.Context, c *call) {
	for _, p := range c.phones {
		_ = d.carrier.Forget(ctx, p.number) // it is asked again after the next call, and at the end
	}
	_ = d.carrier.Forget(ctx, c.from)
}
