package models

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Clock changes that the tables below are about:
//
//	Europe/London        2026-03-29 01:00 skips to 02:00, 2026-10-25 02:00 goes back to 01:00
//	America/New_York     2026-03-08 02:00 skips to 03:00, 2026-11-01 02:00 goes back to 01:00
//	Australia/Lord_Howe  2026-10-04 02:00 skips to 02:30, 2026-04-05 02:00 goes back to 01:30
//	Africa/Casablanca    2026-02-15 03:00 goes back to 02:00 for Ramadan, 2026-03-22 02:00 skips to 03:00
//	Pacific/Apia         2011-12-30 00:00 skips to 2011-12-31 00:00
const (
	london     = "Europe/London"
	newYork    = "America/New_York"
	lordHowe   = "Australia/Lord_Howe"
	casablanca = "Africa/Casablanca"
	apia       = "Pacific/Apia"
)

// In each case alice, bob and carol hand over in this order from the start on.
func TestHandoverAcrossClockChanges(t *testing.T) {
	for _, c := range []struct {
		name, zone, starts string
		every              []Cadence
		at, want           string
	}{
		// A handover at 09:00 stays at 09:00.
		{"london: a day before the clocks go forward has 24 hours", london, "2026-03-27T09:00", daily, "2026-03-27T09:00:00Z", "alice until 2026-03-28T09:00:00Z"},
		{"london: the day on which they go forward has 23", london, "2026-03-27T09:00", daily, "2026-03-28T09:00:00Z", "bob until 2026-03-29T09:00:00+01:00"},
		{"london: duty lasts to the second before that handover", london, "2026-03-27T09:00", daily, "2026-03-29T08:59:59+01:00", "bob until 2026-03-29T09:00:00+01:00"},
		{"london: and passes on at it", london, "2026-03-27T09:00", daily, "2026-03-29T09:00:00+01:00", "carol until 2026-03-30T09:00:00+01:00"},
		{"london: the day on which the clocks go back has 25 hours", london, "2026-10-23T09:00", daily, "2026-10-25T08:59:59Z", "bob until 2026-10-25T09:00:00Z"},
		{"london: and its handover is at 09:00 winter time", london, "2026-10-23T09:00", daily, "2026-10-25T09:00:00Z", "carol until 2026-10-26T09:00:00Z"},
		{"new york: the day on which the clocks go forward", newYork, "2026-03-06T09:00", daily, "2026-03-08T08:59:59-04:00", "bob until 2026-03-08T09:00:00-04:00"},
		{"new york: its handover", newYork, "2026-03-06T09:00", daily, "2026-03-08T09:00:00-04:00", "carol until 2026-03-09T09:00:00-04:00"},
		{"new york: the day on which the clocks go back", newYork, "2026-10-30T09:00", daily, "2026-11-01T08:59:59-05:00", "bob until 2026-11-01T09:00:00-05:00"},
		{"new york: its handover", newYork, "2026-10-30T09:00", daily, "2026-11-01T09:00:00-05:00", "carol until 2026-11-02T09:00:00-05:00"},
		{"lord howe: a day of 23 and a half hours", lordHowe, "2026-10-02T09:00", daily, "2026-10-04T08:59:59+11:00", "bob until 2026-10-04T09:00:00+11:00"},
		{"lord howe: its handover", lordHowe, "2026-10-02T09:00", daily, "2026-10-04T09:00:00+11:00", "carol until 2026-10-05T09:00:00+11:00"},
		{"lord howe: a day of 24 and a half hours", lordHowe, "2026-04-03T09:00", daily, "2026-04-05T08:59:59+10:30", "bob until 2026-04-05T09:00:00+10:30"},
		{"lord howe: its handover", lordHowe, "2026-04-03T09:00", daily, "2026-04-05T09:00:00+10:30", "carol until 2026-04-06T09:00:00+10:30"},

		// A handover at a time that is skipped happens at the skip.
		{"london: 01:30 is skipped, before it", london, "2026-03-27T01:30", daily, "2026-03-29T00:59:59Z", "bob until 2026-03-29T02:00:00+01:00"},
		{"london: 01:30 is skipped, at the skip", london, "2026-03-27T01:30", daily, "2026-03-29T02:00:00+01:00", "carol until 2026-03-30T01:30:00+01:00"},
		{"new york: 02:30 is skipped, before it", newYork, "2026-03-06T02:30", daily, "2026-03-08T01:59:59-05:00", "bob until 2026-03-08T03:00:00-04:00"},
		{"new york: 02:30 is skipped, at the skip", newYork, "2026-03-06T02:30", daily, "2026-03-08T03:00:00-04:00", "carol until 2026-03-09T02:30:00-04:00"},
		{"lord howe: 02:15 is skipped, before it", lordHowe, "2026-10-02T02:15", daily, "2026-10-04T01:59:59+10:30", "bob until 2026-10-04T02:30:00+11:00"},
		{"lord howe: 02:15 is skipped, at the skip", lordHowe, "2026-10-02T02:15", daily, "2026-10-04T02:30:00+11:00", "carol until 2026-10-05T02:15:00+11:00"},

		// A handover at a time that happens twice happens at the first.
		{"london: before the first 01:30", london, "2026-10-23T01:30", daily, "2026-10-25T01:29:59+01:00", "bob until 2026-10-25T01:30:00+01:00"},
		{"london: at the first 01:30", london, "2026-10-23T01:30", daily, "2026-10-25T01:30:00+01:00", "carol until 2026-10-26T01:30:00Z"},
		{"london: 01:15 again is no way back", london, "2026-10-23T01:30", daily, "2026-10-25T01:15:00Z", "carol until 2026-10-26T01:30:00Z"},
		{"london: the second 01:30 is no handover", london, "2026-10-23T01:30", daily, "2026-10-25T01:30:00Z", "carol until 2026-10-26T01:30:00Z"},
		{"new york: before the first 01:30", newYork, "2026-10-30T01:30", daily, "2026-11-01T01:29:59-04:00", "bob until 2026-11-01T01:30:00-04:00"},
		{"new york: at the first 01:30", newYork, "2026-10-30T01:30", daily, "2026-11-01T01:30:00-04:00", "carol until 2026-11-02T01:30:00-05:00"},
		{"new york: the second 01:30 is no handover", newYork, "2026-10-30T01:30", daily, "2026-11-01T01:30:00-05:00", "carol until 2026-11-02T01:30:00-05:00"},
		{"lord howe: before the first 01:45", lordHowe, "2026-04-03T01:45", daily, "2026-04-05T01:44:59+11:00", "bob until 2026-04-05T01:45:00+11:00"},
		{"lord howe: at the first 01:45", lordHowe, "2026-04-03T01:45", daily, "2026-04-05T01:45:00+11:00", "carol until 2026-04-06T01:45:00+10:30"},
		{"lord howe: the second 01:45 is no handover", lordHowe, "2026-04-03T01:45", daily, "2026-04-05T01:45:00+10:30", "carol until 2026-04-06T01:45:00+10:30"},
		{"lord howe: a start that happens twice is at the first", lordHowe, "2026-04-05T01:45", daily, "2026-04-05T01:45:00+11:00", "alice until 2026-04-06T01:45:00+10:30"},

		// Ramadan, when the clocks of Morocco are an hour back.
		{"casablanca: before the first 02:30", casablanca, "2026-02-13T02:30", daily, "2026-02-15T02:29:59+01:00", "bob until 2026-02-15T02:30:00+01:00"},
		{"casablanca: at the first 02:30", casablanca, "2026-02-13T02:30", daily, "2026-02-15T02:30:00+01:00", "carol until 2026-02-16T02:30:00Z"},
		{"casablanca: the second 02:30 is no handover", casablanca, "2026-02-13T02:30", daily, "2026-02-15T02:30:00Z", "carol until 2026-02-16T02:30:00Z"},
		{"casablanca: 02:30 is skipped, before it", casablanca, "2026-03-20T02:30", daily, "2026-03-22T01:59:59Z", "bob until 2026-03-22T03:00:00+01:00"},
		{"casablanca: 02:30 is skipped, at the skip", casablanca, "2026-03-20T02:30", daily, "2026-03-22T03:00:00+01:00", "carol until 2026-03-23T02:30:00+01:00"},
		{"casablanca: into Ramadan at 09:00", casablanca, "2026-02-09T09:00", weekly, "2026-02-16T08:59:59Z", "alice until 2026-02-16T09:00:00Z"},
		{"casablanca: and out of it", casablanca, "2026-02-09T09:00", weekly, "2026-03-23T08:59:59+01:00", "carol until 2026-03-23T09:00:00+01:00"},

		// A day that Samoa did not have: its handovers are at its skip.
		{"apia: the day before the missing one is short", apia, "2011-12-28T09:00", daily, "2011-12-29T23:59:59-10:00", "bob until 2011-12-31T00:00:00+14:00"},
		{"apia: the missing day's handover is at its skip", apia, "2011-12-28T09:00", daily, "2011-12-31T00:00:00+14:00", "carol until 2011-12-31T09:00:00+14:00"},
		{"apia: the day after has its own", apia, "2011-12-28T09:00", daily, "2011-12-31T09:00:00+14:00", "alice until 2012-01-01T09:00:00+14:00"},
		{"apia: a week that ends on the missing day", apia, "2011-12-23T09:00", weekly, "2011-12-29T12:00:00-10:00", "alice until 2011-12-31T00:00:00+14:00"},
		{"apia: a week that begins on it", apia, "2011-12-23T09:00", weekly, "2011-12-31T00:00:00+14:00", "bob until 2012-01-06T09:00:00+14:00"},
		{"apia: the hour before it", apia, "2011-12-29T23:00", hourly, "2011-12-29T23:30:00-10:00", "alice until 2011-12-31T00:00:00+14:00"},
		{"apia: its 24 hours are nobody's", apia, "2011-12-29T23:00", hourly, "2011-12-31T00:00:00+14:00", "bob until 2011-12-31T01:00:00+14:00"},

		// Weekly.
		{"london: the week of the change has 167 hours", london, "2026-03-23T09:00", weekly, "2026-03-30T08:59:59+01:00", "alice until 2026-03-30T09:00:00+01:00"},
		{"london: the week after it has 168", london, "2026-03-23T09:00", weekly, "2026-03-30T09:00:00+01:00", "bob until 2026-04-06T09:00:00+01:00"},
		{"new york: half a year later it is still 09:00 on monday", newYork, "2026-03-02T09:00", weekly, "2026-11-02T09:00:00-05:00", "carol until 2026-11-09T09:00:00-05:00"},
		{"lord howe: the week of half an hour more", lordHowe, "2026-03-30T09:00", weekly, "2026-04-06T08:59:59+10:30", "alice until 2026-04-06T09:00:00+10:30"},

		// Hourly: an hour on the wall that does not happen rings nobody; one that happens twice is long.
		{"london: the hour before the skip", london, "2026-03-29T00:00", hourly, "2026-03-29T00:30:00Z", "alice until 2026-03-29T02:00:00+01:00"},
		{"london: the skipped hour was bob's", london, "2026-03-29T00:00", hourly, "2026-03-29T02:00:00+01:00", "carol until 2026-03-29T03:00:00+01:00"},
		{"london: the hour that happens twice", london, "2026-10-25T00:00", hourly, "2026-10-25T01:00:00+01:00", "bob until 2026-10-25T02:00:00Z"},
		{"london: its second half", london, "2026-10-25T00:00", hourly, "2026-10-25T01:30:00Z", "bob until 2026-10-25T02:00:00Z"},
		{"london: the hour after it", london, "2026-10-25T00:00", hourly, "2026-10-25T02:00:00Z", "carol until 2026-10-25T03:00:00Z"},
		{"lord howe: half of the hour is skipped", lordHowe, "2026-10-04T01:00", hourly, "2026-10-04T02:30:00+11:00", "bob until 2026-10-04T03:00:00+11:00"},
		{"lord howe: half of the hour happens twice", lordHowe, "2026-04-05T00:00", hourly, "2026-04-05T01:45:00+10:30", "bob until 2026-04-05T02:00:00+10:30"},

		// Mixed: four days, then three.
		{"london: monday to friday", london, "2026-03-23T09:00", fourThree, "2026-03-27T08:59:59Z", "alice until 2026-03-27T09:00:00Z"},
		{"london: friday to monday over the change", london, "2026-03-23T09:00", fourThree, "2026-03-27T09:00:00Z", "bob until 2026-03-30T09:00:00+01:00"},
		{"london: and from the first cadence again", london, "2026-03-23T09:00", fourThree, "2026-03-30T09:00:00+01:00", "carol until 2026-04-03T09:00:00+01:00"},
		{"new york: a week, two days and twelve hours", newYork, "2026-03-02T09:00", []Cadence{{"weeks", 1}, {"days", 2}, {"hours", 12}}, "2026-03-11T09:00:00-04:00", "carol until 2026-03-11T21:00:00-04:00"},

		// Far away.
		{"ten centuries of handovers", london, "2026-03-27T09:00", hourly, "3026-03-27T08:30:00Z", "alice until 3026-03-27T10:00:00+01:00"},
		{"the last year that can be asked about", london, "2026-03-27T09:00", daily, "9999-12-30T12:00:00Z", "bob until 9999-12-31T09:00:00Z"},
		{"a start in the first year", "UTC", "0001-01-01T09:00", hourly, "2026-03-27T08:59:59Z", "carol until 2026-03-27T09:00:00Z"},
		{"a cycle of 383 years", "UTC", "2026-03-27T09:00", slices.Repeat([]Cadence{{"weeks", 1000}}, 20), "2026-03-27T09:00:00Z", "alice until 2045-05-26T09:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Schedule{TimeZone: c.zone, Rotations: []Rotation{rotation("primary", c.starts, c.every, "alice", "bob", "carol")}}
			at := instant(c.at)
			duties := s.OnCall(at)
			if diff := cmp.Diff(c.want, told(duties)); diff != "" {
				t.Fatal(diff)
			}
			end := at.Add(MaxWindow)
			entries, err := s.Entries(at, end, nil)
			if err != nil {
				t.Fatal(err)
			}
			first := Entry{From: at, To: earlier(duties[0].Until, end), Rotation: "primary", UserID: duties[0].UserID}
			if diff := cmp.Diff([]Entry{first, first}, []Entry{entries.Scheduled[0], entries.Final[0]}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExactlyOneShiftAtEachInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, loc, at := anyRotation(t)
		shift, until := r.shift(at, loc)
		if from := r.Handover.at(max(shift, 0), loc); shift >= 0 && (at.Before(from) || !at.Before(until)) {
			t.Fatalf("%s lies outside [%s, %s) of shift %d", at, from, until, shift)
		}
		if shift < 0 && !at.Before(until) {
			t.Fatalf("%s is not before the start %s", at, until)
		}
		s := Schedule{TimeZone: loc.String(), Rotations: []Rotation{r}}
		if duties := s.OnCall(at); len(duties) != min(shift+1, 1) {
			t.Fatalf("shift %d has duties %v", shift, duties)
		}
		for n := max(shift-3, 0); n < shift+3; n++ { // handovers never go back in time
			if r.Handover.at(n+1, loc).Before(r.Handover.at(n, loc)) {
				t.Fatalf("handover %d at %s is before the one before it", n+1, r.Handover.at(n+1, loc))
			}
		}
	})
}

func TestDutyChangesAtUntil(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, loc, at := anyRotation(t)
		shift, until := r.shift(at, loc)
		if !until.After(at) {
			t.Fatalf("until %s is not later than %s", until, at)
		}
		if before, same := r.shift(until.Add(-1), loc); before != shift || !same.Equal(until) {
			t.Fatalf("just before %s shift %d has become %d until %s", until, shift, before, same)
		}
		if after, _ := r.shift(until, loc); after <= shift {
			t.Fatalf("at %s shift %d goes on as %d", until, shift, after)
		}
		s := Schedule{TimeZone: loc.String(), Rotations: []Rotation{r}}
		if diff := cmp.Diff(s.OnCall(until), s.NextOnCall(at)); diff != "" {
			t.Fatalf("who is next is not who follows:\n%s", diff)
		}
	})
}

func TestHandoverKeepsItsClockTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, loc, at := anyRotation(t)
		at9 := time.Time(r.Handover.StartsAt)
		r.Handover.StartsAt = LocalTime(time.Date(at9.Year(), at9.Month(), at9.Day(), 9, 0, 0, 0, time.UTC))
		for i := range r.Handover.Every {
			r.Handover.Every[i].Unit = rapid.SampledFrom([]string{"days", "weeks"}).Draw(t, "unit")
		}
		_, until := r.shift(at, loc)
		// Samoa had no 30 December 2011 at all; the handovers of that day are at its skip.
		skip := time.Date(2011, 12, 31, 0, 0, 0, 0, loc)
		if got := until.In(loc).Format("15:04:05"); got != "09:00:00" && (loc.String() != apia || !until.Equal(skip)) {
			t.Fatalf("the handover is at %s", until.In(loc))
		}
	})
}

func TestAskingInPartsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, loc, from := anyRotation(t)
		s := Schedule{TimeZone: loc.String(), Rotations: []Rotation{r}}
		to := from.Add(time.Duration(rapid.Int64Range(0, int64(20*24*time.Hour)).Draw(t, "length")))
		middle := from.Add(time.Duration(rapid.Int64Range(0, int64(to.Sub(from))).Draw(t, "middle")))
		parts := append(walk(s, from, middle), walk(s, middle, to)...)
		joined := slices.CompactFunc(parts, func(a, b string) bool { return a == b }) // the shift that was cut
		if diff := cmp.Diff(walk(s, from, to), joined); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestShiftAgreesWithWalkingHandoverByHandover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, loc, at := anyRotation(t)
		shift, until := -1, r.Handover.StartsAt
		for !until.In(loc).After(at) {
			shift++
			c := r.Handover.Every[shift%len(r.Handover.Every)]
			hours := map[string]int{"hours": 1, "days": 24, "weeks": 168}[c.Unit] * c.Count
			until = LocalTime(time.Time(until).Add(time.Duration(hours) * time.Hour))
		}
		if got, gotUntil := r.shift(at, loc); got != shift || !gotUntil.Equal(until.In(loc)) {
			t.Fatalf("at %s shift is %d until %s, and by walking %d until %s", at.In(loc), got, gotUntil, shift, until.In(loc))
		}
	})
}

// walk lists the shifts that touch [from, to).
func walk(s Schedule, from, to time.Time) []string {
	loc := mustZone(s.TimeZone)
	var shifts []string
	for at := from; at.Before(to); {
		shift, until := s.Rotations[0].shift(at, loc)
		shifts = append(shifts, fmt.Sprintf("%d %s", shift, told(s.OnCall(at))))
		at = until
	}
	return shifts
}

// anyRotation draws a rotation, its zone, and an instant up to 500 days around its start, often
// within hours of a clock change.
func anyRotation(t *rapid.T) (Rotation, *time.Location, time.Time) {
	loc := anyZone(t)
	start := time.Date(2008, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 20*365*24*60).Draw(t, "start")) * time.Minute)
	at := nearClockChange(t, start.Add(time.Duration(rapid.Int64Range(int64(-10*24*time.Hour), int64(500*24*time.Hour)).Draw(t, "at"))), loc)
	if rapid.Bool().Draw(t, "starts near a clock change") {
		start = nearClockChange(t, start, loc).Truncate(time.Minute)
	}
	every := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Cadence {
		return Cadence{rapid.SampledFrom([]string{"hours", "days", "weeks"}).Draw(t, "unit"), rapid.IntRange(1, 5).Draw(t, "count")}
	}), 1, 4).Draw(t, "every")
	users := []string{"alice", "bob", "carol", "dave", "erin"}[:rapid.IntRange(1, 5).Draw(t, "users")]
	return Rotation{Name: "primary", Users: users, Handover: Handover{StartsAt: LocalTime(wallClock(start.In(loc))), Every: every}}, loc, at
}

// anyZone draws a zone. Apia once skipped a day, and Beirut and Santiago change at midnight.
func anyZone(t *rapid.T) *time.Location {
	return mustZone(rapid.SampledFrom([]string{
		london, newYork, lordHowe, casablanca, "UTC", "Asia/Kolkata", "Asia/Beirut", "America/Santiago", apia, "Pacific/Chatham",
	}).Draw(t, "zone"))
}

func nearClockChange(t *rapid.T, at time.Time, loc *time.Location) time.Time {
	_, change := at.In(loc).ZoneBounds()
	if change.IsZero() || change.Sub(at) > 250*24*time.Hour || rapid.IntRange(0, 3).Draw(t, "anywhere") == 0 {
		return at
	}
	return change.Add(time.Duration(rapid.IntRange(-3*3600, 3*3600).Draw(t, "seconds from the change")) * time.Second)
}
