package worker_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"github.com/ringdown/ringdown/workflows/temporaltest"
)

func TestTheWorkerReadsOutsideSchedules(t *testing.T) {
	temporalClient := temporaltest.Start(t)
	pagerDuty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"oncalls": [{"user": {"id": "PA"}, "schedule": {"id": "P1"}, "start": null, "end": null}]}`)
	}))
	t.Cleanup(pagerDuty.Close)
	services, err := outside.New(outside.Config{PagerDutyKey: "k", PagerDutyURL: pagerDuty.URL})
	if err != nil {
		t.Fatal(err)
	}
	s := storetest.SQLite(t)
	o, err := s.CreateOutsideSchedule(t.Context(), models.OutsideSchedule{Name: "Platform", Provider: models.PagerDuty, Reference: "P1"})
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() {
		stopped <- worker.Run(t.Context(), worker.Config{
			Temporal: temporalClient, Store: s, Outside: services, Log: slog.New(slog.DiscardHandler),
		})
	}()
	t.Cleanup(func() { // the test's context is over by now
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	schedule := temporalClient.ScheduleClient().GetHandle(t.Context(), workflows.OutsideID)
	deadline := time.Now().Add(30 * time.Second)
	for err := schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil; err = schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}) {
		if time.Now().After(deadline) {
			t.Fatalf("never scheduled: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	for {
		o, err = s.OutsideSchedule(t.Context(), o.ID)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("never read: %+v, %v", o, err)
		}
		if c := o.Copy(); c.FetchedAt != nil && len(c.Entries) == 1 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
