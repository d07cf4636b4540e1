package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// manyAlerts fills the lists: an alert, an incident and a delivery a minute. %[1]s is the minute i, in
// the words of each database.
var manyAlerts = []string{
	`INSERT INTO alerts (id, carrier_call_id, route_id, title, number, caller, country, status, outcome, answered_by, started_at)
		SELECT 'a' || i, 'CA' || i, 'r' || i %% 5, '', '', '+44770090010' || i %% 7, '', CASE WHEN i > 19990 THEN 'firing' ELSE 'resolved' END,
			CASE WHEN i %% 100 = 0 THEN 'failed' ELSE 'connected' END, '', %[1]s FROM n`,
	`INSERT INTO incidents (id, number, name, summary, severity, status, alert_route_id, channel_provider, channel_id, channel_name, channel_url,
			channel_headline, channel_told_text, channel_fault, decline_when_resolved, group_key, last_alert_at, version, created_at, updated_at)
		SELECT 'i' || i, i, '', '', CASE WHEN i %% 100 = 0 THEN 'critical' ELSE 'minor' END, CASE WHEN i %% 50 = 0 THEN 'triage' ELSE 'closed' END,
			'ar' || i %% 5, 'internal', '', '', '', '', '', '', (1 = 0), '["' || i %% 300 || '"]', %[1]s, 1, %[1]s, %[1]s FROM n`,
	`INSERT INTO incident_alerts (incident_id, alert_id, alert_route_id, joined, linked_at) SELECT 'i' || i, 'a' || i, 'ar', (1 = 0), %[1]s FROM n`,
	`INSERT INTO participants (incident_id, user_id, name, why, invited_at, status, fault)
		SELECT 'i' || i, 'u' || i %% 500, '', '', %[1]s, 'invited', '' FROM n`,
	`INSERT INTO incident_messages (id, incident_id, key, author, text, said_at, added_at, status, fault, posted)
		SELECT 'm' || i, 'i' || i %% 20, 'k' || i, '', '', %[1]s, %[1]s, 'posted', '', '' FROM n`,
	`INSERT INTO receivers (id, name, type, enabled, url, reference, secret, version, created_at, updated_at)
		SELECT 'r' || i, 'r' || i, 'pagerduty', (1 = 1), '', '', '', 1, %[1]s, %[1]s FROM n`,
	`INSERT INTO deliveries (id, alert_id, receiver_id, event, happened_at, status, tries, last_status, last_error)
		SELECT 'd' || i, 'a' || i %% 4000, 'r' || i %% 5, 'raised', %[1]s, CASE WHEN i %% 100 = 0 THEN 'failed' ELSE 'delivered' END, 1, 202, '' FROM n`,
}

// A page costs what it holds, wherever it is, when the rows come out of an index in the order of the
// list: nothing is sorted, and the table is not read through.
func TestAPageOfAlertsIncidentsAndDeliveriesCostsNoMoreAtTheEndOfTheList(t *testing.T) {
	const counted = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	from, to := began.AddDate(0, 0, 2), began.AddDate(0, 0, 12)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for _, fill := range manyAlerts {
			into, rows, _ := strings.Cut(fmt.Sprintf(fill, calledEachMinute[s.Writer().Name()]), "SELECT")
			if err := s.Writer().Exec(into + counted + "SELECT" + rows).Error; err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Writer().Exec("ANALYZE").Error; err != nil {
			t.Fatal(err)
		}
		alerts := func(f store.AlertFilter) func(store.Page) (string, error) {
			return func(page store.Page) (string, error) { _, next, err := s.Alerts(ctx, f, page); return next, err }
		}
		incidents := func(f store.IncidentFilter) func(store.Page) (string, error) {
			return func(page store.Page) (string, error) { _, next, err := s.Incidents(ctx, f, page); return next, err }
		}
		deliveries := func(f store.DeliveryFilter) func(store.Page) (string, error) {
			return func(page store.Page) (string, error) { _, next, err := s.Deliveries(ctx, f, page); return next, err }
		}
		for name, read := range map[string]func(store.Page) (string, error){
			"all alerts":             alerts(store.AlertFilter{}),
			"firing alerts":          alerts(store.AlertFilter{Status: models.AlertFiring}),
			"resolved alerts":        alerts(store.AlertFilter{Status: models.AlertResolved}),
			"alerts of a call route": alerts(store.AlertFilter{RouteID: "r1"}),
			"alerts with an outcome": alerts(store.AlertFilter{Outcome: models.Failed}),
			"alerts of a caller":     alerts(store.AlertFilter{Caller: "+447700900101"}),
			"alerts of a month":      alerts(store.AlertFilter{From: from, To: to}),
			"all incidents":          incidents(store.IncidentFilter{}),
			"incidents in triage":    incidents(store.IncidentFilter{Status: models.IncidentTriage}),
			"closed incidents":       incidents(store.IncidentFilter{Status: models.IncidentClosed}),
			"critical incidents":     incidents(store.IncidentFilter{Severity: models.SeverityCritical}),
			"incidents of a route":   incidents(store.IncidentFilter{AlertRouteID: "ar1"}),
			"incidents of a month":   incidents(store.IncidentFilter{From: from, To: to}),
			"all deliveries":         deliveries(store.DeliveryFilter{}),
			"dead letters":           deliveries(store.DeliveryFilter{Status: models.DeliveryFailed}),
			"deliveries to one":      deliveries(store.DeliveryFilter{ReceiverID: "r1"}),
			"messages":               func(page store.Page) (string, error) { _, next, err := s.Messages(ctx, "i3", page); return next, err },
		} {
			for page := (store.Page{Limit: 2}); ; {
				var next string
				plans, err := s.ExplainReads(ctx, func() {
					var err error
					if next, err = read(page); err != nil {
						t.Error(err)
					}
				})
				if err != nil || len(plans) == 0 || plans[0] == "" {
					t.Fatalf("%s: %q, %v", name, plans, err)
				}
				if readThrough(plans[0]) {
					t.Errorf("%s, after %q: the whole table is read, or sorted:\n%s", name, page.Cursor, plans[0])
				}
				if page.Cursor != "" || next == "" {
					break
				}
				page.Cursor = next
			}
		}
		checkFewAreRead(t, s)
	})
}

// checkFewAreRead checks what an index narrows to the few rows of one incident, person or group.
func checkFewAreRead(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	plans, err := s.ExplainReads(ctx, func() {
		_, _, _ = s.Incidents(ctx, store.IncidentFilter{UserID: "u3"}, store.Page{})
		_, _, _ = s.Alerts(ctx, store.AlertFilter{IncidentID: "i3"}, store.Page{})
		_, _, _ = s.Deliveries(ctx, store.DeliveryFilter{AlertID: "a3"}, store.Page{})
		_, _ = s.AlertsOf(ctx, "i3")
		_, _ = s.IncidentLinks(ctx, "a3")
		_, _ = s.Participants(ctx, "i3")
		_, _ = s.ChannelWork(ctx, "i3")
		_, _ = s.IncidentsByID(ctx, []string{"i3", "i4"})
		_, _ = s.ChannelsBehind(ctx, time.Date(2026, 1, 14, 0, 0, 0, 0, time.UTC), 100)
		_, _ = s.IncidentTaking(ctx, models.Declaration{AlertRouteID: "ar3", GroupKey: `["3"]`}, noon)
	})
	if err != nil || len(plans) < 8 {
		t.Fatal(plans, err)
	}
	for _, plan := range plans {
		if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN") {
			t.Errorf("a table is read through:\n%s", plan)
		}
	}
}

// readThrough says whether a plan reads a whole table, or sorts what it reads.
func readThrough(plan string) bool {
	for line := range strings.Lines(plan) {
		scanned := strings.Contains(line, "SCAN ") && !strings.Contains(line, "USING")
		if scanned || strings.Contains(line, "Seq Scan") || strings.Contains(line, "Sort") || strings.Contains(line, "TEMP B-TREE") {
			return true
		}
	}
	return false
}
