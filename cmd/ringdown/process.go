package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

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
