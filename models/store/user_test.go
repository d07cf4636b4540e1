package store_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestAUserIsDeletedWhomNothingNames(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		u := must[models.User](t)(s.CreateUser(ctx, alice()))
		past := models.Call{ID: "c1", CarrierCallID: "CA1", AnsweredBy: u.ID, StartedAt: noon, Plan: &models.Plan{RouteName: "Support"}}
		if err := s.RecordCall(ctx, past); err != nil {
			t.Fatal(err)
		}
		before := must[models.Call](t)(s.Call(ctx, "c1"))
		for _, missing := range []string{"", "none", "a\x00b", "\xff"} {
			if err := s.DeleteUser(ctx, missing, 0); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("delete %q: %v", missing, err)
			}
		}
		if err := s.DeleteUser(ctx, u.ID, 2); !errors.Is(err, models.ErrStale) {
			t.Errorf("a version that is not current: %v", err)
		}
		if err := s.DeleteUser(ctx, u.ID, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteUser(ctx, u.ID, 0); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		if _, err := s.User(ctx, u.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("still there: %v", err)
		}
		same(t, before, must[models.Call](t)(s.Call(ctx, "c1")))
		must[models.User](t)(s.CreateUser(ctx, alice())) // the address is free again
	})
}

func TestAUserWhomSomethingNamesStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		u, other := user(t, s, "Alice"), user(t, s, "Bob")
		rings := func(name string, users ...string) models.Route {
			route := support("", models.Level{})
			route.Name = name
			for _, id := range users {
				route.Levels[0].Targets = append(route.Levels[0].Targets, models.Target{Type: models.TargetUser, UserID: id})
			}
			return must[models.Route](t)(s.CreateRoute(ctx, route))
		}
		needs := func(want ...string) {
			t.Helper()
			var inUse *models.InUseError
			err := s.DeleteUser(ctx, u.ID, 0)
			if !errors.As(err, &inUse) {
				t.Fatalf("deleted: %v", err)
			}
			if diff := cmp.Diff(&models.InUseError{What: `user "Alice"`, By: want}, inUse); diff != "" {
				t.Error(diff)
			}
			uses := must[[]models.Use](t)(s.UsesOfUser(ctx, u.ID))
			if len(uses) != len(want) {
				t.Errorf("uses %v, want %v", uses, want)
			}
		}
		support, _, _ := rings("Support", other.ID, u.ID), rings("Billing", u.ID), rings("Sales", other.ID)
		primary := nights(t, u.ID, other.ID)
		primary.Name, primary.Rotations[0].EffectiveFrom = "Primary", nil
		primary = must[models.Schedule](t)(s.CreateSchedule(ctx, primary))
		nightly := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, other.ID)))
		stand := func(from time.Duration) models.Override {
			at := time.Now().Add(from)
			return must[models.Override](t)(s.CreateOverride(ctx, models.Override{
				ScheduleID: nightly.ID, Rotation: "first", UserID: u.ID, From: at, To: at.Add(time.Hour),
			}))
		}
		stand(-2 * time.Hour)
		needs(`call route "Billing"`, `call route "Support"`, `schedule "Primary"`)
		future := stand(24 * time.Hour)
		needs(`call route "Billing"`, `call route "Support"`, `schedule "Nights"`, `schedule "Primary"`)

		if err := s.DeleteOverride(ctx, nightly.ID, future.ID); err != nil {
			t.Fatal(err)
		}
		primary.Rotations[0].Users = []string{other.ID}
		must[models.Schedule](t)(s.UpdateSchedule(ctx, primary, 0))
		if err := s.DeleteRoute(ctx, support.ID, 0); err != nil {
			t.Fatal(err)
		}
		needs(`call route "Billing"`)
		if len(must[[]models.Use](t)(s.UsesOfUser(ctx, other.ID))) != 3 {
			t.Error("what names the other is another")
		}
	})
}

func TestAUserWhomAnOutsideScheduleIsMappedToStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		u, other := user(t, s, "Alice"), user(t, s, "Bob")
		maps := func(name string, people ...models.OutsidePerson) models.OutsideSchedule {
			o := platform(people...)
			o.Name = name
			return must[models.OutsideSchedule](t)(s.CreateOutsideSchedule(ctx, o))
		}
		theirs := models.OutsidePerson{Outside: "P1", UserID: u.ID}
		both := maps("Platform", models.OutsidePerson{Outside: "P2", UserID: other.ID}, theirs)
		alone := maps("Billing", theirs)
		maps("Elsewhere", models.OutsidePerson{Outside: u.ID, UserID: other.ID}) // an id there that is no user's here
		maps("By address")
		must[models.Route](t)(s.CreateRoute(ctx, support("", models.Level{Targets: []models.Target{{Type: models.TargetUser, UserID: u.ID}}})))

		var inUse *models.InUseError
		if err := s.DeleteUser(ctx, u.ID, 0); !errors.As(err, &inUse) {
			t.Fatalf("deleted: %v", err)
		}
		want := []string{`call route "Support"`, `outside schedule "Billing"`, `outside schedule "Platform"`}
		if diff := cmp.Diff(&models.InUseError{What: `user "Alice"`, By: want}, inUse); diff != "" {
			t.Error(diff)
		}
		if err := s.DeleteOutsideSchedule(ctx, alone.ID, 0); err != nil {
			t.Fatal(err)
		}
		both.People = both.People[:1]
		must[models.OutsideSchedule](t)(s.UpdateOutsideSchedule(ctx, both, 0))
		if err := s.DeleteUser(ctx, u.ID, 0); !errors.As(err, &inUse) || len(inUse.By) != 1 {
			t.Errorf("no longer mapped: %v", err)
		}
	})
}

// The other change is made, but not yet in force, while ours begins.
func TestAChangeWaitsForAnotherOfTheSameRow(t *testing.T) {
	for _, c := range []struct {
		name string
		ours func(s *store.Store, u models.User) error
	}{
		{"an update", func(s *store.Store, u models.User) error {
			_, err := s.UpdateUser(context.Background(), u, 1)
			return err
		}},
		{"a removal", func(s *store.Store, u models.User) error { return s.DeleteUser(context.Background(), u.ID, 1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				u := must[models.User](t)(s.CreateUser(t.Context(), alice()))
				other := s.Writer().Begin()
				defer other.Rollback()
				if err := other.Exec("UPDATE users SET version = 2, name = 'Bob' WHERE id = ?", u.ID).Error; err != nil {
					t.Fatal(err)
				}
				ours := make(chan error, 1)
				go func() { ours <- c.ours(s, u) }()
				for !waits(t, s) {
					select {
					case err := <-ours:
						t.Fatalf("it did not wait: %v", err)
					case <-time.After(time.Millisecond):
					}
				}
				if err := other.Commit().Error; err != nil {
					t.Fatal(err)
				}
				if err := <-ours; !errors.Is(err, models.ErrStale) {
					t.Errorf("got %v, want %v", err, models.ErrStale)
				}
				if left := must[models.User](t)(s.User(t.Context(), u.ID)); left.Name != "Bob" || len(audit(t, s, store.ChangeFilter{})) != 1 {
					t.Errorf("left is %s, version %d", left.Name, left.Version)
				}
			})
		})
	}
}

// waits says whether somebody waits for what a transaction holds: a row on Postgres, on SQLite the
// one connection that writes.
func waits(t *testing.T, s *store.Store) bool {
	t.Helper()
	if s.Writer().Name() == "sqlite" {
		return must[map[string]*sql.DB](t)(s.Pools())["writer"].Stats().WaitCount > 0
	}
	var n int
	err := s.Writer().Raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n).Error
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func TestOfManyDeletionsAtOnceOneIsMadeAndAudited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		u := must[models.User](t)(s.CreateUser(context.Background(), alice()))
		won := make(chan bool, 8)
		atOnce(t, cap(won), func(i int) error {
			var err error
			if i%2 == 0 {
				err = s.DeleteUser(context.Background(), u.ID, 1)
			} else {
				_, err = s.UpdateUser(context.Background(), models.User{ID: u.ID, Name: "Bob"}, 1)
			}
			won <- err == nil
			if errors.Is(err, models.ErrNotFound) || errors.Is(err, models.ErrStale) {
				return nil
			}
			return err
		})
		close(won)
		winners := 0
		for w := range won {
			if w {
				winners++
			}
		}
		if all := audit(t, s, store.ChangeFilter{NounID: u.ID}); winners != 1 || len(all) != 2 {
			t.Errorf("%d won, %d changes are audited", winners, len(all))
		}
	})
}
