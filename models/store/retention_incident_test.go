package store_test

import (
	"context"
	"slices"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestAnIncidentStaysWhileThereIsSomethingElseInIt(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, s *store.Store, id string)
		stays  bool
		after  bool // it goes once that is old, too
	}{
		"nothing":                           {func(*testing.T, *store.Store, string) {}, false, false},
		"nobody has closed it yet":          {sets("status", models.IncidentTriage), true, true},
		"people work on it":                 {sets("status", models.IncidentActive), true, true},
		"somebody has closed it since":      {sets("updated_at", noon.AddDate(0, 0, 20)), true, true},
		"another call has joined it":        {sets("last_alert_at", noon.AddDate(0, 0, 20)), true, true},
		"somebody has said something since": {says, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ctx := context.Background()
				route := byCaller("Calls")
				route.Incident.StartInTriage, route.Incident.Name, route.Incident.Summary = true, "{{caller_name}} called", "From {{caller}}."
				must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, route))
				past(t, s, 1, 0)
				past(t, s, 2, 60)
				id := incidents(t, s)[0].ID
				closed(t, s)
				aged(t, s)
				c.change(t, s, id)
				must[int](t)(s.RemoveCalls(ctx, noon.AddDate(0, 0, 9), 100))
				kept, err := s.Incident(ctx, id)
				if stays := err == nil; stays != c.stays {
					t.Fatalf("it stays: %v, want %v", stays, c.stays)
				}
				if c.stays && (kept.Name != "[removed] called" || kept.Summary != "From [removed]." || kept.GroupKey != `["[removed]"]`) {
					t.Errorf("it tells of the caller: %+v", kept)
				}
				if naming := storetest.Naming(storetest.Dump(t, s), "alert/a1/"); len(naming) > 0 {
					t.Errorf("it tells of the call: %q", naming)
				}
				must[int](t)(s.RemoveCalls(ctx, noon.AddDate(0, 0, 59), 100))
				if _, err := s.Incident(ctx, id); c.stays && (err != nil) != c.after {
					t.Errorf("it goes later: %v, want %v", err, c.after)
				}
			})
		})
	}
}

func TestWhatPeopleSaidOfACallerGoesWithTheCall(t *testing.T) {
	for name, stays := range map[string]bool{"the incident stays": true, "the incident goes": false} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ctx := store.As(context.Background(), operator)
				rule := byCaller("Calls")
				rule.Incident.Name, rule.Incident.Summary = "{{caller_name}} called", "From {{caller}}."
				must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, rule))
				past(t, s, 1, 0)
				pastOf(t, s, 2, 60, models.AllowedCaller{Name: "Dan", Number: dan})
				id := incidents(t, s)[0].ID
				if err := s.Writer().Exec("UPDATE incidents SET channel_provider = 'slack'").Error; err != nil {
					t.Fatal(err)
				}
				if err := s.KeepChannel(ctx, id, models.Channel{ID: "C1", Name: "inc-1-carol-called", ToldText: "Carol called"}); err != nil {
					t.Fatal(err)
				}
				must[models.IncidentMessage](t)(s.AddMessage(ctx, id, "Carol rings from 07700 900111."))
				must[models.Incident](t)(s.ActOnIncident(ctx, id, models.IncidentClose, 0))
				aged(t, s)
				if err := s.Writer().Exec("UPDATE incident_messages SET added_at = ?", noon).Error; err != nil {
					t.Fatal(err)
				}
				if stays {
					sets("updated_at", noon.AddDate(0, 0, 20))(t, s, id)
				}
				must[int](t)(s.RemoveCalls(ctx, noon.AddDate(0, 0, 9), 100))
				if naming := storetest.Naming(storetest.Dump(t, s), "900111", "Carol", "carol"); len(naming) > 0 {
					t.Errorf("there is %q", naming)
				}
				if renewed := slices.Contains(references(t, s, ""), "channel "+id); renewed != stays {
					t.Errorf("its headline is written anew: %v", renewed)
				}
			})
		})
	}
}

func sets(column string, value any) func(*testing.T, *store.Store, string) {
	return func(t *testing.T, s *store.Store, id string) {
		t.Helper()
		if err := s.Writer().Table("incidents").Where("id = ?", id).UpdateColumn(column, value).Error; err != nil {
			t.Fatal(err)
		}
	}
}

func says(t *testing.T, s *store.Store, id string) {
	t.Helper()
	must[models.IncidentMessage](t)(s.AddMessage(context.Background(), id, "Who knows more?"))
}

func TestTheLastIncidentStaysSoThatNumbersGoOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		past(t, s, 1, 0)
		past(t, s, 2, 1)
		closed(t, s)
		aged(t, s)
		must[int](t)(s.RemoveCalls(ctx, noon.AddDate(0, 0, 9), 100))
		past(t, s, 3, 30)
		if all := incidents(t, s); len(all) != 2 || all[0].Number != 2 || all[1].Number != 3 {
			t.Errorf("there are %v", all)
		}
	})
}
