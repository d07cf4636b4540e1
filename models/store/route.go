package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

func routeStamp(r *models.Route) stamp { return stamp{&r.ID, &r.Version, &r.CreatedAt, &r.UpdatedAt} }

// CreateRoute adds a route. models.ErrTaken says that another has the name or the number.
func (s *Store) CreateRoute(ctx context.Context, r models.Route) (models.Route, error) {
	err := s.create(ctx, "call route", &r, routeStamp(&r))
	return r, err
}

// Route finds a route by id.
func (s *Store) Route(ctx context.Context, id string) (models.Route, error) {
	return one[models.Route](s.reader.WithContext(ctx), "call route", "id", id)
}

// Routes lists routes, the oldest first.
func (s *Store) Routes(ctx context.Context, page Page) ([]models.Route, string, error) {
	routes, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(r models.Route) place { return place{r.CreatedAt, r.ID} })
	return routes, next, translate("list call routes", err)
}

// UpdateRoute replaces a route whose version is ifVersion; zero means any. models.ErrStale says
// that it is another, models.ErrTaken that another route has the name or the number.
func (s *Store) UpdateRoute(ctx context.Context, r models.Route, ifVersion int) (models.Route, error) {
	err := s.update(ctx, "call route", &r, routeStamp(&r), ifVersion)
	return r, err
}

// DeleteRoute removes a route whose version is ifVersion; zero means any. models.ErrStale says that
// it is another, a *models.InUseError that callers still reach it. Its live calls go on.
func (s *Store) DeleteRoute(ctx context.Context, id string, ifVersion int) error {
	var route models.Route
	return s.remove(ctx, "call route", &route, id, ifVersion, func(tx *gorm.DB) error {
		if !route.Enabled || route.PhoneNumberID == "" {
			return nil
		}
		var active []models.PhoneNumber
		err := tx.Find(&active, "id = ? AND status = ?", route.PhoneNumberID, models.NumberActive).Error
		if err != nil || len(active) == 0 {
			return err
		}
		return &models.InUseError{
			What: fmt.Sprintf("call route %q", route.Name), By: []string{fmt.Sprintf("phone number %q", active[0].Name)},
			First: "switch the route off first",
		}
	})
}
