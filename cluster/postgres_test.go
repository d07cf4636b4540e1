package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A server that was killed leaves processes behind, which are told by their name and their folder.
func TestWhatAKilledServerLeavesIsEnded(t *testing.T) {
	if _, err := os.Stat("/proc/self/cwd"); err != nil {
		return // there is nothing to find them by
	}
	data, elsewhere, named := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "postgres")
	copyProgram(t, "sleep", named)
	sleeps := func(program, folder string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), program, "60")
		c.Dir = folder
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	first, second := sleeps(named, data), sleeps(named, data)
	other, shell := sleeps(named, elsewhere), sleeps("sleep", data)
	ended := make(chan error, 2)
	for _, c := range []*exec.Cmd{first, second} {
		go func() { ended <- c.Wait() }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := endBackends(ctx, data); err != nil {
		t.Fatal(err)
	}
	<-ended
	<-ended
	if left := backends(elsewhere); len(left) != 1 || left[0] != other.Process.Pid {
		t.Errorf("of the server elsewhere is left %v", left)
	}
	if folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", shell.Process.Pid)); err != nil || folder != data {
		t.Errorf("another program in the folder is gone: %v", err)
	}
}

func copyProgram(t *testing.T, name, to string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	file, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(file, from); errors.Join(err, file.Close()) != nil {
		t.Fatal(err)
	}
}
