package api

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestWaitingDeliveriesShowHowLongTheFirstHasWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := storetest.SQLite(t)
		shown := &waitingDeliveries{store: s}
		shows := func(waiting int, oldest time.Duration) {
			t.Helper()
			want := []string{fmt.Sprintf("ringdown_deliveries_waiting %d", waiting), fmt.Sprintf("ringdown_delivery_oldest_seconds %v", oldest.Seconds())}
			if diff := cmp.Diff(want, scrape(t, shown)); diff != "" {
				t.Error(diff)
			}
			time.Sleep(openFor + time.Second) // the next count is a new one
		}
		keep := func(id string, at time.Time, status models.DeliveryStatus) {
			t.Helper()
			if err := s.KeepDelivery(t.Context(), models.Delivery{ID: id, AlertID: "a", ReceiverID: "r", Event: models.EventRaised, At: at, Status: status}); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		shows(0, 0)
		keep("a.r.1", began, models.DeliveryPending)
		keep("a.r.2", began.Add(time.Second), models.DeliveryPending)
		keep("b.r.1", began.Add(-25*time.Hour), models.DeliveryPending) // sent again
		shows(2, time.Since(began))
		keep("a.r.1", began, models.DeliveryDelivered)
		shows(1, time.Since(began)-time.Second)
		keep("a.r.2", began, models.DeliveryFailed)
		shows(0, 0)
	})
}

func TestNothingIsShownOfDeliveriesWithoutADatabase(t *testing.T) {
	s := storetest.SQLite(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if shown := scrape(t, &waitingDeliveries{store: s}); shown != nil {
		t.Errorf("shown %v", shown)
	}
}
