package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

func outsideStamp(o *models.OutsideSchedule) stamp {
	return stamp{&o.ID, &o.Version, &o.CreatedAt, &o.UpdatedAt}
}

// CreateOutsideSchedule adds an outside schedule, of which nothing is kept yet. models.ErrTaken says
// that another, or a schedule of ours, has the name.
func (s *Store) CreateOutsideSchedule(ctx context.Context, o models.OutsideSchedule) (models.OutsideSchedule, error) {
	o.Kept = nil
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := ofScheduleNames.take(tx); err != nil {
			return err
		}
		if err := nameFree(tx, &models.Schedule{}, "", o.Name); err != nil {
			return err
		}
		return s.insert(ctx, tx, "outside schedule", &o, outsideStamp(&o))
	})
	return o, translate("create outside schedule", err)
}

// OutsideSchedule finds an outside schedule by id, with what is kept of it.
func (s *Store) OutsideSchedule(ctx context.Context, id string) (models.OutsideSchedule, error) {
	return one[models.OutsideSchedule](withCopies(s.reader.WithContext(ctx)), "outside schedule", "id", id)
}

// OutsideSchedules lists outside schedules with what is kept of them, the oldest first.
func (s *Store) OutsideSchedules(ctx context.Context, page Page) ([]models.OutsideSchedule, string, error) {
	schedules, next, err := list(withCopies(s.reader.WithContext(ctx)), page, oldestFirst,
		func(o models.OutsideSchedule) place { return place{o.CreatedAt, o.ID} })
	return schedules, next, translate("list outside schedules", err)
}

// OutsideScheduleDirectory reads an outside schedule as routes ask it, and the users who have shifts in
// what is kept of it.
func (s *Store) OutsideScheduleDirectory(ctx context.Context, id string) (models.Directory, error) {
	outside, err := s.OutsideSchedule(ctx, id)
	if err != nil {
		return models.Directory{}, err
	}
	schedules := asSchedules([]models.OutsideSchedule{outside})
	users, err := s.usersOf(ctx, models.Route{}, schedules)
	return directory(users, schedules, nil), translate("users of outside schedule "+id, err)
}

// AllOutsideSchedules lists every outside schedule with what is kept of it, first of which nothing
// is, then the oldest copy.
func (s *Store) AllOutsideSchedules(ctx context.Context) ([]models.OutsideSchedule, error) {
	var schedules []models.OutsideSchedule
	err := withCopies(s.reader.WithContext(ctx)).Order("id").Find(&schedules).Error
	slices.SortStableFunc(schedules, func(a, b models.OutsideSchedule) int { return fetched(a).Compare(fetched(b)) })
	return schedules, translate("list outside schedules", err)
}

// UpdateOutsideSchedule replaces an outside schedule whose version is ifVersion; zero means any.
// models.ErrStale says that it is another, models.ErrTaken that another, or a schedule of ours, has the
// name. What is kept of it stays, and counts for nothing where the schedule is now another one.
func (s *Store) UpdateOutsideSchedule(ctx context.Context, o models.OutsideSchedule, ifVersion int) (models.OutsideSchedule, error) {
	err := s.updating(ctx, "outside schedule", o.ID, func(tx *gorm.DB) error {
		if err := ofScheduleNames.take(tx); err != nil {
			return err
		}
		return s.replace(ctx, tx, "outside schedule", &o, outsideStamp(&o), ifVersion, func(before any) error {
			return nameFree(tx, &models.Schedule{}, before.(*models.OutsideSchedule).Name, o.Name)
		})
	})
	return o, err
}

// DeleteOutsideSchedule removes an outside schedule whose version is ifVersion, zero means any, with
// what is kept of it. *models.InUseError names the call routes that need it.
func (s *Store) DeleteOutsideSchedule(ctx context.Context, id string, ifVersion int) error {
	var schedule models.OutsideSchedule
	return s.remove(ctx, "outside schedule", &schedule, id, ifVersion, func(tx *gorm.DB) error {
		var routes []string
		err := tx.Model(&models.Route{}).Where("CAST(levels AS text) LIKE ?", inJSON(id)).Order("name").Pluck("name", &routes).Error
		if err != nil || len(routes) == 0 {
			return err
		}
		inUse := &models.InUseError{What: fmt.Sprintf("outside schedule %q", schedule.Name)}
		for _, name := range routes {
			inUse.By = append(inUse.By, fmt.Sprintf("call route %q", name))
		}
		return inUse
	})
}

// KeepOutsideCopy keeps what was read of an outside schedule, or that it could not be read, instead
// of what was kept before. models.ErrStale says that the schedule's version is another by now, so
// that nothing was kept. It is no change to audit, and safe to repeat.
func (s *Store) KeepOutsideCopy(ctx context.Context, c models.OutsideCopy, ofVersion int) error {
	c.FetchedAt, c.ReachesTo, c.RetryAt = instantOrNil(c.FetchedAt), instantOrNil(c.ReachesTo), instantOrNil(c.RetryAt)
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if _, err := held(tx, &models.OutsideSchedule{}, c.ScheduleID, ofVersion); err != nil {
			return err
		}
		return tx.Clauses(clause.OnConflict{UpdateAll: true, Columns: []clause.Column{{Name: "schedule_id"}}}).Create(&c).Error
	})
	return translate("keep copy of outside schedule "+c.ScheduleID, err)
}

// withCopies reads outside schedules together with what is kept of them, in two queries.
func withCopies(query *gorm.DB) *gorm.DB { return query.Preload("Kept") }

// fetched is when a copy was read; the zero time when none was.
func fetched(o models.OutsideSchedule) time.Time {
	if at := o.Copy().FetchedAt; at != nil {
		return *at
	}
	return time.Time{}
}
