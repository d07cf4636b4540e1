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
// works, too.
func (s Schedule) NextOnCall(at time.Time) []Duty { return s.duties(at, zoneNamed(s.TimeZone), true) }

// Everyone lists every user of the rotations in force at an instant, in their order.
func (s Schedule) Everyone(at time.Time) []Duty {
	var all []Duty
	for _, v := range s.inForce(at) {
		for _, user := range v.Users {
			all = append(all, Duty{UserID: user, Rotation: v.Name})
		}
	}
	return all
}

func (s Schedule) duties(at time.Time, loc *time.Location, next bool) []Duty {
	if loc == nil {
		return nil
	}
	versions := s.inForce(at)
	duties := make([]Duty, 0, seats(versions))
	for _, v := range versions {
		when, works := at, true
		shift, until := v.shift(when, loc)
		if next {
			when = until
			v = s.version(v.Name, when)
			shift, until = v.shift(when, loc)
		} else {
			until = v.worksUntil(when, until, loc)
			works = until.After(when)
		}
		first := len(duties)
		for seat := range max(v.Seats, 1) {
			duty := Duty{Rotation: v.Name, Seat: seat, Until: earlier(until, v.until)}
			if works && shift >= 0 && seat < len(v.Users) {
				duty.UserID = v.Users[(shift+seat)%len(v.Users)]
			}
			duties = append(duties, duty)
		}
		v.standIns(duties[first:], s.Overrides, when)
	}
	return slices.DeleteFunc(duties, func(d Duty) bool { return d.UserID == "" })
}

// version is a rotation while it is in force.
type version struct {
	*Rotation
	until time.Time // when the next version takes its place; zero means never
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

func seats(versions []version) int {
	sum := 0
	for _, v := range versions {
		sum += max(v.Seats, 1)
	}
	return sum
}

// version picks the version of a rotation that counts at an instant; there may be none yet.
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
	return v
}

func (r Rotation) laterThan(was Rotation) bool {
	return r.EffectiveFrom != nil && (was.EffectiveFrom == nil || !r.EffectiveFrom.Before(*was.EffectiveFrom))
}

// standIns puts the overrides of an instant on the seats of a rotation, the last made of each, and
// ends each duty where another override takes its place.
func (v version) standIns(seats []Duty, overrides []Override, at time.Time) {
	if len(overrides) == 0 {
		return
	}
	count := make([]*Override, len(seats)) // the one that counts, by seat
	for i := range overrides {
		o := &overrides[i]
		if o.isOf(v.Name, len(seats)) && !at.Before(o.From) && at.Before(o.To) && o.outranks(count[o.Seat]) {
			count[o.Seat] = o
		}
	}
	for seat, o := range count {
		if o != nil {
			seats[seat].UserID, seats[seat].Override, seats[seat].Until = o.UserID, true, earlier(o.To, v.until)
		}
	}
	for i := range overrides {
		o := &overrides[i]
		if o.isOf(v.Name, len(seats)) && at.Before(o.From) && o.outranks(count[o.Seat]) {
			seats[o.Seat].Until = earlier(seats[o.Seat].Until, o.From)
		}
	}
}

func (o *Override) isOf(rotation string, seats int) bool {
	return o.Rotation == rotation && o.Seat >= 0 && o.Seat < seats
}

// outranks says whether an override counts where both cover an instant; nil stands for none. Of
// two made at once the later in the list does.
func (o *Override) outranks(earlier *Override) bool {
	return earlier == nil || !o.CreatedAt.Before(earlier.CreatedAt)
}

// shift counts the handovers since StartsAt, from 0, and says when the next one is. It is -1
// before StartsAt.
func (r *Rotation) shift(at time.Time, loc *time.Location) (shift int, until time.Time) {
	if first := r.Handover.StartsAt.In(loc); at.Before(first) {
		return -1, first
	}
	shift = r.Handover.count(wallClock(at.In(loc)))
	// When the clocks go back the wall shows times before a handover that has happened already:
	// the instants decide.
	for until = r.Handover.at(shift+1, loc); !at.Before(until); until = r.Handover.at(shift+1, loc) {
		shift++
	}
	return shift, until
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

// worksUntil is when the work ends that goes on at an instant, limit at the latest. It is the
// instant itself when nobody works.
func (r *Rotation) worksUntil(at, limit time.Time, loc *time.Location) time.Time {
	if len(r.WorkingIntervals) == 0 {
		return limit
	}
	end := earlier(at.AddDate(0, 0, 14), limit) // work that has no gap in two weeks has none
	for at.Before(end) {
		left := r.work(at.In(loc))
		if left == 0 {
			return at
		}
		_, change := at.In(loc).ZoneBounds()
		at = earlier(at.Add(left), change)
	}
	return limit
}

// work is how long the working intervals of a local time last on, as its clock counts; zero
// outside of all.
func (r *Rotation) work(local time.Time) time.Duration {
	clock := wallClock(local).Sub(wallClock(local).Truncate(24 * time.Hour))
	var left time.Duration
	for _, w := range r.WorkingIntervals {
		from, to := time.Duration(w.From)*time.Minute, time.Duration(w.To)*time.Minute
		if weekdays[w.Weekday] == local.Weekday()+1 && from <= clock {
			left = max(left, to-clock)
		}
	}
	return left
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
