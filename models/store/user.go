package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

func userStamp(u *models.User) stamp { return stamp{&u.ID, &u.Version, &u.CreatedAt, &u.UpdatedAt} }

// CreateUser adds a user, without what is known of their phones. models.ErrTaken says that another
// has the e-mail address.
func (s *Store) CreateUser(ctx context.Context, u models.User) (models.User, error) {
	return s.CreateUserWithin(ctx, u, 0)
}

// CreateUserWithin is CreateUser where on-call licences are allotted; zero allots without limit. A
// *models.AllotmentError says that none is left.
func (s *Store) CreateUserWithin(ctx context.Context, u models.User, allotted int) (models.User, error) {
	u.Phones = withoutFaults(u.Phones)
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if licensed(u) {
			if err := ofLicences.take(tx); err != nil {
				return err
			}
			if err := licencesWithin(tx, allotted); err != nil {
				return err
			}
		}
		return s.insert(ctx, tx, "user", &u, userStamp(&u))
	})
	return u, translate("create user", err)
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
	return s.UpdateUserWithin(ctx, u, ifVersion, 0)
}

// UpdateUserWithin is UpdateUser where on-call licences are allotted; zero allots without limit. A
// *models.AllotmentError says that none is left for a user who had none.
func (s *Store) UpdateUserWithin(ctx context.Context, u models.User, ifVersion, allotted int) (models.User, error) {
	u.Phones = withoutFaults(u.Phones)
	err := s.updating(ctx, "user", u.ID, func(tx *gorm.DB) error {
		if licensed(u) {
			if err := ofLicences.take(tx); err != nil {
				return err
			}
		}
		return s.replace(ctx, tx, "user", &u, userStamp(&u), ifVersion, func(before any) error {
			if was := before.(*models.User); licensed(*was) || !licensed(u) {
				return nil
			}
			return licencesWithin(tx, allotted)
		})
	})
	return u, err
}

// DeleteUser removes a user whose version is ifVersion; zero means any. models.ErrStale says that
// it is another, a *models.InUseError names what would ring them, and the outside schedules whose
// people are mapped to them. Past calls keep their name.
func (s *Store) DeleteUser(ctx context.Context, id string, ifVersion int) error {
	var user models.User
	return s.remove(ctx, "user", &user, id, ifVersion, func(tx *gorm.DB) error {
		uses, err := usesOfUser(tx, id)
		if err != nil {
			return err
		}
		mapped, err := mappedTo(tx, id)
		if err != nil || len(uses)+len(mapped) == 0 {
			return err
		}
		inUse := &models.InUseError{What: fmt.Sprintf("user %q", user.Name)}
		for _, use := range uses {
			inUse.By = append(inUse.By, use.What)
		}
		for _, name := range mapped {
			inUse.By = append(inUse.By, fmt.Sprintf("outside schedule %q", name))
		}
		return inUse
	})
}

// UsesOfUser lists what names a user now or later.
func (s *Store) UsesOfUser(ctx context.Context, id string) ([]models.Use, error) {
	uses, err := usesOfUser(s.reader.WithContext(ctx), id)
	return uses, translate("what names user "+id, err)
}

// usesOfUser takes three queries, whatever the directory holds.
func usesOfUser(query *gorm.DB, id string) ([]models.Use, error) {
	var routes []models.Route
	err := query.Select("name", "levels").Order("name").Find(&routes, "CAST(levels AS text) LIKE ?", inJSON(id)).Error
	if err != nil {
		return nil, err
	}
	now := time.Now()
	theirs := query.Model(&models.Override{}).Where("user_id = ? AND ends_at > ?", id, instant(now))
	var schedules []models.Schedule
	err = query.Preload("Overrides", "user_id = ? AND ends_at > ?", id, instant(now)).Order("name").
		Find(&schedules, "CAST(rotations AS text) LIKE ? OR id IN (?)", inJSON(id), theirs.Select("schedule_id")).Error
	return models.UsesOfUser(id, routes, schedules, now), err
}

// mappedTo lists the names of the outside schedules that say which of their people a user is.
func mappedTo(query *gorm.DB, id string) ([]string, error) {
	var schedules []models.OutsideSchedule
	err := query.Select("name", "people").Order("name").Find(&schedules, "CAST(people AS text) LIKE ?", inJSON(id)).Error
	var names []string
	for _, schedule := range schedules {
		if slices.ContainsFunc(schedule.People, func(p models.OutsidePerson) bool { return p.UserID == id }) {
			names = append(names, schedule.Name)
		}
	}
	return names, err
}
