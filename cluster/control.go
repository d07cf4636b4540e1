package cluster

import (
	"context"
	"errors"
	"fmt"
)

// Part is a process of a running system.
type Part struct {
	Name  string `json:"name"`  // as worker-2
	Kind  string `json:"kind"`  // as worker
	State string `json:"state"` // up, down or frozen
	PID   int    `json:"pid"`   // zero when it is down, or no process of its own
	Build string `json:"build"` // of a role: its build id, else its version
}

// Kinds of parts.
const (
	Database = "database"
	Temporal = "temporal"
	UI       = "ui"
	Carrier  = "carrier"
	Worker   = "worker"
	API      = "api"
)

// States of a part.
const (
	Up     = "up"
	Down   = "down"
	Frozen = "frozen"
)

// ErrNoPart is the error where no part has a name.
var ErrNoPart = errors.New("no part has this name")

// Control breaks a running system on purpose, and mends it. Every order may be repeated: what is up already, or down,
// stays so without an error; what is down cannot be frozen.
type Control interface {
	// Parts lists the parts in the order of their start.
	Parts(ctx context.Context) ([]Part, error)
	// Kill ends a part at once, as a crash does.
	Kill(ctx context.Context, name string) error
	// Halt asks a part to end and waits until it has; it is killed where it does not.
	Halt(ctx context.Context, name string) error
	// Freeze has a part stand still with all that it holds, as on a machine that hangs: its connections stay, and nothing answers.
	Freeze(ctx context.Context, name string) error
	// Resume starts a part that is down, has one that is frozen go on, and waits until it is ready for work.
	Resume(ctx context.Context, name string) error
}

// Program is what a role runs.
type Program struct {
	Path string   // empty means that of the cluster
	Env  []string // more environment, stronger than the cluster's
}

// Parts lists the parts in the order of their start.
func (c *Cluster) Parts(context.Context) ([]Part, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	parts := make([]Part, len(c.parts))
	for i, p := range c.parts {
		parts[i] = p.view()
	}
	return parts, nil
}

// Kill ends a part at once with SIGKILL.
func (c *Cluster) Kill(_ context.Context, name string) error {
	p, err := c.part(name)
	if err != nil {
		return err
	}
	return p.kill()
}

// Halt ends a part as its init system would, and waits until it has ended. The balancer is not told: it finds out.
func (c *Cluster) Halt(ctx context.Context, name string) error {
	p, err := c.part(name)
	if err != nil {
		return err
	}
	return p.halt(ctx)
}

// Freeze stops a part with SIGSTOP.
func (c *Cluster) Freeze(_ context.Context, name string) error {
	p, err := c.part(name)
	if err != nil {
		return err
	}
	return p.freeze()
}

// Resume starts a part with the program that it had, or has it go on, and waits until it is ready.
func (c *Cluster) Resume(ctx context.Context, name string) error {
	p, err := c.part(name)
	if err != nil {
		return err
	}
	return p.resume(ctx)
}

// Add starts one more API or worker, and answers its name.
func (c *Cluster) Add(ctx context.Context, kind string, program Program) (name string, err error) {
	if kind != API && kind != Worker {
		return "", fmt.Errorf("add another %s: only an %s or a %s may be added", kind, API, Worker)
	}
	p, err := c.newRole(kind, program)
	if err != nil {
		return "", err
	}
	return p.name, errors.Join(p.resume(ctx), c.System().Write(c.config.Folder))
}

// Run stops a role gracefully where it is up, and starts it with another program.
func (c *Cluster) Run(ctx context.Context, name string, program Program) error {
	p, err := c.part(name)
	if err != nil {
		return err
	}
	if p.metrics == "" {
		return fmt.Errorf("run another program as %s: only an %s or a %s has one of ours", name, API, Worker)
	}
	return p.run(ctx, program)
}

// part finds a part by its name.
func (c *Cluster) part(name string) (*part, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.parts {
		if p.name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", name, ErrNoPart)
}
