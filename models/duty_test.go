package models

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The rotation hands over daily at 09:00 in London; on Monday 2 March 2026 alice is on call.
func TestUntil(t *testing.T) {
	base := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob", "carol")
	works := func(intervals ...WorkingInterval) []Rotation {
		r := base
		r.WorkingIntervals = intervals
		return []Rotation{r}
	}
	var always []WorkingInterval
	for day := range weekdays {
		always = append(always, WorkingInterval{day, 0, 24 * 60})
	}
	longWeek := works(WorkingInterval{"monday", 0, 24 * 60}, WorkingInterval{"tuesday", 0, 24 * 60}, WorkingInterval{"wednesday", 0, 12 * 60})
	longWeek[0].Handover.Every = weekly
	from := func(instant string) []Rotation {
		edited := base
		edited.EffectiveFrom = moment(instant)
		return []Rotation{base, edited}
	}
	twoSeats := base
	twoSeats.Seats = 2
	override := func(rotation string, seat int, user, from, to, made string) Override {
		return Override{Rotation: rotation, Seat: seat, UserID: user, From: instant(from), To: instant(to), CreatedAt: instant(made)}
	}
	lunch := override("primary", 0, "dave", "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", "2026-02-01T08:00:00Z")
	trip := override("primary", 0, "erin", "2026-03-02T10:00:00Z", "2026-03-04T18:00:00Z", "2026-02-01T09:00:00Z")
	closed := override("primary", 0, "", "2026-03-02T15:00:00Z", "2026-03-02T16:00:00Z", "2026-02-01T10:00:00Z")
	second := override("primary", 1, "dave", "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", "2026-02-01T08:00:00Z")
	other := override("late", 0, "dave", "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", "2026-02-01T08:00:00Z")

	for _, c := range []struct {
		name      string
		rotations []Rotation
		overrides []Override
		at, want  string
	}{
		{"the next handover", []Rotation{base}, nil, "2026-03-02T10:30:00Z", "alice until 2026-03-03T09:00:00Z"},

		{"the end of work", works(WorkingInterval{"monday", 9 * 60, 17 * 60}), nil, "2026-03-02T10:30:00Z", "alice until 2026-03-02T17:00:00Z"},
		{"a handover before the end of work", works(WorkingInterval{"tuesday", 0, 17 * 60}), nil, "2026-03-03T08:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"work goes on without a break", works(WorkingInterval{"monday", 9 * 60, 12 * 60}, WorkingInterval{"monday", 12 * 60, 17 * 60}), nil, "2026-03-02T10:30:00Z", "alice until 2026-03-02T17:00:00Z"},
		{"work is said twice", works(WorkingInterval{"monday", 9 * 60, 17 * 60}, WorkingInterval{"monday", 10 * 60, 11 * 60}), nil, "2026-03-02T10:30:00Z", "alice until 2026-03-02T17:00:00Z"},
		{"a night goes on after midnight", works(WorkingInterval{"tuesday", 0, 6 * 60}, WorkingInterval{"monday", 18 * 60, 24 * 60}), nil, "2026-03-02T20:00:00Z", "alice until 2026-03-03T06:00:00Z"},
		{"work goes on for days", longWeek, nil, "2026-03-02T10:30:00Z", "alice until 2026-03-04T12:00:00Z"},
		{"there is work at all times", works(always...), nil, "2026-03-02T10:30:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"work ends within an hour that the clocks skip", works(WorkingInterval{"sunday", 0, 90}), nil, "2026-03-29T00:30:00Z", "carol until 2026-03-29T01:00:00Z"},
		{"work ends in the first of two hours alike", works(WorkingInterval{"sunday", 0, 90}), nil, "2026-10-25T00:10:00+01:00", "carol until 2026-10-25T00:30:00Z"},
		{"and in the second", works(WorkingInterval{"sunday", 0, 90}), nil, "2026-10-25T01:10:00Z", "carol until 2026-10-25T01:30:00Z"},
		{"the clocks go back to before work", works(WorkingInterval{"sunday", 90, 5 * 60}), nil, "2026-10-25T01:45:00+01:00", "carol until 2026-10-25T01:00:00Z"},
		{"and work begins again", works(WorkingInterval{"sunday", 90, 5 * 60}), nil, "2026-10-25T01:30:00Z", "carol until 2026-10-25T05:00:00Z"},
		{"work goes on while the clocks go back", works(WorkingInterval{"sunday", 0, 5 * 60}), nil, "2026-10-25T00:10:00+01:00", "carol until 2026-10-25T05:00:00Z"},

		{"an override that begins", []Rotation{base}, []Override{lunch}, "2026-03-02T10:30:00Z", "alice until 2026-03-02T12:00:00Z"},
		{"the first of several", []Rotation{base}, []Override{closed, lunch}, "2026-03-02T11:30:00Z", "alice until 2026-03-02T12:00:00Z"},
		{"an override by nobody that begins", []Rotation{base}, []Override{lunch, closed}, "2026-03-02T13:00:00Z", "alice until 2026-03-02T15:00:00Z"},
		{"an override that is over is none", []Rotation{base}, []Override{lunch}, "2026-03-02T13:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"an override of another seat is none", []Rotation{twoSeats}, []Override{second}, "2026-03-02T10:30:00Z", "alice until 2026-03-03T09:00:00Z, bob until 2026-03-02T12:00:00Z"},
		{"an override of another rotation is none", []Rotation{base}, []Override{other}, "2026-03-02T10:30:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"an override lasts over handovers", []Rotation{base}, []Override{trip}, "2026-03-02T10:30:00Z", "erin (override) until 2026-03-04T18:00:00Z"},
		{"one that was made later takes its place", []Rotation{base}, []Override{trip, closed}, "2026-03-02T10:30:00Z", "erin (override) until 2026-03-02T15:00:00Z"},
		{"one that was made before does not", []Rotation{base}, []Override{trip, lunch}, "2026-03-02T10:30:00Z", "erin (override) until 2026-03-04T18:00:00Z"},
		{"an override lasts longer than work", works(WorkingInterval{"monday", 9 * 60, 11 * 60}), []Override{trip}, "2026-03-02T10:30:00Z", "erin (override) until 2026-03-04T18:00:00Z"},

		{"a later version", from("2026-03-02T15:00:00Z"), nil, "2026-03-02T10:30:00Z", "alice until 2026-03-02T15:00:00Z"},
		{"the first of several later versions", append(from("2026-03-02T18:00:00Z"), from("2026-03-02T15:00:00Z")[1]), nil, "2026-03-02T10:30:00Z", "alice until 2026-03-02T15:00:00Z"},
		{"a version in force is no later one", from("2026-03-02T10:30:00Z"), nil, "2026-03-02T10:30:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"a version after the handover", from("2026-03-03T15:00:00Z"), nil, "2026-03-02T10:30:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"a later version may have no such seat for an override", from("2026-03-02T15:00:00Z"), []Override{trip}, "2026-03-02T10:30:00Z", "erin (override) until 2026-03-02T15:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Schedule{TimeZone: london, Rotations: c.rotations, Overrides: c.overrides}
			if diff := cmp.Diff(c.want, inUTC(s.OnCall(instant(c.at)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Nobody's duty ends without a word before Until, and something that may end it happens then.
func TestUntilIsWhenTheAnswerMayChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, at := anySchedule(t)
		loc := mustZone(s.TimeZone)
		for _, duty := range s.OnCall(at) {
			for then := at; then.Before(duty.Until) && then.Before(at.Add(3*24*time.Hour)); then = then.Add(quarter) {
				same := func(d Duty) bool {
					return d.UserID == duty.UserID && d.Rotation == duty.Rotation && d.Seat == duty.Seat && d.Override == duty.Override
				}
				if !slices.ContainsFunc(s.OnCall(then), same) {
					t.Fatalf("%v changes already at %s", duty, then.In(loc))
				}
			}
			if !mayChange(s, duty, at, loc) {
				t.Fatalf("nothing happens at the end of %v", duty)
			}
		}
	})
}

// mayChange says whether something that can end a duty happens at its end.
func mayChange(s Schedule, duty Duty, at time.Time, loc *time.Location) bool {
	end, found := duty.Until, false
	for _, o := range s.Overrides {
		found = found || o.Seat == duty.Seat && (o.From.Equal(end) || o.To.Equal(end))
	}
	for _, r := range s.Rotations {
		loc := r.zone(loc)
		_, handover := r.shift(at, loc)
		found = found || handover.Equal(end) || r.EffectiveFrom != nil && r.EffectiveFrom.Equal(end) ||
			r.EffectiveUntil != nil && r.EffectiveUntil.Equal(end) || working(r, end.Add(-quarter).In(loc)) && !working(r, end.In(loc))
	}
	return found
}

func working(r Rotation, local time.Time) bool {
	minute := ClockTime(local.Hour()*60 + local.Minute())
	return slices.ContainsFunc(r.WorkingIntervals, func(w WorkingInterval) bool {
		return weekdays[w.Weekday]-1 == local.Weekday() && w.From <= minute && minute < w.To
	})
}

const quarter = 15 * time.Minute

// anySchedule draws a rotation in up to three versions, of which some end and some have a zone of
// their own, with overrides, and an instant. Everything
// in it happens on the quarter of an hour, as clock changes do.
func anySchedule(t *rapid.T) (Schedule, time.Time) {
	r, loc, at := anyRotation(t)
	at = at.Truncate(quarter)
	start := time.Time(r.Handover.StartsAt).Truncate(quarter)
	r.Handover.StartsAt = LocalTime(start)
	r.Seats = rapid.IntRange(1, len(r.Users)).Draw(t, "seats")
	s := Schedule{ID: "s-1", TimeZone: loc.String()}
	near := func(name string) time.Time {
		return at.Add(time.Duration(rapid.IntRange(-96, 96).Draw(t, name)) * quarter)
	}
	for version := range rapid.IntRange(1, 3).Draw(t, "versions") {
		r := r
		if version > 0 {
			effective := near("effective from")
			r.EffectiveFrom = &effective
			r.Users = r.Users[:rapid.IntRange(1, len(r.Users)).Draw(t, "users")]
			r.Seats = rapid.IntRange(1, len(r.Users)).Draw(t, "seats")
		}
		if rapid.IntRange(0, 3).Draw(t, "ends") == 0 {
			until := near("effective until")
			if r.EffectiveFrom != nil && !until.After(*r.EffectiveFrom) {
				until = r.EffectiveFrom.Add(quarter)
			}
			r.EffectiveUntil = &until
		}
		if rapid.IntRange(0, 3).Draw(t, "in a zone of its own") == 0 {
			r.TimeZone = anyZone(t).String()
		}
		for range rapid.IntRange(0, 3).Draw(t, "intervals") {
			from := ClockTime(15 * rapid.IntRange(0, 95).Draw(t, "work from"))
			to := ClockTime(15 * rapid.IntRange(int(from)/15+1, 96).Draw(t, "to"))
			day := at.In(loc).AddDate(0, 0, rapid.IntRange(0, 1).Draw(t, "day")).Weekday()
			r.WorkingIntervals = append(r.WorkingIntervals, WorkingInterval{strings.ToLower(day.String()), from, to})
		}
		s.Rotations = append(s.Rotations, r)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "overrides") {
		o := Override{ID: fmt.Sprint("o-", i), Rotation: r.Name, UserID: fmt.Sprint("stand-in ", i), From: near("override from"), CreatedAt: at.Add(time.Duration(i))}
		if rapid.IntRange(0, 3).Draw(t, "by nobody") == 0 {
			o.UserID = ""
		}
		o.To = o.From.Add(time.Duration(rapid.IntRange(1, 96).Draw(t, "override lasts")) * quarter)
		o.Seat = rapid.IntRange(0, 1).Draw(t, "seat")
		s.Overrides = append(s.Overrides, o)
	}
	s.Overrides = rapid.Permutation(s.Overrides).Draw(t, "listed")
	return s, at
}
