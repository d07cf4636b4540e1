package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// delivery is the nth event of the alert a1 on its way to a receiver.
func delivery(receiverID string, nth int) models.Delivery {
	a := firing()
	a.IncidentIDs = []string{"i1"}
	return models.Delivery{
		ID: models.DeliveryID("a1", receiverID, nth), AlertID: "a1", ReceiverID: receiverID, Event: models.EventRaised, Alert: a,
		At: noon.Add(time.Duration(nth) * time.Second), Status: models.DeliveryPending,
	}
}

func TestWhatIsDeliveredStaysDelivered(t *testing.T) {
	at := noon.Add(time.Minute)
	tried := func(status models.DeliveryStatus, tries int) models.Delivery {
		d := delivery("r1", 1)
		d.Status, d.Tries, d.LastTriedAt, d.LastStatus, d.LastError = status, tries, &at, 503, "it is away"
		if status == models.DeliveryDelivered {
			d.LastStatus, d.LastError, d.DeliveredAt = 202, "", &at
		}
		return d
	}
	for _, c := range []struct {
		name    string
		reports []models.Delivery
		want    models.Delivery
	}{
		{"not yet tried", []models.Delivery{delivery("r1", 1)}, delivery("r1", 1)},
		{"tried again", []models.Delivery{tried(models.DeliveryPending, 1), tried(models.DeliveryPending, 2)}, tried(models.DeliveryPending, 2)},
		{"delivered at last", []models.Delivery{tried(models.DeliveryPending, 1), tried(models.DeliveryDelivered, 2)}, tried(models.DeliveryDelivered, 2)},
		{"word of an earlier try is late", []models.Delivery{tried(models.DeliveryDelivered, 2), tried(models.DeliveryPending, 1)}, tried(models.DeliveryDelivered, 2)},
		{"given up too late", []models.Delivery{tried(models.DeliveryDelivered, 2), tried(models.DeliveryFailed, 3)}, tried(models.DeliveryDelivered, 2)},
		{"sent again after it failed", []models.Delivery{tried(models.DeliveryFailed, 3), tried(models.DeliveryDelivered, 4)}, tried(models.DeliveryDelivered, 4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				for _, d := range c.reports {
					if err := s.KeepDelivery(context.Background(), d); err != nil {
						t.Fatal(err)
					}
				}
				same(t, c.want, must[models.Delivery](t)(s.Delivery(context.Background(), c.want.ID)))
			})
		})
	}
}

func TestAnAnswerOfAReceiverMayHoldAnyBytes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := delivery("r1", 1)
		d.LastError = "answered 500: \x00\xff<html>"
		if err := s.KeepDelivery(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		if got := must[models.Delivery](t)(s.Delivery(context.Background(), d.ID)); got.LastError != "answered 500: \uFFFD<html>" {
			t.Errorf("kept %q", got.LastError)
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			if _, err := s.Delivery(context.Background(), missing); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("delivery %q: %v", missing, err)
			}
		}
	})
}

func TestDeliveriesAreNarrowedAndTheNewestIsTheFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r := must[models.Receiver](t)(s.CreateReceiver(ctx, hook("Desk")))
		for i := range 6 {
			d := delivery([]string{r.ID, "gone"}[i%2], i)
			d.ID = fmt.Sprint("d", i)
			if i >= 3 {
				d.AlertID, d.Status = "a2", models.DeliveryFailed
			}
			if err := s.KeepDelivery(ctx, d); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			name   string
			filter store.DeliveryFilter
			want   []string
		}{
			{"nothing asked", store.DeliveryFilter{}, []string{"d5", "d4", "d3", "d2", "d1", "d0"}},
			{"an alert", store.DeliveryFilter{AlertID: "a2"}, []string{"d5", "d4", "d3"}},
			{"a receiver", store.DeliveryFilter{ReceiverID: r.ID}, []string{"d4", "d2", "d0"}},
			{"dead letters", store.DeliveryFilter{Status: models.DeliveryFailed, ReceiverID: "gone"}, []string{"d5", "d3"}},
			{"a time", store.DeliveryFilter{From: noon.Add(time.Second), To: noon.Add(3 * time.Second)}, []string{"d2", "d1"}},
			{"an alert that there is not", store.DeliveryFilter{AlertID: "a3"}, nil},
			{"what no database holds", store.DeliveryFilter{ReceiverID: "a\x00b"}, nil},
		} {
			var got []string
			for page := (store.Page{Limit: 2}); ; {
				some, next, err := s.Deliveries(ctx, c.filter, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range some {
					got = append(got, d.ID)
					if (d.ReceiverName == "Desk") != (d.ReceiverID == r.ID) {
						t.Errorf("%s: the receiver of %s is %q", c.name, d.ID, d.ReceiverName)
					}
				}
				if page.Cursor = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
	})
}

func TestWaitingDeliveriesAreCountedWithTheAgeOfTheOldest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		counts := func(since time.Time, want int64, first time.Time) {
			t.Helper()
			waiting, oldest, err := s.WaitingDeliveries(t.Context(), since)
			if err != nil || waiting != want || !oldest.Equal(first) {
				t.Errorf("%d wait since %v (%v), want %d since %v", waiting, oldest, err, want, first)
			}
		}
		counts(noon, 0, time.Time{})
		for i, status := range []models.DeliveryStatus{
			models.DeliveryDelivered, models.DeliveryPending, models.DeliveryFailed, models.DeliveryPending, models.DeliverySkipped, models.DeliveryPending,
		} {
			d := delivery("r1", i)
			d.Status = status
			if err := s.KeepDelivery(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		counts(noon.Add(-time.Hour), 3, noon.Add(time.Second))
		counts(noon.Add(time.Second), 2, noon.Add(3*time.Second))
		counts(noon.Add(time.Minute), 0, time.Time{})
	})
}
