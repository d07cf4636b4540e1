package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"

	"go.temporal.io/sdk/client"
)

const (
	requestsAtMost = 100 // acts of each kind, whatever -n says
	requestsSizes  = 4   // how often as many requests more are left waiting
	requestsAtOnce = 8   // that are made at a time
	// requestsPerAct is how many requests each of those steps has, and how many runs the worker holds in memory at
	// most, to one act of each kind: 500 of 2,000 for 100 acts.
	requestsPerAct = 5
)

// requestsReport is what requests for numbers take while they wait, and how fast a reviewer is answered.
type requestsReport struct {
	CacheSize int           `json:"cache_size"` // how many runs the worker holds in memory at most
	Waiting   []waiting     `json:"waiting"`
	Acts      []requestsAct `json:"acts"`
	Figures   []judged      `json:"figures"`
}

// measureRequests leaves ever more requests waiting on an installation of its own, and then has a reviewer act on them.
func measureRequests(ctx context.Context, dir string, n int, progress io.Writer) (r *requestsReport, err error) {
	n = min(n, requestsAtMost)
	r = &requestsReport{CacheSize: requestsPerAct * n}
	d, err := startDesk(ctx, filepath.Join(dir, "requests"), r.CacheSize, progress)
	if err != nil {
		return nil, fmt.Errorf("requests for numbers: %w", err)
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	for size := range requestsSizes + 1 {
		found, err := d.leaveWaiting(ctx, size*requestsPerAct*n)
		if err != nil {
			return nil, fmt.Errorf("requests that wait: %w", err)
		}
		r.Waiting = append(r.Waiting, found)
	}
	if r.Acts, err = d.act(ctx, n); err != nil {
		return nil, fmt.Errorf("act on requests: %w", err)
	}
	r.Figures = append(r.ofWaiting(), r.ofActs()...)
	return r, nil
}

// desk is an installation whose reviewers have requests for numbers to look at: API and worker in a process of their
// own, as in `ringdown serve`, on SQLite.
type desk struct {
	carrier  *seller
	engine   *measuredEngine
	temporal client.Client
	worker   *heldWorker
	client   *http.Client
	progress io.Writer

	requests []string // ids, about the oldest first
}

func startDesk(ctx context.Context, dir string, cacheSize int, progress io.Writer) (d *desk, err error) {
	d = &desk{
		carrier: startSeller(), progress: progress,
		client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: requestsAtOnce}},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.stop())
		}
	}()
	if d.engine, err = startMeasuredEngine(ctx, dir, progress); err != nil {
		return d, err
	}
	address := d.engine.FrontendHostPort()
	if d.temporal, err = dialTemporal(ctx, address, nil); err != nil {
		return d, err
	}
	d.worker, err = startHeldWorker(ctx, requestsSide, dir, address, d.carrier.web.URL, cacheSize)
	return d, err
}

// stop stops what has begun.
func (d *desk) stop() error {
	var faults []error
	if d.worker != nil {
		faults = append(faults, d.worker.kill())
	}
	if d.temporal != nil {
		d.temporal.Close()
	}
	if d.engine != nil {
		faults = append(faults, d.engine.Stop())
	}
	d.carrier.stop()
	return errors.Join(faults...)
}

// make makes requests, several at once, until there are so many.
func (d *desk) make(ctx context.Context, count int) error {
	var next atomic.Int64
	next.Store(int64(len(d.requests)))
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		faults error
	)
	for range requestsAtOnce {
		all.Go(func() {
			for i := next.Add(1); i <= int64(count); i = next.Add(1) {
				var made struct {
					ID string `json:"id"`
				}
				form := fmt.Sprintf(`{"name":"Line %04d","country":"US","type":"local","email":"requester@example.com"}`, i)
				err := d.ask(ctx, http.MethodPost, "/v1/number-requests", "", form, &made)
				mu.Lock()
				faults = cmp.Or(faults, err)
				d.requests = append(d.requests, made.ID)
				stop := faults != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	all.Wait()
	return faults
}
