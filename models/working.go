package models

import (
	"fmt"
	"strings"
	"time"
)

// WorkingInterval is a part of a weekday, in minutes: it covers [From, To) of that day. What the
// clock on the wall shows decides: an hour that it shows twice is work twice.
type WorkingInterval struct {
	Weekday string    `json:"weekday"` // monday … sunday
	From    ClockTime `json:"from"`
	To      ClockTime `json:"to"` // 24:00 is the end of the day
}

const week = 7 * 24 * time.Hour

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

// restsUntil is when the next work begins, limit at the latest. It is the instant itself when
// somebody works.
func (r *Rotation) restsUntil(at, limit time.Time, loc *time.Location) time.Time {
	for at.Before(limit) {
		local := at.In(loc)
		if r.work(local) > 0 {
			return at
		}
		_, change := local.ZoneBounds()
		at = earlier(at.Add(r.rest(local)), change)
	}
	return limit
}

// work is how long the working intervals of a local time last on, as its clock counts; zero
// outside of all.
func (r *Rotation) work(local time.Time) time.Duration {
	clock := sinceMidnight(local)
	var left time.Duration
	for _, w := range r.WorkingIntervals {
		from, to := time.Duration(w.From)*time.Minute, time.Duration(w.To)*time.Minute
		if weekdays[w.Weekday] == local.Weekday()+1 && from <= clock {
			left = max(left, to-clock)
		}
	}
	return left
}

// rest is how long it is to the next working interval, as the clock of a local time counts. It is
// never zero, and a week at most.
func (r *Rotation) rest(local time.Time) time.Duration {
	now := time.Duration(local.Weekday())*24*time.Hour + sinceMidnight(local)
	least := week
	for _, w := range r.WorkingIntervals {
		from := time.Duration(weekdays[w.Weekday]-1)*24*time.Hour + time.Duration(w.From)*time.Minute
		if wait := (from - now + week) % week; wait > 0 {
			least = min(least, wait)
		}
	}
	return least
}

func sinceMidnight(local time.Time) time.Duration {
	wall := wallClock(local)
	return wall.Sub(wall.Truncate(24 * time.Hour))
}

// validateIntervals reports the faults of a list of intervals. list is its place, as in "conditions[0].hours".
func validateIntervals(faults *Faults, list string, intervals []WorkingInterval) {
	for i, w := range intervals {
		w.validate(faults, list, i, intervals[:i])
	}
}

// validate reports the faults of the nth interval of a list, from 0, given those before it.
func (w WorkingInterval) validate(faults *Faults, list string, nth int, others []WorkingInterval) {
	place := fmt.Sprintf("%s[%d]", list, nth)
	if weekdays[w.Weekday] == 0 {
		faults.Add(place+".weekday", "must be monday, tuesday, … or sunday")
	}
	if w.From >= w.To {
		faults.Add(place+".to", "must be later than from; a night is two intervals, one on each day")
	}
	for i, o := range others {
		if w.Weekday == o.Weekday && w.From < o.To && o.From < w.To {
			faults.Add(place, "overlaps %s[%d] on %s: make one interval of the two", list[strings.LastIndexByte(list, '.')+1:], i, w.Weekday)
		}
	}
}
