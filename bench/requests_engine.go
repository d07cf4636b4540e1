package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/testsuite"
)

// measuredEngine is a Temporal server that says what it does.
type measuredEngine struct {
	*testsuite.DevServer
	metrics string // address
	stat    string // the file in which the system says what its process uses
}

func startMeasuredEngine(ctx context.Context, dir string, faults io.Writer) (*measuredEngine, error) {
	address, _, err := freePorts()
	if err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(address, ":")
	server, err := startTemporal(ctx, dir, faults, "--metrics-port", port)
	if err != nil {
		return nil, err
	}
	e := &measuredEngine{DevServer: server, metrics: "http://" + address + "/metrics"}
	if e.stat, err = statOf(server.FrontendHostPort()); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return e, nil
}

// statOf finds the process of the server that has a port.
func statOf(address string) (string, error) {
	_, port, _ := strings.Cut(address, ":")
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return "", err
	}
	for _, file := range files {
		line, _ := os.ReadFile(file) // it may have ended meanwhile
		if bytes.Contains(line, []byte("\x00start-dev\x00")) && bytes.Contains(line, []byte("\x00--port\x00"+port+"\x00")) {
			return filepath.Join(filepath.Dir(file), "stat"), nil
		}
	}
	return "", fmt.Errorf("no process of Temporal's server at %s in /proc: this part needs Linux", address)
}

// ticks are what a second has in /proc.
const ticks = 100

// cpu is how long the server has worked.
func (e *measuredEngine) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(e.stat)
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // behind the name
	if len(fields) < 13 {
		return 0, fmt.Errorf("%s: %q", e.stat, stat)
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / ticks, err
}

// engineLoad is what a server has done since it began.
type engineLoad struct {
	asked float64 // requests of ours, polls among them
	tasks float64 // workflow tasks of ours that were answered
	rows  float64 // requests that it made of its database
	cpu   time.Duration
}

func (e *measuredEngine) load(ctx context.Context) (l engineLoad, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.metrics, nil)
	if err != nil {
		return l, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return l, err
	}
	l, err = readLoad(response.Body)
	return l, errors.Join(err, response.Body.Close())
}

// readLoad adds up what the server tells Prometheus.
func readLoad(metrics io.Reader) (l engineLoad, err error) {
	lines := bufio.NewScanner(metrics)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), "{")
		if name != "service_requests" && name != "persistence_requests" {
			continue
		}
		labels, value, _ := strings.Cut(rest, "} ")
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return l, fmt.Errorf("%q: %w", lines.Text(), err)
		}
		has := func(label string) bool { return strings.Contains(","+labels+",", ","+label+",") }
		switch {
		case name == "persistence_requests":
			l.rows += n
		case has(`namespace="default"`) && has(`service_name="frontend"`):
			l.asked += n
			if has(`operation="RespondWorkflowTaskCompleted"`) {
				l.tasks += n
			}
		}
	}
	return l, lines.Err()
}
