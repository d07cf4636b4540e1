package models

import "time"

// Directory answers what a route may refer to.
type Directory struct {
	Users     map[string]User
	Schedules map[string]Schedule
	Numbers   map[string]PhoneNumber

	// Zones are the time zones of the schedules by their IANA names, loaded by who reads the
	// directory. One that is missing is loaded whenever it is asked for: slower, and no other answer.
	Zones map[string]*time.Location `json:"-"`
}

// zone is nil for a zone that the machine does not know.
func (d Directory) zone(name string) *time.Location {
	if loc, ok := d.Zones[name]; ok {
		return loc
	}
	return zoneNamed(name)
}

// unable says why a user cannot be rung, and is empty when they can.
func (d Directory) unable(userID string) string {
	if user, ok := d.Users[userID]; ok {
		return user.Unreachable()
	}
	return "is no longer in the directory"
}

// ours finds a number among those that we own, whether or not calls to it reach us already.
func (d Directory) ours(p Phone) (PhoneNumber, bool) {
	for _, n := range d.Numbers {
		if n.Number == p && n.Status != NumberReleased {
			return n, true
		}
	}
	return PhoneNumber{}, false
}

// names lists the users whom a target may ring at an instant or later, some of them twice.
func (t Target) names(d Directory, at time.Time) []string {
	if t.Type == TargetUser {
		return []string{t.UserID}
	}
	s := d.Schedules[t.ScheduleID]
	var ids []string
	for _, duty := range s.Everyone(at) {
		ids = append(ids, duty.UserID)
	}
	for _, r := range s.Rotations {
		if r.EffectiveFrom != nil && r.EffectiveFrom.After(at) {
			ids = append(ids, r.Users...)
		}
	}
	for _, o := range s.Overrides {
		if t.Mode != Everyone && o.UserID != "" && o.To.After(at) {
			ids = append(ids, o.UserID)
		}
	}
	return ids
}
