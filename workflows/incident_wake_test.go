package workflows_test

import (
	"sync"
	"testing"

	"github.com/ringdown/ringdown/workflows"
	"github.com/ringdown/ringdown/workflows/temporaltest"
	"go.temporal.io/sdk/worker"
)

// That a run which ends and one that is woken do not miss each other is seen on a real server alone.
func TestAnIncidentIsWokenFromManySidesAndToldOnce(t *testing.T) {
	temporalClient := temporaltest.Start(t, "--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000")
	r := newRoom(t)
	runs := worker.New(temporalClient, workflows.CallQueue, worker.Options{})
	runs.RegisterWorkflow(workflows.IncidentChannel)
	tells := worker.New(temporalClient, workflows.TellQueue, worker.Options{DisableWorkflowWorker: true})
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
				if err := workflows.WakeIncident(t.Context(), temporalClient, r.incident); err != nil {
					t.Error(err)
				}
			}
		})
	}
	waking.Wait()
	if err := temporalClient.GetWorkflow(t.Context(), workflows.IncidentID(r.incident), "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	r.shows("U0ALICE", allSaid...)

	r.says("Once more.")
	if err := workflows.WakeIncident(t.Context(), temporalClient, r.incident); err != nil {
		t.Fatal(err)
	}
	if err := temporalClient.GetWorkflow(t.Context(), workflows.IncidentID(r.incident), "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	r.shows("U0ALICE", append(allSaid, "- Once more.")...)
}
