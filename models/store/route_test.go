package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func user(t *testing.T, s *store.Store, name string) models.User {
	t.Helper()
	return must[models.User](t)(s.CreateUser(context.Background(), models.User{Name: name, Active: true}))
}

func TestTheRouteOfANumberComesWithWhatItNeeds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		direct, onCall, standIn, past := user(t, s, "Direct"), user(t, s, "On call"), user(t, s, "Stand-in"), user(t, s, "Past stand-in")
		user(t, s, "Somebody else")
		schedule := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, onCall.ID)))
		other := nights(t, direct.ID)
		other.Name = "Not on the route"
		must[models.Schedule](t)(s.CreateSchedule(ctx, other))
		override := func(user models.User, ends time.Duration) models.Override {
			to := time.Now().Add(ends)
			return must[models.Override](t)(s.CreateOverride(ctx, models.Override{
				ScheduleID: schedule.ID, Rotation: "first", UserID: user.ID, From: to.Add(-8 * time.Hour), To: to,
			}))
		}
		schedule.Overrides = []models.Override{override(standIn, time.Hour)}
		override(past, -48*time.Hour)
		number := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		route := must[models.Route](t)(s.CreateRoute(ctx, support(number.ID,
			models.Level{Targets: []models.Target{{Type: models.TargetSchedule, ScheduleID: schedule.ID}, {Type: models.TargetUser, UserID: "nobody"}}},
			models.Level{Targets: []models.Target{{Type: models.TargetUser, UserID: direct.ID}, {Type: models.TargetSchedule, ScheduleID: schedule.ID}}},
		)))

		got, d, err := s.RouteForNumber(ctx, number.Number)
		if err != nil {
			t.Fatal(err)
		}
		same(t, route, got)
		if loc := d.Zones[schedule.TimeZone]; len(d.Zones) != 1 || loc == nil || loc.String() != schedule.TimeZone {
			t.Errorf("the zones are %v", d.Zones)
		}
		d.Zones = nil // compared above: a zone is nothing that cmp can look into
		same(t, models.Directory{
			Users:     map[string]models.User{direct.ID: direct, onCall.ID: onCall, standIn.ID: standIn},
			Schedules: map[string]models.Schedule{schedule.ID: schedule},
			Numbers:   map[string]models.PhoneNumber{number.ID: number},
		}, d)
		for _, at := range []time.Time{got.CreatedAt, d.Numbers[number.ID].CreatedAt, d.Schedules[schedule.ID].Overrides[0].To} {
			if at.Location() != time.UTC {
				t.Errorf("a time is read in %v", at.Location())
			}
		}

		whole, err := s.Directory(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(whole.Users) != 5 || len(whole.Schedules) != 2 || len(whole.Numbers) != 1 || len(whole.Schedules[schedule.ID].Overrides) != 2 {
			t.Errorf("the directory is %v", whole)
		}
	})
}

func TestWhichRouteANumberHas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		check := func(what string, want error) {
			t.Helper()
			if _, _, err := s.RouteForNumber(ctx, supportLine().Number); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		check("no such number", models.ErrNotFound)
		number := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		check("no route", models.ErrNotFound)
		must[models.Route](t)(s.CreateRoute(ctx, models.Route{Name: "No number yet"}))
		route := must[models.Route](t)(s.CreateRoute(ctx, support(number.ID)))
		check("bound", nil)
		route.Enabled = false
		must[models.Route](t)(s.UpdateRoute(ctx, route, 0))
		check("disabled", nil)
		number.Status = models.NumberReleased
		must[models.PhoneNumber](t)(s.UpdateNumber(ctx, number, 0))
		check("released", models.ErrNotFound)
	})
}

// statements counts what is logged at debug level: one line a statement.
type statements struct {
	slog.Handler
	n *int
}

func (s statements) Enabled(context.Context, slog.Level) bool { return true }
func (s statements) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "sql" || r.Message == "slow sql" {
		*s.n++
	}
	return nil
}

func TestTheRouteOfANumberTakesFewQueriesHoweverLargeItIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, n := context.Background(), 0
		s = anotherLike(t, s, statements{slog.DiscardHandler, &n})
		counts := map[int]int{} // by size
		for i, size := range []int{1, 12} {
			number := supportLine()
			number.Number = models.Phone(fmt.Sprintf("+1202555015%d", i))
			number = must[models.PhoneNumber](t)(s.CreateNumber(ctx, number))
			var levels []models.Level
			for j := range size {
				schedule := nights(t, user(t, s, "On call").ID)
				schedule.Name = fmt.Sprintf("%d of %d", j, size)
				schedule = must[models.Schedule](t)(s.CreateSchedule(ctx, schedule))
				levels = append(levels, models.Level{Targets: []models.Target{
					{Type: models.TargetSchedule, ScheduleID: schedule.ID}, {Type: models.TargetUser, UserID: user(t, s, "Direct").ID},
				}})
			}
			route := support(number.ID, levels...)
			route.Name = number.ID
			must[models.Route](t)(s.CreateRoute(ctx, route))
			n = 0
			_, d, err := s.RouteForNumber(ctx, number.Number)
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Schedules) != size || len(d.Users) != 2*size {
				t.Errorf("%d schedules and %d users", len(d.Schedules), len(d.Users))
			}
			counts[size] = n
		}
		if got := slices.Sorted(maps.Values(counts)); !slices.Equal(got, []int{5, 5}) {
			t.Errorf("queries by size: %v", counts)
		}
	})
}

func BenchmarkRouteForNumber(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			ctx, s := context.Background(), open(b)
			number, err := s.CreateNumber(ctx, supportLine())
			if err != nil {
				b.Fatal(err)
			}
			u, err := s.CreateUser(ctx, alice())
			if err != nil {
				b.Fatal(err)
			}
			schedule, err := s.CreateSchedule(ctx, models.Schedule{Name: "Nights", Rotations: []models.Rotation{{Name: "first", Users: []string{u.ID}}}})
			if err != nil {
				b.Fatal(err)
			}
			level := models.Level{Targets: []models.Target{{Type: models.TargetSchedule, ScheduleID: schedule.ID}}}
			if _, err := s.CreateRoute(ctx, support(number.ID, level)); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, _, err := s.RouteForNumber(ctx, number.Number); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestARouteIsDeletedWhenNoCallerReachesIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		active := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		gone := supportLine()
		gone.Number, gone.Status = "+12025550198", models.NumberReleased
		gone = must[models.PhoneNumber](t)(s.CreateNumber(ctx, gone))
		for _, c := range []struct {
			name    string
			number  string
			enabled bool
			version int
			want    string // of the error; none: it is deleted
		}{
			{"switched on, with a number", active.ID, true, 0, `"switched on, with a number" is in use by phone number "Support": switch the route off first`},
			{"switched off, with a number", active.ID, false, 0, ""},
			{"switched on, without a number", "", true, 1, ""},
			{"switched on, with a number that is released", gone.ID, true, 0, ""},
			{"switched on, with a number that is none", "none", true, 0, ""},
			{"a version that is not current", "", false, 2, models.ErrStale.Error()},
		} {
			t.Run(c.name, func(t *testing.T) {
				route := support(c.number)
				route.Name, route.Enabled = c.name, c.enabled
				route = must[models.Route](t)(s.CreateRoute(ctx, route))
				live := models.Call{CarrierCallID: route.ID, RouteID: route.ID, RouteName: route.Name, StartedAt: noon}
				if err := s.Arrive(ctx, live); err != nil {
					t.Fatal(err)
				}
				err := s.DeleteRoute(ctx, route.ID, c.version)
				if (err == nil) != (c.want == "") || err != nil && !strings.HasSuffix(err.Error(), c.want) {
					t.Fatalf("got %v, want %v", err, c.want)
				}
				if _, left := s.Route(ctx, route.ID); errors.Is(left, models.ErrNotFound) != (err == nil) {
					t.Errorf("afterwards: %v", left)
				}
				if left := must[models.Call](t)(s.CallByCarrierID(ctx, route.ID)); left.RouteName != c.name || left.EndedAt != nil {
					t.Errorf("its call is %v", left)
				}
				if c.number != "" && c.number == active.ID && c.enabled { // make room for the next
					route.PhoneNumberID = ""
					must[models.Route](t)(s.UpdateRoute(ctx, route, 0))
				}
			})
		}
		if err := s.DeleteRoute(ctx, "none", 0); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("no such route: %v", err)
		}
	})
}
