package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

type migrateCommand struct {
	DatabaseURL string `env:"DATABASE_URL" required:"" help:"sqlite:PATH or postgres://…"`
}

// Run brings the schema up to date. It is safe to repeat, and for several at once.
func (c *migrateCommand) Run(ctx context.Context, out io.Writer) error {
	s, err := store.Open(ctx, c.DatabaseURL, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if err := errors.Join(migrate(ctx, s), s.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "the database's schema is up to date")
	return err
}

// migrate brings the schema up to date, and adds to the catalogue of numbers what it lacks of our own.
func migrate(ctx context.Context, s *store.Store) error {
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	return s.SeedCountries(ctx, models.SeedCountries())
}
