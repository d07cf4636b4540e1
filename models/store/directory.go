package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// Directory reads everything that a route or a schedule may refer to.
func (s *Store) Directory(ctx context.Context) (models.Directory, error) {
	var users []models.User
	var schedules []models.Schedule
	var outside []models.OutsideSchedule
	var numbers []models.PhoneNumber
	query := s.reader.WithContext(ctx)
	for _, find := range []*gorm.DB{
		query.Find(&users), query.Preload("Overrides", asMade).Find(&schedules), withCopies(query).Find(&outside), query.Find(&numbers),
	} {
		if find.Error != nil {
			return models.Directory{}, translate("read the directory", find.Error)
		}
	}
	schedules = append(schedules, asSchedules(outside)...)
	return directory(users, schedules, numbers), s.showFaults(ctx, users)
}

// boundRoute is a route together with its number, as one query reads them.
type boundRoute struct {
	models.Route
	Bound models.PhoneNumber `gorm:"foreignKey:PhoneNumberID;references:ID"`
}

// overridesKept is how long after its end an override still comes with a route: long enough for
// any clock, short enough that years of overrides slow down no call.
const overridesKept = 24 * time.Hour

// RouteForNumber finds the route of an active number, also a disabled one, with the part of the
// directory that a plan for now needs: the number, the schedules with their overrides that are
// not long over, and the users with the faults of their phones. It takes at most five queries,
// whatever the route holds, and two more where it names an outside schedule.
func (s *Store) RouteForNumber(ctx context.Context, number models.Phone) (models.Route, models.Directory, error) {
	route, bound, err := s.boundTo(ctx, number)
	if err != nil {
		return models.Route{}, models.Directory{}, translate(fmt.Sprintf("route of %v", number), err)
	}
	d, err := s.namedBy(ctx, route, time.Now(), []models.PhoneNumber{bound})
	return route, d, err
}

// RouteDirectory reads the part of the directory that a plan of a route needs for an instant, and for
// any later one: as few queries as RouteForNumber. The route may be one that is not saved.
func (s *Store) RouteDirectory(ctx context.Context, route models.Route, at time.Time) (models.Directory, error) {
	var numbers []models.PhoneNumber
	if err := s.reader.WithContext(ctx).Find(&numbers, "id = ?", route.PhoneNumberID).Error; err != nil {
		return models.Directory{}, translate("number of call route "+route.ID, err)
	}
	return s.namedBy(ctx, route, at, numbers)
}

// ScheduleDirectory reads a schedule with all its overrides, and the users whom it names.
func (s *Store) ScheduleDirectory(ctx context.Context, id string) (models.Directory, error) {
	schedule, err := s.Schedule(ctx, id)
	if err != nil {
		return models.Directory{}, err
	}
	schedules := []models.Schedule{schedule}
	users, err := s.usersOf(ctx, models.Route{}, schedules)
	return directory(users, schedules, nil), translate("users of schedule "+id, err)
}

// namedBy reads the schedules and users whom a route names, with the overrides of an instant and of
// all later ones.
func (s *Store) namedBy(ctx context.Context, route models.Route, at time.Time, numbers []models.PhoneNumber) (models.Directory, error) {
	schedules, err := s.schedulesOf(ctx, route, at)
	if err != nil {
		return models.Directory{}, translate("schedules of call route "+route.ID, err)
	}
	users, err := s.usersOf(ctx, route, schedules)
	if err != nil {
		return models.Directory{}, translate("users of call route "+route.ID, err)
	}
	return directory(users, schedules, numbers), nil
}

func (s *Store) boundTo(ctx context.Context, number models.Phone) (models.Route, models.PhoneNumber, error) {
	var found boundRoute
	active := s.reader.Where(map[string]any{"number": number, "status": models.NumberActive})
	err := s.reader.WithContext(ctx).Table("call_routes").InnerJoins("Bound", active).Take(&found).Error
	return found.Route, found.Bound, err
}

func (s *Store) schedulesOf(ctx context.Context, route models.Route, at time.Time) ([]models.Schedule, error) {
	ids := map[string]bool{}
	for _, level := range route.Levels {
		for _, target := range level.Targets {
			if target.Type == models.TargetSchedule {
				ids[target.ScheduleID] = true
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	notLongOver := func(overrides *gorm.DB) *gorm.DB {
		return asMade(overrides).Where("ends_at > ?", instant(at.Add(-overridesKept)))
	}
	var schedules []models.Schedule
	err := s.reader.WithContext(ctx).Preload("Overrides", notLongOver).
		Find(&schedules, "id IN ?", slices.Collect(maps.Keys(ids))).Error
	for _, schedule := range schedules {
		delete(ids, schedule.ID)
	}
	if err != nil || len(ids) == 0 {
		return schedules, err
	}
	var outside []models.OutsideSchedule
	err = withCopies(s.reader.WithContext(ctx)).Find(&outside, "id IN ?", slices.Collect(maps.Keys(ids))).Error
	return append(schedules, asSchedules(outside)...), err
}

// asSchedules are outside schedules as routes ask them.
func asSchedules(outside []models.OutsideSchedule) []models.Schedule {
	schedules := make([]models.Schedule, len(outside))
	for i, o := range outside {
		schedules[i] = o.Schedule()
	}
	return schedules
}

func (s *Store) usersOf(ctx context.Context, route models.Route, schedules []models.Schedule) ([]models.User, error) {
	ids := map[string]bool{}
	for _, level := range route.Levels {
		for _, target := range level.Targets {
			if target.Type == models.TargetUser {
				ids[target.UserID] = true
			}
		}
	}
	for _, schedule := range schedules {
		for _, rotation := range schedule.Rotations {
			for _, id := range rotation.Users {
				ids[id] = true
			}
		}
		for _, override := range schedule.Overrides {
			ids[override.UserID] = true
		}
		if schedule.Outside != nil {
			for _, entry := range schedule.Outside.Entries {
				ids[entry.UserID] = true
			}
		}
	}
	var users []models.User
	err := s.reader.WithContext(ctx).Find(&users, "id IN ?", slices.Collect(maps.Keys(ids))).Error
	if err != nil {
		return nil, err
	}
	return users, s.showFaults(ctx, users)
}

func directory(users []models.User, schedules []models.Schedule, numbers []models.PhoneNumber) models.Directory {
	d := models.Directory{
		Users:     make(map[string]models.User, len(users)),
		Schedules: make(map[string]models.Schedule, len(schedules)),
		Numbers:   make(map[string]models.PhoneNumber, len(numbers)),
		Zones:     zones(schedules),
	}
	for _, u := range users {
		d.Users[u.ID] = u
	}
	for _, s := range schedules {
		d.Schedules[s.ID] = s
	}
	for _, n := range numbers {
		d.Numbers[n.ID] = n
	}
	return d
}

// zones loads each time zone of the schedules once. One that the machine does not know is left out.
func zones(schedules []models.Schedule) map[string]*time.Location {
	loaded := map[string]*time.Location{}
	for _, s := range schedules {
		if loaded[s.TimeZone] != nil {
			continue
		}
		if loc, err := time.LoadLocation(s.TimeZone); err == nil {
			loaded[s.TimeZone] = loc
		}
	}
	return loaded
}
