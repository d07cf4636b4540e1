package store_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// newStore makes a store without asking its database for anything.
func newStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s := must[*store.Store](t)(store.New(url, slog.New(slog.DiscardHandler)))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// everyWay asks a store in each of its ways, and says what came of each.
func everyWay(ctx context.Context, s *store.Store) map[string]error {
	_, listing := s.Directory(ctx)
	_, _, arriving := s.RouteForNumber(ctx, "+12025550199")
	_, creating := s.CreateUser(ctx, alice())
	_, updating := s.UpdateUser(ctx, models.User{ID: "nobody"}, 0)
	return map[string]error{
		"a sign of life": s.Ping(ctx), "a list": listing, "a route": arriving, "a row": creating, "a change": updating,
	}
}

func TestAStoreWorksAsSoonAsItsDatabaseIsThere(t *testing.T) {
	check := func(t *testing.T, s *store.Store, comesBack func()) {
		t.Helper()
		for way, err := range everyWay(t.Context(), s) {
			if !errors.Is(err, models.ErrAway) {
				t.Errorf("%s: %v", way, err)
			}
		}
		comesBack()
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for way, err := range everyWay(t.Context(), s) {
			if errors.Is(err, models.ErrAway) {
				t.Errorf("back again, %s: %v", way, err)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "mounted")
		check(t, newStore(t, "sqlite:"+filepath.Join(folder, "test.db")), func() {
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
		})
	})
	if storetest.PostgresExpected() {
		t.Run("postgres", func(t *testing.T) {
			line := storetest.PostgresLine(t)
			line.Cut()
			s := newStore(t, line.URL)
			check(t, s, line.Mend)
			line.Cut() // with connections in the pool
			check(t, s, line.Mend)
		})
	}
}

func TestWhatTheDatabaseRefusesIsNotAway(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must[models.User](t)(s.CreateUser(t.Context(), alice()))
		left, leave := context.WithCancel(t.Context())
		leave()
		_, _, whoLeft := s.Users(left, store.Page{})
		_, taken := s.CreateUser(t.Context(), alice())
		_, _, unknown := s.RouteForNumber(t.Context(), "+12025550198")
		for name, err := range map[string]error{"a name that is taken": taken, "a number without a route": unknown, "a client who left": whoLeft} {
			if err == nil || errors.Is(err, models.ErrAway) {
				t.Errorf("%s: %v", name, err)
			}
		}
		late, stop := context.WithTimeout(t.Context(), 0)
		defer stop()
		if _, _, err := s.Users(late, store.Page{}); !errors.Is(err, models.ErrAway) {
			t.Errorf("too late: %v", err)
		}
	})
	if storetest.PostgresExpected() {
		t.Run("a Postgres without this database", func(t *testing.T) {
			_, err := store.Open(t.Context(), storetest.PostgresLine(t).URL+"&dbname=nothing", slog.New(slog.DiscardHandler))
			if err == nil || errors.Is(err, models.ErrAway) {
				t.Errorf("opened: %v", err)
			}
		})
	}
}
