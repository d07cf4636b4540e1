package e2e

import (
	"cmp"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

// startSoakTemporal starts a server for many calls at once, with the settings of `ringdown dev`: a
// database in memory, as the conversations use, lets one request in after the other.
func startSoakTemporal(t *testing.T) (address string) {
	t.Helper()
	args := []string{
		"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal",
		"--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000",
		"--dynamic-config-value", "matching.numTaskqueueReadPartitions=1",
		"--dynamic-config-value", "matching.numTaskqueueWritePartitions=1",
	}
	for name, kind := range workflows.SearchAttributes() {
		args = append(args, "--search-attribute", name+"="+kind)
	}
	server, err := testsuite.StartDevServer(t.Context(), testsuite.DevServerOptions{
		ExistingPath: cmp.Or(os.Getenv("TEMPORAL_CLI"), filepath.Join("..", "bin", "temporal")), DBFilename: filepath.Join(t.TempDir(), "temporal.db"), LogLevel: "error",
		Stdout: io.Discard, Stderr: io.Discard, ExtraArgs: args,
		ClientOptions: &client.Options{Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error("stop temporal:", err)
		}
	})
	return server.FrontendHostPort()
}
