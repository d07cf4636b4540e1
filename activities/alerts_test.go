package activities_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

var morning = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// alertsIn are the activities over a database, and what they have woken.
func alertsIn(s *store.Store, channel models.ChannelProvider) (*activities.Alerts, *[]string) {
	var woken []string
	return &activities.Alerts{
		Store: s, Receivers: receivers.New(receivers.Config{AllowPrivate: true}), Channel: channel, Log: slog.New(slog.DiscardHandler),
		Wake: func(_ context.Context, _ client.Client, id string) error { woken = append(woken, id); return nil },
	}, &woken
}

func TestAResolvedAlertNeverFiresAgain(t *testing.T) {
	s := storetest.SQLite(t)
	alerts, _ := alertsIn(s, models.ChannelInternal)
	firing := models.Alert{ID: "alert-1", CarrierCallID: callerLeg, Title: "Call to Support", Status: models.AlertFiring, StartedAt: morning}
	resolved := firing
	resolved.Status, resolved.ResolvedAt, resolved.Dialled = models.AlertResolved, &morning, []string{"alice"}
	for _, alert := range []models.Alert{firing, resolved, firing, resolved} {
		if _, err := run(t, alerts.RecordAlert, nil, alert, []models.Delivery(nil)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.AlertByCall(t.Context(), callerLeg)
	if err != nil || got.Status != models.AlertResolved || len(got.Dialled) != 1 {
		t.Errorf("recorded %+v, %v", got, err)
	}
}

func TestWhoeverLooksAfterAChannelIsWoken(t *testing.T) {
	for _, c := range []struct {
		channel models.ChannelProvider
		woken   int // by its being raised, and by its being recorded with somebody new
	}{{models.ChannelInternal, 0}, {models.ChannelSlack, 2}} {
		s := storetest.SQLite(t)
		rule := models.AlertRoute{Name: "Calls", Enabled: true, Incident: models.IncidentRule{Declare: true}}
		if _, err := s.CreateAlertRoute(t.Context(), rule.Defaults()); err != nil {
			t.Fatal(err)
		}
		alerts, woken := alertsIn(s, c.channel)
		alert := models.Alert{ID: "alert-1", CarrierCallID: callerLeg, Title: "Call to Support", Status: models.AlertFiring, StartedAt: morning}
		if _, err := run(t, alerts.Raise, nil, alert); err != nil {
			t.Fatal(err)
		}
		alert.Rings = []models.Ring{{Attempt: "1.alice.1.1", UserID: "alice", Name: "Alice", At: morning, State: models.Ringing}}
		if _, err := run(t, alerts.RecordAlert, nil, alert, []models.Delivery(nil)); err != nil {
			t.Fatal(err)
		}
		incidents, _, err := s.Incidents(t.Context(), store.IncidentFilter{}, store.Page{})
		if err != nil || len(incidents) != 1 || len(*woken) != c.woken || slices.Contains(*woken, "") {
			t.Errorf("%s: %d incidents, woken %q (%v)", c.channel, len(incidents), *woken, err)
		}
	}
}

func TestWhatComesOfADelivery(t *testing.T) {
	for name, c := range map[string]struct {
		status  int // of the receiver's answer
		change  func(t *testing.T, s *store.Store, r models.Receiver)
		want    models.DeliveryStatus
		again   bool // Temporal tries it again
		refused bool
	}{
		"taken":                     {status: http.StatusAccepted, want: models.DeliveryDelivered},
		"refused":                   {status: http.StatusUnauthorized, want: models.DeliveryFailed, refused: true},
		"gone":                      {status: http.StatusGone, want: models.DeliveryFailed, refused: true},
		"the receiver is away":      {status: http.StatusBadGateway, want: models.DeliveryPending, again: true},
		"the receiver has too much": {status: http.StatusTooManyRequests, want: models.DeliveryPending, again: true},
		"the receiver is removed": {change: func(t *testing.T, s *store.Store, r models.Receiver) {
			if err := s.DeleteReceiver(t.Context(), r.ID, 0); err != nil {
				t.Fatal(err)
			}
		}, want: models.DeliverySkipped},
		"the receiver is switched off": {change: func(t *testing.T, s *store.Store, r models.Receiver) {
			r.Enabled = false
			if _, err := s.UpdateReceiver(t.Context(), r, 0); err != nil {
				t.Fatal(err)
			}
		}, want: models.DeliverySkipped},
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.SQLite(t)
			alerts, _ := alertsIn(s, models.ChannelInternal)
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.WriteHeader(c.status)
			}))
			t.Cleanup(server.Close)
			r, err := s.CreateReceiver(t.Context(), models.Receiver{Name: "Pager", Type: models.ReceiverPagerDuty, Enabled: true, URL: server.URL, Secret: "aRoutingKey"})
			if err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				c.change(t, s, r)
			}
			d := models.Delivery{
				ID: models.DeliveryID("alert-1", r.ID, 1), AlertID: "alert-1", ReceiverID: r.ID, Event: models.EventRaised,
				Alert: models.Alert{ID: "alert-1", Title: "Call to Support", StartedAt: morning}, At: morning, Status: models.DeliveryPending,
			}
			_, err = run(t, alerts.Deliver, nil, d)
			var told *temporal.ApplicationError
			if failed := errors.As(err, &told); failed != (c.again || c.refused) || failed && (told.NonRetryable() != c.refused || strings.Contains(err.Error(), "aRoutingKey")) {
				t.Errorf("Temporal is told %v", err)
			}
			kept, err := s.Delivery(t.Context(), d.ID)
			if err != nil || kept.Status != c.want || kept.LastStatus != c.status && asked > 0 || (kept.LastError == "") != (c.want == models.DeliveryDelivered) || kept.Tries != asked {
				t.Errorf("kept %+v (%v)", kept, err)
			}
		})
	}
}

func TestNobodyIsToldOfACallerWhoWasErased(t *testing.T) {
	s := storetest.SQLite(t)
	alerts, _ := alertsIn(s, models.ChannelInternal)
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(server.Close)
	r, err := s.CreateReceiver(t.Context(), models.Receiver{Name: "Pager", Type: models.ReceiverPagerDuty, Enabled: true, URL: server.URL, Secret: "aRoutingKey"})
	if err != nil {
		t.Fatal(err)
	}
	alert := models.Alert{ID: "alert-1", CarrierCallID: callerLeg, Title: "Call to Support", Caller: "+447700900123", CallerName: "Carol", Status: models.AlertResolved, StartedAt: morning}
	erased := alert.Erased(morning)
	if _, err := s.RecordAlert(t.Context(), erased); err != nil {
		t.Fatal(err)
	}
	d, _ := models.ReceiverRef{ID: r.ID, Type: r.Type}.Delivery(2, models.EventResolved, alert, morning)
	if _, err := run(t, alerts.Deliver, nil, d); err != nil {
		t.Fatal(err)
	}
	kept, err := s.Delivery(t.Context(), d.ID)
	if err != nil || asked != 0 || kept.Status != models.DeliverySkipped || kept.Tries != 0 || kept.Alert.Caller+models.Phone(kept.Alert.CallerName) != "" {
		t.Errorf("asked %d times, kept %+v (%v)", asked, kept, err)
	}
}

// While a receiver is told again, the alert's own run may tell it something new.
func TestWhatWouldUndoLaterNewsIsNotToldAgain(t *testing.T) {
	s := storetest.SQLite(t)
	alerts, _ := alertsIn(s, models.ChannelInternal)
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(server.Close)
	r, err := s.CreateReceiver(t.Context(), models.Receiver{Name: "Pager", Type: models.ReceiverPagerDuty, Enabled: true, URL: server.URL, Secret: "aRoutingKey"})
	if err != nil {
		t.Fatal(err)
	}
	ref := models.ReceiverRef{ID: r.ID, Type: r.Type}
	raised, _ := ref.Delivery(1, models.EventRaised, models.Alert{ID: "alert-1", StartedAt: morning}, morning)
	resolved, _ := ref.Delivery(2, models.EventResolved, models.Alert{ID: "alert-1", StartedAt: morning}, morning)
	raised.Status, resolved.Status = models.DeliveryFailed, models.DeliveryDelivered
	for _, d := range []models.Delivery{raised, resolved} {
		if err := s.KeepDelivery(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := run(t, alerts.Deliver, nil, raised); err != nil {
		t.Fatal(err)
	}
	kept, err := s.Delivery(t.Context(), raised.ID)
	if err != nil || asked != 0 || kept.Status != models.DeliveryFailed || !strings.Contains(kept.LastError, "later news") {
		t.Errorf("asked %d times, kept %+v (%v)", asked, kept, err)
	}
}

func TestADeliveryIsGivenUpUnlessItWasTaken(t *testing.T) {
	s := storetest.SQLite(t)
	alerts, _ := alertsIn(s, models.ChannelInternal)
	for id, c := range map[string]struct{ before, after models.DeliveryStatus }{
		"tried in vain":   {models.DeliveryPending, models.DeliveryFailed},
		"taken after all": {models.DeliveryDelivered, models.DeliveryDelivered},
		"never tried":     {"", models.DeliveryFailed},
	} {
		d := models.Delivery{ID: id, AlertID: "alert-1", ReceiverID: "receiver-1", Event: models.EventRaised, At: morning, Status: c.before}
		if c.before != "" {
			if err := s.KeepDelivery(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		d.Status = models.DeliveryPending
		if _, err := run(t, alerts.GiveUp, nil, d); err != nil {
			t.Fatal(err)
		}
		if kept, err := s.Delivery(t.Context(), id); err != nil || kept.Status != c.after || c.after == models.DeliveryFailed && kept.LastError == "" {
			t.Errorf("%s: %+v (%v)", id, kept, err)
		}
	}
}
