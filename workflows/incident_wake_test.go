package workflows_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// That a run which ends and one that is woken do not miss each other is seen on a real server alone.
func TestAnIncidentIsWokenFromManySidesAndToldOnce(t *testing.T) {
	path := os.Getenv("TEMPORAL_CLI")
	if path == "" {
		path = filepath.Join("..", "bin", "temporal")
	}
	server, err := testsuite.StartDevServer(t.Context(), testsuite.DevServerOptions{
		ExistingPath: path, LogLevel: "error",
		ExtraArgs: []string{"--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000"},
		ClientOptions: &client.Options{
			Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)), DataConverter: workflows.DataConverter(nil),
		},
	})
	if err != nil {
		t.Fatalf("no Temporal server, which `make bin/temporal` builds: %v", err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	r := newRoom(t)
	runs := worker.New(server.Client(), workflows.CallQueue, worker.Options{})
	runs.RegisterWorkflow(workflows.IncidentChannel)
	tells := worker.New(server.Client(), workflows.TellQueue, worker.Options{DisableWorkflowWorker: true})
	tells.RegisterActivity(r.teller)
	for _, w := range []worker.Worker{runs, tells} {
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Stop)
	}
	var waking sync.WaitGroup
	for range 20 {
		waking.Go(func() {
			for range 5 {
				if err := workflows.WakeIncident(t.Context(), server.Client(), r.incident); err != nil {
					t.Error(err)
				}
			}
		})
	}
	waking.Wait()
	if err := server.Client().GetWorkflow(t.Context(), workflows.IncidentID(r.incident), "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	r.shows("U0ALICE", allSaid...)

	r.says("Once more.")
	if err := workflows.WakeIncident(t.Context(), server.Client(), r.incident); err != nil {
		t.Fatal(err)
	}
	if err := server.Client().GetWorkflow(t.Context(), workflows.IncidentID(r.incident), "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	r.shows("U0ALICE", append(allSaid, "- Once more.")...)
}
