package store

import (
	"context"

	"github.com/ringdown/ringdown/models"
)

func userStamp(u *models.User) stamp { return stamp{&u.ID, &u.Version, &u.CreatedAt, &u.UpdatedAt} }

// CreateUser adds a user. models.ErrTaken says that another has the e-mail address.
func (s *Store) CreateUser(ctx context.Context, u models.User) (models.User, error) {
	err := s.create(ctx, "user", &u, userStamp(&u))
	return u, err
}

// User finds a user by id.
func (s *Store) User(ctx context.Context, id string) (models.User, error) {
	return one[models.User](s.reader.WithContext(ctx), "user", "id", id)
}

// Users lists users, the oldest first.
func (s *Store) Users(ctx context.Context, page Page) ([]models.User, string, error) {
	users, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(u models.User) place { return place{u.CreatedAt, u.ID} })
	return users, next, translate("list users", err)
}

// UpdateUser replaces a user whose version is ifVersion; zero means any. models.ErrStale says
// that it is another.
func (s *Store) UpdateUser(ctx context.Context, u models.User, ifVersion int) (models.User, error) {
	err := s.update(ctx, "user", &u, userStamp(&u), ifVersion)
	return u, err
}
