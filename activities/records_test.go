package activities_test

import (
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestACallIsRecordedOverItsArrivalHoweverOften(t *testing.T) {
	s := storetest.SQLite(t)
	at := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	arrived := models.Call{ID: "call-1", CarrierCallID: callerLeg, RouteName: "Support", StartedAt: at, Stage: models.StageArriving}
	if err := s.Arrive(t.Context(), arrived); err != nil {
		t.Fatal(err)
	}
	ended := at.Add(time.Minute)
	call := models.Call{
		ID: "call-2", CarrierCallID: callerLeg, RouteName: "Support", StartedAt: at, EndedAt: &ended,
		Stage: models.StageEnded, Outcome: models.Connected, AnsweredBy: "alice",
		Attempts: []models.AttemptRecord{{Attempt: anAttempt(), State: models.Accepted, Result: models.ResultPickedUp, Keys: []string{"1"}, DialledAt: at}},
		Timeline: []models.Moment{{At: at, What: "the call arrived"}},
	}
	records := &activities.Records{Store: s}
	for range 2 {
		if _, err := run(t, records.RecordCall, nil, call); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Call(t.Context(), "call-1")
	if err != nil || got.Outcome != models.Connected || len(got.Attempts) != 1 || got.Attempts[0].Keys[0] != "1" || len(got.Timeline) != 1 {
		t.Errorf("recorded %+v, %v", got, err)
	}
}

func TestADatabaseThatIsAwayIsAnErrorToTryAgain(t *testing.T) {
	s := storetest.SQLite(t)
	records := &activities.Records{Store: s}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, records.RecordCall, nil, models.Call{CarrierCallID: callerLeg}); err == nil {
		t.Error("a call was recorded in no database")
	}
	alerts := &activities.Alerts{Store: s, Channel: models.ChannelInternal}
	if _, err := run(t, alerts.RecordAlert, nil, models.Alert{CarrierCallID: callerLeg}, []models.Delivery(nil)); err == nil {
		t.Error("an alert was recorded in no database")
	}
	if _, err := run(t, alerts.Raise, nil, models.Alert{CarrierCallID: callerLeg}); err == nil {
		t.Error("an alert was raised in no database")
	}
}
