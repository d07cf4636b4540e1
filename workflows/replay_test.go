package workflows_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

// Calls that were in progress at a release go on with the code after it. A history that no
// longer replays is mended in the workflow, by workflow.GetVersion, never by recording it anew.
// They were recorded without a key, and are read with one.
func TestHistoriesOfEveryReleaseReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/history/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories (%v)", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			if err := replay(t, recorded(t, file), keysOf(t, "a")); err != nil {
				t.Error(err)
			}
		})
	}
}

// recorded is the history in a file.
func recorded(t *testing.T, file string) *history.History {
	t.Helper()
	text, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = text.Close() }()
	h, err := client.HistoryFromJSON(text, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// replay runs a history through the code as it is now, by a worker with these keys.
func replay(t *testing.T, h *history.History, keys *secrets.Keys) error {
	t.Helper()
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DataConverter: workflows.DataConverter(keys), FailureConverter: workflows.FailureConverter(keys),
	})
	if err != nil {
		t.Fatal(err)
	}
	replayer.RegisterWorkflow(workflows.InboundCall)
	replayer.RegisterWorkflow(workflows.Alert)
	replayer.RegisterWorkflow(workflows.IncidentChannel)
	replayer.RegisterWorkflow(workflows.NumberRequest)
	return replayer.ReplayWorkflowHistory(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), h)
}
