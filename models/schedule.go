package models

import (
	"fmt"
	"slices"
	"time"
)

// Schedule says who is on call when. Everything in it is wall-clock time of its zone: a handover
// at 09:00 stays at 09:00 when the clocks change, and a shift is then 23 or 25 hours long.
type Schedule struct {
	ID        string     `json:"id" gorm:"primaryKey"`
	Name      string     `json:"name" gorm:"uniqueIndex"`
	TimeZone  string     `json:"time_zone"` // IANA name
	Rotations []Rotation `json:"rotations" gorm:"serializer:json"`
	Overrides []Override `json:"-" gorm:"foreignKey:ScheduleID"`
	Version   int        `json:"version"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`

	// Outside answers instead of the rotations. It is nil for a schedule of our own.
	Outside *OutsideCopy `json:"-" gorm:"-"`
}

// Duty is one user on one seat of a rotation.
type Duty struct {
	UserID   string
	Rotation string
	Seat     int
	Override bool // named by an override, not by the rotation

	// Until is the first instant at which this answer may change: the next handover, the end of
	// work, an override that begins or ends, or a later version. Everyone leaves it zero.
	Until time.Time
}

// OnCall lists who is on call at an instant, rotation by rotation and seat by seat. A seat that
// nobody holds is left out.
func (s Schedule) OnCall(at time.Time) []Duty { return s.duties(at, zoneNamed(s.TimeZone), false) }

// NextOnCall lists who takes over from the users of OnCall at the next handover, versions and
// overrides of that time counted. Working intervals are not: who comes next is asked when nobody
// works, too. A rotation that ends before has nobody next.
func (s Schedule) NextOnCall(at time.Time) []Duty { return s.duties(at, zoneNamed(s.TimeZone), true) }

// Everyone lists every user of the rotations in force at an instant, in their order.
func (s Schedule) Everyone(at time.Time) []Duty {
	if s.Outside != nil {
		return s.Outside.everyone(at)
	}
	var all []Duty
	for _, v := range s.inForce(at) {
		for _, user := range v.Users {
			all = append(all, Duty{UserID: user, Rotation: v.Name})
		}
	}
	return all
}

func (s Schedule) duties(at time.Time, loc *time.Location, next bool) []Duty {
	if s.Outside != nil {
		return s.Outside.duties(at, next)
	}
	if loc == nil {
		return nil
	}
	versions := s.inForce(at)
	duties := make([]Duty, 0, seats(versions))
	for _, v := range versions {
		if next {
			duties = s.nextDuties(duties, v, at, loc)
			continue
		}
		loc := v.zone(loc)
		shift, until := v.shift(at, loc)
		until = v.worksUntil(at, until, loc)
		if !until.After(at) {
			shift = nobodys
		}
		duties = s.seat(duties, v, at, shift, until)
	}
	return slices.DeleteFunc(duties, func(d Duty) bool { return d.UserID == "" })
}

// nextDuties adds those of a rotation at its next handover, by which another version of it may be
// in force, or none.
func (s Schedule) nextDuties(duties []Duty, v version, at time.Time, loc *time.Location) []Duty {
	_, at = v.shift(at, v.zone(loc))
	if v = s.version(v.Name, at); v.Rotation == nil {
		return duties
	}
	shift, until := v.shift(at, v.zone(loc))
	return s.seat(duties, v, at, shift, until)
}

// seat adds the duties of a rotation in a shift, seat by seat, whether anybody has them or not.
func (s Schedule) seat(duties []Duty, v version, at time.Time, shift int, until time.Time) []Duty {
	first := len(duties)
	for seat := range v.seats() {
		duties = append(duties, Duty{UserID: v.holder(shift, seat), Rotation: v.Name, Seat: seat, Until: earlier(until, v.until)})
	}
	v.standIns(duties[first:], s.Overrides, at)
	return duties
}

// Validate reports every fault of a schedule at once. known says whether a user id exists.
func (s Schedule) Validate(known func(userID string) bool) error {
	var faults Faults
	text(&faults, "name", s.Name, 1, 100)
	zone(&faults, "time_zone", s.TimeZone)
	if n := len(s.names()); n == 0 || n > 50 {
		faults.Add("rotations", "must list 1 to 50 rotations")
	}
	if len(s.Rotations) > 1000 {
		faults.Add("rotations", "must list at most 1000 versions; those that are past may be left out")
	}
	for i, r := range s.Rotations {
		r.validate(&faults, fmt.Sprintf("rotations[%d]", i), known)
		for _, earlier := range s.Rotations[:i] {
			if earlier.Name == r.Name && sameInstant(earlier.EffectiveFrom, r.EffectiveFrom) {
				faults.Add(fmt.Sprintf("rotations[%d].effective_from", i), "another version of %q takes effect at the same time", r.Name)
			}
		}
	}
	return faults.Err()
}

func sameInstant(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}
