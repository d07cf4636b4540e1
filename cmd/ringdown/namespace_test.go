package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

// temporalProgram is the pinned Temporal server.
func temporalProgram(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("TEMPORAL_CLI"); path != "" {
		return path
	}
	return filepath.Join("..", "..", "bin", "temporal")
}

// A namespace is made ready once and again, breaking nothing, and calls can start in it at once. What is in the way is
// named. Meanwhile the server is killed and comes back, as in a system that is drilled.
func TestANamespaceIsMadeReady(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	ended := make(chan error, 1)
	server := &devTemporal{
		address: fmt.Sprintf("127.0.0.1:%d", port), fail: func(err error) { ended <- err },
		command: cluster.Command{
			Name: "Temporal", Log: filepath.Join(t.TempDir(), "temporal.log"), Path: temporalProgram(t),
			Args: []string{
				"server", "start-dev", "--ip", "127.0.0.1", "--port", fmt.Sprint(port), "--headless", "--log-level", "error",
				"--db-filename", filepath.Join(t.TempDir(), "temporal.db"),
			},
		},
	}
	parts := &devParts{temporal: server, worker: &devWorker{}}
	if err := parts.Resume(t.Context(), temporalPart); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = parts.Kill(t.Context(), temporalPart) })
	c, err := client.Dial(client.Options{HostPort: server.address, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	prepare := func(name string) error {
		command := namespaceCommand{Retention: 48 * time.Hour, Within: 20 * time.Second}
		return command.prepare(t.Context(), client.Options{
			HostPort: server.address, Namespace: name, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		})
	}

	if err := prepare("ours"); err != nil {
		t.Fatal(err)
	}
	ours, err := client.NewClientFromExisting(c, client.Options{Namespace: "ours"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ours.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		TaskQueue: "none", TypedSearchAttributes: temporal.NewSearchAttributes(workflows.CallRoute.ValueSet("r")),
	}, "none"); err != nil {
		t.Errorf("a call that starts at once: %v", err)
	}

	if err := parts.Kill(t.Context(), temporalPart); err != nil {
		t.Fatal(err)
	}
	if now, err := parts.Parts(t.Context()); err != nil || now[0].State != cluster.Down || now[0].PID != 0 {
		t.Errorf("after its death it is %+v: %v", now, err)
	}
	if err := parts.Resume(t.Context(), temporalPart); err != nil {
		t.Fatal(err)
	}
	if err := prepare("ours"); err != nil { // it was kept
		t.Errorf("once more: %v", err)
	}

	if err := prepare("default"); err != nil { // which the server made
		t.Errorf("one that is there: %v", err)
	}
	var is *workflowservice.DescribeNamespaceResponse
	err = untilDone(t.Context(), func(ctx context.Context) (err error) { // this client may not have noticed yet that the server is back
		is, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
		return err
	})
	if err != nil || is.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() == 48*time.Hour {
		t.Errorf("what was there was changed to %v: %v", is.GetConfig(), err)
	}

	if _, err := c.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: "crooked", WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	if err := untilDone(t.Context(), func(ctx context.Context) error {
		_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: "crooked", SearchAttributes: map[string]enums.IndexedValueType{"CallRoute": enums.INDEXED_VALUE_TYPE_TEXT},
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := prepare("crooked"); err == nil || !strings.Contains(err.Error(), "CallRoute is there as Text, want Keyword: rename or remove that one") {
		t.Errorf("an attribute of another type: %v", err)
	}
	select {
	case err := <-ended:
		t.Errorf("the server's end was asked for: %v", err)
	default:
	}
}

func TestWithoutATemporalTheNamespaceSaysSo(t *testing.T) {
	command := namespaceCommand{Retention: 48 * time.Hour, Within: 200 * time.Millisecond}
	err := command.prepare(t.Context(), client.Options{
		HostPort: fmt.Sprintf("127.0.0.1:%d", freePort(t)), Namespace: "ours", Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err == nil || !strings.Contains(err.Error(), "no Temporal answers at 127.0.0.1:") || !strings.Contains(err.Error(), "set TEMPORAL_ADDRESS") {
		t.Errorf("it says %v", err)
	}
}
