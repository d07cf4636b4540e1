package store

import (
	"context"
	"reflect"
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
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return s.insert(ctx, tx, what, row, mark)
	})
	return translate("create "+what, err)
}

// insert is create within a transaction.
func (s *Store) insert(ctx context.Context, tx *gorm.DB, what string, row any, mark stamp) error {
	mark.begin()
	if err := tx.Omit(clause.Associations).Create(row).Error; err != nil {
		return err
	}
	return s.audited(ctx, tx, models.ActionCreate, what, *mark.id, nil, row)
}

// begin makes a row one in its first version.
func (m stamp) begin() {
	if *m.id == "" {
		*m.id = newID()
	}
	if m.created.IsZero() {
		*m.created = time.Now()
	}
	*m.created = instant(*m.created)
	*m.updated, *m.version = *m.created, 1
}

// fill gives an empty field a value.
func fill[T comparable](field *T, value func() T) {
	var zero T
	if *field == zero {
		*field = value()
	}
}

// update writes a row over the one with its id, which must be of a version unless that is zero.
// One that is like it is a new version all the same, but no change to audit.
func (s *Store) update(ctx context.Context, what string, row any, mark stamp, ifVersion int) error {
	return s.updating(ctx, what, *mark.id, func(tx *gorm.DB) error {
		return s.replace(ctx, tx, what, row, mark, ifVersion, nil)
	})
}

// updating is a transaction that updates the row with an id.
func (s *Store) updating(ctx context.Context, what, id string, do func(tx *gorm.DB) error) error {
	if !storable(id) {
		return translate("update "+what, gorm.ErrRecordNotFound)
	}
	return translate("update "+what+" "+id, s.writer.WithContext(ctx).Transaction(do))
}

// replace is update within a transaction. may is told the row as it was: it refuses with an error, or changes
// the new one. It is nil where nothing depends on that.
func (s *Store) replace(ctx context.Context, tx *gorm.DB, what string, row any, mark stamp, ifVersion int, may func(before any) error) error {
	old, err := held(tx, row, *mark.id, ifVersion)
	if err != nil {
		return err
	}
	before := reflect.New(reflect.TypeOf(row).Elem()).Interface()
	if err := tx.Take(before, "id = ?", *mark.id).Error; err != nil {
		return err
	}
	if may != nil {
		if err := may(before); err != nil {
			return err
		}
	}
	*mark.version, *mark.created, *mark.updated = old.Version+1, old.CreatedAt, instant(time.Now())
	if err := tx.Model(row).Omit(clause.Associations).Select("*").UpdateColumns(row).Error; err != nil {
		return err
	}
	if same, err := alike(before, row); same || err != nil {
		return err
	}
	return s.audited(ctx, tx, models.ActionUpdate, what, *mark.id, before, row)
}

// remove deletes the row with an id, which must be of a version unless that is zero. row is an
// empty one of its kind, filled in before inUse is asked. inUse answers a *models.InUseError where
// the row must stay; it is nil for what nothing ever needs.
func (s *Store) remove(ctx context.Context, what string, row any, id string, ifVersion int, inUse func(tx *gorm.DB) error) error {
	if !storable(id) {
		return translate("delete "+what, gorm.ErrRecordNotFound)
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if _, err := held(tx, row, id, ifVersion); err != nil {
			return err
		}
		if err := tx.Take(row, "id = ?", id).Error; err != nil {
			return err
		}
		if inUse != nil {
			if err := inUse(tx); err != nil {
				return err
			}
		}
		if err := tx.Delete(row, "id = ?", id).Error; err != nil {
			return err
		}
		return s.audited(ctx, tx, models.ActionDelete, what, id, row, nil)
	})
	return translate("delete "+what+" "+id, err)
}

// kept is what the store keeps of a row that is there.
type kept struct {
	Version   int
	CreatedAt time.Time
}

// held locks a row until the transaction ends. It must be of a version unless that is zero.
func held(tx *gorm.DB, row any, id string, ifVersion int) (old kept, err error) {
	locked := clause.Locking{Strength: clause.LockingStrengthUpdate}
	if err := tx.Model(row).Clauses(locked).Where("id = ?", id).Take(&old).Error; err != nil {
		return old, err
	}
	if ifVersion != 0 && old.Version != ifVersion {
		return old, models.ErrStale
	}
	return old, nil
}
