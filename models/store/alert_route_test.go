package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// declaring is an alert route that makes an incident of every alert.
func declaring(name string) models.AlertRoute {
	return models.AlertRoute{Name: name, Enabled: true, Incident: models.IncidentRule{Declare: true}}.Defaults()
}

func TestAlertRoutesAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		route := declaring("Calls from Britain")
		route.Position, route.LaterToo = 3, true
		route.Conditions = []models.Condition{{Attribute: models.AttrCountry, Operation: models.OpOneOf, Values: []string{"GB", "Ελλάδα \"1\""}}}
		route.Incident.Grouping = models.Grouping{By: []models.Attribute{models.AttrCaller}, WindowSeconds: 600}
		editing[models.AlertRoute]{
			s.CreateAlertRoute, s.AlertRoute, s.AlertRoutes, s.UpdateAlertRoute,
			func(r *models.AlertRoute) (*string, *int, *time.Time, *time.Time) {
				return &r.ID, &r.Version, &r.CreatedAt, &r.UpdatedAt
			},
			func(r *models.AlertRoute) {
				r.Name, r.Enabled, r.Position, r.LaterToo, r.Conditions, r.Incident = "None", false, 0, false, []models.Condition{}, models.IncidentRule{}
			},
		}.test(t, route)
	})
}

func TestAnAlertMeetsAlertRoutesInTheOrderOfTheirPositions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i, r := range []struct {
			name     string
			position int
		}{{"last", 7}, {"second", 2}, {"third", 2}, {"first", 0}} {
			route := declaring(r.name)
			route.Position, route.CreatedAt = r.position, noon.Add(time.Duration(i)*time.Second)
			must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, route))
		}
		var names []string
		for _, r := range must[[]models.AlertRoute](t)(s.AllAlertRoutes(ctx)) {
			names = append(names, r.Name)
		}
		if want := []string{"first", "second", "third", "last"}; !slices.Equal(names, want) {
			t.Errorf("in the order %v, want %v", names, want)
		}
	})
}

func TestTheNamesOfAlertRoutesAndReceiversAreUnique(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		other := must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Others")))
		must[models.Receiver](t)(s.CreateReceiver(ctx, hook("Desk")))
		second := must[models.Receiver](t)(s.CreateReceiver(ctx, hook("Pager")))
		_, again := s.CreateAlertRoute(ctx, declaring("Calls"))
		other.Name, second.Name = "Calls", "Desk"
		_, renamed := s.UpdateAlertRoute(ctx, other, 0)
		_, received := s.CreateReceiver(ctx, hook("Desk"))
		_, renamedReceiver := s.UpdateReceiver(ctx, second, 0)
		for _, err := range []error{again, renamed, received, renamedReceiver} {
			if !errors.Is(err, models.ErrTaken) {
				t.Errorf("a name twice: %v", err)
			}
		}
	})
}

func TestAnAlertRouteGoesAndItsIncidentsStay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		route := must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		incident := raise(t, s, firing()).Incidents[0]
		if err := s.DeleteAlertRoute(ctx, route.ID, 7); !errors.Is(err, models.ErrStale) {
			t.Errorf("a removal of another version: %v", err)
		}
		if err := s.DeleteAlertRoute(ctx, route.ID, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteAlertRoute(ctx, route.ID, 0); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a second removal: %v", err)
		}
		if got := must[models.Incident](t)(s.Incident(ctx, incident)); got.AlertRouteID != route.ID {
			t.Errorf("the incident is %+v", got)
		}
		if changes := audit(t, s, store.ChangeFilter{Noun: "alert route"}); len(changes) != 2 || changes[1].Action != "delete" {
			t.Errorf("audited: %v", changes)
		}
	})
}
