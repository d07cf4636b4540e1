package store_test

import (
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestADeliveryIsExpectedUntilItIsTried(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		receiver := models.ReceiverRef{ID: "receiver-1", Type: models.ReceiverWebhook}
		raised, _ := receiver.Delivery(1, models.EventRaised, models.Alert{ID: "alert-1", Title: "Call to Support"}, at)
		resolved, _ := receiver.Delivery(2, models.EventResolved, models.Alert{ID: "alert-1"}, at.Add(time.Minute))
		tried := raised
		tried.Status, tried.Tries, tried.LastError, tried.At = models.DeliveryFailed, 1, "no", at.Add(time.Hour)
		if err := s.ExpectDeliveries(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		for range 2 { // safe to repeat, and to come too late
			if err := s.ExpectDeliveries(t.Context(), []models.Delivery{raised, resolved}); err != nil {
				t.Fatal(err)
			}
			if err := s.KeepDelivery(t.Context(), tried); err != nil {
				t.Fatal(err)
			}
		}
		all, err := s.DeliveriesTo(t.Context(), "alert-1", "receiver-1")
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v (%v)", all, err)
		}
		if first := all[0]; first.Status != models.DeliveryFailed || !first.At.Equal(at) || first.Alert.Title != "Call to Support" || first.Tries != 1 {
			t.Errorf("the one that was tried: %+v", first)
		}
		if last := all[1]; last.Status != models.DeliveryPending || last.Event != models.EventResolved || last.Tries != 0 {
			t.Errorf("the one that waits: %+v", last)
		}
		if none, err := s.DeliveriesTo(t.Context(), "alert-1", "receiver-2"); err != nil || len(none) != 0 {
			t.Errorf("to another: %+v (%v)", none, err)
		}
	})
}
