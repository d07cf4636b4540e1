// Package cluster runs the production topology as plain processes of this machine: Postgres, Temporal on it with its
// web UI, the simulated carrier, several workers, and several APIs behind a balancer. Its parts can be killed, halted
// and started again one by one, so that what is said of a failure can be seen. It knows the product only as a program
// with commands and an environment.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Config is what a cluster is made of.
type Config struct {
	Folder  string // data, logs and secrets; made if missing
	Program string // the ringdown binary that the roles run
	Tools   string // folder with temporal-server, temporal-sql-tool and temporal-ui
	Ports   int    // first of a block of 40 ports on 127.0.0.1; 0 picks a free block

	APIs, Workers int // 0 means 2

	// Env is more environment of every role, as NAME=value. It is stronger than what the cluster sets.
	Env []string
	// Begin is called each time that the simulated carrier has begun anew, which knows nothing then, with the
	// database's schema in place and before any role is started on the first time. Nil does nothing.
	Begin func(ctx context.Context, s System) error

	WithoutUI bool // no Temporal UI
	// FastDisk lets Postgres not wait for the disk: quicker, and a power cut may lose the data. In production it waits.
	FastDisk bool

	Out io.Writer // told what is being started; nil tells nobody
}

// Cluster is a running cluster. It is safe for concurrent use.
type Cluster struct {
	config   Config
	ports    ports
	secrets  secrets
	lock     *os.File // of the folder, held as long as the cluster runs
	balancer *balancer
	web      []*http.Server // the balancer and the control
	ctx      context.Context
	fail     context.CancelCauseFunc

	stopChecks context.CancelFunc // of the balancer

	mu    sync.Mutex
	parts []*part // in the order of their start
}

// Start starts everything and returns when everything answers. What was started is stopped where something does not.
// ctx ends the start alone.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	config = config.defaults()
	c := &Cluster{config: config}
	c.ctx, c.fail = context.WithCancelCause(context.Background())
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c Config) defaults() Config {
	if c.APIs == 0 {
		c.APIs = 2
	}
	if c.Workers == 0 {
		c.Workers = 2
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	if c.Begin == nil {
		c.Begin = func(context.Context, System) error { return nil }
	}
	return c
}

// Wait waits until ctx ends, or a part ends by itself, which is the error.
func (c *Cluster) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	}
}

// System says where everything is.
func (c *Cluster) System() System {
	s := System{
		Kind: KindCluster, API: c.ports.url(balancerPort), Carrier: c.ports.url(carrierPort),
		Temporal: c.ports.address(temporalPort), Namespace: temporalNamespace,
		Database: c.databaseURL(ringdownDatabase), Control: c.ports.url(controlPort), Logs: filepath.Join(c.config.Folder, "logs"),
		AdminKeyFile:   filepath.Join(c.config.Folder, adminKeyFile),
		PayloadKeyFile: filepath.Join(c.config.Folder, payloadKeyFile), AccountSID: simulatedAccount,
	}
	if !c.config.WithoutUI {
		s.TemporalUI = c.ports.url(uiPort)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.parts {
		if p.metrics != "" {
			s.Metrics = append(s.Metrics, p.metrics)
		}
	}
	return s
}

// Stop stops all parts, newest first, and leaves the data. It may be called twice.
func (c *Cluster) Stop() error {
	if c.lock == nil {
		return nil
	}
	faults := []error{RemoveSystem(c.config.Folder)}
	if c.stopChecks != nil {
		c.stopChecks()
	}
	closing, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	for _, server := range c.web {
		if server.Shutdown(closing) != nil { // it waits for streams that do not end by themselves
			_ = server.Close()
		}
	}
	for _, kind := range []string{API, Worker, Carrier, UI, Temporal, Database} {
		var stopping errgroup.Group
		for _, p := range c.partsOf(kind) {
			stopping.Go(func() error { return p.halt(closing) })
		}
		faults = append(faults, stopping.Wait())
	}
	return errors.Join(append(faults, c.unlock())...)
}

// closeWithin is how long the balancer waits for requests in flight when the cluster stops.
const closeWithin = 3 * time.Second

func (c *Cluster) partsOf(kind string) []*part {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.parts), func(p *part) bool { return p.kind != kind })
}

// logOf is the log of a part.
func (c *Cluster) logOf(name string) string {
	return filepath.Join(c.config.Folder, "logs", name+".log")
}

func (c *Cluster) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.config.Out, format+"\n", args...)
}
