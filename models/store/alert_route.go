package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

func alertRouteStamp(r *models.AlertRoute) stamp {
	return stamp{&r.ID, &r.Version, &r.CreatedAt, &r.UpdatedAt}
}

// CreateAlertRoute adds an alert route. models.ErrTaken says that another has the name.
func (s *Store) CreateAlertRoute(ctx context.Context, r models.AlertRoute) (models.AlertRoute, error) {
	err := s.create(ctx, "alert route", &r, alertRouteStamp(&r))
	return r, err
}

// AlertRoute finds an alert route by id.
func (s *Store) AlertRoute(ctx context.Context, id string) (models.AlertRoute, error) {
	return one[models.AlertRoute](s.reader.WithContext(ctx), "alert route", "id", id)
}

// AlertRoutes lists alert routes, the oldest first.
func (s *Store) AlertRoutes(ctx context.Context, page Page) ([]models.AlertRoute, string, error) {
	routes, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(r models.AlertRoute) place { return place{r.CreatedAt, r.ID} })
	return routes, next, translate("list alert routes", err)
}

// AllAlertRoutes lists every alert route in the order in which an alert meets them.
func (s *Store) AllAlertRoutes(ctx context.Context) ([]models.AlertRoute, error) {
	routes, err := inPosition(s.reader.WithContext(ctx))
	return routes, translate("list alert routes", err)
}

func inPosition(query *gorm.DB) (routes []models.AlertRoute, err error) {
	err = query.Order("position, created_at, id").Find(&routes).Error
	return routes, err
}

// UpdateAlertRoute replaces an alert route whose version is ifVersion; zero means any. models.ErrStale
// says that it is another, models.ErrTaken that another alert route has the name.
func (s *Store) UpdateAlertRoute(ctx context.Context, r models.AlertRoute, ifVersion int) (models.AlertRoute, error) {
	err := s.update(ctx, "alert route", &r, alertRouteStamp(&r), ifVersion)
	return r, err
}

// DeleteAlertRoute removes an alert route whose version is ifVersion; zero means any. models.ErrStale
// says that it is another. The incidents that it declared stay.
func (s *Store) DeleteAlertRoute(ctx context.Context, id string, ifVersion int) error {
	return s.remove(ctx, "alert route", &models.AlertRoute{}, id, ifVersion, nil)
}
