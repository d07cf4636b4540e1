package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func alice() models.User {
	return models.User{
		Name: "Alice Ångström", Email: "alice@example.com", TimeZone: "Europe/London", OnCallLicence: true, SlackUserID: "U0123", Active: true,
		Phones: []models.UserPhone{{Label: "mobile", Number: "+447700900123"}, {Label: "desk", Number: "+12025550123"}},
	}
}

func nights(t *testing.T, users ...string) models.Schedule {
	t.Helper()
	starts, err := time.Parse("2006-01-02T15:04", "2026-03-02T09:00")
	if err != nil {
		t.Fatal(err)
	}
	later := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	return models.Schedule{Name: "Nights", TimeZone: "Australia/Lord_Howe", Rotations: []models.Rotation{{
		Name: "first", Users: users, Seats: 2, EffectiveFrom: &later,
		Handover:         models.Handover{StartsAt: models.LocalTime(starts), Every: []models.Cadence{{Unit: "days", Count: 5}, {Unit: "days", Count: 2}}},
		WorkingIntervals: []models.WorkingInterval{{Weekday: "monday", From: 17 * 60, To: 24 * 60}},
	}}}
}

func supportLine() models.PhoneNumber {
	return models.PhoneNumber{
		Number: "+12025550199", Name: "Support", Country: "US", Type: "local",
		Status: models.NumberActive, CarrierID: "PN0123",
	}
}

func support(numberID string, levels ...models.Level) models.Route {
	return models.Route{
		Name: "Support", PhoneNumberID: numberID, Enabled: true, Greeting: "Grüß Gott; 'quoted' \"twice\" ☎",
		Allowlist: models.Allowlist{Enabled: true, Refusal: "No.", Callers: []models.AllowedCaller{{Name: "Carol", Number: "+12025550111"}}},
		Keypress:  models.Keypress{Enabled: true, Key: "5", Prompt: "Press five."}, Levels: levels, RingSeconds: 25, RingAgain: true,
		Accept: models.Acceptance{Required: true, Key: "1"}, Nobody: models.Nobody{Message: "Sorry."}, EmergencyNumber: "+447700900999",
		Limits: models.Limits{PerCallerPerMinute: 3, LiveCalls: 7}, RequireAttested: true,
	}.Defaults()
}

// editing is what the store does with a noun that people edit.
type editing[T any] struct {
	create func(context.Context, T) (T, error)
	read   func(context.Context, string) (T, error)
	list   func(context.Context, store.Page) ([]T, string, error)
	update func(context.Context, T, int) (T, error)
	row    func(*T) (id *string, version *int, created, updated *time.Time)
	change func(*T)
}

func TestUsersAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		editing[models.User]{
			s.CreateUser, s.User, s.Users, s.UpdateUser,
			func(u *models.User) (*string, *int, *time.Time, *time.Time) {
				return &u.ID, &u.Version, &u.CreatedAt, &u.UpdatedAt
			},
			func(u *models.User) {
				u.Name, u.Email, u.Active, u.OnCallLicence, u.Phones = "Bob", "", false, false, nil
			},
		}.test(t, alice())
	})
}

func TestSchedulesAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		editing[models.Schedule]{
			s.CreateSchedule, s.Schedule, s.Schedules, s.UpdateSchedule,
			func(s *models.Schedule) (*string, *int, *time.Time, *time.Time) {
				return &s.ID, &s.Version, &s.CreatedAt, &s.UpdatedAt
			},
			func(s *models.Schedule) { s.Name, s.Rotations = "Days", s.Rotations[:0] },
		}.test(t, nights(t, "u1", "u2"))
	})
}

func TestNumbersAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		editing[models.PhoneNumber]{
			s.CreateNumber, s.Number, s.Numbers, s.UpdateNumber,
			func(n *models.PhoneNumber) (*string, *int, *time.Time, *time.Time) {
				return &n.ID, &n.Version, &n.CreatedAt, &n.UpdatedAt
			},
			func(n *models.PhoneNumber) { n.Name, n.Country, n.Status = "", "", models.NumberReleased },
		}.test(t, supportLine())
	})
}

func TestRoutesAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		editing[models.Route]{
			s.CreateRoute, s.Route, s.Routes, s.UpdateRoute,
			func(r *models.Route) (*string, *int, *time.Time, *time.Time) {
				return &r.ID, &r.Version, &r.CreatedAt, &r.UpdatedAt
			},
			func(r *models.Route) {
				r.Enabled, r.RingAgain, r.PhoneNumberID, r.Greeting, r.Allowlist, r.Levels = false, false, "", "", models.Allowlist{}, nil
			},
		}.test(t, support("n1", models.Level{Strategy: models.OneByOne, Targets: []models.Target{{Type: models.TargetUser, UserID: "u1"}}}))
	})
}

func (e editing[T]) test(t *testing.T, noun T) {
	ctx := context.Background()
	before := time.Now().Add(-time.Millisecond)
	made, err := e.create(ctx, noun)
	if err != nil {
		t.Fatal(err)
	}
	id, version, created, updated := e.row(&made)
	if parsed, err := uuid.Parse(*id); err != nil || parsed.Version() != 7 {
		t.Errorf("id %s is no UUIDv7", *id)
	}
	if *version != 1 || !created.Equal(*updated) || created.Before(before) || created.Location() != time.UTC || created.Nanosecond()%1000 != 0 {
		t.Errorf("a new row has version %d, created %v, updated %v", *version, created, updated)
	}
	e.reads(t, made)

	changed := made
	e.change(&changed)
	_, _, createdBefore, _ := e.row(&changed)
	*createdBefore = time.Time{} // is not the editor's to change
	updatedRow, err := e.update(ctx, changed, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, version, createdAfter, updated := e.row(&updatedRow)
	if *version != 2 || !createdAfter.Equal(*created) || updated.Before(*created) || updated.Location() != time.UTC {
		t.Errorf("an updated row has version %d, created %v, updated %v", *version, createdAfter, updated)
	}
	e.reads(t, updatedRow)

	if _, err := e.update(ctx, made, 1); !errors.Is(err, models.ErrStale) {
		t.Errorf("an update of an old version: %v", err)
	}
	e.reads(t, updatedRow)
	if again, err := e.update(ctx, made, 0); err != nil {
		t.Errorf("an update of any version: %v", err)
	} else {
		e.reads(t, again)
	}
	if _, err := e.create(ctx, made); !errors.Is(err, models.ErrTaken) {
		t.Errorf("an id made twice: %v", err)
	}
	for _, missing := range []string{"nobody", "", "a\x00b", "\xff"} {
		if _, err := e.read(ctx, missing); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("read %q: %v", missing, err)
		}
		*id = missing
		if _, err := e.update(ctx, made, 0); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("update %q: %v", missing, err)
		}
	}
}

// reads checks that a row reads back whole, alone and in its list.
func (e editing[T]) reads(t *testing.T, want T) {
	t.Helper()
	id, _, _, _ := e.row(&want)
	got, err := e.read(context.Background(), *id)
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, got)
	rows, next, err := e.list(context.Background(), store.Page{})
	if err != nil || next != "" || len(rows) != 1 {
		t.Fatalf("%d rows, next %q, %v", len(rows), next, err)
	}
	same(t, want, rows[0])
	if _, _, created, updated := e.row(&got); created.Location() != time.UTC || updated.Location() != time.UTC {
		t.Errorf("times are read in %v and %v", created.Location(), updated.Location())
	}
}

// same compares phones by what they hold and not by how they print, and no list with an empty one.
func same[T any](t *testing.T, want, got T) {
	t.Helper()
	options := cmp.Options{
		cmp.Transformer("revealed", func(p models.Phone) string { return string(p) }),
		cmp.Transformer("wall", func(l models.LocalTime) string { return time.Time(l).Format(time.RFC3339) }),
		cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Overrides" }, cmp.Comparer(func(a, b []models.Override) bool {
			return len(a) == len(b) && (len(a) == 0 || cmp.Equal(a, b))
		})),
	}
	if diff := cmp.Diff(want, got, options); diff != "" {
		t.Errorf("it reads back as another (-want +got):\n%s", diff)
	}
}

func TestWhatMustBeUniqueIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		create := map[string]func() error{
			"email": func() error {
				u := alice()
				u.Email = strings.ToUpper(u.Email)
				_, err := s.CreateUser(ctx, u)
				return err
			},
			"name": func() error {
				_, err := s.CreateSchedule(ctx, nights(t))
				return err
			},
			"number": func() error {
				_, err := s.CreateNumber(ctx, supportLine())
				return err
			},
			"phone_number_id": func() error {
				_, err := s.CreateRoute(ctx, models.Route{Name: newName(), PhoneNumberID: "n1"})
				return err
			},
		}
		for field, create := range create {
			if err := create(); err != nil {
				t.Errorf("the first %s: %v", field, err)
			}
			if err := create(); !errors.Is(err, models.ErrTaken) || !strings.Contains(err.Error(), " "+field+": already taken") {
				t.Errorf("the second %s: %v", field, err)
			}
		}
		free, err := s.CreateRoute(ctx, models.Route{Name: newName()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateRoute(ctx, models.Route{Name: newName()}); err != nil {
			t.Errorf("a second route without a number: %v", err)
		}
		free.PhoneNumberID = "n1"
		if _, err := s.UpdateRoute(ctx, free, 1); !errors.Is(err, models.ErrTaken) || !strings.Contains(err.Error(), "phone_number_id") {
			t.Errorf("another route takes the number: %v", err)
		}
		if _, err := s.CreateUser(ctx, models.User{Name: "A"}); err != nil {
			t.Error(err)
		}
		if _, err := s.CreateUser(ctx, models.User{Name: "B"}); err != nil {
			t.Errorf("a second user without an address: %v", err)
		}
	})
}

func newName() string { return uuid.NewString() }

func TestOfTwoUpdatesOfOneVersionOneWins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		u, err := s.CreateUser(context.Background(), alice())
		if err != nil {
			t.Fatal(err)
		}
		won := make(chan bool, 8)
		atOnce(t, 8, func(int) error {
			_, err := s.UpdateUser(context.Background(), u, 1)
			won <- err == nil
			if errors.Is(err, models.ErrStale) {
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
		if winners != 1 {
			t.Errorf("%d won", winners)
		}
	})
}

func TestPhonesAreKeptWholeAndNotMasked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		n, err := s.CreateNumber(ctx, supportLine())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateRoute(ctx, support(n.ID)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateUser(ctx, alice()); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]string{
			"SELECT number FROM phone_numbers":                                     "+12025550199",
			"SELECT emergency_number FROM call_routes":                             "+447700900999",
			"SELECT phones -> 0 ->> 'number' FROM users":                           "+447700900123",
			"SELECT allowlist -> 'callers' -> 0 ->> 'number' FROM call_routes":     "+12025550111",
			"SELECT number FROM phone_numbers WHERE '+12025550199' = number":       "+12025550199",
			"SELECT keypress ->> 'prompt' FROM call_routes WHERE enabled":          "Press five.",
			"SELECT greeting FROM call_routes WHERE require_attestation = (1 = 1)": "Grüß Gott; 'quoted' \"twice\" ☎",
		} {
			var got string
			if err := s.Writer().Raw(query).Scan(&got).Error; err != nil || got != want {
				t.Errorf("%s: %q, %v, want %q", query, got, err, want)
			}
		}
	})
}
