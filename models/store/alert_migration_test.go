package store_test

import (
	"context"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// beforeAlertRoutes is the last migration without them.
const beforeAlertRoutes = 7

// older are rows as they were then: two alerts, one of them of a call that is on record.
var older = []string{
	`INSERT INTO calls (id, carrier_call_id, route_id, route_name, caller, number, country, verstat, stage, outcome, reason, started_at, answered_by, alert_id)
		VALUES ('c1', 'CA1', 'r1', 'Support', '+447700900111', '+12025550199', 'GB', 'passed', 'ended', 'connected', '', '2026-11-01 12:00:00+00:00', 'u2', 'a1')`,
	`INSERT INTO alerts (id, carrier_call_id, route_id, title, number, caller, country, status, outcome, answered_by, dialled, started_at, resolved_at)
		VALUES ('a1', 'CA1', 'r1', 'Call to Support', '+12025550199', '+447700900111', 'GB', 'resolved', 'connected', 'u2', '["u1", "u2"]',
			'2026-11-01 12:00:00+00:00', '2026-11-01 12:01:00+00:00')`,
	`INSERT INTO alerts (id, carrier_call_id, route_id, title, number, caller, country, status, outcome, answered_by, started_at)
		VALUES ('a2', 'CA2', 'r1', 'Call to Support', '+12025550199', '', '', 'firing', '', '', '2026-11-01 12:00:00+00:00')`,
}

func TestAlertsFromBeforeAlertRoutesStay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.DownTo(ctx, beforeAlertRoutes); err != nil {
			t.Fatal(err)
		}
		for _, row := range older {
			if err := s.Writer().Exec(row).Error; err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // up, and down and up again
			if err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			source := theSource(t, s)
			if source.Type != models.IncomingCalls || source.Name != models.IncomingCallsName || source.Version != 1 || len(source.ID) != 36 || source.CreatedAt.IsZero() {
				t.Errorf("the source is %+v", source)
			}
			began := noon.Truncate(1e9)
			ended := began.Add(60e9)
			want := models.Alert{
				ID: "a1", CarrierCallID: "CA1", CallID: "c1", SourceID: source.ID, RouteID: "r1", RouteName: "Support", Title: "Call to Support",
				Number: "+12025550199", Caller: "+447700900111", Country: "GB", Verstat: "passed", Status: models.AlertResolved,
				Outcome: models.Connected, AnsweredBy: "u2", Dialled: []string{"u1", "u2"}, StartedAt: began, ResolvedAt: &ended,
				Rings: []models.Ring{}, IncidentIDs: []string{},
			}
			same(t, want, must[models.Alert](t)(s.Alert(ctx, "a1")))
			bare := models.Alert{
				ID: "a2", CarrierCallID: "CA2", SourceID: source.ID, RouteID: "r1", Title: "Call to Support", Number: "+12025550199",
				Status: models.AlertFiring, StartedAt: began, Rings: []models.Ring{}, IncidentIDs: []string{},
			}
			same(t, bare, must[models.Alert](t)(s.Alert(ctx, "a2")))
			if err := s.DownTo(ctx, beforeAlertRoutes); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestTheSourceOfCallsIsThereWhereANumberWas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		number := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		if err := s.DownTo(ctx, beforeAlertRoutes); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		same(t, number, must[models.PhoneNumber](t)(s.Number(ctx, number.ID)))
		source := theSource(t, s)
		raise(t, s, firing())
		same(t, source, theSource(t, s))
	})
}
