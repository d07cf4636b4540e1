package store

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

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

// one reads the row whose key is in a column.
func one[T any](query *gorm.DB, what, column, key string) (T, error) {
	var row T
	if !storable(key) {
		return row, translate(what, gorm.ErrRecordNotFound)
	}
	err := query.Take(&row, column+" = ?", key).Error
	return row, translate(what+" "+key, err)
}

// storable says whether both databases can hold a text. Postgres refuses a query that has another.
func storable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
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
	if !storable(*mark.id) {
		return translate("update "+what, gorm.ErrRecordNotFound)
	}
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
