package models

import (
	"slices"
	"time"
)

// emptyBetween lists the stretches of a window in which no target of a level names anybody who can
// be rung. known keeps what was found of a target, for the same directory and window.
func (l Level) emptyBetween(d Directory, within Stretch, known map[Target][]Stretch) []Stretch {
	empty := []Stretch{within}
	for _, t := range l.Targets {
		found, ok := known[t]
		if !ok {
			found = t.emptyBetween(d, within)
			known[t] = found
		}
		empty = common(empty, found)
	}
	return empty
}

// emptyBetween lists the stretches of a window in which a target names nobody who can be rung.
func (t Target) emptyBetween(d Directory, within Stretch) []Stretch {
	s := d.Schedules[t.ScheduleID]
	switch {
	case t.Type == TargetSchedule && t.Mode == CurrentlyOnCall:
		return s.EmptyBetween(within.From, within.To, d.unable)
	case t.Type == TargetSchedule:
		return t.emptyFrom(d, append(s.changes(within, d.zone(s.TimeZone)), within.To))
	case d.unable(t.UserID) == "":
		return nil
	default:
		return []Stretch{within}
	}
}

// emptyFrom looks at a target at each instant but the last, for the time until the next.
func (t Target) emptyFrom(d Directory, instants []time.Time) (empty []Stretch) {
	canBeRung := func(n named) bool { return d.unable(n.userID) == "" }
	for i, at := range instants[:len(instants)-1] {
		n := len(empty)
		switch {
		case slices.ContainsFunc(t.resolve(nil, d, at), canBeRung):
		case n > 0 && empty[n-1].To.Equal(at):
			empty[n-1].To = instants[i+1]
		default:
			empty = append(empty, Stretch{at, instants[i+1]})
		}
	}
	return empty
}

// changes lists the instants of a window at which it may be others who are next, or all: its
// beginning, handovers, and where versions of a rotation begin or end.
func (s Schedule) changes(within Stretch, loc *time.Location) []time.Time {
	if s.Outside != nil {
		return s.Outside.changes(within)
	}
	instants := []time.Time{within.From}
	for _, name := range s.names() {
		for _, v := range s.versions(name, within) {
			zone := v.zone(loc)
			for at := v.From; zone != nil && at.Before(v.To); _, at = v.shift(at, zone) {
				instants = append(instants, at)
			}
			if v.To.Before(within.To) {
				instants = append(instants, v.To)
			}
		}
	}
	slices.SortFunc(instants, time.Time.Compare)
	return slices.CompactFunc(instants, time.Time.Equal)
}

// common lists the stretches that two lists share. Each of both is in order and overlaps nothing
// of its own list.
func common(a, b []Stretch) (shared []Stretch) {
	for len(a) > 0 && len(b) > 0 {
		if both := a[0].and(b[0]); both.From.Before(both.To) {
			shared = append(shared, both)
		}
		if a[0].To.Before(b[0].To) {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return shared
}

// words tell when a stretch is, in a window that it is part of: "from Sat 7 Mar 18:00 to Mon 9 Mar
// 09:00 (Europe/London)".
func (s Stretch) words(within Stretch, loc *time.Location) string {
	const layout = "Mon 2 Jan 15:04"
	zone := " (" + loc.String() + ")"
	begins, ends := "from "+s.From.In(loc).Format(layout), s.To.In(loc).Format(layout)
	switch already, forLong := s.From.Equal(within.From), s.To.Equal(within.To); {
	case already && forLong:
		return "in the next 7 days"
	case already:
		return "until " + ends + zone
	case forLong:
		return begins + " on" + zone
	default:
		return begins + " to " + ends + zone
	}
}
