package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

func TestRESTACallIsEnded(t *testing.T) {
	t.Parallel()
	const live, over = "/v1/calls/call-1/end", "/v1/calls/call-9/end"
	ended := func(rt *restTest, reason string) models.Call {
		call := endedCall("1", rt.now, rt.now.Add(time.Minute), models.Failed)
		call.Reason = reason
		return call
	}
	for _, c := range []struct {
		name      string
		prepare   func(rt *restTest, f *runsTemporal)
		path      string
		status    int
		says      string
		cancelled int
		noted     int // in the audit list
	}{
		{"a live call", nil, live, http.StatusOK, `"ended_at":null`, 1, 1},
		{"a call that somebody else is ending", func(_ *restTest, f *runsTemporal) {
			f.cancels = func(string) error { return serviceerror.NewCancellationAlreadyRequested("already") }
		}, live, http.StatusOK, `"ended_at":null`, 1, 1},
		{"a call that was ended by an operator", func(rt *restTest, _ *runsTemporal) { rt.records(ended(rt, "ended by an operator")) },
			live, http.StatusOK, `"reason":"ended by an operator"`, 0, 1},
		{"a call that was ended by another operator just now", func(rt *restTest, f *runsTemporal) {
			f.cancels = func(string) error { rt.records(ended(rt, "ended by an operator")); return errGone }
		}, live, http.StatusOK, `"reason":"ended by an operator"`, 1, 1},
		{"a call that ended by itself", nil, over, http.StatusConflict, "The call ended at 2026-03-04T12:01:00Z: connected.", 0, 0},
		{"a call that broke", func(rt *restTest, _ *runsTemporal) { rt.records(ended(rt, "something broke")) },
			live, http.StatusConflict, "The call ended at 2026-03-04T12:01:00Z: failed, something broke.", 0, 0},
		{"a call that ends by itself just now", func(rt *restTest, f *runsTemporal) {
			f.cancels = func(string) error { rt.records(ended(rt, "")); return errGone }
		}, live, http.StatusConflict, "The call ended at 2026-03-04T12:01:00Z: failed.", 1, 0},
		{"a call that no run owns", func(_ *restTest, f *runsTemporal) {
			f.cancels = func(string) error { return errGone }
		}, live, http.StatusConflict, "looked after each minute", 1, 0},
		{"while Temporal is away", func(_ *restTest, f *runsTemporal) { f.fails = errAway },
			live, http.StatusServiceUnavailable, "try again in a moment", 0, 0},
		{"a call that is not there", nil, "/v1/calls/call-2/end", http.StatusNotFound, "Nothing has this id", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			temporal := &runsTemporal{}
			rt := newCallsREST(t, temporal)
			rt.records(liveCall("1", rt.now), endedCall("9", rt.now, rt.now.Add(time.Minute), models.Connected))
			if c.prepare != nil {
				c.prepare(rt, temporal)
			}
			for range 2 { // it may be repeated
				if got := rt.send(http.MethodPost, c.path, "").is(c.status).Body.String(); !strings.Contains(got, c.says) {
					t.Errorf("answered %s, want %s", got, c.says)
				}
			}
			if got := len(temporal.cancelled); got != c.cancelled && got != 2*c.cancelled {
				t.Errorf("cancelled %v, want %d", temporal.cancelled, c.cancelled)
			}
			changes, _, err := rt.store.Changes(context.Background(), store.ChangeFilter{Noun: "call"}, store.Page{})
			if err != nil || len(changes) != c.noted {
				t.Fatalf("noted %v (%v), want %d", changes, err, c.noted)
			}
			if c.noted > 0 && (changes[0].Action != "end" || changes[0].NounID != "call-1") {
				t.Errorf("noted %+v", changes[0])
			}
		})
	}
}
