package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/api/history/v1"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// archive is a Temporal with one run that is over, or none.
type archive struct {
	client.Client
	keys *secrets.Keys // that sealed it; nil: it is plain
	none bool
	away bool
}

func (a archive) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if a.away {
		return nil, errors.New("it is away")
	}
	if a.none {
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflow.WorkflowExecutionInfo{
		{Execution: &common.WorkflowExecution{WorkflowId: "call/CA1", RunId: "run"}},
	}}, nil
}

func (a archive) GetWorkflowHistory(context.Context, string, string, bool, enums.HistoryEventFilterType) client.HistoryEventIterator {
	payloads, err := workflows.DataConverter(a.keys).ToPayloads("what a caller said")
	if err != nil {
		panic(err)
	}
	return &pages{events: []*history.HistoryEvent{
		{EventId: 1, Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{}}},
		{EventId: 2, Attributes: &history.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
			WorkflowExecutionCompletedEventAttributes: &history.WorkflowExecutionCompletedEventAttributes{Result: payloads}}},
	}}
}

// pages are the events of a history.
type pages struct{ events []*history.HistoryEvent }

func (p *pages) HasNext() bool { return len(p.events) > 0 }

func (p *pages) Next() (*history.HistoryEvent, error) {
	first := p.events[0]
	p.events = p.events[1:]
	return first, nil
}

func TestTheDoctorSaysWhetherKeysDo(t *testing.T) {
	key := func(text string) *secrets.Keys {
		keys, err := secrets.ParseKeys(text)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	first, second := secrets.NewKey(), secrets.NewKey()
	for name, c := range map[string]struct {
		there   archive
		ours    *secrets.Keys
		origins []string
		says    string // a regular expression
	}{
		"no key at all":         {archive{}, nil, nil, "^ok     payloads of the newest run that is over\nok     payloads of the oldest InboundCall that goes on\nok     payloads of the oldest NumberRequest that goes on\n$"},
		"the key of the run":    {archive{keys: key(first)}, key(first), []string{"https://ui.example.com"}, "^ok     payload key seals and opens\nok     payloads of the newest .*\n(ok     payloads of the oldest .*\n){2}ok     Temporal's web UI reads histories\n$"},
		"a run before any key":  {archive{}, key(first), nil, "ok     payloads of the newest"},
		"a newer key and it":    {archive{keys: key(first)}, key(second + "," + first), nil, "ok     payloads of the newest"},
		"a newer key alone":     {archive{keys: key(first)}, key(second), nil, "FAULT  payloads of the newest run that is over: call/CA1, event 2: .*\n       put the key that is missing into RINGDOWN_PAYLOAD_KEY"},
		"a run that was sealed": {archive{keys: key(first)}, nil, nil, "FAULT  payloads of the newest run that is over: call/CA1, event 2: "},
		"no run yet":            {archive{none: true}, key(first), nil, "hint   payloads of the newest run that is over: there is none\n"},
		"no Temporal":           {archive{away: true}, key(first), nil, "hint   payloads of the newest run that is over: it is away\n"},
		"nobody who reads them": {archive{}, key(first), nil, "hint   Temporal's web UI reads histories: .*TEMPORAL_UI_ORIGIN is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			d := diagnosis{out: &out}
			doctor := doctorCommand{settings: settings{TemporalUIOrigins: c.origins}}
			doctor.checkKeys(t.Context(), parts{temporal: c.there, keys: c.ours, histories: c.ours}, &d)
			said := out.String()
			if d.faults != strings.Count(said, "FAULT") || !regexp.MustCompile(c.says).MatchString(said) || strings.Contains(said, "what a caller said") {
				t.Errorf("with %d faults it says\n%s", d.faults, said)
			}
		})
	}
}

func TestTheDoctorHintsThatHistoriesAreOpenAlthoughThereIsAKey(t *testing.T) {
	keys, err := secrets.ParseKeys(secrets.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	for plain, histories := range map[bool]*secrets.Keys{true: keys.Opening(), false: keys} {
		said := diagnosed(t, func(d *diagnosis) {
			new(doctorCommand).checkKeys(t.Context(), parts{temporal: archive{}, keys: keys, histories: histories}, d)
		})
		if strings.Contains(said, "hint   histories are sealed: RINGDOWN_PLAIN_HISTORIES is set") != plain {
			t.Errorf("open %t, and it says\n%s", plain, said)
		}
	}
}

func TestTheDoctorReadsWhatUpdatesAndFailuresSay(t *testing.T) {
	some := &common.Payloads{Payloads: []*common.Payload{{Data: []byte("said")}}}
	broken := &failure.Failure{Cause: &failure.Failure{EncodedAttributes: some.Payloads[0]}}
	for name, event := range map[string]*history.HistoryEvent{
		"an update": {Attributes: &history.HistoryEvent_WorkflowExecutionUpdateAcceptedEventAttributes{
			WorkflowExecutionUpdateAcceptedEventAttributes: &history.WorkflowExecutionUpdateAcceptedEventAttributes{
				AcceptedRequest: &updatepb.Request{Input: &updatepb.Input{Args: some}}}}},
		"its answer": {Attributes: &history.HistoryEvent_WorkflowExecutionUpdateCompletedEventAttributes{
			WorkflowExecutionUpdateCompletedEventAttributes: &history.WorkflowExecutionUpdateCompletedEventAttributes{
				Outcome: &updatepb.Outcome{Value: &updatepb.Outcome_Success{Success: some}}}}},
		"an activity that failed": {Attributes: &history.HistoryEvent_ActivityTaskFailedEventAttributes{
			ActivityTaskFailedEventAttributes: &history.ActivityTaskFailedEventAttributes{Failure: broken}}},
	} {
		if got := told(event); len(got) != 1 || string(got[0].GetData()) != "said" {
			t.Errorf("%s: %v", name, got)
		}
	}
}
