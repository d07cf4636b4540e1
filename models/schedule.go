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
}

// Rotation hands duty from one user to the next. Several rotations of one name are versions of
// it: at an instant the one with the latest EffectiveFrom that has passed counts.
type Rotation struct {
	Name             string            `json:"name"`
	Users            []string          `json:"users"` // user ids in the order of duty
	Handover         Handover          `json:"handover"`
	Seats            int               `json:"seats"`                       // on call at once; zero means 1
	WorkingIntervals []WorkingInterval `json:"working_intervals,omitempty"` // none means always
	EffectiveFrom    *time.Time        `json:"effective_from,omitempty"`    // nil means since ever
}

// Handover is when duty passes on: at StartsAt, and after each of Every in turn, for ever.
type Handover struct {
	StartsAt LocalTime `json:"starts_at"`
	Every    []Cadence `json:"every"`
}

// Cadence is a stretch of wall-clock time.
type Cadence struct {
	Unit  string `json:"unit"` // hours, days or weeks
	Count int    `json:"count"`
}

// WorkingInterval is a part of a weekday, in minutes: it covers [From, To) of that day.
type WorkingInterval struct {
	Weekday string    `json:"weekday"` // monday … sunday
	From    ClockTime `json:"from"`
	To      ClockTime `json:"to"` // 24:00 is the end of the day
}

// Override puts a user, or nobody, on one seat of a rotation for a while. Where two overlap,
// the one made later counts.
type Override struct {
	ID         string    `json:"id" gorm:"primaryKey"`
	ScheduleID string    `json:"schedule_id" gorm:"index"`
	Rotation   string    `json:"rotation"`
	Seat       int       `json:"seat"`    // 0 is the first
	UserID     string    `json:"user_id"` // empty: nobody is on call
	From       time.Time `json:"from" gorm:"column:starts_at"`
	To         time.Time `json:"to" gorm:"column:ends_at"` // exclusive
	CreatedAt  time.Time `json:"created_at"`
}

// Duty is one user on one seat of a rotation.
type Duty struct {
	UserID   string
	Rotation string
	Seat     int
	Override bool      // named by an override, not by the rotation
	Until    time.Time // the handover that ends this duty, or the end of the override
}

// OnCall lists who is on call at an instant, rotation by rotation and seat by seat. A seat that
// nobody holds is left out.
func (s Schedule) OnCall(at time.Time) []Duty { return s.duties(at, false) }

// NextOnCall lists who takes over from the users of OnCall at the next handover, overrides of that
// time counted. Working intervals are not: who comes next is asked when nobody works, too.
func (s Schedule) NextOnCall(at time.Time) []Duty { return s.duties(at, true) }

// Everyone lists every user of the rotations in force at an instant, in their order.
func (s Schedule) Everyone(at time.Time) []Duty {
	var all []Duty
	for _, r := range s.inForce(at) {
		for _, user := range r.Users {
			all = append(all, Duty{UserID: user, Rotation: r.Name})
		}
	}
	return all
}

func (s Schedule) duties(at time.Time, next bool) []Duty {
	loc, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil
	}
	var duties []Duty
	for _, r := range s.inForce(at) {
		when := at
		shift, until := r.shift(when, loc)
		if next {
			when = until
			shift, until = r.shift(when, loc)
		}
		for seat := range max(r.Seats, 1) {
			duty := Duty{Rotation: r.Name, Seat: seat, Until: until}
			if shift >= 0 && len(r.Users) > seat && (next || r.works(when, loc)) {
				duty.UserID = r.Users[(shift+seat)%len(r.Users)]
			}
			if o, found := s.override(r.Name, seat, when); found {
				duty.UserID, duty.Override, duty.Until = o.UserID, true, o.To
			}
			if duty.UserID != "" {
				duties = append(duties, duty)
			}
		}
	}
	return duties
}

// inForce picks one version of each rotation, in the order of their first mention.
func (s Schedule) inForce(at time.Time) []Rotation {
	var names []string
	current := map[string]Rotation{}
	for _, r := range s.Rotations {
		if r.EffectiveFrom != nil && r.EffectiveFrom.After(at) {
			continue
		}
		was, known := current[r.Name]
		if !known {
			names = append(names, r.Name)
		}
		if !known || r.laterThan(was) {
			current[r.Name] = r
		}
	}
	rotations := make([]Rotation, len(names))
	for i, name := range names {
		rotations[i] = current[name]
	}
	return rotations
}

func (r Rotation) laterThan(was Rotation) bool {
	return r.EffectiveFrom != nil && (was.EffectiveFrom == nil || !r.EffectiveFrom.Before(*was.EffectiveFrom))
}

// shift counts the handovers since StartsAt, from 0, and says when the next one is. It is -1
// before StartsAt.
func (r Rotation) shift(at time.Time, loc *time.Location) (shift int, until time.Time) {
	if first := r.Handover.StartsAt.In(loc); at.Before(first) {
		return -1, first
	}
	shift = r.Handover.count(wallClock(at.In(loc)))
	// When the clocks go back the wall shows times before a handover that has happened already:
	// the instants decide.
	for !at.Before(r.Handover.at(shift+1, loc)) {
		shift++
	}
	return shift, r.Handover.at(shift+1, loc)
}

// at is the instant of the n-th handover after StartsAt.
func (h Handover) at(n int, loc *time.Location) time.Time {
	hours := n / len(h.Every) * h.cycle()
	for _, c := range h.Every[:n%len(h.Every)] {
		hours += c.hours()
	}
	wall := time.Time(h.StartsAt).AddDate(0, 0, hours/24).Add(time.Duration(hours%24) * time.Hour)
	return LocalTime(wall).In(loc)
}

// count is how many handovers the wall clock has shown. It counts in hours, because a
// time.Duration ends at 292 years and a schedule may be asked about any year.
func (h Handover) count(wall time.Time) int {
	hours := int(wall.Unix()-time.Time(h.StartsAt).Unix()) / 3600
	if hours < 0 {
		return 0
	}
	n := hours / h.cycle() * len(h.Every)
	rest := hours % h.cycle()
	for _, c := range h.Every {
		if rest < c.hours() {
			break
		}
		rest -= c.hours()
		n++
	}
	return n
}

func (h Handover) cycle() int {
	sum := 0
	for _, c := range h.Every {
		sum += c.hours()
	}
	return sum
}

// hours are wall-clock hours: a day has 24, whatever the clocks do.
func (c Cadence) hours() int {
	switch c.Unit {
	case "hours":
		return c.Count
	case "days":
		return c.Count * 24
	default:
		return c.Count * 7 * 24
	}
}

// works says whether an instant lies within the working intervals.
func (r Rotation) works(at time.Time, loc *time.Location) bool {
	if len(r.WorkingIntervals) == 0 {
		return true
	}
	local := at.In(loc)
	minute := ClockTime(local.Hour()*60 + local.Minute())
	return slices.ContainsFunc(r.WorkingIntervals, func(w WorkingInterval) bool {
		return weekdays[w.Weekday] == local.Weekday()+1 && w.From <= minute && minute < w.To
	})
}

// override finds the last made override of a seat at an instant.
func (s Schedule) override(rotation string, seat int, at time.Time) (found Override, ok bool) {
	for _, o := range s.Overrides {
		covers := o.Rotation == rotation && o.Seat == seat && !at.Before(o.From) && at.Before(o.To)
		if covers && (!ok || !o.CreatedAt.Before(found.CreatedAt)) {
			found, ok = o, true
		}
	}
	return found, ok
}

// Validate reports every fault of a schedule at once. known says whether a user id exists.
func (s Schedule) Validate(known func(userID string) bool) error {
	var faults Faults
	text(&faults, "name", s.Name, 1, 100)
	zone(&faults, "time_zone", s.TimeZone)
	if len(s.Rotations) == 0 || len(s.Rotations) > 50 {
		faults.Add("rotations", "must list 1 to 50 rotations")
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
	if time.Time(r.Handover.StartsAt).IsZero() {
		faults.Add(place+".handover.starts_at", "must be a local date and time, as in 2026-03-02T09:00:00")
	}
	if len(r.Handover.Every) == 0 || len(r.Handover.Every) > 20 {
		faults.Add(place+".handover.every", "must list 1 to 20 stretches of time")
	}
	for i, c := range r.Handover.Every {
		place := fmt.Sprintf("%s.handover.every[%d]", place, i)
		if c.Unit != "hours" && c.Unit != "days" && c.Unit != "weeks" {
			faults.Add(place+".unit", "must be hours, days or weeks")
		}
		if c.Count < 1 || c.Count > 1000 {
			faults.Add(place+".count", "must be from 1 to 1000")
		}
	}
	for i, w := range r.WorkingIntervals {
		place := fmt.Sprintf("%s.working_intervals[%d]", place, i)
		if weekdays[w.Weekday] == 0 {
			faults.Add(place+".weekday", "must be monday, tuesday, … or sunday")
		}
		if w.From >= w.To {
			faults.Add(place+".to", "must be later than from; a night is two intervals, one on each day")
		}
	}
}

// Validate reports every fault of an override of a schedule at once.
func (o Override) Validate(s Schedule, known func(userID string) bool) error {
	var faults Faults
	seats := 0
	for _, r := range s.Rotations {
		if r.Name == o.Rotation {
			seats = max(seats, r.Seats, 1)
		}
	}
	if seats == 0 {
		faults.Add("rotation", "is no rotation of this schedule")
	} else if o.Seat < 0 || o.Seat >= seats {
		faults.Add("seat", "must be from 0 to %d", seats-1)
	}
	if o.UserID != "" && !known(o.UserID) {
		faults.Add("user_id", "is no user")
	}
	if o.From.IsZero() {
		faults.Add("from", "must be a time")
	}
	if !o.To.After(o.From) {
		faults.Add("to", "must be later than from")
	}
	return faults.Err()
}

func sameInstant(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}
