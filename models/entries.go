package models

import (
	"fmt"
	"slices"
	"time"
)

// Entry is one stretch of duty on one seat of a rotation, clipped to the window that was asked
// about: From up to, but not including, To, both in UTC.
type Entry struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Rotation   string    `json:"rotation"`
	Seat       int       `json:"seat"`                  // 0 is the first
	UserID     string    `json:"user_id,omitempty"`     // empty: nobody; of an uncovered entry, who cannot be rung
	OverrideID string    `json:"override_id,omitempty"` // the override that says so; empty: the rotation does
	Reason     string    `json:"reason,omitempty"`      // why nobody can be rung, as in "has no on-call licence"; else empty
}

// Entries are the duties of a schedule in a window. Each list is in the order of From, then of the
// rotations, then of the seats.
type Entries struct {
	// Scheduled is what the rotations say, overrides left out: a shift an entry, or several where
	// working intervals part it. A handover is a boundary also where it is from a user to
	// themselves, so that a shift stays what it is wherever the window begins. An edit that leaves
	// somebody on call is none.
	Scheduled []Entry `json:"scheduled"`

	// Overrides are the parts of overrides that count: where two overlap, the one made later does.
	Overrides []Entry `json:"overrides"`

	// Final is who is on call in the end and can be rung.
	Final []Entry `json:"final"`

	// Uncovered is when a seat has nobody who can be rung, with the reason; also outside working
	// intervals. Final and Uncovered together cover each seat for as long as its rotation is in force.
	Uncovered []Entry `json:"uncovered"`
}

// Stretch is the time from an instant up to, but not including, another.
type Stretch struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// and is what two stretches share. It ends before it begins when they share nothing.
func (s Stretch) and(o Stretch) Stretch { return Stretch{later(s.From, o.From), earlier(s.To, o.To)} }

// MaxWindow is the longest time that can be asked about at once.
const MaxWindow = 366 * 24 * time.Hour

// Why a seat has nobody.
const (
	notBegun   = "has not begun" // its first handover is still to come
	notNamed   = "nobody is named"
	notWorking = "outside working intervals"
	overridden = "nobody, by an override"
)

// Entries lists who is on call from an instant to another, 366 days later at most, as OnCall does
// for one instant. unable says why a user cannot be rung and is empty when they can, as
// User.Unreachable is; nil means that all can. It knows the present alone, and so judges the past
// by it. The error is an *InvalidError about from, to or time_zone.
func (s Schedule) Entries(from, to time.Time, unable func(userID string) string) (Entries, error) {
	switch {
	case !from.Before(to):
		return Entries{}, &InvalidError{"to", "must be later than from"}
	case to.Sub(from) > MaxWindow:
		return Entries{}, &InvalidError{"to", "must be at most 366 days after from: ask for the time in parts"}
	}
	if zoneNamed(s.TimeZone) == nil {
		return Entries{}, &InvalidError{"time_zone", fmt.Sprintf(
			"%q is no time zone that this machine knows: give the schedule one of the IANA database, as Europe/London is", s.TimeZone)}
	}
	return s.entries(Stretch{from.UTC(), to.UTC()}, unable), nil
}

// EmptyBetween lists when nobody who can be rung is on call on any seat of any rotation, the
// earliest first. The window may be of any length; one that ends before it begins has none. In a
// zone that the machine does not know nobody is ever on call.
func (s Schedule) EmptyBetween(from, to time.Time, unable func(userID string) string) []Stretch {
	from, to = from.UTC(), to.UTC()
	var empty []Stretch
	for _, e := range s.entries(Stretch{from, to}, unable).Final {
		if from.Before(e.From) {
			empty = append(empty, Stretch{from, e.From})
		}
		from = later(from, e.To)
	}
	if from.Before(to) {
		empty = append(empty, Stretch{from, to})
	}
	return empty
}

func (s Schedule) entries(within Stretch, unable func(string) string) Entries {
	if s.Outside != nil {
		return s.Outside.entries(within, unable)
	}
	all := Entries{[]Entry{}, []Entry{}, []Entry{}, []Entry{}}
	loc := zoneNamed(s.TimeZone)
	if loc == nil {
		return all
	}
	for _, name := range s.names() {
		versions := s.versions(name, within)
		seats := 0
		for i, v := range versions {
			versions[i].turns = v.split(v.zone(loc))
			seats = max(seats, v.seats())
		}
		for seat := range seats {
			all.add(shifts(versions, seat), s.standIns(versions, seat), unable)
		}
	}
	for _, list := range [][]Entry{all.Scheduled, all.Overrides, all.Final, all.Uncovered} {
		slices.SortStableFunc(list, func(a, b Entry) int { return a.From.Compare(b.From) })
	}
	return all
}

// add adds one seat: what its rotation says, without a gap, and the overrides that count instead.
func (all *Entries) add(shifts, overrides []Entry, unable func(string) string) {
	all.Overrides = append(all.Overrides, overrides...)
	all.Scheduled, all.Final = slices.Grow(all.Scheduled, len(shifts)), slices.Grow(all.Final, len(shifts))
	for _, e := range shifts {
		if e.UserID != "" {
			all.Scheduled = append(all.Scheduled, e)
		}
	}
	first := len(all.Uncovered)
	for _, e := range overlay(shifts, overrides) {
		if e.UserID != "" && unable != nil {
			e.Reason = unable(e.UserID)
		}
		if e.Reason == "" {
			all.Final = append(all.Final, e)
		} else {
			all.Uncovered = join(all.Uncovered, e, len(all.Uncovered) > first)
		}
	}
}
