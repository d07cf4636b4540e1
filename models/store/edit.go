package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// stamp points at what the store keeps of each row that people edit.
type stamp struct {
	id      *string
	version *int
	created *time.Time
	updated *time.Time
}

// create inserts a row in its first version. An id and a time of creation that are given stay.
func (s *Store) create(ctx context.Context, what string, row any, mark stamp) error {
	if *mark.id == "" {
		*mark.id = newID()
	}
	if mark.created.IsZero() {
		*mark.created = time.Now()
	}
	*mark.created = instant(*mark.created)
	*mark.updated, *mark.version = *mark.created, 1
	err := s.writer.WithContext(ctx).Omit(clause.Associations).Create(row).Error
	return translate("create "+what, err)
}

// update writes a row over the one with its id, which must be of a version unless that is zero.
func (s *Store) update(ctx context.Context, what string, row any, mark stamp, ifVersion int) error {
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var old struct {
			Version   int
			CreatedAt time.Time
		}
		locked := clause.Locking{Strength: clause.LockingStrengthUpdate}
		if err := tx.Model(row).Clauses(locked).Where("id = ?", *mark.id).Take(&old).Error; err != nil {
			return err
		}
		if ifVersion != 0 && old.Version != ifVersion {
			return models.ErrStale
		}
		*mark.version, *mark.created, *mark.updated = old.Version+1, old.CreatedAt, instant(time.Now())
		return tx.Model(row).Omit(clause.Associations).Select("*").UpdateColumns(row).Error
	})
	return translate("update "+what+" "+*mark.id, err)
}
