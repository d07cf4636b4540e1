package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// checkKeys checks what keeps documents and histories secret.
func (c *doctorCommand) checkKeys(ctx context.Context, p parts, d *diagnosis) {
	if p.keys.Ready() {
		d.report("payload key seals and opens", checkSeals(p.keys), "make another one: echo 2026:$(openssl rand -base64 32)")
	}
	d.check(ctx, "payloads of the newest run that is over", func(ctx context.Context) error { return checkHistory(ctx, p) },
		"put the key that is missing into RINGDOWN_PAYLOAD_KEY too, behind the first, for every API and worker")
	var unread error
	if p.histories.Ready() && len(c.uiOrigins()) == 0 {
		unread = errors.New("histories are sealed, and TEMPORAL_UI_ORIGIN is not set, so that Temporal's web UI cannot show what is in them")
	}
	if p.histories.Ready() {
		d.hint("Temporal's web UI reads histories", unread, "set it to where browsers have that UI: see docs/encryption.md")
	}
}

// checkSeals sees that what is sealed can be opened, and is not to be read.
func checkSeals(keys *secrets.Keys) error {
	const plain = "what the doctor says"
	sealed, err := keys.Seal([]byte(plain), []byte("doctor"))
	if err != nil {
		return err
	}
	opened, err := keys.Open(sealed, []byte("doctor"))
	if err == nil && (string(opened) != plain || bytes.Contains(sealed, []byte(plain))) {
		err = errors.New("what was sealed is not what is opened")
	}
	return err
}

// checkHistory sees that what the newest run that is over was given, and gave, can be read with the keys at hand. While
// Temporal is away, or nothing is over yet, there is nothing to see.
func checkHistory(ctx context.Context, p parts) error {
	list, err := p.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: p.namespace, PageSize: 1, Query: "WorkflowType IN ('InboundCall', 'NumberRequest') AND ExecutionStatus != 'Running'",
	})
	if err != nil || len(list.GetExecutions()) == 0 {
		return nil //nolint:nilerr // it is reported as what it is
	}
	run := list.GetExecutions()[0].GetExecution()
	events := p.temporal.GetWorkflowHistory(ctx, run.GetWorkflowId(), run.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", run.GetWorkflowId(), err)
		}
		if _, err := workflows.Codec(p.histories).Decode(told(event)); err != nil {
			return fmt.Errorf("%s, event %d: %w", run.GetWorkflowId(), event.GetEventId(), err)
		}
	}
	return nil
}

// told are the payloads of what a run was given, asked for and gave.
func told(e *history.HistoryEvent) []*common.Payload {
	var all []*common.Payload
	for _, payloads := range []*common.Payloads{
		e.GetWorkflowExecutionStartedEventAttributes().GetInput(),
		e.GetWorkflowExecutionCompletedEventAttributes().GetResult(),
		e.GetActivityTaskScheduledEventAttributes().GetInput(),
		e.GetActivityTaskCompletedEventAttributes().GetResult(),
		e.GetWorkflowExecutionSignaledEventAttributes().GetInput(),
	} {
		all = append(all, payloads.GetPayloads()...)
	}
	return all
}
