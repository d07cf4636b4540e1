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

// manyCalls fills the list: one call in a hundred failed, ten are live, of five routes and numbers.
const manyCalls = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %[1]d)
	INSERT INTO calls (id, carrier_call_id, route_id, route_name, caller, number, country, verstat, stage, outcome, reason,
		started_at, ended_at, answered_by, alert_id)
	SELECT 'call-' || i, 'CA' || i, 'r' || i %% 5, '', '+44770090010' || i %% 7, '+120255501' || (10 + i %% 5), '', '', '',
		CASE WHEN i %% 100 = 0 THEN 'failed' ELSE 'connected' END, '',
		%[2]s, CASE WHEN i > %[1]d - 10 THEN NULL ELSE %[2]s END, '', '' FROM n`

// calledEachMinute is when call i of manyCalls was made, in the words of each database.
var calledEachMinute = map[string]string{
	"sqlite":   `strftime('%Y-%m-%d %H:%M:%S+00:00', '2026-01-01', i || ' minutes')`,
	"postgres": `timestamptz '2026-01-01 00:00:00+00' + i * interval '1 minute'`,
}

// A page costs what it holds, wherever it is, when the rows come out of an index in the order of the
// list: nothing is sorted, and the table is not read through.
func TestAPageOfCallsCostsNoMoreAtTheEndOfTheList(t *testing.T) {
	const calls = 20_000
	yes, no := true, false
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.Writer().Exec(fmt.Sprintf(manyCalls, calls, calledEachMinute[s.Writer().Name()])).Error; err != nil {
			t.Fatal(err)
		}
		if err := s.Writer().Exec("ANALYZE").Error; err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name   string
			filter store.CallFilter
		}{
			{"all", store.CallFilter{}},
			{"of a route", store.CallFilter{RouteID: "r1"}},
			{"with the usual outcome", store.CallFilter{Outcome: models.Connected}},
			{"with a rare outcome", store.CallFilter{Outcome: models.Failed}},
			{"with an outcome that none has", store.CallFilter{Outcome: models.Diverted}},
			{"of a caller", store.CallFilter{Caller: "+447700900101"}},
			{"to a number", store.CallFilter{Number: "+12025550110"}},
			{"to a number that nobody calls", store.CallFilter{Number: "+12025550199"}},
			{"live", store.CallFilter{Live: &yes}},
			{"over", store.CallFilter{Live: &no}},
			{"of a month", store.CallFilter{From: began.AddDate(0, 0, 2), To: began.AddDate(0, 0, 12)}},
			{"of a route with an outcome", store.CallFilter{RouteID: "r0", Outcome: models.Connected}},
			{"of a route that are over, of a month", store.CallFilter{RouteID: "r1", Live: &no, From: began.AddDate(0, 0, 2), To: began.AddDate(0, 0, 12)}},
		} {
			for _, cursor := range []string{"", lastCursor(t, s, c.filter)} {
				plans, err := s.ExplainReads(ctx, func() {
					if _, _, err := s.Calls(ctx, c.filter, store.Page{Cursor: cursor}); err != nil {
						t.Error(err)
					}
				})
				if err != nil || len(plans) != 1 || plans[0] == "" {
					t.Fatalf("%s: %q, %v", c.name, plans, err)
				}
				named := c.filter.RouteID+string(c.filter.Outcome)+string(c.filter.Caller)+string(c.filter.Number) != ""
				if costly(plans[0]) || named && strings.Contains(plans[0], "SCAN") {
					t.Errorf("%s, after %q: the whole table is read, or sorted:\n%s", c.name, cursor, plans[0])
				}
			}
		}
		plans, err := s.ExplainReads(ctx, func() {
			_, _ = s.EndedCalls(ctx, began.AddDate(0, 0, 13), 100)
			_, _ = s.LiveCalls(ctx, began.AddDate(1, 0, 0), 100)
			_, _ = s.CallsByID(ctx, []string{"call-1", "call-2"})
		})
		if err != nil || len(plans) != 3 {
			t.Fatal(plans, err)
		}
		for _, plan := range plans[:2] {
			if costly(plan) {
				t.Errorf("the whole table is read, or sorted:\n%s", plan)
			}
		}
	})
}

func costly(plan string) bool {
	for _, word := range []string{"Seq Scan", "Sort", "TEMP B-TREE", "SCAN calls\n"} {
		if strings.Contains(plan, word) {
			return true
		}
	}
	return false
}

// lastCursor is that of the last page of a list, or nearly: of a place before the first calls.
func lastCursor(t *testing.T, s *store.Store, filter store.CallFilter) string {
	t.Helper()
	filter.To = time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC)
	_, next, err := s.Calls(context.Background(), filter, store.Page{Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	return next
}
