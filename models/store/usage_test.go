package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestUsageCountsWhatIsInUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		same(t, models.Usage{}, must[models.Usage](t)(s.Usage(ctx, noon)))
		for i, u := range []models.User{
			{Active: true, OnCallLicence: true}, {Active: true, OnCallLicence: true}, {Active: true}, {OnCallLicence: true},
		} {
			u.Email = fmt.Sprintf("user%d@example.com", i)
			must[models.User](t)(s.CreateUser(ctx, u))
		}
		for i, status := range []models.NumberStatus{models.NumberActive, models.NumberReleased} {
			n := models.PhoneNumber{Number: models.Phone(fmt.Sprintf("+1202555010%d", i)), Status: status}
			must[models.PhoneNumber](t)(s.CreateNumber(ctx, n))
		}
		for i, at := range []time.Time{noon.Add(-time.Second), noon, noon.Add(time.Hour), noon.Add(2 * time.Hour)} {
			call := arriving()
			call.CarrierCallID, call.StartedAt = fmt.Sprintf("CA%d", i), at
			if err := s.Arrive(ctx, call); err != nil {
				t.Fatal(err)
			}
		}
		want := models.Usage{Licences: models.Share{Used: 2}, Numbers: models.Share{Used: 1}, CallsThisMonth: 3}
		same(t, want, must[models.Usage](t)(s.Usage(ctx, noon)))

		// Calls that are removed count where they counted before.
		if err := s.Writer().Exec("UPDATE calls SET ended_at = started_at").Error; err != nil {
			t.Fatal(err)
		}
		month := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		want.CallsThisMonth = 4
		for _, removed := range []int{3, 1, 0} {
			if n := must[int](t)(s.RemoveCalls(ctx, noon.Add(3*time.Hour), 3)); n != removed {
				t.Errorf("%d are removed, want %d", n, removed)
			}
			same(t, want, must[models.Usage](t)(s.Usage(ctx, month)))
		}
		want.CallsThisMonth = 0
		same(t, want, must[models.Usage](t)(s.Usage(ctx, month.AddDate(0, 1, 0))))
	})
}
