package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// A caller is erased here, at the carrier and in a real Temporal, whose runs are gone with their histories.
func TestACallerIsErasedHereAtTheCarrierAndInTemporal(t *testing.T) {
	t.Parallel()
	temporalClient := temporalServer(t)
	s := storetest.SQLite(t)
	left(t, s, 700, 3)
	left(t, s, 701, 2)
	carrier, a := newArchive(t, recordingOf(700), recordingOf(701), recordingOf(702))
	// The run of this call had it, and could not say so any more.
	a.of = map[string]string{fmt.Sprintf("/2010-04-01/Accounts/%s/Calls/CA%032x/Recordings.json", account, 701): recordingOf(702)}
	k := newKeeper(s, carrier, models.Retention{})
	k.Temporal = temporalClient

	w := worker.New(temporalClient, t.Name(), worker.Options{})
	w.RegisterActivity(k)
	w.RegisterWorkflowWithOptions(func(workflow.Context, string) error { return nil }, workflow.RegisterOptions{Name: "knows"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ string) error {
		workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
		return nil
	}, workflow.RegisterOptions{Name: "tells"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, activity, id string) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, ScheduleToCloseTimeout: time.Second})
		return workflow.ExecuteActivity(ctx, activity, id).Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "do"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	run := func(id, name string, args ...any) client.WorkflowRun {
		t.Helper()
		run, err := temporalClient.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: t.Name()}, name, args...)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	do := func(activity, id string) error { return run("", "do", activity, id).Get(t.Context(), nil) }
	var ids []string
	for n := 700; n < 702; n++ {
		for _, of := range []string{"call", "alert"} {
			id := fmt.Sprintf("%s/CA%032x", of, n)
			ids = append(ids, id)
			name := "knows"
			if id == fmt.Sprintf("alert/CA%032x", 701) {
				name = "tells"
			}
			if first := run(id, name, "+447700900123"); name == "knows" {
				if err := first.Get(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := run(ids[0], "knows", "+447700900123").Get(t.Context(), nil); err != nil { // another run of the same
		t.Fatal(err)
	}
	listed := func() int {
		found, err := temporalClient.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: "default", Query: "WorkflowId IN ('" + strings.Join(ids, "','") + "') AND ExecutionStatus != 'Running'",
		})
		if err != nil {
			t.Fatal(err)
		}
		return int(found.GetCount())
	}
	until(t, "a list of all runs", func() bool { return listed() == 4 })

	e, err := s.BeginErasure(t.Context(), "+447700900123", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := do("EraseCaller", e.ID); err != nil {
		t.Fatal(err)
	}
	if err := do("RemoveElsewhere", e.ID); err == nil {
		t.Error("an alert is still told, and nobody says so")
	}
	got, err := s.Erasure(t.Context(), e.ID)
	if err != nil || got.DoneAt != nil || got.Left != (models.Leftovers{WorkflowRuns: 1, LastError: got.Left.LastError}) || !strings.Contains(got.Left.LastError, "still open") {
		t.Errorf("left is %+v, %v", got.Left, err)
	}
	if err := temporalClient.SignalWorkflow(t.Context(), ids[3], "", "end", nil); err != nil {
		t.Fatal(err)
	}
	until(t, "the end of the erasure", func() bool {
		if err := do("RemoveElsewhere", e.ID); err != nil {
			return false
		}
		got, err = s.Erasure(t.Context(), e.ID)
		return err == nil && got.DoneAt != nil
	})
	if got.Removed.WorkflowRuns != 4 || got.Removed.Recordings != 2 || got.Removed.Calls != 2 {
		t.Errorf("it came to %+v", got.Removed)
	}
	if sounds, words := a.has(); sounds+words > 0 {
		t.Errorf("the carrier has %d recordings and %d transcripts", sounds, words)
	}
	until(t, "an end of all runs", func() bool { return listed() == 0 })
	for _, id := range ids {
		until(t, "an end of "+id, func() bool {
			events := temporalClient.GetWorkflowHistory(t.Context(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
			_, err := events.Next()
			return err != nil
		})
	}
	if naming := storetest.Naming(storetest.Dump(t, s), "447700900123", "pump"); len(naming) > 0 {
		t.Errorf("left is %q", naming)
	}
}

func TestWhatCanNeverBeRemovedKeepsNothingElse(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	pools, err := s.Pools()
	if err != nil {
		t.Fatal(err)
	}
	for n := range 201 { // more than a page
		kind, reference := "strange", fmt.Sprint(n)
		if n == 200 {
			kind, reference = string(models.RemoveRecording), recordingOf(1)
		}
		_, err := pools["writer"].ExecContext(t.Context(), `INSERT INTO removals (id, kind, reference, erasure_id, since, tries, last_error)
			VALUES (?, ?, ?, '', ?, 0, '')`, fmt.Sprintf("%03d", n), kind, reference, time.Now())
		if err != nil {
			t.Fatal(err)
		}
	}
	carrier, a := newArchive(t, recordingOf(1))
	k := newKeeper(s, carrier, models.Retention{})
	if _, err := does(t, k, k.RemoveElsewhere, ""); err == nil {
		t.Error("nobody says that something is left")
	}
	if sounds, _ := a.has(); sounds > 0 {
		t.Error("the recording is left")
	}
}

func TestErasuresThatAreNotDoneAreResumed(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	k := newKeeper(s, nil, models.Retention{})
	var resumed []string
	k.Resume = func(_ context.Context, _ client.Client, id string) error {
		resumed = append(resumed, id)
		return errors.New("Temporal is away")
	}
	var ids []string
	for _, number := range []models.Phone{"+447700900123", "+447700900124"} {
		e, err := s.BeginErasure(t.Context(), number, false)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	if _, err := does(t, k, k.ResumeErasures); err == nil || !slices.Equal(resumed, ids) {
		t.Errorf("resumed are %q, want %q: %v", resumed, ids, err)
	}
}
