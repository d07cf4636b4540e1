package store

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

func alertSourceStamp(a *models.AlertSource) stamp {
	return stamp{&a.ID, &a.Version, &a.CreatedAt, &a.UpdatedAt}
}

// AlertSources lists alert sources, the oldest first.
func (s *Store) AlertSources(ctx context.Context, page Page) ([]models.AlertSource, string, error) {
	sources, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(a models.AlertSource) place { return place{a.CreatedAt, a.ID} })
	return sources, next, translate("list alert sources", err)
}

// AlertSource finds an alert source by id.
func (s *Store) AlertSource(ctx context.Context, id string) (models.AlertSource, error) {
	return one[models.AlertSource](s.reader.WithContext(ctx), "alert source", "id", id)
}

// UpdateAlertSource gives an alert source whose version is ifVersion another name; zero means any.
// models.ErrStale says that the version is another. Nothing but the name changes.
func (s *Store) UpdateAlertSource(ctx context.Context, a models.AlertSource, ifVersion int) (models.AlertSource, error) {
	kept, err := s.AlertSource(ctx, a.ID)
	if err != nil {
		return a, err
	}
	kept.Name = a.Name
	err = s.update(ctx, "alert source", &kept, alertSourceStamp(&kept), ifVersion)
	return kept, err
}

// incomingCalls is the alert source of calls, which it makes where there is none yet. Of several
// that make it at once, one does.
func (s *Store) incomingCalls(ctx context.Context, tx *gorm.DB) (models.AlertSource, error) {
	var source models.AlertSource
	err := tx.Take(&source, "type = ?", models.IncomingCalls).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return source, err
	}
	source = models.AlertSource{Type: models.IncomingCalls, Name: models.IncomingCallsName}
	alertSourceStamp(&source).begin()
	made := tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "type"}}, DoNothing: true}).Create(&source)
	switch {
	case made.Error != nil:
		return source, made.Error
	case made.RowsAffected > 0:
		return source, s.audited(ctx, tx, models.ActionCreate, "alert source", source.ID, nil, source)
	}
	var theirs models.AlertSource
	err = tx.Take(&theirs, "type = ?", models.IncomingCalls).Error
	return theirs, err
}
