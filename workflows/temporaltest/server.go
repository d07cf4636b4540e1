// Package temporaltest starts Temporal's development server for tests.
package temporaltest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"github.com/ringdown/ringdown/workflows"
)

// Start starts a server that ends with the test, with more flags of `temporal server start-dev`. Its client seals nothing.
func Start(t testing.TB, flags ...string) client.Client {
	t.Helper()
	server, err := start(t.Context(), flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() }) // which has ended with the test's context, however busy it was
	return server.Client()
}

// New is Start for the tests of a package that share a server. Whoever asks for one stops it.
func New(flags ...string) (*testsuite.DevServer, error) {
	return start(context.Background(), flags)
}

// start starts a server that is killed when ctx ends.
func start(ctx context.Context, flags []string) (*testsuite.DevServer, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	server, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		ExistingPath: path, LogLevel: "error", ExtraArgs: flags,
		ClientOptions: &client.Options{Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)), DataConverter: workflows.DataConverter(nil)},
	})
	if err != nil {
		return nil, fmt.Errorf("start Temporal: %w", err)
	}
	return server, nil
}

// SearchAttributes are the flags that give a server ours.
func SearchAttributes() (flags []string) {
	for name, kind := range workflows.SearchAttributes() {
		flags = append(flags, "--search-attribute", name+"="+kind)
	}
	return flags
}

// program is TEMPORAL_CLI, or bin/temporal in the folder of our go.mod, at or above the one that the test runs in.
func program() (string, error) {
	if path := os.Getenv("TEMPORAL_CLI"); path != "" {
		return path, nil
	}
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			return "", errors.New("no go.mod above this folder: set TEMPORAL_CLI to the program `temporal`")
		}
		folder = filepath.Dir(folder)
	}
	path := filepath.Join(folder, "bin", "temporal")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("no Temporal at %s: run `make bin/temporal`, or set TEMPORAL_CLI", path)
	}
	return path, nil
}
