package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsMissingIsToldBeforeAnythingStarts(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	_, err := Start(t.Context(), Config{Folder: folder, Program: "/bin/sh", Tools: t.TempDir()})
	if err == nil || strings.Count(err.Error(), "build it with `make cluster-tools`") != 3 {
		t.Errorf("it says %v", err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("there is a folder already")
	}
}

func TestAClusterTakesItsPlaceOrNone(t *testing.T) {
	tools := t.TempDir()
	for _, name := range []string{"temporal-server", "temporal-sql-tool", "temporal-ui"} {
		if err := os.WriteFile(filepath.Join(tools, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	config := Config{Folder: t.TempDir(), Program: "/bin/sh", Tools: tools}
	first := &Cluster{config: config.defaults()}
	if err := first.prepare(); err != nil {
		t.Fatal(err)
	}
	if err := first.System().Write(config.Folder); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), config); err == nil || !strings.Contains(err.Error(), "another cluster uses the folder") {
		t.Errorf("a second one says %v", err)
	}
	if _, err := ReadSystem(config.Folder); err != nil {
		t.Errorf("the first one is gone for it: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(config.Folder, "temporal", "server.yaml"))
	if err != nil || strings.Contains(string(text), "<no value>") || !strings.Contains(string(text), first.secrets.databasePassword) {
		t.Errorf("Temporal is told %s: %v", text, err)
	}
	config.Folder = t.TempDir()
	config.Ports = 80
	if _, err := Start(t.Context(), config); err == nil || !strings.Contains(err.Error(), "want a first port") {
		t.Errorf("with a bad port it says %v", err)
	}
	if err := first.Stop(); err != nil {
		t.Error(err)
	}
	if err := first.Stop(); err != nil {
		t.Error(err)
	}
}
