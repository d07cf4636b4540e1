package models

import (
	"fmt"
	"time"
)

// Handover is when duty passes on: at StartsAt, and after each of Every in turn, for ever. All of
// it is time on the wall of the rotation's zone. A handover at a time that the clocks skip is at
// the instant of the skip; one at a time that they show twice is at the first of the two. Where
// several handovers fall into one skip, as hours do and once, in Samoa, a whole day did, all of
// them are at its instant: only the last counts, and whoever was due between has no duty. So no
// handover is ever before an earlier one, and at each instant exactly one shift is on.
type Handover struct {
	StartsAt LocalTime `json:"starts_at"`
	Every    []Cadence `json:"every"`
}

// Cadence is a stretch of wall-clock time.
type Cadence struct {
	Unit  string `json:"unit"` // hours, days or weeks
	Count int    `json:"count"`
}

// shift counts the handovers since StartsAt, from 0, and says when the next one is. It is
// nobodys before StartsAt.
func (h Handover) shift(at time.Time, loc *time.Location) (shift int, until time.Time) {
	if first := h.StartsAt.In(loc); at.Before(first) {
		return nobodys, first
	}
	return h.onward(h.count(wallClock(at.In(loc))), at, loc)
}

// onward is the shift of an instant, which is that of an earlier or the same instant or comes
// after it. When the clocks go back the wall shows times before a handover that has happened
// already: the instants decide.
func (h Handover) onward(shift int, at time.Time, loc *time.Location) (_ int, until time.Time) {
	for until = h.at(shift+1, loc); !at.Before(until); until = h.at(shift+1, loc) {
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

func (h Handover) validate(faults *Faults, place string) {
	if time.Time(h.StartsAt).IsZero() {
		faults.Add(place+".starts_at", "must be a local date and time, as in 2026-03-02T09:00:00")
	}
	if len(h.Every) == 0 || len(h.Every) > 20 {
		faults.Add(place+".every", "must list 1 to 20 stretches of time")
	}
	for i, c := range h.Every {
		place := fmt.Sprintf("%s.every[%d]", place, i)
		if c.Unit != "hours" && c.Unit != "days" && c.Unit != "weeks" {
			faults.Add(place+".unit", "must be hours, days or weeks")
		}
		if c.Count < 1 || c.Count > 1000 {
			faults.Add(place+".count", "must be from 1 to 1000")
		}
	}
}
