package workflows_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/telemetry"
	"github.com/ringdown/ringdown/workflows"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

// Whoever makes traces makes the same commands: a run goes on with a worker that does from one that does not.
func TestHistoriesReplayWithTracesAndTellNothingTwice(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	made, err := telemetry.New(sdktrace.WithSyncer(kept)).Interceptors()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/history/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories (%v)", err)
	}
	for _, file := range files {
		replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
			DataConverter: workflows.DataConverter(nil), Interceptors: []interceptor.WorkerInterceptor{made[0].(interceptor.WorkerInterceptor)},
		})
		if err != nil {
			t.Fatal(err)
		}
		replayer.RegisterWorkflow(workflows.InboundCall)
		replayer.RegisterWorkflow(workflows.Alert)
		replayer.RegisterWorkflow(workflows.IncidentChannel)
		replayer.RegisterWorkflow(workflows.NumberRequest)
		if err := replayer.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	// What has the run in memory is told once more; what it did before is not.
	for _, span := range kept.GetSpans() {
		if !strings.HasPrefix(span.Name, "RunWorkflow:") {
			t.Errorf("a replay tells %s", span.Name)
		}
	}
	if len(kept.GetSpans()) < len(files) {
		t.Errorf("%d spans of %d runs", len(kept.GetSpans()), len(files))
	}
}
