package store

import (
	"context"

	"github.com/ringdown/ringdown/models"
)

func numberStamp(n *models.PhoneNumber) stamp {
	return stamp{&n.ID, &n.Version, &n.CreatedAt, &n.UpdatedAt}
}

// CreateNumber adds a number. models.ErrTaken says that we have it already.
func (s *Store) CreateNumber(ctx context.Context, n models.PhoneNumber) (models.PhoneNumber, error) {
	err := s.create(ctx, "phone number", &n, numberStamp(&n))
	return n, err
}

// Number finds a number by id.
func (s *Store) Number(ctx context.Context, id string) (models.PhoneNumber, error) {
	return one[models.PhoneNumber](s.reader.WithContext(ctx), "phone number", "id", id)
}

// Numbers lists numbers, the oldest first.
func (s *Store) Numbers(ctx context.Context, page Page) ([]models.PhoneNumber, string, error) {
	numbers, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(n models.PhoneNumber) place { return place{n.CreatedAt, n.ID} })
	return numbers, next, translate("list phone numbers", err)
}

// UpdateNumber replaces a number whose version is ifVersion; zero means any. models.ErrStale
// says that it is another.
func (s *Store) UpdateNumber(ctx context.Context, n models.PhoneNumber, ifVersion int) (models.PhoneNumber, error) {
	err := s.update(ctx, "phone number", &n, numberStamp(&n), ifVersion)
	return n, err
}
