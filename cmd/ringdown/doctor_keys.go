package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// checkKeys checks what keeps documents and histories secret.
func (c *doctorCommand) checkKeys(ctx context.Context, p parts, d *diagnosis) {
	if p.keys.Ready() {
		d.report("payload key seals and opens", checkSeals(p.keys), "make another one: echo 2026:$(openssl rand -base64 32)")
	}
	checkPayloads(ctx, p, d)
	if p.keys.Seals() && !p.histories.Seals() {
		d.hint("histories are sealed", errors.New("RINGDOWN_PLAIN_HISTORIES is set, so that Temporal keeps in the open what callers say, although there is a key"),
			"unset it once every process has the key: see docs/encryption.md")
	}
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

// checkPayloads sees that what runs were given, and gave, can be read with the keys at hand: of the newest that is over, and
// of the oldest that go on, for which an old key may be needed.
func checkPayloads(ctx context.Context, p parts, d *diagnosis) {
	const remedy = "put the key that is missing into RINGDOWN_PAYLOAD_KEY too, behind the first, for every API and worker"
	const newest = "payloads of the newest run that is over"
	over, err := within(ctx, func(ctx context.Context) (runsFound, error) {
		return p.runs(ctx, "WorkflowType IN ('InboundCall', 'NumberRequest') AND ExecutionStatus != 'Running'", 1)
	})
	if err != nil || over.first == nil {
		d.hint(newest, cmp.Or(err, errors.New("there is none")), "it was not looked at: see to it when there is one, and Temporal answers")
	} else {
		d.check(ctx, newest, func(ctx context.Context) error { return p.checkHistory(ctx, over.first) }, remedy)
	}
	for _, kind := range []string{"InboundCall", "NumberRequest"} {
		live, err := within(ctx, func(ctx context.Context) (runsFound, error) {
			return p.runs(ctx, "WorkflowType = '"+kind+"' AND ExecutionStatus = 'Running'", runsAtMost)
		})
		if err == nil && live.last != nil {
			d.check(ctx, "payloads of the oldest "+kind+" that goes on", func(ctx context.Context) error { return p.checkHistory(ctx, live.last) }, remedy)
		}
	}
}

// runsAtMost is how many runs are looked through for the oldest one.
const runsAtMost = 20_000

// runsFound are the newest and the oldest run of a list; nil where it is empty.
type runsFound struct{ first, last *common.WorkflowExecution }

// runs goes through the list of a query, which Temporal gives newest first and in no other order.
func (p parts) runs(ctx context.Context, query string, most int) (found runsFound, err error) {
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: p.namespace, PageSize: int32(min(most, 1000)), Query: query}
	for seen := 0; seen < most; {
		list, err := p.temporal.ListWorkflow(ctx, request)
		if err != nil {
			return found, err
		}
		for _, run := range list.GetExecutions() {
			if found.first == nil {
				found.first = run.GetExecution()
			}
			found.last = run.GetExecution()
			seen++
		}
		if request.NextPageToken = list.GetNextPageToken(); len(request.NextPageToken) == 0 {
			break
		}
	}
	return found, nil
}

// checkHistory sees that all of a history can be read with the keys at hand.
func (p parts) checkHistory(ctx context.Context, run *common.WorkflowExecution) error {
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
		e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetArgs(),
		e.GetWorkflowExecutionUpdateCompletedEventAttributes().GetOutcome().GetSuccess(),
	} {
		all = append(all, payloads.GetPayloads()...)
	}
	for _, f := range []*failure.Failure{
		e.GetWorkflowExecutionFailedEventAttributes().GetFailure(),
		e.GetActivityTaskFailedEventAttributes().GetFailure(),
		e.GetWorkflowExecutionUpdateCompletedEventAttributes().GetOutcome().GetFailure(),
	} {
		for ; f != nil; f = f.GetCause() {
			all = append(all, f.GetApplicationFailureInfo().GetDetails().GetPayloads()...)
			if f.GetEncodedAttributes() != nil {
				all = append(all, f.GetEncodedAttributes())
			}
		}
	}
	return all
}
