package store_test

import (
	"maps"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestOpenRequestsAreCountedByStateAndThoseThatWaitForLong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		count := func(before time.Time, want map[models.RequestStatus]int, late int) {
			t.Helper()
			open, overdue, err := s.OpenRequests(t.Context(), before)
			if err != nil || !maps.Equal(open, want) || overdue != late {
				t.Errorf("counted %v, %d overdue (%v), want %v, %d", open, overdue, err, want, late)
			}
		}
		count(noon, map[models.RequestStatus]int{}, 0)
		for i, id := range []string{"a", "b", "c", "d", "e"} {
			r := must[models.NumberRequest](t)(s.CreateNumberRequest(t.Context(), wish(id, i), 0)).Begin(noon)
			switch id {
			case "c":
				r = must[models.NumberRequest](t)(r.Ask(models.ToAsk{By: reviewer, Question: "Which?"}, noon))
			case "d":
				r = withdrawn(t, r)
			case "e":
				r = r.Fail("The carrier was away.", noon.Add(time.Hour))
			}
			keep(t, s, r)
		}
		open := map[models.RequestStatus]int{models.RequestInReview: 2, models.RequestWaitingForRequester: 1, models.RequestFailed: 1}
		count(noon.Add(-time.Hour), open, 0)
		count(noon.Add(30*time.Minute), open, 2) // whoever waits for the requester waits for no reviewer
		count(noon.Add(2*time.Hour), open, 3)
	})
}
