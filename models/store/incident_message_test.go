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

// reader reads on from message to message, all but the last.
type reader struct {
	page  store.Page
	ids   []string
	texts []string
}

func (r *reader) readsOn(t *testing.T, s *store.Store, incidentID string) {
	t.Helper()
	for {
		some, next, err := s.Messages(context.Background(), incidentID, r.page)
		if err != nil {
			t.Error(err)
			return
		}
		if next == "" { // what it lists is read when there is more
			return
		}
		for _, m := range some {
			r.ids, r.texts = append(r.ids, m.ID), append(r.texts, m.Text)
		}
		r.page.Cursor = next
	}
}

// What became of a phone is told later than it happened. Whoever reads on must not miss it.
func TestWhoeverReadsOnMissesNoMessage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), operator)
		begins, goesOn, ends := story()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, byCaller("Calls")))
		id := raise(t, s, begins).Incidents[0]
		r := &reader{page: store.Page{Limit: 1}}
		r.readsOn(t, s, id)
		must[models.IncidentMessage](t)(s.AddMessage(ctx, id, "On it.")) // at a time long after all that is told of the call
		r.readsOn(t, s, id)
		must[models.IncidentMessage](t)(s.AddMessage(ctx, id, "Still on it."))
		r.readsOn(t, s, id)
		record(t, s, goesOn)
		r.readsOn(t, s, id)
		must[models.Incident](t)(s.ActOnIncident(ctx, id, models.IncidentClose, 0))
		record(t, s, ends)
		must[models.IncidentMessage](t)(s.AddMessage(ctx, id, "The last."))
		r.readsOn(t, s, id)
		want := []string{
			"Call to Support from +447700900111 (Carol, GB).", "Alice (mobile) is rung.", "On it.", "Still on it.", "Alice (mobile) did not answer.",
			"Bob (mobile) is rung.", "Night desk closed the incident.", "The call ended after 1 min 0 s: nobody took it.",
		}
		if !slices.Equal(r.texts, want) {
			t.Errorf("read %q, want %q", r.texts, want)
		}
	})
}

func TestWhoeverReadsOnWhileManyWriteMissesNoMessage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, byCaller("Calls")))
		id := raise(t, s, firingNth(0, 0)).Incidents[0]
		r, written, read := &reader{page: store.Page{Limit: 1}}, make(chan struct{}), make(chan struct{})
		go func() {
			defer close(read)
			for {
				select {
				case <-written:
					r.readsOn(t, s, id)
					return
				default:
					r.readsOn(t, s, id)
				}
			}
		}()
		atOnce(t, 16, func(n int) error {
			a := firingNth(n, 0)
			a.Rings = []models.Ring{ring("u1", "Alice", noon), ring("u2", "Bob", noon)}
			_, err := s.RaiseAlert(ctx, a, models.ChannelInternal)
			if err == nil {
				_, err = s.AddMessage(ctx, id, fmt.Sprint("Line ", n))
			}
			if err == nil {
				_, err = s.RecordAlert(ctx, over(a))
			}
			return err
		})
		close(written)
		<-read
		messages, _, err := s.Messages(ctx, id, store.Page{Limit: 200})
		if err != nil || len(messages) < 16*4 {
			t.Fatalf("%d messages, %v", len(messages), err)
		}
		for i, m := range messages[:len(messages)-1] {
			if i >= len(r.ids) || r.ids[i] != m.ID {
				t.Fatalf("message %d of %d, %q, was missed", i+1, len(messages), m.Text)
			}
		}
	})
}

// Of two processes one may have a clock that is ahead.
func TestAMessageComesAfterThoseOfAClockThatIsAhead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		id := declared(t, s).ID
		ahead := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
		if err := s.Writer().Exec("UPDATE incident_messages SET added_at = ?", ahead).Error; err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			must[models.IncidentMessage](t)(s.AddMessage(ctx, id, fmt.Sprint("Line ", n)))
		}
		if texts := said(t, s, id); len(texts) != 5 || !slices.Equal(texts[2:], []string{"ringdown: Line 0", "ringdown: Line 1", "ringdown: Line 2"}) {
			t.Errorf("said %q", texts)
		}
		other := must[models.Routed](t)(s.RaiseAlert(ctx, firingNth(2, 1), models.ChannelInternal)).Incidents[0]
		messages, _, err := s.Messages(ctx, other, store.Page{})
		if err != nil || len(messages) == 0 || !messages[0].AddedAt.Before(ahead) {
			t.Errorf("those of another incident: %+v, %v", messages, err)
		}
	})
}

func TestMessagesStandInTheOrderInWhichTheyWereSaid(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), operator)
		incident := declared(t, s)
		var want []string
		for i := range 5 {
			m := must[models.IncidentMessage](t)(s.AddMessage(ctx, incident.ID, fmt.Sprintf("Line %d: *bold* <!channel> {{title}}\nand more ☎", i)))
			if m.Author != "Night desk" || m.Status != models.MessagePosted || m.Key != "said/"+m.ID || m.IncidentID != incident.ID {
				t.Errorf("said %+v", m)
			}
			want = append(want, m.ID)
		}
		var got []string
		for page := (store.Page{Limit: 2}); ; {
			some, next, err := s.Messages(ctx, incident.ID, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range some {
				got = append(got, m.ID)
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		if len(got) != 7 || !slices.Equal(got[2:], want) {
			t.Errorf("in the order %v, want %v", got, want)
		}
		if changes := audit(t, s, store.ChangeFilter{Noun: "message", NounID: incident.ID}); len(changes) != 5 {
			t.Errorf("audited: %v", changes)
		}
		for _, id := range []string{"none", "a\x00b"} {
			if messages, next, err := s.Messages(ctx, id, store.Page{}); len(messages) != 0 || next != "" || err != nil {
				t.Errorf("messages of %q: %v, %q, %v", id, messages, next, err)
			}
		}
	})
}
