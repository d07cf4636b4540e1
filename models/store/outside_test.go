package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func platform(people ...models.OutsidePerson) models.OutsideSchedule {
	return models.OutsideSchedule{Name: "Platform", Provider: models.PagerDuty, Reference: "PABC123", People: people}
}

// copyOf is a copy that was read at noon and says that a user is on call for an hour.
func copyOf(o models.OutsideSchedule, userID string) models.OutsideCopy {
	return o.Copied([]models.OutsideShift{{From: noon, To: noon.Add(time.Hour), ID: "P1"}, {From: noon, To: noon.Add(time.Hour), ID: "P2"}},
		[]models.User{{ID: userID}}, noon, models.Stretch{From: noon, To: noon.Add(8 * 24 * time.Hour)})
}

func TestOutsideSchedulesAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		editing[models.OutsideSchedule]{
			s.CreateOutsideSchedule, s.OutsideSchedule, s.OutsideSchedules, s.UpdateOutsideSchedule,
			func(o *models.OutsideSchedule) (*string, *int, *time.Time, *time.Time) {
				return &o.ID, &o.Version, &o.CreatedAt, &o.UpdatedAt
			},
			func(o *models.OutsideSchedule) { o.Name, o.Reference, o.People = "Platform team", "PXYZ", nil },
		}.test(t, platform(models.OutsidePerson{Outside: "P1", UserID: "u1"}))
	})
}

func TestTheLastCopyOfAnOutsideScheduleAnswersForIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		alice := must[models.User](t)(s.CreateUser(ctx, alice()))
		o := must[models.OutsideSchedule](t)(s.CreateOutsideSchedule(ctx, platform(models.OutsidePerson{Outside: "P1", UserID: alice.ID})))
		number := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		ours := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, alice.ID)))
		targets := []models.Target{{Type: models.TargetSchedule, ScheduleID: ours.ID}, {Type: models.TargetSchedule, ScheduleID: o.ID}}
		must[models.Route](t)(s.CreateRoute(ctx, support(number.ID, models.Level{Targets: targets})))

		_, d, err := s.RouteForNumber(ctx, number.Number)
		if err != nil || d.Schedules[o.ID].Outside == nil || len(d.Schedules) != 2 {
			t.Fatalf("before anything is kept: %+v, %v", d.Schedules, err)
		}
		kept := copyOf(o, alice.ID)
		for range 2 { // safe to repeat
			if err := s.KeepOutsideCopy(ctx, kept, o.Version); err != nil {
				t.Fatal(err)
			}
		}
		failed := kept
		failed.LastError, failed.RetryAt = "it is away", &noon
		if err := s.KeepOutsideCopy(ctx, failed, o.Version); err != nil {
			t.Fatal(err)
		}
		o = must[models.OutsideSchedule](t)(s.OutsideSchedule(ctx, o.ID))
		same(t, &failed, o.Kept)

		_, d, err = s.RouteForNumber(ctx, number.Number)
		if err != nil {
			t.Fatal(err)
		}
		on := d.Schedules[o.ID].OnCall(noon)
		if len(on) != 1 || on[0].UserID != alice.ID || d.Users[alice.ID].Name == "" {
			t.Errorf("on call %+v of %v", on, d.Users)
		}
		if d, err := s.Directory(ctx); err != nil || len(d.Schedules[o.ID].OnCall(noon)) != 1 {
			t.Errorf("in the directory: %+v, %v", d.Schedules, err)
		}

		o.Reference = "PXYZ"
		o = must[models.OutsideSchedule](t)(s.UpdateOutsideSchedule(ctx, o, 0))
		if err := s.KeepOutsideCopy(ctx, kept, 1); !errors.Is(err, models.ErrStale) {
			t.Errorf("a copy of what it was before: %v", err)
		}
		if _, d, err := s.RouteForNumber(ctx, number.Number); err != nil || len(d.Schedules[o.ID].OnCall(noon)) > 0 {
			t.Errorf("the copy of another schedule answers: %+v, %v", d.Schedules[o.ID], err)
		}

		var inUse *models.InUseError
		if err := s.DeleteOutsideSchedule(ctx, o.ID, 0); !errors.As(err, &inUse) || !strings.Contains(err.Error(), `outside schedule "Platform" is in use by call route "`) {
			t.Errorf("deleted while a route names it: %v", err)
		}
		changes, _, err := s.Changes(ctx, store.ChangeFilter{NounID: o.ID}, store.Page{Limit: 10})
		if err != nil || len(changes) != 2 {
			t.Errorf("audited: %+v, %v", changes, err)
		}
	})
}

func TestAnOutsideScheduleComesWithWhomItsCopyNames(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		alice := must[models.User](t)(s.CreateUser(ctx, alice()))
		user(t, s, "Bob")
		if err := s.FlagPhone(ctx, alice.Phones[0].Number, 21211, noon); err != nil {
			t.Fatal(err)
		}
		o := must[models.OutsideSchedule](t)(s.CreateOutsideSchedule(ctx, platform(models.OutsidePerson{Outside: "P1", UserID: alice.ID})))
		d := must[models.Directory](t)(s.OutsideScheduleDirectory(ctx, o.ID))
		if len(d.Users) > 0 || len(d.Schedules[o.ID].OnCall(noon)) > 0 || d.Schedules[o.ID].Name != "Platform" {
			t.Errorf("before anything is kept: %+v", d)
		}
		if err := s.KeepOutsideCopy(ctx, copyOf(o, alice.ID), o.Version); err != nil {
			t.Fatal(err)
		}
		d = must[models.Directory](t)(s.OutsideScheduleDirectory(ctx, o.ID))
		if on := d.Schedules[o.ID].OnCall(noon); len(on) != 1 || len(d.Users) != 1 || d.Users[alice.ID].Phones[0].Fault == nil {
			t.Errorf("on call %+v of %v", on, d.Users)
		}
		ours := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, alice.ID)))
		for _, missing := range []string{"", "none", "a\x00b", ours.ID} {
			if _, err := s.OutsideScheduleDirectory(ctx, missing); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("of %q: %v", missing, err)
			}
		}
	})
}

func TestACopyGoesWithItsOutsideSchedule(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		o := must[models.OutsideSchedule](t)(s.CreateOutsideSchedule(ctx, platform()))
		if err := s.KeepOutsideCopy(ctx, copyOf(o, "u1"), o.Version); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteOutsideSchedule(ctx, o.ID, o.Version); err != nil {
			t.Fatal(err)
		}
		if err := s.KeepOutsideCopy(ctx, copyOf(o, "u1"), o.Version); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a copy of what is removed: %v", err)
		}
		var copies int64
		if err := s.Writer().Model(&models.OutsideCopy{}).Count(&copies).Error; err != nil || copies != 0 {
			t.Errorf("%d copies are left, %v", copies, err)
		}
	})
}

func TestTheOldestCopyIsTheFirstToBeReadAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for name, age := range map[string]time.Duration{"fresh": 0, "old": time.Hour, "none": -1} {
			o := platform()
			o.Name = name
			o = must[models.OutsideSchedule](t)(s.CreateOutsideSchedule(ctx, o))
			if age < 0 {
				continue
			}
			c, at := copyOf(o, "u1"), noon.Add(-age)
			c.FetchedAt = &at
			if err := s.KeepOutsideCopy(ctx, c, o.Version); err != nil {
				t.Fatal(err)
			}
		}
		var names []string
		for _, o := range must[[]models.OutsideSchedule](t)(s.AllOutsideSchedules(ctx)) {
			names = append(names, o.Name)
		}
		if want := []string{"none", "old", "fresh"}; !slices.Equal(names, want) {
			t.Errorf("in the order %v, want %v", names, want)
		}
	})
}
