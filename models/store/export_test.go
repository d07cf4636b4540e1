package store

import (
	"context"

	"gorm.io/gorm"
)

// Down takes every migration back.
func (s *Store) Down(ctx context.Context) error { return s.DownTo(ctx, 0) }

// DownTo takes back the migrations after one.
func (s *Store) DownTo(ctx context.Context, version int64) error {
	provider, err := s.migrator()
	if err != nil {
		return err
	}
	_, err = provider.DownTo(ctx, version)
	return err
}

// PhoneFaultRow is what the table of refused phones holds.
var PhoneFaultRow = &phoneFault{}

// Writer lets a test look at the database itself.
func (s *Store) Writer() *gorm.DB { return s.writer }
