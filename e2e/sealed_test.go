package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
)

// keeper reads what Temporal keeps of runs, as its database holds it.
type keeper struct {
	t         *testing.T
	s         *system
	namespace string
	bytes     bytes.Buffer
	unsealed  []string // payloads that anybody can read
}

// note keeps an answer of Temporal's as it came over the wire.
func (k *keeper) note(raw []byte, err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
	k.bytes.Write(raw)
	k.bytes.WriteByte('\n')
}

// visitor looks at payloads one by one, search attributes left out.
func (k *keeper) visitor() proxy.VisitPayloadsOptions {
	return proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*common.Payload) ([]*common.Payload, error) {
			for _, p := range payloads {
				if !workflows.Sealed(p) {
					k.unsealed = append(k.unsealed, string(p.GetData()))
				}
			}
			return payloads, nil
		},
	}
}

// reads reads all there is of some runs: histories, what is pending, what lists show.
func (k *keeper) reads(ids ...string) {
	k.t.Helper()
	ctx, service := k.t.Context(), k.s.temporal.WorkflowService()
	for _, id := range ids {
		run := &common.WorkflowExecution{WorkflowId: id}
		history, err := service.GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
			Namespace: k.namespace, Execution: run, MaximumPageSize: 1000,
		})
		if err != nil || len(history.GetNextPageToken()) > 0 {
			k.t.Fatalf("%s: %v, or its history is longer than a page", id, err)
		}
		described, err := service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: k.namespace, Execution: run})
		if err != nil {
			k.t.Fatal(err)
		}
		k.note(history.Marshal())
		k.note(described.Marshal())
		if err := proxy.VisitPayloads(ctx, history, k.visitor()); err != nil {
			k.t.Fatal(err)
		}
		if err := proxy.VisitPayloads(ctx, described, k.visitor()); err != nil {
			k.t.Fatal(err)
		}
	}
	query := "WorkflowId IN ('" + strings.Join(ids, "', '") + "')"
	eventually(k.t, "every run is listed", func() bool {
		list, err := service.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: k.namespace, Query: query})
		if err != nil {
			k.t.Fatal(err)
		}
		k.note(list.Marshal())
		return len(list.GetExecutions()) >= len(ids)
	})
	schedules, err := service.ListSchedules(ctx, &workflowservice.ListSchedulesRequest{Namespace: k.namespace, MaximumPageSize: 100})
	if err != nil {
		k.t.Fatal(err)
	}
	k.note(schedules.Marshal())
}

// coded is a stretch of bytes that may be base64 of either kind.
var coded = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}`)

// forms are what was kept as it is, and what is base64 within it, twice.
func (k *keeper) forms() (all [][]byte) {
	form := k.bytes.Bytes()
	for range 3 {
		all = append(all, form)
		var decoded []byte
		for _, text := range coded.FindAll(form, -1) {
			text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("-"), []byte("+")), []byte("_"), []byte("/"))
			for from := range 4 { // something that looks like base64 may stand before it
				plain := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)-from))
				n, _ := base64.RawStdEncoding.Decode(plain, text[from:]) // as far as it is base64
				decoded = append(append(decoded, plain[:n]...), '\n')
			}
		}
		form = decoded
	}
	return all
}

// holds says whether something can be read in one of the forms, as it is or as the part of a link.
func holds(forms [][]byte, secret string) bool {
	return slices.ContainsFunc(forms, func(form []byte) bool {
		return slices.ContainsFunc([]string{secret, url.QueryEscape(secret), strings.TrimPrefix(secret, "+")}, func(s string) bool {
			return bytes.Contains(form, []byte(s))
		})
	})
}

// sealedStory is a call, its alert, its incident and a request for a number with everything in them that nobody may read,
// and the ids of their runs.
func sealedStory(t *testing.T, s *system, k *keeper) (ids, secrets []string) {
	l := s.line(t, "Xanthippe Quentin", withVoicemail, inAmerican, func(r *models.Route) {
		r.Name = fmt.Sprintf("Zebra desk %d", s.numbers)
		r.Keypress = models.Keypress{Enabled: true, Key: "7", Prompt: "Kindly press 7 for the zebras."}
		r.Accept.Prompt = "A zebra wants you. Press 1 to take it."
	})
	rule, hook := l.declares(), l.listens(models.ReceiverWebhook)
	hook.answer = func(nth int, w http.ResponseWriter, _ *http.Request) { // the failure of a try is kept, too
		if nth == 1 {
			http.Error(w, "The zebras have no keeper now.", http.StatusServiceUnavailable)
		}
	}
	caller := l.calls().hears("press 7").presses("7")
	l.rung("Xanthippe")
	k.reads(workflows.CallID(l.leg.SID), workflows.AlertID(l.leg.SID)) // while something is pending
	l.people["Xanthippe"].rejects()
	l.rung("Quentin").answers().hears("to take").presses("9")
	caller.hears("leave a message").says("All zebras have escaped").presses("#").hears("recorded").ends("completed")
	l.ended(models.Voicemailed)
	hook.hears(2)
	channel := workflows.IncidentID(l.incident(rule).ID)
	if err := s.temporal.GetWorkflow(t.Context(), channel, "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	w := s.wishes(t, americanForm)
	w.does("ask", `{"question":"How many zebras?","fields":["area_code"]}`)
	w.does("answer", `{"text":"Eleven zebras.","form":{"area_code":"206"}}`)
	w.does("approve", `{"choose":true}`)
	number, err := s.store.Number(t.Context(), w.comesTo(models.RequestActive).PhoneNumberID)
	if err != nil {
		t.Fatal(err)
	}
	w.closed()
	ids = []string{workflows.CallID(l.leg.SID), workflows.AlertID(l.leg.SID), channel, workflows.RequestID(w.id)}
	secrets = append(l.numbers(), l.number, l.from, string(number.Number), "Xanthippe", "Quentin", l.route.Name,
		"Kindly press 7", "A zebra wants you", `"digits":"7"`, `"digits":"9"`, "All zebras have escaped", "The zebras have no keeper",
		"nora@example.com", "How many zebras?", "Eleven zebras.")
	return ids, secrets
}

// Whoever holds Temporal's database, or may look at its lists, learns nothing of callers and responders. That the test
// would see it is shown on a system that seals nothing.
func TestWhatTemporalKeepsTellsNothing(t *testing.T) {
	t.Parallel()
	for namespace, sealed := range map[string]bool{"slack-sealed": true, "slack": false} {
		t.Run(namespace, func(t *testing.T) {
			t.Parallel()
			k := &keeper{t: t, s: sharedSystem(t, namespace), namespace: namespace}
			ids, secrets := sealedStory(t, k.s, k)
			k.reads(ids...)
			forms := k.forms()
			for _, secret := range secrets {
				if found := holds(forms, secret); found == sealed {
					t.Errorf("found is %q: %t", secret, found)
				}
			}
			if sealed && len(k.unsealed) > 0 || !sealed && len(k.unsealed) == 0 {
				t.Errorf("%d payloads can be read: %q", len(k.unsealed), k.unsealed)
			}
		})
	}
}

// A worker that lacks the key fails its tasks and no run: the call goes on when one comes that has it.
func TestAWorkerWithoutTheKeyLosesNoCall(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "keys-sealed", awayPace, false)
	l := p.line(t, "Alice", longRing)
	caller := l.calls().hears(music)
	alice := l.rung("Alice")
	p.stopWorker()
	knows := p.work
	var err error
	if p.work.Temporal, err = temporalWith(nil, temporalAddress, "keys-sealed"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.work.Temporal.Close)
	p.work.Histories = nil
	p.startWorker()
	alice.answers().hears(aMoment)
	var said string
	l.historyShows(func(e *history.HistoryEvent) bool {
		said = e.GetWorkflowTaskFailedEventAttributes().GetFailure().GetMessage()
		return e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_FAILED
	})
	if !strings.Contains(said, "set RINGDOWN_PAYLOAD_KEY") {
		t.Errorf("the task failed with %q", said)
	}
	p.stopWorker()
	p.work = knows
	p.startWorker()
	alice.hears("to take").presses("1").talks()
	caller.talks().hangsUp()
	alice.hears("hung up")
	l.ended(models.Connected)
}
