package models

import (
	"fmt"
	"slices"
	"time"
)

// Use is something that names a user, so that a call may ring them.
type Use struct {
	What   string // as in: call route "Support"
	Levels []int  // those of a route that name the user themselves, counted from 1
}

// UsesOfUser lists what names a user at an instant or later: levels of routes, rotations in force
// or to come, overrides that are not over. What tells only of the past is left out.
func UsesOfUser(id string, routes []Route, schedules []Schedule, at time.Time) (uses []Use) {
	for _, route := range routes {
		if levels := route.levelsOf(id); len(levels) > 0 {
			uses = append(uses, Use{fmt.Sprintf("call route %q", route.Name), levels})
		}
	}
	for _, schedule := range schedules {
		if schedule.willName(id, at) {
			uses = append(uses, Use{What: fmt.Sprintf("schedule %q", schedule.Name)})
		}
	}
	return uses
}

func (r Route) levelsOf(userID string) (levels []int) {
	for i, level := range r.Levels {
		if slices.ContainsFunc(level.Targets, func(t Target) bool { return t.Type == TargetUser && t.UserID == userID }) {
			levels = append(levels, i+1)
		}
	}
	return levels
}

func (s Schedule) willName(userID string, at time.Time) bool {
	toCome := func(r Rotation) bool {
		return r.EffectiveFrom != nil && r.EffectiveFrom.After(at) && slices.Contains(r.Users, userID)
	}
	return slices.ContainsFunc(s.Everyone(at), func(d Duty) bool { return d.UserID == userID }) ||
		slices.ContainsFunc(s.Rotations, toCome) ||
		slices.ContainsFunc(s.Overrides, func(o Override) bool { return o.UserID == userID && o.To.After(at) })
}

// Warnings lists what counts on a user who cannot be rung.
func (u User) Warnings(uses []Use) []Warning {
	found := []Warning{}
	why := u.Unreachable()
	if why == "" {
		return found
	}
	warn := func(format string, args ...any) {
		found = append(found, Warning{Message: fmt.Sprintf(format, args...)})
	}
	for _, use := range uses {
		for _, level := range use.Levels {
			warn("Level %d of %s passes over %s, who %s.", level, use.What, u.Name, why)
		}
		if len(use.Levels) == 0 {
			warn("There are shifts in %s of %s, who %s.", use.What, u.Name, why)
		}
	}
	return found
}
