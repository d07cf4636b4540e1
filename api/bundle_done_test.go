package api

import (
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"github.com/ringdown/ringdown/workflows/temporaltest"
)

// noted is a run that takes words, refuses one too late, and ends after another.
func noted(ctx workflow.Context) error {
	ended := false
	err := workflow.SetUpdateHandler(ctx, "note", func(_ workflow.Context, text string) (models.NumberRequest, error) {
		if text == "refuse" {
			return models.NumberRequest{}, temporal.NewNonRetryableApplicationError("somebody was first", workflows.ErrConflict, nil)
		}
		ended = text == "end"
		return models.NumberRequest{ID: aRequest, Reason: text, Version: 3}, nil
	})
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return ended })
}

// What Temporal says of an update that it does not know, or whose run is over, is seen on a real server alone.
func TestARunIsAskedWhatAnUpdateHasComeTo(t *testing.T) {
	temporalClient := temporaltest.Start(t)
	runs := worker.New(temporalClient, workflows.CallQueue, worker.Options{})
	runs.RegisterWorkflow(noted)
	if err := runs.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(runs.Stop)
	s := &Server{temporal: temporalClient}
	knows := func(when, updateID, want string) {
		t.Helper()
		began := time.Now()
		after, ok, err := s.done(t.Context(), aRequest, updateID)
		if err != nil || ok != (want != "") || after.Reason != want {
			t.Errorf("%s: of %s it knows %q, %t, %v, want %q", when, updateID, after.Reason, ok, err, want)
		}
		if took := time.Since(began); took > doneWithin/2 {
			t.Errorf("%s: it took %v", when, took)
		}
	}
	knows("without a run", "first", "")
	options := client.StartWorkflowOptions{ID: workflows.RequestID(aRequest), TaskQueue: workflows.CallQueue}
	if _, err := temporalClient.ExecuteWorkflow(t.Context(), options, noted); err != nil {
		t.Fatal(err)
	}
	for id, text := range map[string]string{"first": "keep", "second": "refuse"} {
		h, err := temporalClient.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: workflows.RequestID(aRequest), UpdateID: id, UpdateName: "note", Args: []any{text}, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err == nil {
			err = h.Get(t.Context(), nil)
		}
		if (err != nil) != (text == "refuse") {
			t.Fatal(err)
		}
	}
	knows("at work", "first", "keep")
	knows("at work", "second", "")
	knows("at work", "third", "")
	_, err := temporalClient.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: workflows.RequestID(aRequest), UpdateID: "last", UpdateName: "note", Args: []any{"end"}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := temporalClient.GetWorkflow(t.Context(), workflows.RequestID(aRequest), "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	knows("at its end", "last", "end")
	knows("at its end", "third", "")
	temporalClient.Close()
	if _, ok, err := s.done(t.Context(), aRequest, "first"); err == nil || ok {
		t.Errorf("of a server that is away it knows %t, %v", ok, err)
	}
}
