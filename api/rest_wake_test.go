package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// startingTemporal notes which runs are started.
type startingTemporal struct {
	client.Client
	started []string
	fails   error
}

func (s *startingTemporal) SignalWithStartWorkflow(_ context.Context, id, _ string, _ any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	s.started = append(s.started, id)
	return nil, s.fails
}

func (s *startingTemporal) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	s.started = append(s.started, o.ID)
	return nil, s.fails
}

func TestTheRunsOfChannelsAndDeliveriesAreStarted(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	temporal := &startingTemporal{}
	s := &Server{temporal: temporal, log: slog.New(slog.NewJSONHandler(&log, nil))}
	s.wake(t.Context(), "i1")
	if err := s.redeliver(t.Context(), "a1", models.ReceiverRef{ID: "r1"}); err != nil {
		t.Error(err)
	}
	if want := workflows.IncidentID("i1") + " " + workflows.RedeliverID("a1", "r1"); strings.Join(temporal.started, " ") != want || log.Len() > 0 {
		t.Errorf("started %v, want %s; logged %s", temporal.started, want, &log)
	}

	temporal.fails = errors.New("nobody there")
	s.wake(t.Context(), "i1")
	if !strings.Contains(log.String(), `"incident":"i1"`) || !strings.Contains(log.String(), "nobody there") {
		t.Errorf("logged %s", &log)
	}
	if err := s.redeliver(t.Context(), "a1", models.ReceiverRef{ID: "r1"}); !errors.Is(err, temporal.fails) {
		t.Errorf("a delivery that is not tried again: %v", err)
	}
}
