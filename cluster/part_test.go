package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newShell is a part that runs a script of the shell, which is ready when it has made the file "ready". What it fails
// with is sent to failed.
func newShell(t *testing.T, script string) (p *part, failed chan error) {
	t.Helper()
	folder := t.TempDir()
	failed = make(chan error, 1)
	p = &part{
		name: "shell", kind: Worker, within: 10 * time.Second, drain: 10 * time.Second, fail: func(err error) { failed <- err },
		command: func(program Program) Command {
			return Command{
				Name: "shell", Log: filepath.Join(folder, "shell.log"), Path: "/bin/sh", Args: []string{"-c", script},
				Dir: folder, Env: append(os.Environ(), program.Env...),
			}
		},
		before: func(context.Context) error { return os.RemoveAll(filepath.Join(folder, "ready")) },
		ready: func(context.Context) error {
			_, err := os.Stat(filepath.Join(folder, "ready"))
			return err
		},
	}
	t.Cleanup(func() { _ = p.kill() })
	return p, failed
}

// polite is a script that ends when it is asked to.
const polite = `trap 'echo "bye $NAME"; exit 0' TERM; touch ready; while :; do sleep 0.01; done`

func logOf(t *testing.T, p *part) string {
	t.Helper()
	text, err := os.ReadFile(p.command(Program{}).Log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAPartIsKilledHaltedAndResumed(t *testing.T) {
	p, failed := newShell(t, polite)
	ctx := t.Context()
	if p.view().State != Down {
		t.Error("it is up before it was started")
	}
	for _, end := range []func() error{p.kill, func() error { return p.halt(ctx) }} {
		for range 2 { // each order may be repeated
			if err := p.resume(ctx); err != nil {
				t.Fatal(err)
			}
		}
		v := p.view()
		if v.State != Up || v.PID == 0 || syscall.Kill(v.PID, 0) != nil {
			t.Errorf("it is %+v", v)
		}
		for range 2 {
			if err := end(); err != nil {
				t.Fatal(err)
			}
		}
		if v := p.view(); v.State != Down || v.PID != 0 {
			t.Errorf("it is %+v", v)
		}
	}
	if got := logOf(t, p); got != "bye \n" {
		t.Errorf("its log: %q", got)
	}
	select {
	case err := <-failed:
		t.Errorf("its end was asked for: %v", err)
	default:
	}
}

func TestAPartIsFrozenAndGoesOn(t *testing.T) {
	p, failed := newShell(t, `trap 'exit 0' TERM; touch ready; while :; do echo >> beats; sleep 0.01; done`)
	beats := func() int64 {
		info, err := os.Stat(filepath.Join(filepath.Dir(p.command(Program{}).Log), "beats"))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	// beatsOn waits until it has gone on.
	beatsOn := func() {
		t.Helper()
		for begun, deadline := beats(), time.Now().Add(5*time.Second); beats() == begun; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it stands still")
			}
		}
	}
	ctx := t.Context()
	if err := p.freeze(); err == nil || !strings.Contains(err.Error(), "it is down") {
		t.Errorf("what is down is frozen: %v", err)
	}
	if err := p.resume(ctx); err != nil {
		t.Fatal(err)
	}
	alive := p.view()
	beatsOn()
	for range 2 { // each order may be repeated
		if err := p.freeze(); err != nil {
			t.Fatal(err)
		}
	}
	if v := p.view(); v.State != Frozen || v.PID != alive.PID {
		t.Errorf("it is %+v", v)
	}
	time.Sleep(20 * time.Millisecond) // a beat may be under way
	begun := beats()
	time.Sleep(100 * time.Millisecond) // ten more, if it went on
	if now := beats(); now != begun {
		t.Errorf("it goes on: %d beats, then %d", begun, now)
	}
	for range 2 {
		if err := p.resume(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if v := p.view(); v != alive {
		t.Errorf("it is %+v, and was %+v", v, alive)
	}
	beatsOn()
	for _, end := range []func() error{p.kill, func() error { return p.halt(ctx) }} {
		if err := errors.Join(p.resume(ctx), p.freeze(), end()); err != nil {
			t.Fatal(err)
		}
		if v := p.view(); v.State != Down {
			t.Errorf("it is %+v", v)
		}
	}
	select {
	case err := <-failed:
		t.Errorf("its end was asked for: %v", err)
	default:
	}
}

func TestAPartRunsAnotherProgramFromNowOn(t *testing.T) {
	p, _ := newShell(t, polite)
	for _, name := range []string{"one", "two"} {
		if err := p.run(t.Context(), Program{Env: []string{"NAME=" + name}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(p.kill(), p.resume(t.Context()), p.halt(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got := logOf(t, p); got != "bye one\nbye two\n" {
		t.Errorf("its log: %q", got)
	}
}

func TestAPartThatEndsByItselfIsAFaultThatNamesItsLog(t *testing.T) {
	p, failed := newShell(t, polite)
	if err := p.resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.view().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	err := <-failed
	for _, want := range []string{"shell ended by itself", p.command(Program{}).Log, "killed"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it says %v, want %q", err, want)
		}
	}
}

func TestAPartThatIsNotReadySaysWhereToLook(t *testing.T) {
	for name, c := range map[string]struct{ script, says string }{
		"it ends at once":   {"echo oh no; exit 3", "exit status 3"},
		"it is never ready": {"sleep 60", "shell is not ready after 200ms"},
	} {
		t.Run(name, func(t *testing.T) {
			p, failed := newShell(t, c.script)
			p.within = 200 * time.Millisecond
			err := p.resume(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), p.command(Program{}).Log) {
				t.Errorf("it says %v", err)
			}
			if p.view().State != Down || len(failed) > 0 {
				t.Error("it is not only this order that failed")
			}
		})
	}
}

func TestAPartThatDoesNotEndIsKilled(t *testing.T) {
	p, _ := newShell(t, `trap '' TERM; touch ready; while :; do sleep 0.01; done`)
	p.drain = 50 * time.Millisecond
	if err := p.resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.halt(t.Context()); err == nil || !strings.Contains(err.Error(), "did not stop in 50ms and was killed") {
		t.Errorf("it says %v", err)
	}
	if p.view().State != Down {
		t.Error("it is up")
	}
}
