package models

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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
const (
	london   = "Europe/London"
	newYork  = "America/New_York"
	lordHowe = "Australia/Lord_Howe"
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
			if diff := cmp.Diff(c.want, told(s.OnCall(instant(c.at)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOnCall(t *testing.T) {
	base := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob", "carol")
	with := func(change func(*Rotation)) Rotation { r := base; change(&r); return r }
	twoSeats := with(func(r *Rotation) { r.Seats = 2 })
	office := with(func(r *Rotation) {
		r.WorkingIntervals = []WorkingInterval{{"monday", 9 * 60, 17 * 60}, {"tuesday", 18 * 60, 24 * 60}, {"wednesday", 0, 6 * 60}}
	})
	edited := with(func(r *Rotation) { r.Users = []string{"dave"}; r.EffectiveFrom = moment("2026-03-10T12:00:00Z") })
	again := with(func(r *Rotation) { r.Users = []string{"erin"}; r.EffectiveFrom = moment("2026-03-20T12:00:00Z") })
	late := rotation("late", "2026-03-20T09:00", daily, "dave")
	override := func(user string, seat int, from, to, made string) Override {
		return Override{Rotation: "primary", Seat: seat, UserID: user, From: instant(from), To: instant(to), CreatedAt: instant(made)}
	}
	dave := override("dave", 0, "2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z", "2026-03-01T08:00:00Z")
	erin := override("erin", 0, "2026-03-03T11:00:00Z", "2026-03-03T14:00:00Z", "2026-03-01T09:00:00Z")
	nobody := override("", 0, "2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z", "2026-03-01T10:00:00Z")
	second := override("dave", 1, "2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z", "2026-03-01T08:00:00Z")
	early := override("dave", 0, "2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z", "2026-02-01T08:00:00Z")

	for _, c := range []struct {
		name      string
		rotations []Rotation
		overrides []Override
		at, want  string
	}{
		{"before the start nobody is on call", []Rotation{base}, nil, "2026-03-02T08:59:59Z", ""},
		{"at the start the first is", []Rotation{base}, nil, "2026-03-02T09:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"after the last the first is again", []Rotation{base}, nil, "2026-03-05T09:00:00Z", "alice until 2026-03-06T09:00:00Z"},
		{"two seats hold two users in order", []Rotation{twoSeats}, nil, "2026-03-02T09:00:00Z", "alice until 2026-03-03T09:00:00Z, bob until 2026-03-03T09:00:00Z"},
		{"the second seat begins again with the first user", []Rotation{twoSeats}, nil, "2026-03-04T09:00:00Z", "carol until 2026-03-05T09:00:00Z, alice until 2026-03-05T09:00:00Z"},
		{"a seat without a user is left out", []Rotation{with(func(r *Rotation) { r.Users, r.Seats = []string{"alice"}, 2 })}, nil, "2026-03-02T09:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"a rotation without users is empty", []Rotation{rotation("primary", "2026-03-02T09:00", daily)}, nil, "2026-03-02T09:00:00Z", ""},
		{"rotations are listed in their order", []Rotation{late, base}, nil, "2026-03-20T09:00:00Z", "dave until 2026-03-21T09:00:00Z, alice until 2026-03-21T09:00:00Z"},

		{"before work nobody is on call", []Rotation{office}, nil, "2026-03-09T08:59:59Z", ""},
		{"work begins on the minute", []Rotation{office}, nil, "2026-03-09T09:00:00Z", "bob until 2026-03-10T09:00:00Z"},
		{"work lasts to the second before its end", []Rotation{office}, nil, "2026-03-09T16:59:59Z", "bob until 2026-03-10T09:00:00Z"},
		{"its end is outside", []Rotation{office}, nil, "2026-03-09T17:00:00Z", ""},
		{"another weekday has its own hours", []Rotation{office}, nil, "2026-03-10T09:00:00Z", ""},
		{"24:00 is the end of the day", []Rotation{office}, nil, "2026-03-10T23:59:59Z", "carol until 2026-03-11T09:00:00Z"},
		{"a night goes on from 00:00", []Rotation{office}, nil, "2026-03-11T00:00:00Z", "carol until 2026-03-11T09:00:00Z"},
		{"work is on the wall clock: 09:30 summer time", []Rotation{office}, nil, "2026-03-30T08:30:00Z", "bob until 2026-03-31T08:00:00Z"},
		{"work is on the wall clock: 17:30 summer time", []Rotation{office}, nil, "2026-03-30T16:30:00Z", ""},

		{"an edit leaves the past alone", []Rotation{base, edited, again}, nil, "2026-03-10T11:59:59Z", "carol until 2026-03-11T09:00:00Z"},
		{"an edit counts from its instant", []Rotation{base, edited, again}, nil, "2026-03-10T12:00:00Z", "dave until 2026-03-11T09:00:00Z"},
		{"the latest edit that has passed counts", []Rotation{base, edited, again}, nil, "2026-03-20T12:00:00Z", "erin until 2026-03-21T09:00:00Z"},
		{"in whatever order they are listed", []Rotation{again, edited, base}, nil, "2026-03-20T12:00:00Z", "erin until 2026-03-21T09:00:00Z"},
		{"and so it was before", []Rotation{again, edited, base}, nil, "2026-03-19T12:00:00Z", "dave until 2026-03-20T09:00:00Z"},
		{"before the first version nobody is on call", []Rotation{edited}, nil, "2026-03-10T11:59:59Z", ""},

		{"an override has not begun", []Rotation{base}, []Override{dave}, "2026-03-03T09:59:59Z", "bob until 2026-03-04T09:00:00Z"},
		{"an override begins", []Rotation{base}, []Override{dave}, "2026-03-03T10:00:00Z", "dave (override) until 2026-03-03T12:00:00Z"},
		{"an override lasts to the second before its end", []Rotation{base}, []Override{dave}, "2026-03-03T11:59:59Z", "dave (override) until 2026-03-03T12:00:00Z"},
		{"an override ends", []Rotation{base}, []Override{dave}, "2026-03-03T12:00:00Z", "bob until 2026-03-04T09:00:00Z"},
		{"the override made later wins", []Rotation{base}, []Override{dave, erin}, "2026-03-03T11:00:00Z", "erin (override) until 2026-03-03T14:00:00Z"},
		{"in whatever order they are listed", []Rotation{base}, []Override{erin, dave}, "2026-03-03T11:00:00Z", "erin (override) until 2026-03-03T14:00:00Z"},
		{"an override by nobody leaves the seat empty", []Rotation{base}, []Override{dave, nobody}, "2026-03-03T11:00:00Z", ""},
		{"an override is of one seat", []Rotation{twoSeats}, []Override{second}, "2026-03-03T11:00:00Z", "bob until 2026-03-04T09:00:00Z, dave (override) until 2026-03-03T12:00:00Z"},
		{"an override of a seat that is no more counts for nothing", []Rotation{base}, []Override{second}, "2026-03-03T11:00:00Z", "bob until 2026-03-04T09:00:00Z"},
		{"an override is of one rotation", []Rotation{late}, []Override{dave}, "2026-03-03T11:00:00Z", ""},
		{"an override works outside working hours", []Rotation{office}, []Override{dave}, "2026-03-03T11:00:00Z", "dave (override) until 2026-03-03T12:00:00Z"},
		{"an override works before the start", []Rotation{base}, []Override{early}, "2026-03-01T11:00:00Z", "dave (override) until 2026-03-01T12:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Schedule{TimeZone: london, Rotations: c.rotations, Overrides: c.overrides}
			if diff := cmp.Diff(c.want, inUTC(s.OnCall(instant(c.at)))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := (Schedule{TimeZone: "Mars/Olympus", Rotations: []Rotation{base}}).OnCall(instant("2026-03-03T11:00:00Z")); got != nil {
		t.Errorf("in an unknown zone %v is on call", got)
	}
}

func TestNextOnCall(t *testing.T) {
	base := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob", "carol")
	office := base
	office.WorkingIntervals = []WorkingInterval{{"monday", 10 * 60, 17 * 60}}
	twoSeats := base
	twoSeats.Seats = 2
	tomorrow := Override{Rotation: "primary", UserID: "dave", From: instant("2026-03-03T00:00:00Z"), To: instant("2026-03-04T00:00:00Z")}
	today := Override{Rotation: "primary", UserID: "dave", From: instant("2026-03-02T10:00:00Z"), To: instant("2026-03-02T11:00:00Z")}
	nobody := tomorrow
	nobody.UserID = ""

	for _, c := range []struct {
		name     string
		rotation Rotation
		override []Override
		at, want string
	}{
		{"the next of the list", base, nil, "2026-03-02T10:00:00Z", "bob until 2026-03-04T09:00:00Z"},
		{"after the last comes the first", base, nil, "2026-03-04T10:00:00Z", "alice until 2026-03-06T09:00:00Z"},
		{"before the start the first is next", base, nil, "2026-03-01T10:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"every seat moves on", twoSeats, nil, "2026-03-02T10:00:00Z", "bob until 2026-03-04T09:00:00Z, carol until 2026-03-04T09:00:00Z"},
		{"outside working hours too", office, nil, "2026-03-02T03:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"an override that is over by then does not count", base, []Override{today}, "2026-03-02T10:30:00Z", "bob until 2026-03-04T09:00:00Z"},
		{"who stands in for the next is next", base, []Override{tomorrow}, "2026-03-02T10:30:00Z", "dave (override) until 2026-03-04T00:00:00Z"},
		{"when nobody stands in nobody is next", base, []Override{nobody}, "2026-03-02T10:30:00Z", ""},
		{"an hour that the clocks skip is passed over", rotation("primary", "2026-03-29T00:00", hourly, "alice", "bob", "carol"), nil, "2026-03-29T00:30:00Z", "carol until 2026-03-29T02:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Schedule{TimeZone: london, Rotations: []Rotation{c.rotation}, Overrides: c.override}
			if diff := cmp.Diff(c.want, inUTC(s.NextOnCall(instant(c.at)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryone(t *testing.T) {
	old := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob")
	edited := rotation("primary", "2026-03-02T09:00", daily, "bob", "carol")
	edited.EffectiveFrom = moment("2026-03-10T12:00:00Z")
	s := Schedule{TimeZone: london, Rotations: []Rotation{old, rotation("late", "2026-03-02T09:00", daily, "alice", "dave"), edited}}
	for _, c := range []struct{ name, at, want string }{
		{"all users of all rotations, in their order", "2026-03-10T11:00:00Z", "primary alice, primary bob, late alice, late dave"},
		{"of the version in force", "2026-03-10T12:00:00Z", "primary bob, primary carol, late alice, late dave"},
		{"before the start too", "2026-03-01T12:00:00Z", "primary alice, primary bob, late alice, late dave"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range s.Everyone(instant(c.at)) {
				got = append(got, d.Rotation+" "+d.UserID)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
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
		if got := until.In(loc).Format("15:04:05"); got != "09:00:00" && (loc.String() != "Pacific/Apia" || !until.Equal(skip)) {
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

func TestLatestOverrideWinsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hour := func(n int) time.Time { return instant("2026-03-02T00:00:00Z").Add(time.Duration(n) * time.Hour) }
		var made []Override // in the order in which they were made
		for i := range rapid.IntRange(1, 6).Draw(t, "overrides") {
			from := rapid.IntRange(0, 20).Draw(t, "from")
			made = append(made, Override{
				Rotation: "primary", UserID: fmt.Sprint("user ", i), CreatedAt: hour(-100 + i),
				From: hour(from), To: hour(from + rapid.IntRange(1, 10).Draw(t, "hours")),
			})
		}
		at := hour(rapid.IntRange(0, 30).Draw(t, "at"))
		want := ""
		for _, o := range made {
			if !at.Before(o.From) && at.Before(o.To) {
				want = o.UserID + " (override) until " + o.To.Format(time.RFC3339)
			}
		}
		s := Schedule{
			TimeZone: "UTC", Overrides: rapid.Permutation(made).Draw(t, "listed"),
			Rotations: []Rotation{rotation("primary", "2030-01-01T00:00", daily, "alice")},
		}
		if diff := cmp.Diff(want, told(s.OnCall(at))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestScheduleValidate(t *testing.T) {
	valid := func() Schedule {
		r := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob")
		r.WorkingIntervals = []WorkingInterval{{"monday", 9 * 60, 24 * 60}}
		return Schedule{Name: "Primary", TimeZone: london, Rotations: []Rotation{r}}
	}
	for _, c := range []struct {
		name  string
		fault func(*Schedule)
		want  []string
	}{
		{"nothing is wrong", func(s *Schedule) {}, nil},
		{"no name", func(s *Schedule) { s.Name = " " }, []string{"name"}},
		{"a long name", func(s *Schedule) { s.Name = strings.Repeat("a", 101) }, []string{"name"}},
		{"a zone that is not in the database", func(s *Schedule) { s.TimeZone = "Mars/Olympus" }, []string{"time_zone"}},
		{"no zone", func(s *Schedule) { s.TimeZone = "" }, []string{"time_zone"}},
		{"the zone of the machine", func(s *Schedule) { s.TimeZone = "Local" }, []string{"time_zone"}},
		{"no rotation", func(s *Schedule) { s.Rotations = nil }, []string{"rotations"}},
		{"a rotation without a name", func(s *Schedule) { s.Rotations[0].Name = "" }, []string{"rotations[0].name"}},
		{"nobody in a rotation", func(s *Schedule) { s.Rotations[0].Users = nil }, []string{"rotations[0].users"}},
		{"an unknown user", func(s *Schedule) { s.Rotations[0].Users[1] = "zoe" }, []string{"rotations[0].users[1]"}},
		{"a user twice", func(s *Schedule) { s.Rotations[0].Users[1] = "alice" }, []string{"rotations[0].users[1]"}},
		{"more seats than users", func(s *Schedule) { s.Rotations[0].Seats = 3 }, []string{"rotations[0].seats"}},
		{"fewer seats than none", func(s *Schedule) { s.Rotations[0].Seats = -1 }, []string{"rotations[0].seats"}},
		{"no start", func(s *Schedule) { s.Rotations[0].Handover.StartsAt = LocalTime{} }, []string{"rotations[0].handover.starts_at"}},
		{"no cadence", func(s *Schedule) { s.Rotations[0].Handover.Every = nil }, []string{"rotations[0].handover.every"}},
		{"too many cadences", func(s *Schedule) { s.Rotations[0].Handover.Every = slices.Repeat(daily, 21) }, []string{"rotations[0].handover.every"}},
		{"an unknown unit", func(s *Schedule) { s.Rotations[0].Handover.Every = []Cadence{{"months", 1}} }, []string{"rotations[0].handover.every[0].unit"}},
		{"no count", func(s *Schedule) { s.Rotations[0].Handover.Every = []Cadence{{"days", 0}} }, []string{"rotations[0].handover.every[0].count"}},
		{"an unknown weekday", func(s *Schedule) { s.Rotations[0].WorkingIntervals[0].Weekday = "Monday" }, []string{"rotations[0].working_intervals[0].weekday"}},
		{"work over midnight", func(s *Schedule) { s.Rotations[0].WorkingIntervals[0].To = 6 * 60 }, []string{"rotations[0].working_intervals[0].to"}},
		{"two versions from the same instant", func(s *Schedule) { s.Rotations = append(s.Rotations, s.Rotations[0]) }, []string{"rotations[1].effective_from"}},
		{"two versions from different instants", func(s *Schedule) {
			s.Rotations = append(s.Rotations, s.Rotations[0])
			s.Rotations[1].EffectiveFrom = moment("2026-03-02T09:00:00Z")
		}, nil},
		{"several at once", func(s *Schedule) { s.Name, s.TimeZone, s.Rotations[0].Users[0] = "", "", "zoe" }, []string{"name", "time_zone", "rotations[0].users[0]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := valid()
			c.fault(&s)
			if diff := cmp.Diff(c.want, faulty(s.Validate(isUser))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOverrideValidate(t *testing.T) {
	twoSeats := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob")
	twoSeats.Seats = 2
	s := Schedule{TimeZone: london, Rotations: []Rotation{twoSeats, rotation("late", "2026-03-02T09:00", daily, "alice")}}
	from, to := instant("2026-03-02T10:00:00Z"), instant("2026-03-02T12:00:00Z")
	for _, c := range []struct {
		name     string
		override Override
		want     []string
	}{
		{"nothing is wrong", Override{Rotation: "primary", UserID: "bob", From: from, To: to}, nil},
		{"nobody may stand in", Override{Rotation: "primary", From: from, To: to}, nil},
		{"the last seat", Override{Rotation: "primary", Seat: 1, UserID: "bob", From: from, To: to}, nil},
		{"a seat too many", Override{Rotation: "primary", Seat: 2, UserID: "bob", From: from, To: to}, []string{"seat"}},
		{"seats zero means one", Override{Rotation: "late", Seat: 1, UserID: "bob", From: from, To: to}, []string{"seat"}},
		{"a seat before the first", Override{Rotation: "primary", Seat: -1, UserID: "bob", From: from, To: to}, []string{"seat"}},
		{"no such rotation", Override{Rotation: "night", UserID: "bob", From: from, To: to}, []string{"rotation"}},
		{"no such user", Override{Rotation: "primary", UserID: "zoe", From: from, To: to}, []string{"user_id"}},
		{"no beginning", Override{Rotation: "primary", UserID: "bob", To: to}, []string{"from"}},
		{"no end", Override{Rotation: "primary", UserID: "bob", From: from}, []string{"to"}},
		{"no length", Override{Rotation: "primary", UserID: "bob", From: from, To: from}, []string{"to"}},
		{"several at once", Override{Rotation: "night", UserID: "zoe"}, []string{"rotation", "user_id", "from", "to"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, faulty(c.override.Validate(s, isUser))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func BenchmarkOnCall(b *testing.B) {
	s := Schedule{TimeZone: london}
	for i := range 3 {
		s.Rotations = append(s.Rotations, rotation(fmt.Sprint("rotation ", i), "2020-03-02T09:00", fourThree, "alice", "bob", "carol"))
	}
	at := instant("2026-03-29T00:30:00Z")
	for b.Loop() {
		if len(s.OnCall(at)) != 3 {
			b.Fatal("a rotation has nobody")
		}
	}
}

func BenchmarkShift(b *testing.B) {
	r := rotation("primary", "2020-03-02T09:00", fourThree, "alice", "bob", "carol")
	at, loc := instant("2026-03-29T00:30:00Z"), mustZone(london)
	for b.Loop() {
		r.shift(at, loc)
	}
}

var (
	hourly    = []Cadence{{"hours", 1}}
	daily     = []Cadence{{"days", 1}}
	weekly    = []Cadence{{"weeks", 1}}
	fourThree = []Cadence{{"days", 4}, {"days", 3}}
)

func rotation(name, starts string, every []Cadence, users ...string) Rotation {
	return Rotation{Name: name, Users: users, Handover: Handover{StartsAt: local(starts), Every: every}}
}

func local(s string) LocalTime {
	var l LocalTime
	if err := l.UnmarshalJSON([]byte(`"` + s + `"`)); err != nil {
		panic(err)
	}
	return l
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

func moment(s string) *time.Time { t := instant(s); return &t }

func mustZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

func isUser(id string) bool { return id == "alice" || id == "bob" || id == "carol" }

// told is who is on call until when, in one line.
func told(duties []Duty) string {
	lines := make([]string, len(duties))
	for i, d := range duties {
		override := map[bool]string{true: " (override)"}[d.Override]
		lines[i] = d.UserID + override + " until " + d.Until.Format(time.RFC3339)
	}
	return strings.Join(lines, ", ")
}

func inUTC(duties []Duty) string {
	for i := range duties {
		duties[i].Until = duties[i].Until.UTC()
	}
	return told(duties)
}

// faulty lists the fields that an error names.
func faulty(err error) []string {
	if err == nil {
		return nil
	}
	var faults Faults
	if !errors.As(err, &faults) {
		return []string{err.Error()}
	}
	var fields []string
	for _, fault := range faults {
		fields = append(fields, fault.Field)
	}
	return fields
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
		london, newYork, lordHowe, "UTC", "Asia/Kolkata", "Asia/Beirut", "America/Santiago", "Pacific/Apia", "Pacific/Chatham",
	}).Draw(t, "zone"))
}

func nearClockChange(t *rapid.T, at time.Time, loc *time.Location) time.Time {
	_, change := at.In(loc).ZoneBounds()
	if change.IsZero() || change.Sub(at) > 250*24*time.Hour || rapid.IntRange(0, 3).Draw(t, "anywhere") == 0 {
		return at
	}
	return change.Add(time.Duration(rapid.IntRange(-3*3600, 3*3600).Draw(t, "seconds from the change")) * time.Second)
}
