package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

func (c *Cluster) start(ctx context.Context) error {
	if err := c.prepare(); err != nil {
		return err
	}
	binaries, err := postgresBinaries()
	if err != nil {
		return err
	}
	c.say("starting Postgres …")
	if err := c.initDatabase(ctx, binaries); err != nil {
		return err
	}
	if err := c.add(ctx, c.postgres(binaries)); err != nil {
		return err
	}
	if err := c.makeDatabases(ctx); err != nil {
		return err
	}
	c.say("starting Temporal …")
	if err := c.temporalSchema(ctx); err != nil {
		return err
	}
	if err := c.add(ctx, c.temporal()); err != nil {
		return err
	}
	if !c.config.WithoutUI {
		if err := c.add(ctx, c.temporalUI()); err != nil {
			return err
		}
	}
	for _, job := range []string{"migrate", "namespace"} {
		if err := c.job(ctx, job); err != nil {
			return err
		}
	}
	c.say("starting the carrier, workers and APIs …")
	if err := c.add(ctx, c.carrier()); err != nil {
		return err
	}
	if err := c.startRoles(ctx); err != nil {
		return err
	}
	return c.open(ctx)
}

// prepare takes the folder and finds the ports.
func (c *Cluster) prepare() (err error) {
	if err := c.checkTools(); err != nil {
		return err
	}
	if c.config.Folder, err = filepath.Abs(c.config.Folder); err != nil {
		return fmt.Errorf("find the folder: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(c.config.Folder, "logs"), 0o700); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	if c.config.Folder, err = filepath.EvalSymlinks(c.config.Folder); err != nil { // as the system names it
		return fmt.Errorf("find the folder: %w", err)
	}
	if c.lock, err = os.OpenFile(filepath.Join(c.config.Folder, "lock"), os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("take the folder: %w", err)
	}
	if err := syscall.Flock(int(c.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("another cluster uses the folder %s", c.config.Folder), c.unlock())
	}
	if err := RemoveSystem(c.config.Folder); err != nil { // of one that was killed
		return err
	}
	if c.ports, err = claimPorts(c.config.Folder, c.config.Ports); err != nil {
		return err
	}
	if c.secrets, err = readSecrets(c.config.Folder); err != nil {
		return err
	}
	return c.configureTemporal()
}

func (c *Cluster) unlock() error {
	err := c.lock.Close()
	c.lock = nil
	return err
}

// add starts a part of the cluster.
func (c *Cluster) add(ctx context.Context, p *part) error {
	p.fail = func(err error) { c.fail(err) }
	c.mu.Lock()
	c.parts = append(c.parts, p)
	c.mu.Unlock()
	return p.resume(ctx)
}

// startRoles starts all workers and APIs at once.
func (c *Cluster) startRoles(ctx context.Context) error {
	c.balancer = newBalancer()
	var starting errgroup.Group
	for _, roles := range []struct {
		kind  string
		count int
	}{{Worker, c.config.Workers}, {API, c.config.APIs}} {
		for range roles.count {
			p, err := c.newRole(roles.kind, Program{})
			if err != nil {
				return errors.Join(err, starting.Wait())
			}
			starting.Go(func() error { return p.resume(ctx) })
		}
	}
	return starting.Wait()
}

// newRole adds a role that is down still. An API is known to the balancer from now on.
func (c *Cluster) newRole(kind string, program Program) (*part, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, ofKind := 0, 0
	for _, p := range c.parts {
		if p.metrics != "" {
			all++
		}
		if p.kind == kind {
			ofKind++
		}
	}
	if all == maxRoles {
		return nil, fmt.Errorf("add another %s: a cluster has ports for %d roles", kind, maxRoles)
	}
	p := c.role(kind, fmt.Sprintf("%s-%d", kind, ofKind+1), all, program)
	p.fail = func(err error) { c.fail(err) }
	c.parts = append(c.parts, p)
	if kind == API {
		c.balancer.add(p.address)
	}
	return p, nil
}

// open lets the world in: the balancer and the control serve from now on, and the folder says where all is.
func (c *Cluster) open(ctx context.Context) error {
	ctxOfChecks, stop := context.WithCancel(c.ctx)
	c.stopChecks = stop
	go c.balancer.check(ctxOfChecks)
	for place, handler := range map[int]http.Handler{balancerPort: c.balancer, controlPort: Handler(c)} {
		listener, err := net.Listen("tcp", c.ports.address(place))
		if err != nil {
			return err
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
		c.web = append(c.web, server)
		go func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				c.fail(fmt.Errorf("serve %s: %w", listener.Addr(), err))
			}
		}()
	}
	ready, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		err := Answers(ready, c.ports.url(balancerPort)+"/readyz")
		if err == nil {
			return c.System().Write(c.config.Folder)
		}
		select {
		case <-ready.Done():
			return fmt.Errorf("the system is not ready: %w: see %s", err, filepath.Join(c.config.Folder, "logs"))
		case <-c.ctx.Done():
			return context.Cause(c.ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// readyWithin is how long it may take from the start of all parts until they work together.
const readyWithin = 30 * time.Second
