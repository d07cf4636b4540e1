package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ringdown/ringdown/workflows"
)

// healthWithin is how long a role may take to say that it is well.
const healthWithin = 2 * time.Second

// healthCommand asks the role that runs beside it with the same settings. An API is well as long as it answers, because it
// keeps callers going whatever is away; a worker, as long as it asks Temporal for calls.
type healthCommand struct {
	Role          string `arg:"" optional:"" enum:"api,worker," default:"" help:"api or worker. Without it: api where LISTEN is set, else worker."`
	Listen        string `env:"LISTEN" help:"Address of the API."`
	MetricsListen string `env:"METRICS_LISTEN" default:"127.0.0.1:9464" help:"Address of the worker's metrics."`
}

// Run fails when the role does not do its work.
func (c *healthCommand) Run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	role := c.Role
	switch {
	case role == "" && c.Listen != "":
		role = "api"
	case role == "":
		role = "worker"
	}
	check := c.checkWorker
	if role == "api" {
		check = c.checkAPI
	}
	said, err := check(ctx)
	if err != nil {
		return fmt.Errorf("the %s is not well: %w", role, err)
	}
	_, err = fmt.Fprintf(out, "the %s is well: %s\n", role, said)
	return err
}

// checkAPI sees that the API answers.
func (c *healthCommand) checkAPI(ctx context.Context) (string, error) {
	page, err := ask(ctx, "LISTEN", c.Listen, "/livez")
	if err != nil {
		return "", err
	}
	defer func() { _ = page.Close() }()
	return "it answers at " + c.Listen, nil
}

// checkWorker sees that something asks Temporal for the work of calls.
func (c *healthCommand) checkWorker(ctx context.Context) (string, error) {
	page, err := ask(ctx, "METRICS_LISTEN", c.MetricsListen, "/metrics")
	if err != nil {
		return "", err
	}
	defer func() { _ = page.Close() }()
	pollers, err := countPollers(page)
	if err != nil {
		return "", fmt.Errorf("read its metrics: %w", err)
	}
	if pollers == 0 {
		return "", errors.New("nothing asks Temporal for calls: see its log, and whether Temporal answers")
	}
	return fmt.Sprintf("%g pollers ask for calls", pollers), nil
}

// ask gets a page of the process beside this one, at an address as a setting has it.
func ask(ctx context.Context, name, address, path string) (io.ReadCloser, error) {
	there, err := here(address)
	if err != nil {
		return nil, fmt.Errorf("%s %q: want host:port, or nobody can ask it", name, address)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+there+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := (&http.Client{Transport: &http.Transport{}}).Do(request) // never through a proxy
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("it answers %s at %s", answer.Status, request.URL)
	}
	return answer.Body, nil
}

// countPollers is how many pollers of calls a page of metrics shows.
func countPollers(page io.Reader) (pollers float64, err error) {
	lines := bufio.NewScanner(page)
	for lines.Scan() {
		metric, value, _ := strings.Cut(lines.Text(), "} ")
		if strings.HasPrefix(metric, "temporal_num_pollers{") &&
			strings.Contains(metric, `task_queue="`+workflows.CallQueue+`"`) && strings.Contains(metric, `poller_type="workflow_task"`) {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0, err
			}
			pollers += n
		}
	}
	return pollers, lines.Err()
}
