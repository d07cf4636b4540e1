package workflows_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

// Calls that were in progress at a release go on with the code after it. A history that no
// longer replays is mended in the workflow, by workflow.GetVersion, never by recording it anew.
func TestHistoriesOfEveryReleaseReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/history/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories (%v)", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: workflows.DataConverter()})
			if err != nil {
				t.Fatal(err)
			}
			replayer.RegisterWorkflow(workflows.InboundCall)
			replayer.RegisterWorkflow(workflows.Alert)
			replayer.RegisterWorkflow(workflows.IncidentChannel)
			replayer.RegisterWorkflow(workflows.NumberRequest)
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file); err != nil {
				t.Error(err)
			}
		})
	}
}
