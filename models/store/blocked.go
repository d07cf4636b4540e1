package store

import (
	"context"

	"github.com/ringdown/ringdown/models"
)

func blockedStamp(b *models.BlockedCaller) stamp {
	return stamp{&b.ID, &b.Version, &b.CreatedAt, &b.UpdatedAt}
}

// CreateBlockedCaller blocks a caller. models.ErrTaken says that the number is on the list already.
func (s *Store) CreateBlockedCaller(ctx context.Context, b models.BlockedCaller) (models.BlockedCaller, error) {
	b.Until = instantOrNil(b.Until)
	err := s.create(ctx, "blocked caller", &b, blockedStamp(&b))
	return b, err
}

// BlockedCaller finds a blocked caller by id, also one whose block is over.
func (s *Store) BlockedCaller(ctx context.Context, id string) (models.BlockedCaller, error) {
	return one[models.BlockedCaller](s.reader.WithContext(ctx), "blocked caller", "id", id)
}

// BlockedCallers lists blocked callers, the oldest first, also those whose block is over.
func (s *Store) BlockedCallers(ctx context.Context, page Page) ([]models.BlockedCaller, string, error) {
	callers, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(b models.BlockedCaller) place { return place{b.CreatedAt, b.ID} })
	return callers, next, translate("list blocked callers", err)
}

// UpdateBlockedCaller replaces a blocked caller whose version is ifVersion; zero means any.
// models.ErrStale says that it is another, models.ErrTaken that another entry has the number.
func (s *Store) UpdateBlockedCaller(ctx context.Context, b models.BlockedCaller, ifVersion int) (models.BlockedCaller, error) {
	b.Until = instantOrNil(b.Until)
	err := s.update(ctx, "blocked caller", &b, blockedStamp(&b), ifVersion)
	return b, err
}

// DeleteBlockedCaller lets a caller call again whose version is ifVersion; zero means any.
// models.ErrStale says that it is another.
func (s *Store) DeleteBlockedCaller(ctx context.Context, id string, ifVersion int) error {
	return s.remove(ctx, "blocked caller", &models.BlockedCaller{}, id, ifVersion, nil)
}
