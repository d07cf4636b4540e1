package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
)

// The load of calls, each with an alert, an incident and a receiver that is told of it three times. What
// may be waiting is what comes in within a second: it is then no more at the end than at the beginning.
const (
	loadRate        = 5 // calls a second
	loadRows        = 10
	loadStep        = time.Second // a phone rings that long, and twice that is talked
	loadOpen        = loadRate
	loadUndelivered = 3 * loadRate
	loadWait        = 100.0 // milliseconds, for a worker to begin to tell
)

// alertLoad is what was waiting while calls came in.
type alertLoad struct {
	Alerts  int       `json:"alerts"`
	Rows    []loadRow `json:"rows"`
	Broken  int       `json:"broken"`    // calls that were not answered, or looks at what waits
	Drained float64   `json:"drained_s"` // from the last call's end until nothing was waiting; zero: something still is
	Pass    bool      `json:"pass"`
}

// loadRow is a tenth of the time. What waits is the median of what was seen, once a second.
type loadRow struct {
	After       time.Duration `json:"after_ns"` // since the beginning
	Begun       int           `json:"begun"`
	Live        int           `json:"live"`        // calls, at the end of the row
	Open        int           `json:"open"`        // alerts beyond those of live calls
	Undelivered int           `json:"undelivered"` // events that the receiver has not been told
	Wait        spread        `json:"wait"`        // from when a delivery was due until a worker began it
	Pass        bool          `json:"pass"`
}

// load is the load while it lasts.
type load struct {
	*ours
	receiver *receiver
	progress io.Writer

	mu                sync.Mutex
	begun, live, told int // told: events that the receiver is to hear of
	open, undelivered []int
	waits             []time.Duration
	broken            int
}

func (l *alertLoad) passes() bool { return l == nil || l.Pass }

// measureAlertLoad has calls come in at a steady rate, whatever becomes of earlier ones.
func measureAlertLoad(ctx context.Context, dir, temporalAddress string, lasts time.Duration, progress io.Writer) (r *alertLoad, err error) {
	l := &load{receiver: startReceiver(0), progress: progress}
	defer l.receiver.stop()
	if l.ours, err = startOurs(ctx, settings{dir: dir, temporal: temporalAddress, receiver: l.receiver.web.URL, ended: l.note}); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	r = &alertLoad{Pass: true}
	watchCtx, stop := context.WithCancel(ctx)
	defer stop()
	var watching, calls sync.WaitGroup
	watching.Go(func() { l.watch(watchCtx, lasts/loadRows, r) })
	began := time.Now()
	for ; r.Alerts < int(lasts.Seconds()*loadRate); r.Alerts++ {
		if err := wait(ctx, time.Until(began.Add(time.Duration(r.Alerts)*time.Second/loadRate))); err != nil {
			return nil, err
		}
		calls.Go(func() { l.breaks(l.call(ctx)) })
	}
	calls.Wait()
	watching.Wait()
	r.Broken = l.broken
	if r.Drained, err = l.drain(ctx); err != nil || r.Drained == 0 || r.Broken > 0 {
		r.Pass = false
		return r, err
	}
	return r, allAre(ctx, l.store, models.DeliveryDelivered)
}

// note is told of each activity as it ends.
func (l *load) note(info activity.Info) {
	if info.TaskQueue != workflows.TellQueue {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits = append(l.waits, info.StartedTime.Sub(info.ScheduledTime))
}

// call is one that the second phone takes.
func (l *load) call(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	call := newCallSID()
	if err := l.begin(ctx, call, false); err != nil {
		return err
	}
	l.count(1, 1, 1)
	defer l.count(0, -1, 0)
	for _, step := range []func() error{
		func() error { return l.rings(ctx, call) },
		func() error { return l.attemptEnds(ctx, call) },
		func() error { return l.rings(ctx, call) },
		func() error { return l.takes(ctx, call) },
		func() error { l.count(0, 0, 1); return wait(ctx, 2*loadStep) },
		func() error { return l.end(ctx, call) },
		func() error { l.count(0, 0, 1); return l.hangsUp(ctx, call) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) rings(ctx context.Context, call string) error {
	if _, err := l.dialled(ctx, call); err != nil {
		return err
	}
	return wait(ctx, loadStep)
}

func (l *load) count(begun, live, told int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun, l.live, l.told = l.begun+begun, l.live+live, l.told+told
}

// breaks notes what went wrong, if anything did. The others go on.
func (l *load) breaks(err error) {
	if err == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken++; l.broken <= 3 {
		_, _ = fmt.Fprintln(l.progress, "alert load:", err)
	}
}

// watch looks each second at what waits, and makes rows of it.
func (l *load) watch(ctx context.Context, every time.Duration, r *alertLoad) {
	began := time.Now()
	for ticks := time.Tick(time.Second); len(r.Rows) < loadRows; {
		select {
		case <-ticks:
		case <-ctx.Done():
			return
		}
		_, err := l.look(ctx)
		l.breaks(err)
		if after := time.Duration(len(r.Rows)+1) * every; time.Since(began) >= after {
			row := l.row(after)
			r.Rows, r.Pass = append(r.Rows, row), r.Pass && row.Pass
			_, _ = fmt.Fprintf(l.progress, "alert load: after %v %d alerts; waiting: %d alerts, %d events\n", after, row.Begun, row.Open, row.Undelivered)
		}
	}
}

// look notes what waits, and says whether anything does.
func (l *load) look(ctx context.Context) (waiting bool, err error) {
	running, err := l.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: client.DefaultNamespace, Query: "WorkflowType = 'Alert' AND ExecutionStatus = 'Running'",
	})
	if err != nil {
		return false, fmt.Errorf("count the alerts that are open: %w", err)
	}
	_, taken := l.receiver.counts()
	l.mu.Lock()
	defer l.mu.Unlock()
	open, undelivered := max(int(running.GetCount())-l.live, 0), max(l.told-taken, 0)
	l.open, l.undelivered = append(l.open, open), append(l.undelivered, undelivered)
	return running.GetCount() > 0 || undelivered > 0, nil
}

// row is what was seen since the last one.
func (l *load) row(after time.Duration) loadRow {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := loadRow{After: after, Begun: l.begun, Live: l.live, Open: middle(l.open), Undelivered: middle(l.undelivered), Wait: spreadOf(l.waits)}
	r.Pass = r.Open <= loadOpen && r.Undelivered <= loadUndelivered && r.Wait.Median < loadWait
	l.open, l.undelivered, l.waits = nil, nil, nil
	return r
}

func middle(n []int) int {
	if len(n) == 0 {
		return 0
	}
	slices.Sort(n)
	return n[len(n)/2]
}

// drain waits until nothing waits any more, and says how many seconds that took; zero when it has no
// patience left.
func (l *load) drain(ctx context.Context) (took float64, err error) {
	for began := time.Now(); time.Since(began) < patience; {
		waiting, err := l.look(ctx)
		if err != nil || !waiting {
			return time.Since(began).Seconds(), err
		}
		if err := wait(ctx, rest); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (l *alertLoad) print(out io.Writer) error {
	if l == nil {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\n%d calls a second, each an incident and a receiver\talerts\tlive\tmore open\tnot delivered\twait to be told\tp99\ttarget\t\n", loadRate)
	for _, r := range l.Rows {
		_, _ = fmt.Fprintf(table, "after %v\t%d\t%d\t%d\t%d\t%.1f ms\t%.1f ms\t≤ %d, ≤ %d, < %.0f ms\t%s\n",
			r.After, r.Begun, r.Live, r.Open, r.Undelivered, r.Wait.Median, r.Wait.P99, loadOpen, loadUndelivered, loadWait, verdict(r.Pass))
	}
	if l.Drained == 0 {
		_, _ = fmt.Fprintf(table, "%v after the last of %d calls alerts were still waiting: FAIL\n", patience, l.Alerts)
	} else {
		_, _ = fmt.Fprintf(table, "%.1f s after the last of %d calls nothing was waiting\n", l.Drained, l.Alerts)
	}
	if l.Broken > 0 {
		_, _ = fmt.Fprintf(table, "%d calls broke: FAIL\n", l.Broken)
	}
	return table.Flush()
}
