package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
)

// journeys are requests from beginning to end, whose histories are kept and whose cost is held.
var journeys = map[string]struct {
	form string
	ends models.RequestStatus
	goes func(w *wish)
}{
	"request-approved": {americanForm, models.RequestActive, func(w *wish) { w.does("approve", `{"choose":true}`) }},
	"request-asked-back": {americanForm, models.RequestActive, func(w *wish) {
		w.does("ask", `{"question":"Which city?","fields":["area_code"]}`)
		w.rests()
		w.does("answer", `{"text":"Seattle.","form":{"area_code":"206"}}`)
		w.rests()
		w.does("approve", `{"choose":true}`)
	}},
	"request-with-paperwork": {germanForm, models.RequestActive, func(w *wish) { w.does("approve", `{"choose":true}`) }},
	"request-rejected":       {americanForm, models.RequestRejected, func(w *wish) { w.does("reject", `{"reason":"No."}`) }},
	"request-withdrawn": {germanForm, models.RequestWithdrawn, func(w *wish) {
		w.s.carrier.ReviewNextBundle("DE", simulator.Review{Verdict: simulator.ReviewHold})
		w.does("approve", `{"choose":true}`)
		w.comesTo(models.RequestWaitingForCarrier)
		w.rests()
		w.does("withdraw", `{"reason":"We moved."}`)
	}},
	"request-mended": {germanForm, models.RequestActive, func(w *wish) {
		w.s.carrier.ReviewNextBundle("DE", simulator.Review{Verdict: simulator.ReviewRefuse, Reason: "The excerpt cannot be read."})
		w.does("approve", `{"choose":true}`)
		w.comesTo(models.RequestWaitingForRequester)
		w.rests()
		w.does("answer", fmt.Sprintf(`{"text":"A better scan.","form":{"documents":{%s}}}`, w.proof("scan.pdf")))
		w.rests()
		w.does("approve", `{"choose":true}`)
	}},
	"request-fulfilled": {otherForm, models.RequestActive, func(w *wish) {
		by := w.s.fresh()
		w.s.carrier.AddNumber(simulator.Number{Phone: by})
		_, imported := w.s.asksAs(w.t, adminKey, http.MethodPost, "/v1/phone-numbers", fmt.Sprintf(`{"number":%q,"name":"By hand"}`, by))
		w.does("fulfil", fmt.Sprintf(`{"phone_number_id":%q}`, imported["id"]))
	}},
}

// closed waits until the run of a request is over, and reads its history.
func (w *wish) closed() *history.History {
	w.t.Helper()
	if err := w.s.temporal.GetWorkflow(w.t.Context(), workflows.RequestID(w.id), "").Get(w.t.Context(), nil); err != nil {
		w.t.Fatal(err)
	}
	l := &line{t: w.t, s: w.s}
	return l.history(workflows.RequestID(w.id))
}

// What a request costs over its whole life is part of what was promised: a change that makes it dearer is seen here.
func TestWhatARequestCosts(t *testing.T) {
	for name, want := range map[string]cost{ // tasks and told at most
		"request-approved":       {events: 41, tasks: 14, actions: 16},
		"request-asked-back":     {events: 57, tasks: 18, actions: 24},
		"request-with-paperwork": {events: 75, tasks: 27, told: 3, actions: 29},
		"request-rejected":       {events: 13, tasks: 5, actions: 6},
	} {
		t.Run(name, func(t *testing.T) {
			w := sharedSystem(t, "sqlite").wishes(t, journeys[name].form)
			w.rests()
			journeys[name].goes(w)
			w.comesTo(journeys[name].ends)
			got := costOf(w.closed())
			t.Logf("%d events and %d workflow tasks, %d told; %d actions", got.events, got.tasks, got.told, got.actions)
			if got.events != want.events || got.actions != want.actions || got.tasks > want.tasks || got.told > want.told {
				t.Errorf("it costs %+v, want %+v", got, want)
			}
		})
	}
}

// rests waits until the run does nothing but wait for somebody.
func (w *wish) rests() {
	w.t.Helper()
	l := &line{t: w.t, s: w.s}
	l.comes("the run waits", func() bool {
		events := l.history(workflows.RequestID(w.id)).GetEvents()
		return events[len(events)-1].GetEventType() == enums.EVENT_TYPE_TIMER_STARTED
	})
}
