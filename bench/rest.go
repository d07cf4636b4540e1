package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// The load that the REST API is offered, whatever it makes of it, and what it is to reach.
const (
	restRate     = 200 // requests a second
	restFor      = 20 * time.Second
	restWarmUp   = 3 * time.Second
	restP99      = 25.0 // milliseconds, of each kind of request
	restLastPage = 1.3  // the last page of calls to the first
	restKey      = "a-key-of-no-installation"
)

// restFigure is one kind of request to the REST API.
type restFigure struct {
	Database string  `json:"database"`
	Name     string  `json:"name"`
	Samples  int     `json:"samples"`
	Took     spread  `json:"took"`
	Ratio    float64 `json:"ratio,omitempty"` // of the medians, to the first page
	Pass     bool    `json:"pass"`
}

// restReport is what one database came to.
type restReport struct {
	Figures []restFigure `json:"figures"`
	CPU     float64      `json:"cpu_ms_a_request"` // of the API's process
}

// measureREST measures `ringdown api` with a company's data, on SQLite and on Postgres.
func measureREST(ctx context.Context, dir, temporalAddress string, progress io.Writer) (map[string]restReport, error) {
	postgres, drop, err := storetest.Database()
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	defer func() { _ = drop() }()
	reports := map[string]restReport{}
	for name, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(dir, "rest.db"), "postgres": postgres} {
		r, err := measureRESTOn(ctx, name, address, dir, temporalAddress, progress)
		if err != nil {
			return nil, fmt.Errorf("REST API on %s: %w", name, err)
		}
		reports[name] = r
	}
	return reports, nil
}

func measureRESTOn(ctx context.Context, name, database, dir, temporalAddress string, progress io.Writer) (r restReport, err error) {
	s, err := store.Open(ctx, database, slog.New(slog.DiscardHandler))
	if err != nil {
		return r, err
	}
	if err := s.Migrate(ctx); err != nil {
		return r, errors.Join(err, s.Close())
	}
	c, err := found(ctx, s, progress)
	if err := errors.Join(err, s.Close()); err != nil {
		return r, err
	}
	api, err := startAPI(ctx, database, dir, temporalAddress)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, api.stop()) }()
	_, _ = fmt.Fprintf(progress, "REST on %s: %d requests a second for %v\n", name, restRate, restFor)
	if _, err := api.offer(ctx, c, restWarmUp); err != nil {
		return r, err
	}
	before, err := api.cpu(ctx)
	if err != nil {
		return r, err
	}
	took, err := api.offer(ctx, c, restFor)
	if err != nil {
		return r, err
	}
	after, err := api.cpu(ctx)
	if err != nil {
		return r, err
	}
	requests := 0
	for _, k := range c.kinds() {
		f := restFigure{Database: name, Name: k.name, Samples: len(took[k.name]), Took: spreadOf(took[k.name])}
		f.Pass = f.Took.P99 < restP99
		r.Figures = append(r.Figures, f)
		requests += f.Samples
	}
	r.CPU = (after - before) * 1000 / float64(requests)
	pages, err := api.pages(ctx, name)
	r.Figures = append(r.Figures, pages)
	return r, err
}

// kind is one kind of request.
type kind struct {
	name string
	path func(i int) string
}

// kinds are asked for in turn.
func (c company) kinds() []kind {
	of := func(format string, ids []string) func(int) string {
		return func(i int) string { return fmt.Sprintf(format, ids[i*7919%len(ids)]) }
	}
	at := func(path string) func(int) string { return func(int) string { return path } }
	return []kind{
		{"list users", at("/v1/users?limit=50")},
		{"get user", of("/v1/users/%s", c.users)},
		{"list schedules", at("/v1/schedules?limit=50")},
		{"get schedule", of("/v1/schedules/%s", c.schedules)},
		{"who is on call", of("/v1/schedules/%s/on-call", c.schedules)},
		{"entries of two weeks", of("/v1/schedules/%s/entries", c.schedules)},
		{"list routes", at("/v1/call-routes?limit=50")},
		{"get route", of("/v1/call-routes/%s", c.routes)},
		{"plan of a route", of("/v1/call-routes/%s/plan", c.routes)},
		{"list calls", at("/v1/calls?limit=50")},
		{"list calls of a route", of("/v1/calls?limit=50&route=%s", c.routes)},
		{"get call", of("/v1/calls/%s", c.calls)},
	}
}

// apiProcess is `ringdown api` while it is measured.
type apiProcess struct {
	cmd           *exec.Cmd
	base, metrics string
	client        *http.Client
}

func startAPI(ctx context.Context, database, dir, temporalAddress string) (*apiProcess, error) {
	listen, metrics, err := freePorts()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "api.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	p := &apiProcess{
		base: "http://" + listen, metrics: "http://" + metrics + "/metrics",
		cmd:    exec.CommandContext(ctx, filepath.Join("bin", "ringdown"), "api"),
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
	p.cmd.Env = append(os.Environ(),
		"DATABASE_URL="+database, "LISTEN="+listen, "METRICS_LISTEN="+metrics, "PUBLIC_URL="+p.base,
		"RINGDOWN_CACHE_DIR="+filepath.Join(dir, "cache"), "RINGDOWN_ADMIN_KEY="+restKey,
		"TWILIO_ACCOUNT_SID="+accountSID, "TWILIO_AUTH_TOKEN="+authToken, "TWILIO_API_URL="+p.base, "TEMPORAL_ADDRESS="+temporalAddress)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start bin/ringdown api: %w; make build makes it", err)
	}
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
		if _, err := p.get(ctx, "/v1/users?limit=1"); err == nil {
			return p, nil
		}
	}
	said, _ := os.ReadFile(log.Name())
	return nil, errors.Join(fmt.Errorf("bin/ringdown api does not answer: %s", said), p.stop())
}

func (p *apiProcess) stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return p.cmd.Wait()
}

func freePorts() (a, b string, err error) {
	for _, into := range []*string{&a, &b} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer func() { _ = l.Close() }()
		*into = l.Addr().String()
	}
	return a, b, nil
}

// offer sends requests at a steady rate, whether or not earlier ones are answered, and measures each
// from when it was due.
func (p *apiProcess) offer(ctx context.Context, c company, lasts time.Duration) (map[string][]time.Duration, error) {
	kinds := c.kinds()
	var (
		mu     sync.Mutex
		took   = map[string][]time.Duration{}
		faults error
		sent   sync.WaitGroup
	)
	began := time.Now()
	for i := range int(lasts.Seconds() * restRate) {
		due := began.Add(time.Duration(i) * time.Second / restRate)
		time.Sleep(time.Until(due))
		sent.Go(func() {
			k := kinds[i%len(kinds)]
			_, err := p.get(ctx, k.path(i/len(kinds)))
			mu.Lock()
			defer mu.Unlock()
			took[k.name] = append(took[k.name], time.Since(due))
			faults = errors.Join(faults, err)
		})
	}
	sent.Wait()
	return took, faults
}

// pages compares the last page of all calls with the first, asked for by turns.
func (p *apiProcess) pages(ctx context.Context, database string) (restFigure, error) {
	const first = "/v1/calls?limit=50"
	last := first
	for cursor := ""; ; {
		body, err := p.get(ctx, "/v1/calls?limit=200&cursor="+url.QueryEscape(cursor))
		if err != nil {
			return restFigure{}, err
		}
		var page struct {
			NextCursor string `json:"next_cursor"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return restFigure{}, err
		}
		if page.NextCursor == "" {
			last = first + "&cursor=" + url.QueryEscape(cursor)
			break
		}
		cursor = page.NextCursor
	}
	var firsts, lasts []time.Duration
	for range 200 {
		for path, into := range map[string]*[]time.Duration{first: &firsts, last: &lasts} {
			began := time.Now()
			if _, err := p.get(ctx, path); err != nil {
				return restFigure{}, err
			}
			*into = append(*into, time.Since(began))
		}
	}
	f := restFigure{Database: database, Name: "last page of the calls", Samples: len(lasts), Took: spreadOf(lasts)}
	f.Ratio = f.Took.Median / quantile(firsts, 0.5)
	f.Pass = f.Ratio <= restLastPage && f.Took.P99 < restP99
	return f, nil
}

func (p *apiProcess) get(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+restKey)
	response, err := p.client.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", path, response.Status, body)
	}
	return body, err
}

// cpu is how long the API's process has used a core, in seconds.
func (p *apiProcess) cpu(ctx context.Context) (float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.metrics, nil)
	if err != nil {
		return 0, err
	}
	response, err := p.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "process_cpu_seconds_total "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, errors.New("the API does not say what CPU it used")
}
