package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

func scheduleStamp(s *models.Schedule) stamp {
	return stamp{&s.ID, &s.Version, &s.CreatedAt, &s.UpdatedAt}
}

// CreateSchedule adds a schedule, which has no overrides yet. models.ErrTaken says that another
// has the name.
func (s *Store) CreateSchedule(ctx context.Context, schedule models.Schedule) (models.Schedule, error) {
	schedule.Overrides = nil
	err := s.create(ctx, "schedule", &schedule, scheduleStamp(&schedule))
	return schedule, err
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
// says that it is another. The overrides stay as they are.
func (s *Store) UpdateSchedule(ctx context.Context, schedule models.Schedule, ifVersion int) (models.Schedule, error) {
	if err := s.update(ctx, "schedule", &schedule, scheduleStamp(&schedule), ifVersion); err != nil {
		return schedule, err
	}
	overrides, err := s.Overrides(ctx, schedule.ID)
	schedule.Overrides = overrides
	return schedule, err
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
	err := s.writer.WithContext(ctx).Create(&o).Error
	return o, translate("create override of schedule "+o.ScheduleID, err)
}

// Overrides lists the overrides of a schedule as they were made, past ones too.
func (s *Store) Overrides(ctx context.Context, scheduleID string) ([]models.Override, error) {
	var overrides []models.Override
	err := asMade(s.reader.WithContext(ctx)).Find(&overrides, "schedule_id = ?", scheduleID).Error
	return overrides, translate("overrides of schedule "+scheduleID, err)
}

// DeleteOverride removes an override from a schedule.
func (s *Store) DeleteOverride(ctx context.Context, scheduleID, id string) error {
	deleted := s.writer.WithContext(ctx).Delete(&models.Override{}, "schedule_id = ? AND id = ?", scheduleID, id)
	if deleted.Error == nil && deleted.RowsAffected == 0 {
		deleted.Error = gorm.ErrRecordNotFound
	}
	return translate("delete override "+id+" of schedule "+scheduleID, deleted.Error)
}

// asMade sorts overrides: where two cover one instant, the later one in the list counts.
func asMade(query *gorm.DB) *gorm.DB { return query.Order("created_at, id") }
