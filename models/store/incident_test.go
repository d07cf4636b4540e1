package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestIncidentsAreNarrowedAndTheNewestIsTheFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		british, other := declaring("British"), declaring("Others")
		british.Conditions = []models.Condition{{Attribute: models.AttrCountry, Operation: models.OpEquals, Value: "GB"}}
		british.Incident.Severity, other.Position, other.Incident.StartInTriage = models.SeverityMajor, 1, true
		british = must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, british))
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, other))
		for n := range 6 {
			a := firingNth(n, n)
			a.Country = []string{"GB", "US"}[n%2]
			if n < 3 {
				a.Rings = []models.Ring{ring("u1", "Alice", noon)}
			}
			raise(t, s, a)
		}
		all := incidents(t, s)
		must[models.Incident](t)(s.ActOnIncident(ctx, all[4].ID, models.IncidentClose, 0))
		for _, c := range []struct {
			name   string
			filter store.IncidentFilter
			want   []int
		}{
			{"nothing asked", store.IncidentFilter{}, []int{6, 5, 4, 3, 2, 1}},
			{"a status", store.IncidentFilter{Status: models.IncidentTriage}, []int{6, 4, 2}},
			{"closed ones", store.IncidentFilter{Status: models.IncidentClosed}, []int{5}},
			{"a severity", store.IncidentFilter{Severity: models.SeverityMajor}, []int{5, 3, 1}},
			{"an alert route and a status", store.IncidentFilter{AlertRouteID: british.ID, Status: models.IncidentActive}, []int{3, 1}},
			{"who takes part", store.IncidentFilter{UserID: "u1"}, []int{3, 2, 1}},
			{"who takes part, and a severity", store.IncidentFilter{UserID: "u1", Severity: models.SeverityMinor}, []int{2}},
			{"a time", store.IncidentFilter{From: all[1].CreatedAt, To: all[3].CreatedAt.In(time.FixedZone("", 9*3600))}, []int{3, 2}},
			{"nobody", store.IncidentFilter{UserID: "u9"}, nil},
			{"what no database holds", store.IncidentFilter{UserID: "a\x00b"}, nil},
			{"an alert route that no database holds", store.IncidentFilter{AlertRouteID: "\xff"}, nil},
		} {
			var got []int
			for page := (store.Page{Limit: 2}); ; {
				some, next, err := s.Incidents(ctx, c.filter, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range some {
					got = append(got, i.Number)
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

func TestOfManyAlertsOfAnIncidentTheLastAreRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, byCaller("Calls")))
		var id string
		for n := range 203 {
			id = raise(t, s, firingNth(n, n)).Incidents[0]
		}
		alerts := must[[]models.Alert](t)(s.AlertsOf(ctx, id))
		if len(alerts) != 200 || alerts[0].ID != "a3" || alerts[199].ID != "a202" {
			t.Errorf("%d alerts, from %s to %s", len(alerts), alerts[0].ID, alerts[len(alerts)-1].ID)
		}
		if none := must[[]models.Alert](t)(s.AlertsOf(ctx, "a\x00b")); len(none) != 0 {
			t.Errorf("alerts of no incident: %v", none)
		}
		if none := must[[]models.IncidentAlert](t)(s.IncidentLinks(ctx, "a\x00b")); len(none) != 0 {
			t.Errorf("incidents of no alert: %v", none)
		}
	})
}

func TestIncidentsAreFoundByTheirIDs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		for n := range 3 {
			raise(t, s, firingNth(n, n))
		}
		all := incidents(t, s)
		same(t, []models.Incident{all[0], all[2]}, must[[]models.Incident](t)(s.IncidentsByID(ctx, []string{all[2].ID, "none", "a\x00b", all[0].ID})))
		for _, ids := range [][]string{nil, {"a\x00b"}} {
			if none := must[[]models.Incident](t)(s.IncidentsByID(ctx, ids)); len(none) != 0 {
				t.Errorf("%q are %v", ids, none)
			}
		}
	})
}

func TestAlertsAreNarrowedAndTheNewestIsTheFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, byCaller("Calls")))
		ids := map[string]string{}
		for n := range 6 {
			a := firingNth(n, n)
			a.Caller, a.RouteID = models.Phone(fmt.Sprintf("+44770090011%d", n%2)), fmt.Sprint("r", n%3)
			ids[a.ID] = raise(t, s, a).Incidents[0]
			if n < 4 {
				record(t, s, over(a))
			}
		}
		for _, c := range []struct {
			name   string
			filter store.AlertFilter
			want   []string
		}{
			{"nothing asked", store.AlertFilter{}, []string{"a5", "a4", "a3", "a2", "a1", "a0"}},
			{"firing", store.AlertFilter{Status: models.AlertFiring}, []string{"a5", "a4"}},
			{"a route", store.AlertFilter{RouteID: "r1"}, []string{"a4", "a1"}},
			{"an outcome", store.AlertFilter{Outcome: models.Unanswered}, []string{"a3", "a2", "a1", "a0"}},
			{"a caller", store.AlertFilter{Caller: "+447700900111"}, []string{"a5", "a3", "a1"}},
			{"an incident", store.AlertFilter{IncidentID: ids["a0"]}, []string{"a4", "a2", "a0"}},
			{"an incident and a status", store.AlertFilter{IncidentID: ids["a1"], Status: models.AlertFiring}, []string{"a5"}},
			{"a time", store.AlertFilter{From: noon.Add(time.Minute), To: noon.Add(3 * time.Minute)}, []string{"a2", "a1"}},
			{"an incident that there is not", store.AlertFilter{IncidentID: "none"}, nil},
			{"what no database holds", store.AlertFilter{IncidentID: "a\x00b"}, nil},
			{"a route that no database holds", store.AlertFilter{RouteID: "\xff"}, nil},
		} {
			var got []string
			for page := (store.Page{Limit: 2}); ; {
				some, next, err := s.Alerts(ctx, c.filter, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range some {
					got = append(got, a.ID)
					if a.Rings != nil || len(a.IncidentIDs) != 1 {
						t.Errorf("%s: %s has the rings %v and incidents %v", c.name, a.ID, a.Rings, a.IncidentIDs)
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
