package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// part is a process of a cluster, and how it is started anew.
type part struct {
	name, kind string
	command    func(Program) Command
	ready      func(ctx context.Context) error // asks once whether it can do its work
	within     time.Duration                   // how long it may take until it is ready
	drain      time.Duration                   // how long it may take to end
	before     func(ctx context.Context) error // is done before each start; nil does nothing
	after      func(ctx context.Context) error // is done when it is ready; nil does nothing
	killed     func(ctx context.Context) error // waits until a kill has left nothing of it; nil does not wait
	fail       func(error)                     // hears that it ended by itself
	address    string                          // of an API, host:port
	metrics    string                          // of a role, a web address

	orders sync.Mutex // one order at a time

	mu      sync.Mutex
	process *Process // nil when it is down
	program Program
	build   string
}

func (p *part) view() Part {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := Part{Name: p.name, Kind: p.kind, State: Down, Build: p.build}
	if p.process != nil && p.process.Alive() {
		v.State, v.PID = Up, p.process.PID()
		if p.process.Frozen() {
			v.State = Frozen
		}
	}
	return v
}

// up is the process where it runs, else nil.
func (p *part) up() *Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil || !p.process.Alive() {
		return nil
	}
	return p.process
}

func (p *part) kill() error {
	p.orders.Lock()
	defer p.orders.Unlock()
	process := p.up()
	if process == nil {
		return nil
	}
	process.Kill()
	if p.killed == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), killedWithin)
	defer cancel()
	return p.killed(ctx)
}

// killedWithin is how long what a killed part leaves behind may take to go.
const killedWithin = 10 * time.Second

func (p *part) halt(context.Context) error {
	p.orders.Lock()
	defer p.orders.Unlock()
	return p.stop()
}

func (p *part) stop() error {
	if process := p.up(); process != nil {
		return process.Halt(p.drain)
	}
	return nil
}

func (p *part) resume(ctx context.Context) error {
	p.orders.Lock()
	defer p.orders.Unlock()
	process := p.up()
	if process == nil {
		return p.start(ctx)
	}
	process.Thaw()
	return process.UntilReady(ctx, p.within, p.ready)
}

func (p *part) freeze() error {
	p.orders.Lock()
	defer p.orders.Unlock()
	process := p.up()
	if process == nil {
		return fmt.Errorf("freeze %s: it is down", p.name)
	}
	process.Freeze()
	return nil
}

func (p *part) run(ctx context.Context, program Program) error {
	p.orders.Lock()
	defer p.orders.Unlock()
	if err := p.stop(); err != nil {
		return err
	}
	p.mu.Lock()
	p.program = program
	p.mu.Unlock()
	return p.start(ctx)
}

// start starts the process and waits until it is ready. One that is not in time is killed.
func (p *part) start(ctx context.Context) error {
	if p.before != nil {
		if err := p.before(ctx); err != nil {
			return fmt.Errorf("start %s: %w", p.name, err)
		}
	}
	p.mu.Lock()
	program := p.program
	p.mu.Unlock()
	command := p.command(program)
	process, err := StartProcess(command)
	if err != nil {
		return err
	}
	build := ""
	if p.metrics != "" {
		build = buildOf(ctx, command)
	}
	p.mu.Lock()
	p.process, p.build = process, build
	p.mu.Unlock()
	if err := process.UntilReady(ctx, p.within, p.ready); err != nil {
		process.Kill()
		return err
	}
	process.Watch(p.fail)
	if p.after == nil {
		return nil
	}
	if err := p.after(ctx); err != nil {
		process.Kill() // so that it can be started once more
		return err
	}
	return nil
}
