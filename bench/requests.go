package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
)

const (
	requestsAtMost = 100 // acts of each kind, whatever -n says
	requestsSteps  = 4   // in which ever more requests are left waiting
	requestsAtOnce = 8   // that are filed at a time
	// requestsPerAct is how many requests a step adds, and how many runs the worker holds in memory at most, to one
	// act of each kind: for 100 acts 500 of 2,000.
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
	if err := d.pauseSweep(ctx); err != nil {
		return nil, err
	}
	for step := range requestsSteps + 1 {
		found, err := d.leaveWaiting(ctx, step*requestsPerAct*n)
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
	process  *exec.Cmd
	address  string // of the API, and of what the process uses
	client   *http.Client
	progress io.Writer

	requests []string // ids, about the oldest first
}

func startDesk(ctx context.Context, dir string, cacheSize int, progress io.Writer) (*desk, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	d := &desk{
		carrier: startSeller(), progress: progress,
		client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: requestsAtOnce}},
	}
	if err := d.start(ctx, dir, cacheSize); err != nil {
		return nil, errors.Join(err, d.stop())
	}
	return d, nil
}

func (d *desk) start(ctx context.Context, dir string, cacheSize int) (err error) {
	if d.engine, err = startMeasuredEngine(ctx, dir, d.progress); err != nil {
		return err
	}
	address := d.engine.FrontendHostPort()
	if d.temporal, err = dialTemporal(ctx, address, nil); err != nil {
		return err
	}
	d.process, d.address, err = startSelf(ctx, deskRole, dir, address, d.carrier.web.URL, strconv.Itoa(cacheSize))
	return err
}

// stop stops what has begun.
func (d *desk) stop() error {
	var faults []error
	if d.process != nil {
		faults = append(faults, d.process.Process.Kill(), ignoreKilled(d.process.Wait()))
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

// pauseSweep leaves the sweep of each minute out, which there is without requests too.
func (d *desk) pauseSweep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sweep := d.temporal.ScheduleClient().GetHandle(ctx, workflows.SweepID)
	for {
		err := sweep.Pause(ctx, client.SchedulePauseOptions{})
		if err == nil || !errors.As(err, new(*serviceerror.NotFound)) {
			return err
		}
		if err := wait(ctx, actPause); err != nil {
			return fmt.Errorf("no sweep was scheduled: %w", err)
		}
	}
}

// file files requests, several at once, until there are so many.
func (d *desk) file(ctx context.Context, count int) error {
	filing, ctx := errgroup.WithContext(ctx)
	filing.SetLimit(requestsAtOnce)
	filed := make([]string, count)
	copy(filed, d.requests)
	for i := len(d.requests); i < count; i++ {
		filing.Go(func() error {
			form := fmt.Sprintf(`{"name":"Line %04d","country":"US","type":"local","email":"requester@example.com"}`, i)
			var made models.NumberRequest
			err := d.ask(ctx, http.MethodPost, "/v1/number-requests", "", form, &made)
			filed[i] = made.ID
			return err
		})
	}
	d.requests = filed
	return filing.Wait()
}

// ask makes a request of the API and reads its answer. With a token it may be repeated.
func (d *desk) ask(ctx context.Context, method, path, token, body string, answer any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+d.address+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+restKey)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Idempotency-Key", token)
	}
	response, err := d.client.Do(r)
	if err != nil {
		return err
	}
	said, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, said)
	}
	return json.Unmarshal(said, answer)
}
