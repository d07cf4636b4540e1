// Package storetest gives tests a database of their own, migrated and empty: SQLite in a
// temporary file, and a real Postgres that lives as long as the test process.
package storetest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/ringdown/ringdown/models/store"
)

// Each runs a test on SQLite and on Postgres. A missing Postgres fails the test in CI, where the
// environment variable CI is set, and is reported and left out elsewhere.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	if PostgresExpected() {
		t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
	}
}

// PostgresExpected says whether tests run on Postgres too: where it is installed, and in CI. That
// it is left out is reported.
func PostgresExpected() bool {
	if _, err := postgresBinaries(); err != nil && os.Getenv("CI") == "" {
		sayLeftOut()
		return false
	}
	return true
}

// SQLite opens a migrated database in a temporary file.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
}

// Postgres opens a migrated database on a server of this test process.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, PostgresURL(t))
}

// Open opens and migrates the database at a URL, and closes it when the test ends.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	return open(t, url, slog.New(slog.DiscardHandler))
}

func open(t testing.TB, url string, log *slog.Logger) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}
