package store_test

import (
	"context"
	"slices"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestWhatComesLateBringsNoErasedCallerBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		call := past(t, s, 1, 0)
		a := must[models.Alert](t)(s.Alert(ctx, "a1"))
		e := erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, false)))
		if err := s.RecordCall(ctx, call); err != nil {
			t.Fatal(err)
		}
		record(t, s, a)
		raise(t, s, a)
		late := models.Delivery{ID: "a1.r9.1", AlertID: "a1", ReceiverID: "r9", Alert: a, At: noon, Status: models.DeliveryPending}
		if err := s.ExpectDeliveries(ctx, []models.Delivery{late}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the alert's run is gone: nothing can come any more
			if err := s.RemovalsDone(ctx, must[[]models.Removal](t)(s.Removals(ctx, e.ID, "", 50))); err != nil {
				t.Fatal(err)
			}
		}
		if naming := storetest.Naming(storetest.Dump(t, s), formsOf...); len(naming) > 0 {
			t.Errorf("there is %q", naming)
		}
	})
}

func TestAnAlertThatComesAfterItsCallWasErasedTellsOfNobody(t *testing.T) {
	for name, comes := range map[string]func(*testing.T, *store.Store, models.Alert){
		"raised":   func(t *testing.T, s *store.Store, a models.Alert) { t.Helper(); raise(t, s, a) },
		"recorded": func(t *testing.T, s *store.Store, a models.Alert) { t.Helper(); record(t, s, a) },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ctx := context.Background()
				rule := byCaller("Calls")
				rule.Incident.Name = "{{caller_name}} called from {{caller}}"
				must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, rule))
				past(t, s, 1, 0)
				a := must[models.Alert](t)(s.Alert(ctx, "a1"))
				for _, table := range []string{"deliveries", "incident_alerts", "incident_messages", "participants", "incidents", "alerts"} {
					if err := s.Writer().Exec("DELETE FROM " + table).Error; err != nil {
						t.Fatal(err)
					}
				}
				e := erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, false)))
				a.IncidentIDs = nil
				comes(t, s, a)
				if naming := storetest.Naming(storetest.Dump(t, s), formsOf...); len(naming) > 0 {
					t.Errorf("there is %q", naming)
				}
				if got := must[models.Alert](t)(s.Alert(ctx, "a1")); got.ErasedAt == nil || got.Outcome != models.Voicemailed {
					t.Errorf("the alert is %+v", got)
				}
				if got := references(t, s, e.ID); !slices.Contains(got, "alert_run CA1") {
					t.Errorf("to be removed are %q", got)
				}
			})
		})
	}
}

func TestAReceiverThatIsToldLateIsNamed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		desk := must[models.Receiver](t)(s.CreateReceiver(ctx, hook("Desk")))
		past(t, s, 1, 0)
		late := models.Delivery{ID: "a1.late.2", AlertID: "a1", ReceiverID: desk.ID, Alert: must[models.Alert](t)(s.Alert(ctx, "a1")), At: noon, Status: models.DeliveryPending}
		e := erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, false)))
		late.Tries, late.LastError = 1, "the receiver refuses it (it says: carol, 07700 900111?)" // what was on its way meanwhile
		if err := s.KeepDelivery(ctx, late); err != nil {
			t.Fatal(err)
		}
		if err := s.RemovalsDone(ctx, must[[]models.Removal](t)(s.Removals(ctx, e.ID, "", 50))); err != nil {
			t.Fatal(err)
		}
		if got := must[models.Erasure](t)(s.Erasure(ctx, e.ID)).Told; !slices.Contains(got, "receiver Desk") {
			t.Errorf("told were %q", got)
		}
		got := must[models.Delivery](t)(s.Delivery(ctx, late.ID))
		if got.Alert.Caller != "" || got.LastError != "the receiver refuses it (it says: [removed], [removed]?)" {
			t.Errorf("the delivery is %+v", got)
		}
	})
}
