package store_test

import (
	"context"
	"errors"
	"strings"
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
		left, _, err := s.Overrides(ctx, schedule.ID, store.OverrideFilter{}, store.Page{})
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
		if _, _, err := s.Overrides(context.Background(), "none", store.OverrideFilter{}, store.Page{}); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
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

func TestOverridesAreListedByPageAndByTheTimeThatTheyTouch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		schedule := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		other := nights(t, "u1")
		other.Name = "Days"
		other = must[models.Schedule](t)(s.CreateSchedule(ctx, other))
		hour := func(n int) time.Time { return time.Date(2026, 6, 2, n, 0, 0, 0, time.UTC) }
		for i, of := range []string{schedule.ID, other.ID, schedule.ID, schedule.ID} {
			must[models.Override](t)(s.CreateOverride(ctx, models.Override{
				ID: string(rune('a' + i)), ScheduleID: of, Rotation: "first", From: hour(10 + i), To: hour(11 + i), CreatedAt: hour(5 - i),
			}))
		}
		for name, c := range map[string]struct {
			filter store.OverrideFilter
			want   string
		}{
			"all, as they were made":              {store.OverrideFilter{}, "dca"},
			"one that ends at the beginning":      {store.OverrideFilter{From: hour(11)}, "dc"},
			"one that begins at the end":          {store.OverrideFilter{To: hour(13)}, "ca"},
			"one that only touches with its edge": {store.OverrideFilter{From: hour(11), To: hour(12)}, ""},
			"within":                              {store.OverrideFilter{From: hour(12).Add(time.Minute), To: hour(12).Add(2 * time.Minute)}, "c"},
		} {
			t.Run(name, func(t *testing.T) {
				got, cursor := "", ""
				for range 4 {
					page, next, err := s.Overrides(ctx, schedule.ID, c.filter, store.Page{Limit: 1, Cursor: cursor})
					if err != nil {
						t.Fatal(err)
					}
					for _, o := range page {
						got += o.ID
					}
					if cursor = next; next == "" {
						break
					}
				}
				if got != c.want {
					t.Errorf("listed %q, want %q", got, c.want)
				}
			})
		}
		if o, err := s.Override(ctx, schedule.ID, "a"); err != nil || !o.From.Equal(hour(10)) {
			t.Errorf("%v, %v", o, err)
		}
		for _, id := range []string{"b", "none", "a\x00"} {
			if _, err := s.Override(ctx, schedule.ID, id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("override %q of another schedule, or of none: %v", id, err)
			}
		}
	})
}

func TestAScheduleIsRemovedOnlyWhenNoRouteNamesIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), models.Actor{KeyID: "k1", Name: "Carol"})
		schedule := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		must[models.Override](t)(s.CreateOverride(ctx, models.Override{ScheduleID: schedule.ID, Rotation: "first"}))
		must[models.CalendarLink](t)(s.SetCalendarLink(ctx, models.CalendarLink{ScheduleID: &schedule.ID, Hash: []byte("h")}))
		route := func(name, scheduleID string) models.Route {
			return must[models.Route](t)(s.CreateRoute(ctx, models.Route{Name: name, Levels: []models.Level{
				{}, {Targets: []models.Target{{Type: models.TargetSchedule, ScheduleID: scheduleID}}},
			}}))
		}
		uses := []models.Route{route("Support", schedule.ID), route("Billing", schedule.ID)}
		route("Elsewhere", schedule.ID+"x")

		if err := s.DeleteSchedule(ctx, schedule.ID, 2); !errors.Is(err, models.ErrStale) {
			t.Errorf("another version: %v", err)
		}
		var inUse *models.InUseError
		if err := s.DeleteSchedule(ctx, schedule.ID, 1); !errors.As(err, &inUse) {
			t.Fatalf("in use: %v", err)
		}
		same(t, models.InUseError{What: `schedule "Nights"`, By: []string{`call route "Billing"`, `call route "Support"`}}, *inUse)
		for _, r := range uses {
			if err := s.DeleteRoute(ctx, r.ID, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.DeleteSchedule(ctx, schedule.ID, 1); err != nil {
			t.Fatal(err)
		}
		for table, left := range map[string]any{"schedules": &models.Schedule{}, "overrides": &models.Override{}, "calendar links": &models.CalendarLink{}} {
			var n int64
			if err := s.Writer().Model(left).Count(&n).Error; err != nil || n > 0 {
				t.Errorf("%d %s are left, %v", n, table, err)
			}
		}
		if err := s.DeleteSchedule(ctx, schedule.ID, 0); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("removed twice: %v", err)
		}
	})
}

func TestOverridesAreAudited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), models.Actor{KeyID: "k1", Name: "Carol"})
		schedule := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		o := must[models.Override](t)(s.CreateOverride(ctx, models.Override{ScheduleID: schedule.ID, Rotation: "first", UserID: "u2"}))
		if err := s.DeleteOverride(ctx, schedule.ID, o.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteOverride(ctx, schedule.ID, o.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		changes, _, err := s.Changes(ctx, store.ChangeFilter{NounID: o.ID}, store.Page{})
		if err != nil || len(changes) != 2 {
			t.Fatalf("%d changes, %v", len(changes), err)
		}
		for i, action := range []string{models.ActionDelete, models.ActionCreate} {
			change := must[models.Change](t)(s.Change(ctx, changes[i].ID))
			told := string(change.Before) + string(change.After)
			if change.Action != action || change.Noun != "override" || change.By.Name != "Carol" || !strings.Contains(told, `"user_id":"u2"`) {
				t.Errorf("change %d: %+v", i, change)
			}
		}
	})
}
