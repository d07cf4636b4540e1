package config

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// kind is what the entries of one section of a file are.
type kind struct {
	section string // of the file
	noun    string
	list    string // where the API lists them
	key     string // the field that tells one from another
	model   reflect.Type
	read    func(raw []byte) (any, error) // its defaults filled in
	usual   func(model any) any           // what a file leaves out; the first of a list stands for each
}

var (
	users = &kind{
		"users", "user", "/v1/users", "email", reflect.TypeFor[models.User](), readUser, usualUser,
	}
	schedules = &kind{
		"schedules", "schedule", "/v1/schedules", "name", reflect.TypeFor[models.Schedule](), readSchedule, usualSchedule,
	}
	outsideSchedules = &kind{
		"outside_schedules", "outside schedule", "/v1/outside-schedules", "name", reflect.TypeFor[models.OutsideSchedule](),
		readOutsideSchedule, usualOutsideSchedule,
	}
	routes = &kind{
		"call_routes", "call route", "/v1/call-routes", "name", reflect.TypeFor[models.Route](), readRoute, usualRoute,
	}
	blockedCallers = &kind{
		"blocked_callers", "blocked caller", "/v1/blocked-callers", "number", reflect.TypeFor[models.BlockedCaller](),
		readBlockedCaller, usualBlockedCaller,
	}

	// kinds are in the order in which they are made: each refers to those before it.
	kinds = []*kind{users, schedules, outsideSchedules, routes, blockedCallers}
)

// numbersList is where the API lists our numbers, which no file makes.
const numbersList = "/v1/phone-numbers"

// Lists are the lists of the API that a plan needs.
var Lists = []string{users.list, schedules.list, outsideSchedules.list, routes.list, blockedCallers.list, numbersList}

func kindOf(section string) *kind {
	if i := slices.IndexFunc(kinds, func(k *kind) bool { return k.section == section }); i >= 0 {
		return kinds[i]
	}
	return nil
}

func sections() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.section
	}
	return strings.Join(names, ", ")
}

func readUser(raw []byte) (any, error) {
	user := models.User{Active: true}
	err := json.Unmarshal(raw, &user)
	return user, err
}

func usualUser(any) any { return models.User{Active: true} }

func readSchedule(raw []byte) (any, error) {
	var schedule models.Schedule
	err := json.Unmarshal(raw, &schedule)
	for i := range schedule.Rotations {
		r := &schedule.Rotations[i]
		r.Seats = max(r.Seats, 1)
		r.EffectiveFrom, r.EffectiveUntil = inUTC(r.EffectiveFrom), inUTC(r.EffectiveUntil)
	}
	return schedule, err
}

func usualSchedule(any) any { return models.Schedule{Rotations: []models.Rotation{{Seats: 1}}} }

func readOutsideSchedule(raw []byte) (any, error) {
	var schedule models.OutsideSchedule
	err := json.Unmarshal(raw, &schedule)
	return schedule, err
}

func usualOutsideSchedule(any) any { return models.OutsideSchedule{} }

func readRoute(raw []byte) (any, error) {
	route := models.Route{Enabled: true, Accept: models.Acceptance{Required: true}}
	err := json.Unmarshal(raw, &route)
	return route.Defaults(), err
}

// usualRoute has the voice that goes with the language of a route.
func usualRoute(model any) any {
	usual := models.Route{
		Enabled: true, Accept: models.Acceptance{Required: true},
		Levels: []models.Level{{Targets: []models.Target{{Type: models.TargetSchedule}}}},
	}
	if route, ok := model.(models.Route); ok {
		usual.Language = route.Language
	}
	usual = usual.Defaults()
	usual.Language = models.DefaultLanguage
	return usual
}

func readBlockedCaller(raw []byte) (any, error) {
	var caller models.BlockedCaller
	err := json.Unmarshal(raw, &caller)
	caller.Until = inUTC(caller.Until)
	return caller, err
}

func usualBlockedCaller(any) any { return models.BlockedCaller{} }

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// validate reports the faults that a model has at an instant. It refers to others by name, as the
// directory does.
func validate(model any, d models.Directory, at time.Time) error {
	known := func(user string) bool {
		_, ok := d.Users[user]
		return ok
	}
	switch m := model.(type) {
	case models.User:
		return m.Validate()
	case models.Schedule:
		return m.Validate(known)
	case models.OutsideSchedule:
		return m.Validate(known)
	case models.Route:
		return m.Validate(d, at)
	case models.BlockedCaller:
		return m.Validate()
	default:
		return nil
	}
}
