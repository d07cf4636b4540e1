package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// standsStill says whether a process is stopped, in the kernel's eyes.
func standsStill(t *testing.T, pid int) bool {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(stat), ") T ")
}

func TestWhatAPartHasBegunIsFrozenToo(t *testing.T) {
	p, _ := newShell(t, `sleep 60 & echo $! > child; touch ready; wait`)
	folder := filepath.Dir(p.command(Program{}).Log)
	child := func() int {
		text, err := os.ReadFile(filepath.Join(folder, "child"))
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	command := p.command
	p.command = func(program Program) Command {
		c := command(program)
		c.Children = func() []int { return []int{child()} }
		return c
	}
	if err := p.resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	begun := child()
	t.Cleanup(func() { _ = syscall.Kill(begun, syscall.SIGKILL) }) // gone already is as good
	if err := p.freeze(); err != nil {
		t.Fatal(err)
	}
	become := func(frozen bool) {
		t.Helper()
		for _, pid := range []int{p.view().PID, child()} {
			for deadline := time.Now().Add(5 * time.Second); standsStill(t, pid) != frozen; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("process %d does not become frozen: %t", pid, frozen)
				}
			}
		}
	}
	become(true)
	if err := p.resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	become(false)
}
