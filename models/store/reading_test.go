package store_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestWhoReadsHistoriesIsNotedOnceAQuarterOfAnHour(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
		desk, other := store.As(t.Context(), operator), store.As(t.Context(), models.Actor{Name: "first admin key"})
		var readers sync.WaitGroup
		for i := range 8 { // a page asks for many at once
			readers.Go(func() {
				if err := s.NoteReading(desk, noon.Add(time.Duration(i)*time.Minute), 2); err != nil {
					t.Error(err)
				}
			})
		}
		readers.Wait()
		if err := s.NoteReading(desk, noon.Add(15*time.Minute), 1); err != nil {
			t.Fatal(err)
		}
		if err := s.NoteReading(other, noon.Add(16*time.Minute), 5); err != nil {
			t.Fatal(err)
		}
		for i, want := range []struct {
			by      string
			reading models.Reading
		}{
			{"Night desk", models.Reading{Payloads: 16, Requests: 8, Last: noon.Add(7 * time.Minute)}},
			{"Night desk", models.Reading{Payloads: 1, Requests: 1, Last: noon.Add(15 * time.Minute)}},
			{"first admin key", models.Reading{Payloads: 5, Requests: 1, Last: noon.Add(16 * time.Minute)}},
		} {
			lines := audit(t, s, store.ChangeFilter{Noun: "histories"})
			if len(lines) != 3 {
				t.Fatalf("%d lines: %+v", len(lines), lines)
			}
			var reading models.Reading
			if err := json.Unmarshal(lines[i].After, &reading); err != nil || reading != want.reading ||
				lines[i].By.Name != want.by || lines[i].Action != "read" || lines[i].Before != nil {
				t.Errorf("line %d is %s (%v), want %+v", i, told(lines[i]), err, want)
			}
		}
	})
}
