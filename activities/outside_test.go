package activities_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// elsewhere is PagerDuty: every schedule of it says that Alice is on call now, but what answers says
// otherwise by schedule.
type elsewhere struct {
	mu      sync.Mutex
	asked   map[string]int
	answers map[string]http.HandlerFunc
}

func (e *elsewhere) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reference := r.URL.Query().Get("schedule_ids[]")
	e.mu.Lock()
	e.asked[reference]++
	answer := e.answers[reference]
	e.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	fmt.Fprintf(w, `{"oncalls": [{"user": {"id": "PA", "email": "alice@example.com"}, "schedule": {"id": %q}, "start": null, "end": null}], "more": false}`, reference)
}

func (e *elsewhere) say(reference string, answer http.HandlerFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answers[reference] = answer
}

type outsideTest struct {
	*testing.T
	*elsewhere
	store   *store.Store
	outside *activities.Outside
	log     bytes.Buffer
	user    string
}

func newOutside(t *testing.T, s *store.Store, references ...string) *outsideTest {
	t.Helper()
	o := &outsideTest{T: t, store: s, elsewhere: &elsewhere{asked: map[string]int{}, answers: map[string]http.HandlerFunc{}}}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	client, err := outside.New(outside.Config{PagerDutyKey: "k", PagerDutyURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	o.outside = &activities.Outside{Store: s, Client: client, Log: slog.New(slog.NewJSONHandler(&o.log, nil))}
	user, err := s.CreateUser(t.Context(), models.User{Name: "Alice", Email: "Alice@example.com", TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	o.user = user.ID
	for _, reference := range references {
		if _, err := s.CreateOutsideSchedule(t.Context(), models.OutsideSchedule{Name: reference, Provider: models.PagerDuty, Reference: reference}); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func (o *outsideTest) refresh(want activities.Refreshed) {
	o.Helper()
	if got, err := o.outside.Refresh(o.Context()); err != nil || got != want {
		o.Errorf("refreshed %+v, %v, want %+v", got, err, want)
	}
}

// kept are the copies by reference.
func (o *outsideTest) kept() map[string]models.OutsideCopy {
	o.Helper()
	schedules, err := o.store.AllOutsideSchedules(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	copies := map[string]models.OutsideCopy{}
	for _, schedule := range schedules {
		copies[schedule.Reference] = schedule.Copy()
	}
	return copies
}

func (o *outsideTest) onCall(c models.OutsideCopy) bool {
	on := models.Schedule{Outside: &c}.OnCall(time.Now())
	return len(on) == 1 && on[0].UserID == o.user
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestOutsideSchedulesAreReadAndOneThatFailsStopsNoOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOutside(t, s, "P1", "P2", "P3")
		o.say("P2", status(http.StatusInternalServerError))
		o.say("P3", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"oncalls": [{"sched`) })
		o.refresh(activities.Refreshed{Read: 1, Failed: 2})
		kept := o.kept()
		if !o.onCall(kept["P1"]) || kept["P1"].LastError != "" || kept["P1"].FetchedAt == nil {
			t.Errorf("P1: %+v", kept["P1"])
		}
		if kept["P2"].LastError != "PagerDuty answers with status 500" || kept["P2"].FetchedAt != nil || o.onCall(kept["P2"]) {
			t.Errorf("P2: %+v", kept["P2"])
		}
		good := kept["P1"]
		o.say("P1", status(http.StatusUnauthorized))
		o.say("P2", nil)
		o.refresh(activities.Refreshed{Read: 1, Failed: 2})
		kept = o.kept()
		if c := kept["P1"]; !o.onCall(c) || !c.FetchedAt.Equal(*good.FetchedAt) || c.LastError != "PagerDuty does not let our key read the schedule" {
			t.Errorf("the last good copy is gone: %+v", c)
		}
		if c := kept["P2"]; !o.onCall(c) || c.LastError != "" {
			t.Errorf("P2 again: %+v", c)
		}
		o.refresh(activities.Refreshed{Read: 1, Failed: 2})
		if lines := strings.Count(o.log.String(), "not read"); lines != 3 {
			t.Errorf("%d lines for 3 faults that last: %s", lines, &o.log)
		}
	})
}

func TestAProviderThatAsksToWaitIsLeftAlone(t *testing.T) {
	o := newOutside(t, storetest.SQLite(t), "P1", "P2")
	o.refresh(activities.Refreshed{Read: 2})
	o.say("P1", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	o.refresh(activities.Refreshed{Read: 1, Failed: 1})
	o.refresh(activities.Refreshed{Read: 1, Waiting: 1})
	if c := o.kept()["P1"]; o.asked["P1"] != 2 || o.asked["P2"] != 3 || !o.onCall(c) || c.RetryAt == nil || time.Until(*c.RetryAt) < 9*time.Minute {
		t.Errorf("asked %v, kept %+v", o.asked, c)
	}
}

func TestACopyThatAnEditOvertakesIsDropped(t *testing.T) {
	o := newOutside(t, storetest.SQLite(t), "P1")
	o.say("P1", func(w http.ResponseWriter, r *http.Request) {
		schedules, err := o.store.AllOutsideSchedules(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		schedules[0].Reference = "P2"
		if _, err := o.store.UpdateOutsideSchedule(t.Context(), schedules[0], 0); err != nil {
			t.Error(err)
		}
		o.say("P1", nil)
		o.ServeHTTP(w, r)
	})
	o.refresh(activities.Refreshed{Read: 1})
	if c := o.kept()["P2"]; c.FetchedAt != nil {
		t.Errorf("kept %+v", c)
	}
	o.refresh(activities.Refreshed{Read: 1})
	if c := o.kept()["P2"]; !o.onCall(c) {
		t.Errorf("kept %+v", c)
	}
}
