package activities_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// Each benchmark is one night that removes 100,000 calls, while others come: worst-call-ms is how long the slowest of
// these waited for its row. The database of each is filled anew.
const manyCalls = 100_000

func BenchmarkANightThatRemovesCalls(b *testing.B) {
	eachNight(b, func(b *testing.B, s *store.Store) {
		carrier, _ := newArchive(b)
		k := newKeeper(s, carrier, models.Retention{Calls: 400})
		b.ResetTimer()
		if n, err := does(b, k, k.RemoveCalls); err != nil || n < manyCalls {
			b.Errorf("%d, %v", n, err)
		}
	})
}

func BenchmarkANightThatRemovesTranscripts(b *testing.B) {
	eachNight(b, func(b *testing.B, s *store.Store) {
		carrier, _ := newArchive(b)
		k := newKeeper(s, carrier, models.Retention{Transcripts: 400})
		b.ResetTimer()
		if n, err := does(b, k, k.EmptyTranscripts); err != nil || n != manyCalls/10 {
			b.Errorf("%d, %v", n, err)
		}
	})
}

// One caller of a hundred, who has called a thousand times.
func BenchmarkTheErasureOfACaller(b *testing.B) {
	eachNight(b, func(b *testing.B, s *store.Store) {
		carrier, _ := newArchive(b)
		k := newKeeper(s, carrier, models.Retention{})
		e, err := s.BeginErasure(b.Context(), "+447700900042", false)
		if err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		if _, err := does(b, k, k.EraseCaller, e.ID); err != nil {
			b.Error(err)
		}
		if e, err = s.Erasure(b.Context(), e.ID); err != nil || e.Removed.Calls != manyCalls/100 {
			b.Errorf("%+v, %v", e, err)
		}
	})
}

func eachNight(b *testing.B, night func(b *testing.B, s *store.Store)) {
	b.Helper()
	open := map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite}
	if storetest.PostgresExpected() {
		open["postgres"] = storetest.Postgres
	}
	for name, database := range open {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				s := database(b)
				fillWith(b, s, manyCalls)
				stop := callsCome(b, s)
				b.StartTimer()
				night(b, s)
				b.StopTimer()
				b.ReportMetric(float64(stop().Milliseconds()), "worst-call-ms")
			}
		})
	}
}

// callsCome has calls come, 50 a second. stop says how long the slowest waited for its row.
func callsCome(b *testing.B, s *store.Store) (stop func() time.Duration) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan []time.Duration)
	go func() {
		var took []time.Duration
		for n := 0; ctx.Err() == nil; n++ {
			began := time.Now()
			call := models.Call{CarrierCallID: fmt.Sprintf("CAcomes%d", n), Caller: "+447700900999", StartedAt: began}
			if err := s.Arrive(context.Background(), call); err != nil {
				b.Error(err)
			}
			took = append(took, time.Since(began))
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		done <- took
	}()
	return func() time.Duration {
		cancel()
		return slices.Max(<-done)
	}
}

// fillWith puts calls of 401 days ago on record, each with an alert, an incident, four messages, a participant and two
// deliveries; one of ten with a message.
func fillWith(b *testing.B, s *store.Store, calls int) {
	b.Helper()
	pools, err := s.Pools()
	if err != nil {
		b.Fatal(err)
	}
	db := pools["writer"]
	at := "'" + time.Now().AddDate(0, 0, -401).UTC().Format("2006-01-02 15:04:05") + "+00:00'"
	numbers := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)", calls)
	caller := "'+4477009000' || CASE WHEN i % 100 < 10 THEN '0' ELSE '' END || CAST(i % 100 AS text)"
	voicemail := `CASE WHEN i % 10 = 0 THEN '{"status":"ready","recording":"RE' || CAST(i AS text) || '","seconds":9,"transcript":"The pump is down.","transcript_status":"ready"}' END`
	attempts := `'[{"id":"1.u.1.1","name":"Alice","number":"+12025550101","state":"accepted","result":"picked_up"}]'`
	json := func(text string) string { return text }
	if _, err := db.ExecContext(b.Context(), "SELECT 1 FROM pg_tables LIMIT 1"); err == nil {
		json = func(text string) string { return "CAST(" + text + " AS jsonb)" }
	}
	for _, insert := range []string{
		`INSERT INTO calls (id, carrier_call_id, route_id, route_name, caller, number, country, verstat, stage, outcome, reason, started_at, ended_at, answered_by, alert_id, plan, attempts, timeline, voicemail)
			` + numbers + ` SELECT 'c' || i, 'CA' || i, 'r', 'Support', ` + caller + `, '+12025550199', 'GB', '', 'ended', 'connected', '', ` + at + `, ` + at + `, 'u', 'a' || i,
			` + json(`'{"route_name":"Support","levels":[],"x":"`+strings.Repeat("x", 1500)+`"}'`) + `, ` + json(attempts) + `, ` + json(`'[{"what":"`+strings.Repeat("y", 600)+`"}]'`) + `, ` + json(voicemail) + ` FROM n`,
		`INSERT INTO alerts (id, carrier_call_id, route_id, title, number, caller, country, status, outcome, answered_by, dialled, started_at, resolved_at, call_id, route_name, caller_name, rings, incident_ids, voicemail)
			` + numbers + ` SELECT 'a' || i, 'CA' || i, 'r', 'Call to Support', '+12025550199', ` + caller + `, 'GB', 'resolved', 'connected', 'u', NULL, ` + at + `, ` + at + `, 'c' || i, 'Support', '', ` + json(`'[]'`) + `, ` + json(`'["i' || i || '"]'`) + `, ` + json(voicemail) + ` FROM n`,
		`INSERT INTO incidents (id, number, name, summary, severity, status, alert_route_id, channel_provider, channel_id, channel_name, channel_url, channel_headline, channel_told_text, channel_fault, decline_when_resolved, group_key, last_alert_at, version, created_at, updated_at, ended_at)
			` + numbers + ` SELECT 'i' || i, i, 'Call to Support', 'From ' || ` + caller + `, 'minor', 'closed', 'r', 'internal', '', '', '', '', '', '', false, '["' || ` + caller + ` || '"]', ` + at + `, 1, ` + at + `, ` + at + `, ` + at + ` FROM n`,
		`INSERT INTO incident_alerts (incident_id, alert_id, alert_route_id, joined, linked_at) ` + numbers + ` SELECT 'i' || i, 'a' || i, 'r', false, ` + at + ` FROM n`,
		`INSERT INTO participants (incident_id, user_id, name, why, invited_at, status, fault, told_at) ` + numbers + ` SELECT 'i' || i, 'u', 'Alice', 'was rung', ` + at + `, 'invited', '', ` + at + ` FROM n`,
		`INSERT INTO incident_messages (id, incident_id, key, author, text, said_at, added_at, status, fault, posted)
			` + numbers + `, k(key) AS (VALUES ('raised'), ('rung/1'), ('fate/1'), ('ended')) SELECT i || key, 'i' || i, 'alert/a' || i || '/' || key, 'ringdown', 'Call to Support from ' || ` + caller + `, ` + at + `, ` + at + `, 'posted', '', '' FROM n, k`,
		`INSERT INTO deliveries (id, alert_id, receiver_id, event, alert, happened_at, status, tries, last_status, last_error)
			` + numbers + `, k(nth) AS (VALUES (1), (2)) SELECT 'a' || i || '.r.' || nth, 'a' || i, 'r', 'raised', ` + json(`'{"id":"a","caller":"' || `+caller+` || '","title":"`+strings.Repeat("z", 700)+`"}'`) + `, ` + at + `, 'delivered', 1, 200, '' FROM n, k`,
		`ANALYZE`,
	} {
		exec(b, db, insert)
	}
}

func exec(b *testing.B, db *sql.DB, statement string) {
	b.Helper()
	if _, err := db.ExecContext(b.Context(), statement); err != nil {
		b.Fatalf("%v: %.200s", err, statement)
	}
}
