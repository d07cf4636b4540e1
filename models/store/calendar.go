package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// SetCalendarLink makes the link of a schedule or of a user. The link before it ends with that.
// models.ErrNotFound says that there is no such schedule or user.
func (s *Store) SetCalendarLink(ctx context.Context, link models.CalendarLink) (models.CalendarLink, error) {
	link.ID, link.CreatedAt = newID(), instant(time.Now())
	whose, id := whoseCalendar(link)
	if !storable(id) {
		return link, translate("set calendar link", gorm.ErrRecordNotFound)
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		replace := clause.OnConflict{
			Columns:   []clause.Column{{Name: whose}},
			DoUpdates: clause.AssignmentColumns([]string{"id", "hash", "created_at"}),
		}
		if err := tx.Clauses(replace).Create(&link).Error; err != nil {
			return err
		}
		return s.audited(ctx, tx, models.ActionCreate, "calendar link", link.ID, nil, link)
	})
	return link, translate("set calendar link of "+whose+" "+id, err)
}

// CalendarLink finds a link by the hash of its secret.
func (s *Store) CalendarLink(ctx context.Context, hash []byte) (models.CalendarLink, error) {
	var link models.CalendarLink
	err := s.reader.WithContext(ctx).Take(&link, "hash = ?", hash).Error
	return link, translate("find calendar link", err)
}

// DeleteCalendarLink withdraws the link of the schedule or the user that link names;
// models.ErrNotFound says that there is none.
func (s *Store) DeleteCalendarLink(ctx context.Context, link models.CalendarLink) error {
	whose, id := whoseCalendar(link)
	if !storable(id) {
		return translate("withdraw calendar link", gorm.ErrRecordNotFound)
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var old models.CalendarLink
		deleted := tx.Clauses(clause.Returning{}).Delete(&old, whose+" = ?", id)
		switch {
		case deleted.Error != nil:
			return deleted.Error
		case deleted.RowsAffected == 0:
			return gorm.ErrRecordNotFound
		default:
			return s.audited(ctx, tx, models.ActionDelete, "calendar link", old.ID, old, nil)
		}
	})
	return translate("withdraw calendar link of "+whose+" "+id, err)
}

// whoseCalendar is the column that says whose shifts a link shows, and its value.
func whoseCalendar(link models.CalendarLink) (column, id string) {
	if link.ScheduleID != nil {
		return "schedule_id", *link.ScheduleID
	}
	return "user_id", *link.UserID
}
