package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// process is another program that lives as long as this one.
type process struct {
	name, log string
	command   *exec.Cmd
	done      chan struct{} // closed when it has ended
	stopping  chan struct{}
}

// startProcess starts a program with its output in a log file. It dies with this process, and
// its own end before that is told to fail.
func startProcess(name, logPath string, fail context.CancelCauseFunc, environment []string, path string, arguments ...string) (*process, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	p := &process{name: name, log: logPath, command: exec.Command(path, arguments...), done: make(chan struct{}), stopping: make(chan struct{})}
	p.command.Stdout, p.command.Stderr = log, log
	p.command.Env = append(os.Environ(), environment...)
	p.command.SysProcAttr = apart()
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the parent-death signal is that of the thread, so it must live on
		err := p.command.Start()
		started <- err
		if err == nil {
			err = p.command.Wait()
		}
		_ = log.Close()
		close(p.done)
		select {
		case <-p.stopping:
		default:
			fail(fmt.Errorf("%s ended by itself: see %s: %w", name, logPath, ended(err)))
		}
	}()
	if err := <-started; err != nil {
		close(p.stopping)
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

// ended is how a process ended; nil is an end too.
func ended(err error) error {
	if err == nil {
		return errors.New("it left without an error")
	}
	return err
}

// stop asks the process to end, and makes it end after a while.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	close(p.stopping)
	_ = p.command.Process.Signal(syscall.SIGTERM) // gone already is as good
	select {
	case <-p.done:
		return nil
	case <-time.After(10 * time.Second):
		return errors.Join(fmt.Errorf("%s did not stop in 10 s and was killed", p.name), p.command.Process.Kill())
	}
}

func (r *devRun) stopProcesses() error { return errors.Join(r.simulated.stop(), r.temporal.stop()) }

// waitForPort waits until a process answers on a port of this machine.
func waitForPort(ctx context.Context, port int, patience time.Duration, p *process) error {
	deadline := time.After(patience)
	for {
		connection, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.done:
			return fmt.Errorf("%s ended at once: see %s", p.name, p.log)
		case <-deadline:
			return fmt.Errorf("%s does not answer on port %d after %s: see %s", p.name, port, patience, p.log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// temporalBinary is the Temporal server beside this program, where the build puts the pinned
// one, else on PATH.
func temporalBinary() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	beside := filepath.Join(filepath.Dir(self), "temporal")
	if _, err := os.Stat(beside); err == nil {
		return beside, nil
	}
	found, err := exec.LookPath("temporal")
	if err != nil {
		return "", fmt.Errorf("no Temporal server at %s, and none on PATH: build it with `make build`", beside)
	}
	return found, nil
}
