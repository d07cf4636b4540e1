package models

import (
	"encoding/json"
	"fmt"
	"time"
)

// LocalTime is a date and time on the wall, in whole seconds and no zone yet: 2026-03-02T09:00:00.
type LocalTime time.Time // always UTC inside

// ClockTime is a time of day in minutes since midnight, 0 to 1440: 09:00, 24:00.
type ClockTime int

const localLayout = "2006-01-02T15:04:05"

var weekdays = map[string]time.Weekday{ // one more than Go's, so that zero is no weekday
	"sunday": 1, "monday": 2, "tuesday": 3, "wednesday": 4, "thursday": 5, "friday": 6, "saturday": 7,
}

// zoneNamed is nil for a zone that the machine does not know. It may read a file.
func zoneNamed(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return loc
}

// earlier is the earlier of two instants; a zero limit is none.
func earlier(t, limit time.Time) time.Time {
	if limit.IsZero() || t.Before(limit) {
		return t
	}
	return limit
}

// later is the later of two instants.
func later(t, u time.Time) time.Time {
	if t.After(u) {
		return t
	}
	return u
}

// wallClock is what the clock on the wall shows.
func wallClock(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// In is the instant at which the clocks of a zone first show this time: the first of two where they
// go back and show it again. Where they skip it, it is the instant of the skip. So of two local
// times the later is never the earlier instant.
func (l LocalTime) In(loc *time.Location) time.Time {
	wall := time.Time(l)
	before := l.at(wall.Add(-24*time.Hour), loc)
	if wallClock(before).Equal(wall) {
		return before
	}
	if after := l.at(wall.Add(24*time.Hour), loc); wallClock(after).Equal(wall) {
		return after
	}
	skipped, _ := before.ZoneBounds()
	return skipped
}

// at is when clocks show this time that are as far from UTC as those of the zone at another instant.
func (l LocalTime) at(other time.Time, loc *time.Location) time.Time {
	_, offset := other.In(loc).Zone()
	return time.Time(l).Add(-time.Duration(offset) * time.Second).In(loc)
}

// MarshalJSON writes 2026-03-02T09:00:00.
func (l LocalTime) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(l).Format(localLayout))
}

// UnmarshalJSON reads 2026-03-02T09:00:00 or 2026-03-02T09:00.
func (l *LocalTime) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	t, err := time.Parse(localLayout, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04", s)
	}
	if err != nil || t.Nanosecond() != 0 {
		return fmt.Errorf("local time %q: want 2026-03-02T09:00:00", s)
	}
	*l = LocalTime(t)
	return nil
}

// MarshalText writes 09:00.
func (c ClockTime) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%02d:%02d", int(c)/60, int(c)%60), nil
}

// UnmarshalText reads 09:00, and 24:00 for the end of the day.
func (c *ClockTime) UnmarshalText(data []byte) error {
	s := string(data)
	if s == "24:00" {
		*c = 24 * 60
		return nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return fmt.Errorf("time of day %q: want 09:00", s)
	}
	*c = ClockTime(t.Hour()*60 + t.Minute())
	return nil
}
