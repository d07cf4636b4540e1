package worker_test

import (
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"github.com/ringdown/ringdown/workflows/temporaltest"
)

// behind declares an incident that has a channel. Somebody who was rung two minutes ago was to be invited to it,
// and nobody was woken.
func behind(t *testing.T, s *store.Store, channel string) (incidentID string) {
	t.Helper()
	route := models.AlertRoute{Name: "Calls", Enabled: true, Incident: models.IncidentRule{Declare: true}}.Defaults()
	if _, err := s.CreateAlertRoute(t.Context(), route); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Truncate(time.Minute).Add(-90 * time.Second)
	alert := models.Alert{ID: "a1", CarrierCallID: "CA1", Status: models.AlertFiring, StartedAt: at}
	alert.Rings = []models.Ring{{Attempt: "1.u1.1.1", UserID: "u1", Name: "Alice", Label: "mobile", At: at, State: models.Ringing}}
	routed, err := s.RaiseAlert(t.Context(), alert, models.ChannelSlack)
	if err != nil {
		t.Fatal(err)
	}
	work, err := s.ChannelWork(t.Context(), routed.Incidents[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range work.Messages {
		m.Status = models.MessagePosted
		if err := s.KeepMessage(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.KeepChannel(t.Context(), routed.Incidents[0], models.Channel{ID: channel}); err != nil {
		t.Fatal(err)
	}
	return routed.Incidents[0]
}

func TestTheWorkerWakesChannelsThatAreBehind(t *testing.T) {
	temporalClient := temporaltest.Start(t)
	office := slacktest.New(t)
	office.Open(slacktest.Channel{Name: "inc-1"})
	told, err := slack.New(slack.Config{Token: slacktest.Token, APIURL: office.URL})
	if err != nil {
		t.Fatal(err)
	}
	s := storetest.SQLite(t)
	incident := behind(t, s, office.Channel("inc-1").ID)
	stopped := make(chan error, 1)
	go func() {
		stopped <- worker.Run(t.Context(), worker.Config{Temporal: temporalClient, Store: s, Slack: told, Log: slog.New(slog.DiscardHandler)})
	}()
	t.Cleanup(func() { // the test's context is over by now
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	schedule := temporalClient.ScheduleClient().GetHandle(t.Context(), workflows.WakeID)
	deadline := time.Now().Add(30 * time.Second)
	for err := schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil; err = schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}) {
		if time.Now().After(deadline) {
			t.Fatalf("never scheduled: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	for {
		people, err := s.Participants(t.Context(), incident)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("never looked after: %+v, %v", people, err)
		}
		if people[0].Status != models.InvitationPending { // who is not in the directory cannot be had
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
