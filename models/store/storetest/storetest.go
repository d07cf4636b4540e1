// Package storetest gives tests a database of their own, migrated and empty: SQLite in a
// temporary file, and a real Postgres that lives as long as the test process.
package storetest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
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
	schema, err := migratedSQLite()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, schema, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+path, slog.New(slog.DiscardHandler))
}

// migratedSQLite is the file of a database with the schema of today.
var migratedSQLite = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "ringdown-schema-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it lies among temporary files
	path := filepath.Join(dir, "schema.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// migrate brings the database at a URL up to date, and leaves all of it in its file.
func migrate(url string) error {
	s, err := store.Open(context.Background(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(context.Background()), s.Close())
}

// Postgres opens a migrated database on a server of this test process.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	template, err := migratedPostgres()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, untilTheEnd(t)(databaseLike(template)), slog.New(slog.DiscardHandler))
}

// Open opens and migrates the database at a URL, and closes it when the test ends.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	return opened(t, url, slog.New(slog.DiscardHandler))
}

// opened is open with the schema brought up to date.
func opened(t testing.TB, url string, log *slog.Logger) *store.Store {
	t.Helper()
	s := open(t, url, log)
	if err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
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
	return s
}
