package models

import (
	"fmt"
	"slices"
	"time"
)

// Rotation hands duty from one user to the next. Several rotations of one name are versions of
// it: at an instant the one with the latest EffectiveFrom that has passed counts, until its
// EffectiveUntil. Before the first version, after the last and between two there is no such
// rotation: nobody is missing there.
type Rotation struct {
	Name             string            `json:"name"`
	Users            []string          `json:"users"` // user ids in the order of duty
	Handover         Handover          `json:"handover"`
	Seats            int               `json:"seats"`                       // on call at once; zero means 1
	WorkingIntervals []WorkingInterval `json:"working_intervals,omitempty"` // none means always
	EffectiveFrom    *time.Time        `json:"effective_from,omitempty"`    // nil means since ever
	EffectiveUntil   *time.Time        `json:"effective_until,omitempty"`   // nil means until the next version, or for ever
	TimeZone         string            `json:"time_zone,omitempty"`         // IANA name; empty means the schedule's
}

// version is a rotation while it is in force.
type version struct {
	*Rotation
	until time.Time // when it is no longer; zero means never
}

// version picks the version of a rotation that counts at an instant. There may be none; until is
// then when the next one takes effect.
func (s Schedule) version(name string, at time.Time) version {
	var v version
	for i := range s.Rotations {
		switch r := &s.Rotations[i]; {
		case r.Name != name:
		case r.EffectiveFrom != nil && r.EffectiveFrom.After(at):
			v.until = earlier(*r.EffectiveFrom, v.until)
		case v.Rotation == nil || r.laterThan(*v.Rotation):
			v.Rotation = r
		}
	}
	switch {
	case v.Rotation == nil || v.EffectiveUntil == nil:
	case v.EffectiveUntil.After(at):
		v.until = earlier(*v.EffectiveUntil, v.until)
	default:
		v.Rotation = nil
	}
	return v
}

// versions lists the versions of a rotation that are in force at some time of a stretch, each with
// the part of it in which it is.
func (s Schedule) versions(name string, within Stretch) []inForce {
	var versions []inForce
	for at := within.From; at.Before(within.To); {
		v := s.version(name, at)
		end := earlier(within.To, v.until)
		if v.Rotation != nil {
			versions = append(versions, inForce{Rotation: v.Rotation, Stretch: Stretch{at, end}})
		}
		at = end
	}
	return versions
}

// inForce lists the version of each rotation that counts at an instant, in the order of their
// first mention.
func (s Schedule) inForce(at time.Time) []version {
	versions := make([]version, 0, len(s.Rotations))
	for i := range s.Rotations {
		name := s.Rotations[i].Name
		named := func(v version) bool { return v.Name == name }
		if slices.ContainsFunc(versions, named) {
			continue
		}
		if v := s.version(name, at); v.Rotation != nil {
			versions = append(versions, v)
		}
	}
	return versions
}

// names lists the rotations, each once, in the order of their first mention.
func (s Schedule) names() []string {
	var names []string
	for _, r := range s.Rotations {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	return names
}

func seats(versions []version) int {
	sum := 0
	for _, v := range versions {
		sum += v.seats()
	}
	return sum
}

func (r *Rotation) seats() int { return max(r.Seats, 1) }

// nobodys is no shift: before StartsAt, or outside of working intervals.
const nobodys = -1

// holder is who has a seat in a shift, as the rotation has it.
func (r *Rotation) holder(shift, seat int) string {
	if shift == nobodys || seat >= len(r.Users) {
		return ""
	}
	return r.Users[(shift+seat)%len(r.Users)]
}

// zone is the rotation's own, else its schedule's, as it is where the machine does not know it.
func (r *Rotation) zone(schedule *time.Location) *time.Location {
	if r.TimeZone != "" {
		if own := zoneNamed(r.TimeZone); own != nil {
			return own
		}
	}
	return schedule
}

func (r *Rotation) shift(at time.Time, loc *time.Location) (shift int, until time.Time) {
	return r.Handover.shift(at, loc)
}

func (r Rotation) laterThan(was Rotation) bool {
	return r.EffectiveFrom != nil && (was.EffectiveFrom == nil || !r.EffectiveFrom.Before(*was.EffectiveFrom))
}

func (r Rotation) validate(faults *Faults, place string, known func(string) bool) {
	text(faults, place+".name", r.Name, 1, 100)
	if len(r.Users) == 0 || len(r.Users) > 200 {
		faults.Add(place+".users", "must list 1 to 200 users")
	}
	for i, user := range r.Users {
		if !known(user) {
			faults.Add(fmt.Sprintf("%s.users[%d]", place, i), "is no user")
		}
		if slices.Contains(r.Users[:i], user) {
			faults.Add(fmt.Sprintf("%s.users[%d]", place, i), "is listed twice")
		}
	}
	if r.Seats < 0 || r.Seats > max(len(r.Users), 1) {
		faults.Add(place+".seats", "must be from 1 to the number of users")
	}
	if r.TimeZone != "" {
		zone(faults, place+".time_zone", r.TimeZone)
	}
	if r.EffectiveFrom != nil && r.EffectiveUntil != nil && !r.EffectiveUntil.After(*r.EffectiveFrom) {
		faults.Add(place+".effective_until", "must be later than effective_from")
	}
	r.Handover.validate(faults, place+".handover")
	validateIntervals(faults, place+".working_intervals", r.WorkingIntervals)
}
