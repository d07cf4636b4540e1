package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

const (
	zoe    = models.Phone("+447700900123")
	boiler = "The boiler leaks."
)

// eraser is the worker's part of an erasure.
type eraser struct {
	store *store.Store
	idle  error // nothing is done, because of this
	away  bool  // the carrier, so that nothing elsewhere is removed
}

func (e *eraser) erase(ctx context.Context, id string) error {
	if e.idle != nil {
		return e.idle
	}
	for more := true; more; {
		var err error
		if more, err = e.store.EraseSome(ctx, id, 10); err != nil {
			return err
		}
	}
	if _, err := e.store.EraseMentions(ctx, id, 10); err != nil || e.away {
		return err
	}
	removals, err := e.store.Removals(ctx, id, "", 1000)
	return errors.Join(err, e.store.RemovalsDone(ctx, removals), e.store.EndErasure(ctx, id))
}

// newErasing is an API on a database, with a worker.
func newErasing(t *testing.T, s *store.Store) (*restTest, *eraser) {
	t.Helper()
	rt := newREST(t, nil)
	rt.store = s
	worker := &eraser{store: s}
	deps := rt.deps()
	deps.erase = worker.erase
	return rt.process(deps), worker
}

// rang puts a call of Zoe's on record, with all that comes of one.
func (rt *restTest) rang(id string, at time.Time) models.Call {
	rt.Helper()
	v := &models.Voicemail{Status: models.RecordingReady, Recording: aRecording, Seconds: 9, Transcript: boiler, Transcribe: models.TranscriptReady}
	call := endedCall(id, at, at.Add(time.Minute), models.Voicemailed)
	call.Caller, call.Voicemail = zoe, v
	if err := rt.store.RecordCall(rt.Context(), call); err != nil {
		rt.Fatal(err)
	}
	a := rt.raises(id, 0, models.ChannelInternal, func(r *models.Raised) {
		r.CallSID, r.CallID, r.StartedAt, r.CallerName, r.CallerListed = call.CarrierCallID, call.ID, at, "Zoe", true
	})
	for nth, event := range []models.AlertEvent{models.EventRaised, models.EventResolved} {
		d := models.Delivery{ID: models.DeliveryID(a.ID, "r1", nth+1), AlertID: a.ID, ReceiverID: "r1", Event: event, Alert: a, At: at, Status: models.DeliveryDelivered, Tries: 1}
		if err := rt.store.KeepDelivery(rt.Context(), d); err != nil {
			rt.Fatal(err)
		}
		a.Status, a.Outcome, a.ResolvedAt, a.Voicemail = models.AlertResolved, models.Voicemailed, call.EndedAt, v
	}
	if _, err := rt.store.RecordAlert(rt.Context(), a); err != nil {
		rt.Fatal(err)
	}
	return call
}

// livedWith has people do whatever they do of a caller, by the API.
func (rt *restTest) livedWith() (route string) {
	rt.Helper()
	rt.creates("/v1/alert-routes", `{"name":"Calls","enabled":true,"incident":{"declare":true,"name":"{{caller_name}} called {{call_route_name}}",
		"summary":"From {{caller}}.","grouping":{"by":["caller"],"window_seconds":3600}}}`)
	rt.send(http.MethodPost, "/v1/blocked-callers", `{"number":"+447700900123","reason":"Zoe calls at night"}`, "Idempotency-Key", "block").is(http.StatusCreated)
	route = rt.creates("/v1/call-routes", `{"name":"Support","allowlist":{"enabled":true,"callers":[{"name":"Zoe","number":"+447700900123"},{"name":"Dan","number":"+447700900222"}]},"nobody":{"action":"voicemail"}}`)
	for i, id := range []string{"a1", "a2", "a3"} {
		rt.rang(id, rt.now.AddDate(0, 0, -i))
	}
	items, _ := rt.send(http.MethodGet, "/v1/incidents", "").is(http.StatusOK).items("id")
	rt.send(http.MethodPost, "/v1/incidents/"+items[0]+"/messages", `{"text":"Zoe says: call (0)7700 900-123 back"}`, "Idempotency-Key", "say").is(http.StatusCreated)
	rt.send(http.MethodPost, "/v1/incidents/"+items[0]+"/close", "").is(http.StatusOK)
	rt.send(http.MethodPost, "/v1/alert-routes/evaluate", `{"call_route_id":"`+route+`","caller":"+447700900123"}`, "Idempotency-Key", "evaluate").is(http.StatusOK)
	return route
}

// traces are what is looked for of Zoe.
var traces = []string{"447700900123", "7700 900-123", "7700900123", "Zoe", boiler, aRecording}

func TestRESTAfterACallerIsDeletedTheDatabaseNamesThemNowhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rt, worker := newErasing(t, s)
		rt.livedWith()
		before := storetest.Naming(storetest.Dump(t, s), traces...)
		for _, table := range []string{"calls", "alerts", "deliveries", "incidents", "incident_messages", "changes", "kept_replies", "blocked_callers", "call_routes"} {
			if !slices.ContainsFunc(before, func(line string) bool { return strings.HasPrefix(line, table+".") }) {
				t.Errorf("%s names her nowhere: the test looks at too little", table)
			}
		}
		worker.away = true
		answer := rt.send(http.MethodDelete, "/v1/callers/+447700900123?settings=true", "").is(http.StatusAccepted)
		var e models.Erasure
		answer.into(&e)
		if strings.Contains(answer.Body.String(), "900123") || answer.Header().Get("Location") != "/v1/erasures/"+e.ID {
			t.Errorf("it answers %s at %s", answer.Body, answer.Header().Get("Location"))
		}
		want := models.Erased{Calls: 3, Alerts: 3, Deliveries: 6, Incidents: 1, Messages: 7, Changes: 4, Replies: 3, Settings: 2}
		if e.Removed != want || e.DoneAt != nil || e.Left != (models.Leftovers{Recordings: 1, WorkflowRuns: 9}) || len(e.Kept) > 0 {
			t.Errorf("it came to %+v", e)
		}
		for _, line := range storetest.Naming(storetest.Dump(t, s), traces...) {
			if !strings.HasPrefix(line, "removals.reference") { // the recording that the carrier has still
				t.Errorf("there is %s", line)
			}
		}
		worker.away = false
		if err := worker.erase(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
		if naming := storetest.Naming(storetest.Dump(t, s), traces...); len(naming) > 0 {
			t.Errorf("there is %q", naming)
		}
		got := rt.send(http.MethodGet, "/v1/erasures/"+e.ID, "").is(http.StatusOK).fields()
		if got["done_at"] == nil || got["removed"].(map[string]any)["recordings"] != 1. {
			t.Errorf("it is shown as %v", got)
		}
		if ids, _ := rt.send(http.MethodGet, "/v1/erasures", "").is(http.StatusOK).items("id"); !slices.Equal(ids, []string{e.ID}) {
			t.Errorf("listed are %q", ids)
		}
		// What is left can be read, and whoever repeats a request is not told of her.
		for _, path := range []string{"/v1/calls", "/v1/calls/call-a1", "/v1/alerts", "/v1/incidents", "/v1/deliveries", "/v1/audit", "/v1/call-routes", "/v1/blocked-callers"} {
			if read := rt.send(http.MethodGet, path, "").is(http.StatusOK); len(storetest.Naming([]string{read.Body.String()}, traces...)) > 0 {
				t.Errorf("%s tells of her: %s", path, read.Body)
			}
		}
		r := httptest.NewRequest(http.MethodPost, "/v1/blocked-callers", strings.NewReader(`{"number":"+447700900123","reason":"Zoe calls at night"}`))
		r.Header.Set("Authorization", "Bearer "+restKey)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "block")
		if repeat := rt.raw(r); repeat.Code != http.StatusCreated || repeat.Header().Get("Idempotency-Replayed") != "true" || repeat.Body.Len() > 0 {
			t.Errorf("the repeat is answered %d %s", repeat.Code, repeat.Body)
		}
		changes, _ := rt.send(http.MethodGet, "/v1/audit?noun=caller", "").is(http.StatusOK).items("action")
		if !slices.Equal(changes, []string{"erased", "erase"}) {
			t.Errorf("the audit list has %q", changes)
		}
		if strings.Contains(rt.log.String(), "900123") {
			t.Errorf("the log tells of her: %s", rt.log)
		}
	})
}

func TestRESTWhatNamesACallerByIntentIsListedAndKept(t *testing.T) {
	t.Parallel()
	rt, _ := newErasing(t, storetest.SQLite(t))
	route := rt.livedWith()
	user := rt.user(`{"name":"Zoe Ops","email":"zoe@example.com","time_zone":"UTC","phones":[{"label":"mobile","number":"+447700900123"}]}`)
	var e models.Erasure
	rt.send(http.MethodDelete, "/v1/callers/%2B447700900123", "").is(http.StatusOK).into(&e)
	var kept []string
	for _, m := range e.Kept {
		kept = append(kept, m.Noun+" "+m.ID)
		if m.What == "" {
			t.Errorf("nothing is said of %v", m)
		}
	}
	slices.Sort(kept)
	if len(kept) != 3 || !strings.HasPrefix(kept[0], "blocked caller ") || kept[1] != "call route "+route || kept[2] != "user "+user || e.Removed.Settings != 0 {
		t.Errorf("kept are %q, removed %+v", kept, e.Removed)
	}
	for _, line := range storetest.Naming(storetest.Dump(t, rt.store), "447700900123") {
		table, _, _ := strings.Cut(line, ".")
		if !slices.Contains([]string{"blocked_callers", "call_routes", "users", "changes"}, table) || table == "changes" && !strings.Contains(line, "Zoe Ops") {
			t.Errorf("there is %s", line)
		}
	}
	if route := rt.send(http.MethodGet, "/v1/call-routes/"+route, "").is(http.StatusOK); !strings.Contains(route.Body.String(), "900123") {
		t.Errorf("the allowlist is %s", route.Body)
	}
}

func TestRESTACallerInACallIsNotDeleted(t *testing.T) {
	t.Parallel()
	rt, _ := newErasing(t, storetest.SQLite(t))
	rt.rang("a1", rt.now)
	live := liveCall("a2", rt.now)
	live.Caller = zoe
	if err := rt.store.Arrive(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	before := storetest.Dump(t, rt.store)
	p := rt.send(http.MethodDelete, "/v1/callers/+447700900123", "").is(http.StatusConflict).problem()
	if !strings.Contains(p.Detail, "1 of the caller's calls") {
		t.Errorf("it says %q", p.Detail)
	}
	if !slices.Equal(before, storetest.Dump(t, rt.store)) {
		t.Error("something was done")
	}
	if _, err := rt.store.CloseCall(t.Context(), live.CarrierCallID, models.Failed, "", rt.now); err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodDelete, "/v1/callers/+447700900123", "").is(http.StatusOK)
}

func TestRESTACallerWhoseAlertFiresIsNotDeleted(t *testing.T) {
	t.Parallel()
	rt, _ := newErasing(t, storetest.SQLite(t))
	call := endedCall("a1", rt.now, rt.now.Add(time.Minute), models.Connected)
	call.Caller = zoe
	if err := rt.store.RecordCall(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	rt.raises("a1", 0, models.ChannelInternal, func(r *models.Raised) { r.CallSID = call.CarrierCallID })
	rt.send(http.MethodDelete, "/v1/callers/+447700900123", "").is(http.StatusConflict)
}

// A run may be open when the record of its call is written: it awaits the transcript of a message.
func TestRESTACallerOfWhoseCallSomethingIsAwaitedIsNotDeleted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		temporal *runsTemporal
		ago      time.Duration // since the call began
		want     int
	}{
		"a run is open":    {&runsTemporal{open: map[string]models.Stage{sidOf("a1"): models.StageEnded}}, 0, http.StatusConflict},
		"no run is open":   {&runsTemporal{open: map[string]models.Stage{sidOf("a2"): models.StageEnded}}, 0, http.StatusOK},
		"Temporal is away": {&runsTemporal{fails: serviceerror.NewUnavailable("nobody is there")}, 0, http.StatusServiceUnavailable},
		"Temporal is not asked about an older call": {&runsTemporal{fails: serviceerror.NewUnavailable("nobody is there")}, 2 * time.Hour, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rt, worker := newErasing(t, storetest.SQLite(t))
			rt.rang("a1", rt.now.Add(-c.ago))
			deps := rt.deps()
			deps.erase, deps.runs = worker.erase, &runs{temporal: c.temporal, namespace: "here"}
			rt = rt.process(deps)
			rt.send(http.MethodDelete, "/v1/callers/+447700900123", "").is(c.want)
		})
	}
}

func TestRESTAnErasureThatCannotBeginIsKept(t *testing.T) {
	t.Parallel()
	rt, worker := newErasing(t, storetest.SQLite(t))
	rt.rang("a1", rt.now)
	worker.idle = errors.New("no worker is there")
	var e models.Erasure
	rt.send(http.MethodDelete, "/v1/callers/+447700900123", "").is(http.StatusAccepted).into(&e)
	if open, err := rt.store.OpenErasures(t.Context(), 9); err != nil || !slices.Equal(open, []string{e.ID}) || e.Left.Calls != 1 {
		t.Errorf("open are %q, %v: %+v", open, err, e)
	}
	if !strings.Contains(rt.log.String(), "an erasure has not begun yet") {
		t.Errorf("the log says %s", rt.log)
	}
	worker.idle = nil
	if err := worker.erase(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	if got := rt.send(http.MethodGet, "/v1/erasures/"+e.ID, "").is(http.StatusOK).fields(); got["done_at"] == nil {
		t.Errorf("it is %v", got)
	}
}

func TestRESTAnErasureThatHasBegunIsNeverSaidToHaveFailed(t *testing.T) {
	t.Parallel()
	rt, _ := newErasing(t, storetest.SQLite(t))
	rt.rang("a1", rt.now)
	deps := rt.deps()
	deps.erase = func(context.Context, string) error { return rt.store.Close() } // nothing can be read any more
	rt = rt.process(deps)
	answer := rt.send(http.MethodDelete, "/v1/callers/+447700900123", "").is(http.StatusAccepted)
	var e models.Erasure
	if answer.into(&e); e.ID == "" || answer.Header().Get("Location") != "/v1/erasures/"+e.ID || e.DoneAt != nil || e.Kept == nil || e.Told == nil {
		t.Errorf("it answers %s", answer.Body)
	}
}

func TestRESTOnlyANumberIsACaller(t *testing.T) {
	t.Parallel()
	rt, _ := newErasing(t, storetest.SQLite(t))
	for _, path := range []string{"447700900123", "07700900123", "anonymous", "+266696687", "+44", "%20"} {
		rt.send(http.MethodDelete, "/v1/callers/"+path, "").is(http.StatusUnprocessableEntity).faults("path.number")
	}
	rt.send(http.MethodDelete, "/v1/callers/+447700900123?settings=perhaps", "").is(http.StatusUnprocessableEntity)
	rt.send(http.MethodGet, "/v1/erasures/none", "").is(http.StatusNotFound)
	var e models.Erasure // whom nothing is known of
	rt.send(http.MethodDelete, "/v1/callers/+447700900123", "").is(http.StatusOK).into(&e)
	if e.Removed != (models.Erased{}) || e.DoneAt == nil {
		t.Errorf("it came to %+v", e)
	}
}

func TestRESTEachErasureIsDoneOnceHoweverOftenItIsAskedFor(t *testing.T) {
	t.Parallel()
	rt, _ := newErasing(t, storetest.SQLite(t))
	for i := range 300 { // hundreds of calls, within the time of a request
		rt.leaves("c"+strings.Repeat("i", i%7)+time.Duration(i).String(), nil)
	}
	if pools, err := rt.store.Pools(); err != nil {
		t.Fatal(err)
	} else if _, err := pools["writer"].ExecContext(t.Context(), "UPDATE calls SET caller = '+447700900123'"); err != nil {
		t.Fatal(err)
	}
	for _, calls := range []int{300, 0} {
		var e models.Erasure
		rt.send(http.MethodDelete, "/v1/callers/+447700900123", "").is(http.StatusOK).into(&e)
		if e.Removed.Calls != calls || e.Removed.WorkflowRuns != 2*calls { // of each its own, and that of its alert
			t.Errorf("it came to %+v, want %d calls", e, calls)
		}
	}
}
