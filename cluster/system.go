package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// System says where everything of a running system is. It is kept in its folder as long as the system runs.
type System struct {
	Kind string `json:"kind"` // cluster or dev

	API        string `json:"api"`         // the web address of the REST API and of the webhooks, without a trailing slash
	Carrier    string `json:"carrier"`     // the web address of the simulated carrier; empty where a real one is used
	Temporal   string `json:"temporal"`    // host:port
	Namespace  string `json:"namespace"`   // of Temporal
	TemporalUI string `json:"temporal_ui"` // its web address; empty without one
	Database   string `json:"database"`    // as in DATABASE_URL
	Control    string `json:"control"`     // the web address of Handler

	Metrics []string `json:"metrics"` // the web address of each role's metrics
	Logs    string   `json:"logs"`    // folder

	AdminKeyFile   string `json:"admin_key_file"`
	PayloadKeyFile string `json:"payload_key_file"`
	AccountSID     string `json:"account_sid"` // of the carrier
}

// Kinds of systems.
const (
	KindCluster = "cluster"
	KindDev     = "dev"
)

// ErrNotRunning is the error where no system runs in a folder.
var ErrNotRunning = errors.New("no system runs there")

func systemFile(folder string) string { return filepath.Join(folder, "system.json") }

// ReadSystem reads where the running system of a folder is. It errs with ErrNotRunning where none runs.
func ReadSystem(folder string) (System, error) {
	text, err := os.ReadFile(systemFile(folder))
	if errors.Is(err, os.ErrNotExist) {
		return System{}, fmt.Errorf("read %s: %w", systemFile(folder), ErrNotRunning)
	}
	if err != nil {
		return System{}, fmt.Errorf("read where the system is: %w", err)
	}
	var s System
	if err := json.Unmarshal(text, &s); err != nil {
		return System{}, fmt.Errorf("read %s: %w", systemFile(folder), err)
	}
	return s, nil
}

// Write writes where the system is into its folder, for its owner alone. Readers see the old file or the new one whole.
func (s System) Write(folder string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write where the system is: %w", err)
	}
	next := systemFile(folder) + ".new"
	if err := os.WriteFile(next, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write where the system is: %w", err)
	}
	if err := os.Rename(next, systemFile(folder)); err != nil {
		return fmt.Errorf("write where the system is: %w", err)
	}
	return nil
}

// RemoveSystem says that no system runs in a folder any more.
func RemoveSystem(folder string) error {
	if err := os.Remove(systemFile(folder)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("say that the system runs no more: %w", err)
	}
	return nil
}
