package store

import (
	"context"

	"github.com/ringdown/ringdown/models"
)

func userStamp(u *models.User) stamp { return stamp{&u.ID, &u.Version, &u.CreatedAt, &u.UpdatedAt} }

// CreateUser adds a user, without what is known of their phones. models.ErrTaken says that another
// has the e-mail address.
func (s *Store) CreateUser(ctx context.Context, u models.User) (models.User, error) {
	u.Phones = withoutFaults(u.Phones)
	err := s.create(ctx, "user", &u, userStamp(&u))
	return u, err
}

// User finds a user by id, with the faults of their phones.
func (s *Store) User(ctx context.Context, id string) (models.User, error) {
	user, err := one[models.User](s.reader.WithContext(ctx), "user", "id", id)
	if err != nil {
		return user, err
	}
	return user, s.showFaults(ctx, []models.User{user})
}

// Users lists users with the faults of their phones, the oldest first.
func (s *Store) Users(ctx context.Context, page Page) ([]models.User, string, error) {
	users, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(u models.User) place { return place{u.CreatedAt, u.ID} })
	if err != nil {
		return users, next, translate("list users", err)
	}
	return users, next, s.showFaults(ctx, users)
}

// UpdateUser replaces a user whose version is ifVersion; zero means any. What is known of their
// phones stays as it is. models.ErrStale says that the version is another.
func (s *Store) UpdateUser(ctx context.Context, u models.User, ifVersion int) (models.User, error) {
	u.Phones = withoutFaults(u.Phones)
	err := s.update(ctx, "user", &u, userStamp(&u), ifVersion)
	return u, err
}
