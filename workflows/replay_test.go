package workflows_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
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
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file); err != nil {
				t.Error(err)
			}
		})
	}
}

// The limits of a dial are the ring's clock. The test environment knows none of them.
func TestADialIsLimitedAsItsClockSays(t *testing.T) {
	file, err := os.Open("testdata/history/v0.1.0/first-accepts.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	history, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dials := 0
	for _, e := range history.GetEvents() {
		dial := e.GetActivityTaskScheduledEventAttributes()
		if dial.GetActivityType().GetName() != "Dial" {
			continue
		}
		dials++
		ring := dial.GetStartToCloseTimeout().AsDuration() * 10 // the calls of the histories run ten times as fast
		if dial.GetTaskQueue().GetName() != workflows.DialQueue || dial.GetScheduleToStartTimeout().AsDuration() != time.Minute ||
			ring != 32*time.Second || dial.GetRetryPolicy().GetMaximumAttempts() != 1 || dial.GetHeartbeatTimeout().AsDuration() != 0 {
			t.Errorf("the dial is limited by %v", dial)
		}
	}
	if dials != 1 {
		t.Errorf("%d dials", dials)
	}
}
