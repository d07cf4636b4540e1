package storetest

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/ringdown/ringdown/models/store"
)

// Statements counts the SQL statements of a store, by what the store logs of them.
type Statements struct{ n atomic.Int64 }

// Counted opens and migrates the database at a URL, and counts its statements from then on.
func Counted(t testing.TB, url string) (*store.Store, *Statements) {
	t.Helper()
	counted := &Statements{}
	return opened(t, url, slog.New(counted)), counted
}

// During is how many statements are made while something is done.
func (s *Statements) During(do func()) int {
	before := s.n.Load()
	do()
	return int(s.n.Load() - before)
}

// Enabled hears of everything.
func (s *Statements) Enabled(context.Context, slog.Level) bool { return true }

// Handle counts a statement.
func (s *Statements) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "statement" {
			s.n.Add(1)
		}
		return true
	})
	return nil
}

// WithAttrs counts in the same place.
func (s *Statements) WithAttrs([]slog.Attr) slog.Handler { return s }

// WithGroup counts in the same place.
func (s *Statements) WithGroup(string) slog.Handler { return s }
