package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// Command says how to start a process.
type Command struct {
	Name string // in messages
	Log  string // file that its output is added to
	Path string
	Args []string
	Env  []string // all of its environment, the last of a name counts; nil means ours
	Dir  string   // its working folder; empty means ours

	// Stop asks it to end; zero means SIGTERM.
	Stop syscall.Signal
	// Unprivileged runs it as another user where we are root, because it refuses to be. Its Dir is for all to enter then.
	Unprivileged bool
	// Children are the processes that it has begun, which are frozen with it; nil means none.
	Children func() []int
}

// Process is another program that lives as long as this one at most.
type Process struct {
	command Command
	running *exec.Cmd
	done    chan struct{} // closed when it has ended
	err     error         // how it ended; read it after done
	asked   atomic.Bool   // its end was asked for
	frozen  atomic.Bool
}

// StartProcess starts a program with its output in its log. It dies with this process, and is out of the terminal's
// reach, so that an interrupt there reaches this process alone, which stops it in its turn.
func StartProcess(c Command) (*Process, error) {
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", c.Name, err)
	}
	p := &Process{command: c, running: exec.Command(c.Path, c.Args...), done: make(chan struct{})}
	p.running.Stdout, p.running.Stderr = log, log
	p.running.Env, p.running.Dir = c.Env, c.Dir
	if p.running.SysProcAttr, err = attributes(c.Unprivileged); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", c.Name, err), log.Close())
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the signal of a parent's death is that of the thread, so it must live on
		err := p.running.Start()
		started <- err
		if err == nil {
			p.err = p.running.Wait()
		}
		_ = log.Close()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	return p, nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.running.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Alive says whether the process has not ended yet.
func (p *Process) Alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Fault is nil as long as the process runs, and when its end was asked for. Else it says how it ended, and where its log is.
func (p *Process) Fault() error {
	if p.Alive() || p.asked.Load() {
		return nil
	}
	return fmt.Errorf("%s ended by itself: see %s: %w", p.command.Name, p.command.Log, cmp.Or(p.err, errors.New("it left without an error")))
}

// Watch has fail told when the process ends by itself.
func (p *Process) Watch(fail func(error)) {
	go func() {
		<-p.done
		if err := p.Fault(); err != nil {
			fail(err)
		}
	}()
}

// UntilReady asks until the process is ready, and errs when it has ended first, or is not ready in time.
func (p *Process) UntilReady(ctx context.Context, within time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("%s is not ready after %s", p.command.Name, within))
	defer cancel()
	for {
		once, cancelOnce := context.WithTimeout(ctx, 2*time.Second)
		err := ready(once)
		cancelOnce()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return cmp.Or(p.Fault(), fmt.Errorf("%s was stopped before it was ready", p.command.Name))
		case <-ctx.Done():
			return fmt.Errorf("%w: see %s: %w", context.Cause(ctx), p.command.Log, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Freeze has the process stand still, with its children, until Thaw. It may be repeated.
func (p *Process) Freeze() {
	p.frozen.Store(true)
	p.signal(syscall.SIGSTOP)
}

// Thaw has a frozen process go on, and says whether it was frozen.
func (p *Process) Thaw() bool {
	frozen := p.frozen.Swap(false)
	if frozen {
		p.signal(syscall.SIGCONT)
	}
	return frozen
}

// Frozen says whether the process stands still.
func (p *Process) Frozen() bool { return p.frozen.Load() }

// signal reaches the process, which begins no other meanwhile, then those that it has begun. What has ended hears nothing.
func (p *Process) signal(s syscall.Signal) {
	_ = p.running.Process.Signal(s)
	if p.command.Children == nil {
		return
	}
	for _, pid := range p.command.Children() {
		_ = syscall.Kill(pid, s)
	}
}

// Kill ends the process at once.
func (p *Process) Kill() {
	p.asked.Store(true)
	_ = p.running.Process.Kill() // gone already is as good
	<-p.done
}

// Halt asks the process to end, and kills it with an error when it has not after a while.
func (p *Process) Halt(patience time.Duration) error {
	p.asked.Store(true)
	p.Thaw()                                                              // else it would not hear
	_ = p.running.Process.Signal(cmp.Or(p.command.Stop, syscall.SIGTERM)) // gone already is as good
	select {
	case <-p.done:
		return nil
	case <-time.After(patience):
		p.Kill()
		return fmt.Errorf("%s did not stop in %s and was killed: see %s", p.command.Name, patience, p.command.Log)
	}
}

// runJob runs a program to its end, which must be a good one.
func runJob(ctx context.Context, c Command) error {
	p, err := StartProcess(c)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("%s: %w: see %s", c.Name, context.Cause(ctx), c.Log)
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w: see %s", c.Name, p.err, c.Log)
	}
	return nil
}
