package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestOverridesComeWithTheirSchedule(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		schedule, err := s.CreateSchedule(ctx, nights(t, "u1"))
		if err != nil {
			t.Fatal(err)
		}
		begins := time.Date(2026, 10, 25, 1, 30, 0, 123456789, time.FixedZone("", 3600))
		made := make([]models.Override, 2)
		for i := range made {
			made[i], err = s.CreateOverride(ctx, models.Override{
				ScheduleID: schedule.ID, Rotation: "first", Seat: i, UserID: "u2", From: begins, To: begins.Add(time.Hour),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if from := made[0].From; from.Location() != time.UTC || from.Nanosecond() != 123456000 || !from.Equal(begins.Truncate(time.Microsecond)) {
			t.Errorf("an override begins at %v", from)
		}

		schedule.Overrides = made
		got, err := s.Schedule(ctx, schedule.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, schedule, got)
		listed, _, err := s.Schedules(ctx, store.Page{})
		if err != nil || len(listed) != 1 {
			t.Fatalf("%d schedules, %v", len(listed), err)
		}
		same(t, schedule, listed[0])

		schedule.Name, schedule.Overrides = "Late nights", nil // overrides are not edited with their schedule
		updated, err := s.UpdateSchedule(ctx, schedule, 1)
		if err != nil {
			t.Fatal(err)
		}
		same(t, made, updated.Overrides)

		if err := s.DeleteOverride(ctx, "another schedule", made[0].ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an override of another schedule: %v", err)
		}
		if err := s.DeleteOverride(ctx, schedule.ID, made[0].ID); err != nil {
			t.Error(err)
		}
		if err := s.DeleteOverride(ctx, schedule.ID, made[0].ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		left, err := s.Overrides(ctx, schedule.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, made[1:], left)
	})
}

func TestAnOverrideNeedsItsSchedule(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, err := s.CreateOverride(context.Background(), models.Override{ScheduleID: "none", Rotation: "first"})
		if !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
		if left, err := s.Overrides(context.Background(), "none"); err != nil || len(left) != 0 {
			t.Errorf("%v, %v", left, err)
		}
	})
}

func TestAScheduleIsMadeWithoutOverrides(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		schedule := nights(t, "u1")
		schedule.Overrides = []models.Override{{ID: "o1", Rotation: "first"}}
		made, err := s.CreateSchedule(context.Background(), schedule)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Schedule(context.Background(), made.ID)
		if err != nil || len(got.Overrides) != 0 || len(made.Overrides) != 0 {
			t.Errorf("%v, %v, %v", made.Overrides, got.Overrides, err)
		}
	})
}
