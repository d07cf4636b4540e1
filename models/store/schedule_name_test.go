package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestAScheduleAndAnOutsideScheduleNeverShareAName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		ours := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		theirs := must[models.OutsideSchedule](t)(s.CreateOutsideSchedule(ctx, platform()))

		outside, mine := platform(), nights(t, "u1")
		outside.Name, mine.Name = ours.Name, theirs.Name
		_, first := s.CreateOutsideSchedule(ctx, outside)
		_, second := s.CreateSchedule(ctx, mine)
		mine.ID, outside.ID = ours.ID, theirs.ID
		_, third := s.UpdateOutsideSchedule(ctx, outside, 0)
		_, fourth := s.UpdateSchedule(ctx, mine, 0)
		for i, err := range []error{first, second, third, fourth} {
			if !errors.Is(err, models.ErrTaken) || !strings.HasSuffix(err.Error(), " name: already taken") {
				t.Errorf("%d: %v", i, err)
			}
		}
		same(t, ours, must[models.Schedule](t)(s.Schedule(ctx, ours.ID)))
		same(t, theirs, must[models.OutsideSchedule](t)(s.OutsideSchedule(ctx, theirs.ID)))

		ours.Name = "Free"
		must[models.Schedule](t)(s.UpdateSchedule(ctx, ours, 1))
		outside.Name = "Nights"
		must[models.OutsideSchedule](t)(s.UpdateOutsideSchedule(ctx, outside, 1))
	})
}

// Older releases let them.
func TestSchedulesThatShareANameAlreadyCanBeChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		ours := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		theirs := must[models.OutsideSchedule](t)(s.CreateOutsideSchedule(ctx, platform()))
		if err := s.Writer().Exec("UPDATE outside_schedules SET name = ?", ours.Name).Error; err != nil {
			t.Fatal(err)
		}
		ours.Rotations, theirs.Name, theirs.Reference = nil, ours.Name, "PXYZ"
		must[models.Schedule](t)(s.UpdateSchedule(ctx, ours, 1))
		must[models.OutsideSchedule](t)(s.UpdateOutsideSchedule(ctx, theirs, 1))
	})
}

func TestOneOfTwoSchedulesGetsANameThatBothAreGivenAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		ours := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		for round := range 10 {
			var given atomic.Int32
			atOnce(t, 3, func(i int) (err error) {
				name := fmt.Sprint("Round ", round)
				switch i {
				case 0:
					outside := platform()
					outside.Name = name
					_, err = s.CreateOutsideSchedule(ctx, outside)
				case 1:
					renamed := ours
					renamed.Name = name
					_, err = s.UpdateSchedule(ctx, renamed, 0)
				default:
					another := ours
					another.ID, another.Name = "", name
					_, err = s.CreateSchedule(ctx, another)
				}
				if errors.Is(err, models.ErrTaken) {
					return nil
				}
				given.Add(1)
				return err
			})
			if n := given.Load(); n != 1 {
				t.Fatalf("round %d: %d schedules got the name", round, n)
			}
		}
	})
}
