package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

func scheduleStamp(s *models.Schedule) stamp {
	return stamp{&s.ID, &s.Version, &s.CreatedAt, &s.UpdatedAt}
}

// CreateSchedule adds a schedule, which has no overrides yet. models.ErrTaken says that another, or an
// outside schedule, has the name.
func (s *Store) CreateSchedule(ctx context.Context, schedule models.Schedule) (models.Schedule, error) {
	schedule.Overrides = nil
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := ofScheduleNames.take(tx); err != nil {
			return err
		}
		if err := nameFree(tx, &models.OutsideSchedule{}, "", schedule.Name); err != nil {
			return err
		}
		return s.insert(ctx, tx, "schedule", &schedule, scheduleStamp(&schedule))
	})
	return schedule, translate("create schedule", err)
}

// Schedule finds a schedule by id, with its overrides.
func (s *Store) Schedule(ctx context.Context, id string) (models.Schedule, error) {
	return one[models.Schedule](s.reader.WithContext(ctx).Preload("Overrides", asMade), "schedule", "id", id)
}

// Schedules lists schedules with their overrides, the oldest first.
func (s *Store) Schedules(ctx context.Context, page Page) ([]models.Schedule, string, error) {
	schedules, next, err := list(s.reader.WithContext(ctx).Preload("Overrides", asMade), page, oldestFirst,
		func(s models.Schedule) place { return place{s.CreatedAt, s.ID} })
	return schedules, next, translate("list schedules", err)
}

// UpdateSchedule replaces a schedule whose version is ifVersion; zero means any. models.ErrStale
// says that it is another, models.ErrTaken that another, or an outside schedule, has the name. The
// overrides stay as they are.
func (s *Store) UpdateSchedule(ctx context.Context, schedule models.Schedule, ifVersion int) (models.Schedule, error) {
	err := s.updating(ctx, "schedule", schedule.ID, func(tx *gorm.DB) error {
		if err := ofScheduleNames.take(tx); err != nil {
			return err
		}
		return s.replace(ctx, tx, "schedule", &schedule, scheduleStamp(&schedule), ifVersion, func(before any) error {
			return nameFree(tx, &models.OutsideSchedule{}, before.(*models.Schedule).Name, schedule.Name)
		})
	})
	if err != nil {
		return schedule, err
	}
	schedule.Overrides = nil
	err = asMade(s.reader.WithContext(ctx)).Find(&schedule.Overrides, "schedule_id = ?", schedule.ID).Error
	return schedule, translate("overrides of schedule "+schedule.ID, err)
}

// DeleteSchedule removes a schedule whose version is ifVersion; zero means any. Its overrides and
// its calendar link go with it. *models.InUseError names the call routes that need it.
func (s *Store) DeleteSchedule(ctx context.Context, id string, ifVersion int) error {
	var schedule models.Schedule
	return s.remove(ctx, "schedule", &schedule, id, ifVersion, func(tx *gorm.DB) error {
		var routes []string
		err := tx.Model(&models.Route{}).Where("CAST(levels AS text) LIKE ?", inJSON(id)).Order("name").Pluck("name", &routes).Error
		if err != nil || len(routes) == 0 {
			return err
		}
		inUse := &models.InUseError{What: fmt.Sprintf("schedule %q", schedule.Name)}
		for _, name := range routes {
			inUse.By = append(inUse.By, fmt.Sprintf("call route %q", name))
		}
		return inUse
	})
}

// CreateOverride adds an override to a schedule; models.ErrNotFound says that there is no such
// schedule.
func (s *Store) CreateOverride(ctx context.Context, o models.Override) (models.Override, error) {
	if o.ID == "" {
		o.ID = newID()
	}
	if o.CreatedAt.IsZero() {
		o.CreatedAt = time.Now()
	}
	o.From, o.To, o.CreatedAt = instant(o.From), instant(o.To), instant(o.CreatedAt)
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&o).Error; err != nil {
			return err
		}
		return s.audited(ctx, tx, models.ActionCreate, "override", o.ID, nil, o)
	})
	return o, translate("create override of schedule "+o.ScheduleID, err)
}

// OverrideFilter narrows the overrides of a schedule. Its zero value lets all pass.
type OverrideFilter struct {
	From time.Time // those that end later
	To   time.Time // those that begin before
}

// Overrides lists the overrides of a schedule as they were made, past ones too; models.ErrNotFound
// says that there is no such schedule.
func (s *Store) Overrides(ctx context.Context, scheduleID string, filter OverrideFilter, page Page) ([]models.Override, string, error) {
	query := s.reader.WithContext(ctx)
	if _, err := one[models.Schedule](query.Select("id"), "schedule", "id", scheduleID); err != nil {
		return nil, "", err
	}
	query = query.Where("schedule_id = ?", scheduleID)
	if !filter.From.IsZero() {
		query = query.Where("ends_at > ?", instant(filter.From))
	}
	if !filter.To.IsZero() {
		query = query.Where("starts_at < ?", instant(filter.To))
	}
	overrides, next, err := list(query, page, oldestFirst, func(o models.Override) place { return place{o.CreatedAt, o.ID} })
	return overrides, next, translate("overrides of schedule "+scheduleID, err)
}

// Override finds an override of a schedule by id.
func (s *Store) Override(ctx context.Context, scheduleID, id string) (models.Override, error) {
	if !storable(scheduleID) {
		return models.Override{}, translate("override", gorm.ErrRecordNotFound)
	}
	return one[models.Override](s.reader.WithContext(ctx).Where("schedule_id = ?", scheduleID), "override", "id", id)
}

// DeleteOverride removes an override from a schedule.
func (s *Store) DeleteOverride(ctx context.Context, scheduleID, id string) error {
	if !storable(scheduleID + id) {
		return translate("delete override", gorm.ErrRecordNotFound)
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var o models.Override
		deleted := tx.Clauses(clause.Returning{}).Delete(&o, "schedule_id = ? AND id = ?", scheduleID, id)
		switch {
		case deleted.Error != nil:
			return deleted.Error
		case deleted.RowsAffected == 0:
			return gorm.ErrRecordNotFound
		default:
			return s.audited(ctx, tx, models.ActionDelete, "override", id, o, nil)
		}
	})
	return translate("delete override "+id+" of schedule "+scheduleID, err)
}

// asMade sorts overrides: where two cover one instant, the later one in the list counts.
func asMade(query *gorm.DB) *gorm.DB { return query.Order("created_at, id") }

// nameFree is models.ErrTaken where a schedule of the other kind has a name that one of this kind is to get: a
// route names both alike. was is the name that it has already.
func nameFree(tx *gorm.DB, other any, was, name string) error {
	if was == name {
		return nil
	}
	var taken int64
	err := tx.Model(other).Where("name = ?", name).Count(&taken).Error
	if err == nil && taken > 0 {
		err = fmt.Errorf("name: %w", models.ErrTaken)
	}
	return err
}
