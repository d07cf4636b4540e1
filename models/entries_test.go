package models

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The rotations hand over daily at 09:00 in London; on Monday 2 March 2026 alice is on call. Dave
// has no phone.
func TestEntries(t *testing.T) {
	base := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob", "carol")
	with := func(change func(*Rotation)) Rotation { r := base; change(&r); return r }
	twoSeats := with(func(r *Rotation) { r.Seats = 2 })
	alone := with(func(r *Rotation) { r.Users = []string{"alice"} })
	office := with(func(r *Rotation) {
		r.WorkingIntervals = []WorkingInterval{{"monday", 9 * 60, 17 * 60}, {"tuesday", 18 * 60, 24 * 60}, {"wednesday", 0, 6 * 60}}
	})
	dave := with(func(r *Rotation) { r.Users = []string{"alice", "dave"} })
	since := func(from string, change func(*Rotation)) Rotation {
		return with(func(r *Rotation) { r.EffectiveFrom = moment(from); change(r) })
	}
	late := rotation("late", "2026-03-03T09:00", weekly, "erin")
	override := func(id, user string, seat int, from, to, made string) Override {
		return Override{ID: id, Rotation: "primary", Seat: seat, UserID: user, From: instant(from), To: instant(to), CreatedAt: instant(made)}
	}
	lunch := override("o-lunch", "erin", 0, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", "2026-02-01T08:00:00Z")
	trip := override("o-trip", "frank", 0, "2026-03-02T10:00:00Z", "2026-03-04T18:00:00Z", "2026-02-01T07:00:00Z")
	nobody := override("o-nobody", "", 0, "2026-03-02T15:00:00Z", "2026-03-02T16:00:00Z", "2026-02-01T09:00:00Z")
	noPhone := override("o-dave", "dave", 0, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", "2026-02-01T08:00:00Z")
	second := override("o-second", "erin", 1, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", "2026-02-01T08:00:00Z")

	for _, c := range []struct {
		name                                    string
		rotations                               []Rotation
		overrides                               []Override
		from, to                                string
		scheduled, overridden, final, uncovered string
	}{
		{
			name: "shifts, clipped to the window", rotations: []Rotation{base}, from: "2026-03-02T10:00:00Z", to: "2026-03-04T10:00:00Z",
			scheduled: "02 10:00 to 03 09:00 alice, 03 09:00 to 04 09:00 bob, 04 09:00 to 04 10:00 carol",
			final:     "02 10:00 to 03 09:00 alice, 03 09:00 to 04 09:00 bob, 04 09:00 to 04 10:00 carol",
		},
		{
			name: "a window from handover to handover", rotations: []Rotation{base}, from: "2026-03-03T09:00:00Z", to: "2026-03-04T09:00:00Z",
			scheduled: "03 09:00 to 04 09:00 bob", final: "03 09:00 to 04 09:00 bob",
		},
		{
			name: "from a user to themselves is a handover", rotations: []Rotation{alone}, from: "2026-03-02T10:00:00Z", to: "2026-03-03T10:00:00Z",
			scheduled: "02 10:00 to 03 09:00 alice, 03 09:00 to 03 10:00 alice", final: "02 10:00 to 03 09:00 alice, 03 09:00 to 03 10:00 alice",
		},
		{
			name: "before the start", rotations: []Rotation{base}, from: "2026-03-01T00:00:00Z", to: "2026-03-02T10:00:00Z",
			scheduled: "02 09:00 to 02 10:00 alice", final: "02 09:00 to 02 10:00 alice", uncovered: "01 00:00 to 02 09:00 (has not begun)",
		},
		{
			name: "seats", rotations: []Rotation{twoSeats}, from: "2026-03-02T10:00:00Z", to: "2026-03-03T10:00:00Z",
			scheduled: "02 10:00 to 03 09:00 alice, 02 10:00 to 03 09:00 seat 1 bob, 03 09:00 to 03 10:00 bob, 03 09:00 to 03 10:00 seat 1 carol",
			final:     "02 10:00 to 03 09:00 alice, 02 10:00 to 03 09:00 seat 1 bob, 03 09:00 to 03 10:00 bob, 03 09:00 to 03 10:00 seat 1 carol",
		},
		{
			name: "a seat that no user is left for", rotations: []Rotation{with(func(r *Rotation) { r.Users, r.Seats = []string{"alice"}, 2 })},
			from: "2026-03-02T10:00:00Z", to: "2026-03-03T10:00:00Z",
			scheduled: "02 10:00 to 03 09:00 alice, 03 09:00 to 03 10:00 alice", final: "02 10:00 to 03 09:00 alice, 03 09:00 to 03 10:00 alice",
			uncovered: "02 10:00 to 03 10:00 seat 1 (nobody is named)",
		},
		{
			name: "rotations in their order", rotations: []Rotation{late, base}, from: "2026-03-03T08:00:00Z", to: "2026-03-03T10:00:00Z",
			scheduled: "03 08:00 to 03 09:00 alice, 03 09:00 to 03 10:00 late erin, 03 09:00 to 03 10:00 bob",
			final:     "03 08:00 to 03 09:00 alice, 03 09:00 to 03 10:00 late erin, 03 09:00 to 03 10:00 bob",
			uncovered: "03 08:00 to 03 09:00 late (has not begun)",
		},
		{
			name: "work and a night's work, and one rest over handovers", rotations: []Rotation{office}, from: "2026-03-09T00:00:00Z", to: "2026-03-12T12:00:00Z",
			scheduled: "09 09:00 to 09 17:00 bob, 10 18:00 to 11 06:00 carol", final: "09 09:00 to 09 17:00 bob, 10 18:00 to 11 06:00 carol",
			uncovered: "09 00:00 to 09 09:00 (outside working intervals), 09 17:00 to 10 18:00 (outside working intervals), 11 06:00 to 12 12:00 (outside working intervals)",
		},
		{
			name: "a handover within work", rotations: []Rotation{with(func(r *Rotation) { r.WorkingIntervals = []WorkingInterval{{"tuesday", 8 * 60, 10 * 60}} })},
			from: "2026-03-03T00:00:00Z", to: "2026-03-04T00:00:00Z",
			scheduled: "03 08:00 to 03 09:00 alice, 03 09:00 to 03 10:00 bob", final: "03 08:00 to 03 09:00 alice, 03 09:00 to 03 10:00 bob",
			uncovered: "03 00:00 to 03 08:00 (outside working intervals), 03 10:00 to 04 00:00 (outside working intervals)",
		},
		{
			name: "a user who cannot be rung", rotations: []Rotation{dave}, from: "2026-03-02T10:00:00Z", to: "2026-03-04T10:00:00Z",
			scheduled: "02 10:00 to 03 09:00 alice, 03 09:00 to 04 09:00 dave, 04 09:00 to 04 10:00 alice",
			final:     "02 10:00 to 03 09:00 alice, 04 09:00 to 04 10:00 alice", uncovered: "03 09:00 to 04 09:00 dave (has no phone)",
		},
		{
			name: "shifts of somebody who cannot be rung are one stretch", rotations: []Rotation{with(func(r *Rotation) { r.Users = []string{"dave"} })},
			from: "2026-03-02T10:00:00Z", to: "2026-03-04T10:00:00Z",
			scheduled: "02 10:00 to 03 09:00 dave, 03 09:00 to 04 09:00 dave, 04 09:00 to 04 10:00 dave", uncovered: "02 10:00 to 04 10:00 dave (has no phone)",
		},

		{
			name: "an override within a shift", rotations: []Rotation{base}, overrides: []Override{lunch}, from: "2026-03-02T10:00:00Z", to: "2026-03-02T20:00:00Z",
			scheduled: "02 10:00 to 02 20:00 alice", overridden: "02 12:00 to 02 13:00 erin by o-lunch",
			final: "02 10:00 to 02 12:00 alice, 02 12:00 to 02 13:00 erin by o-lunch, 02 13:00 to 02 20:00 alice",
		},
		{
			name: "an override over handovers", rotations: []Rotation{base}, overrides: []Override{trip}, from: "2026-03-02T09:00:00Z", to: "2026-03-05T09:00:00Z",
			scheduled:  "02 09:00 to 03 09:00 alice, 03 09:00 to 04 09:00 bob, 04 09:00 to 05 09:00 carol",
			overridden: "02 10:00 to 04 18:00 frank by o-trip",
			final:      "02 09:00 to 02 10:00 alice, 02 10:00 to 04 18:00 frank by o-trip, 04 18:00 to 05 09:00 carol",
		},
		{
			name: "an override that was made later parts one", rotations: []Rotation{base}, overrides: []Override{lunch, trip, nobody}, from: "2026-03-02T11:00:00Z", to: "2026-03-02T17:00:00Z",
			scheduled: "02 11:00 to 02 17:00 alice",
			overridden: "02 11:00 to 02 12:00 frank by o-trip, 02 12:00 to 02 13:00 erin by o-lunch, 02 13:00 to 02 15:00 frank by o-trip, " +
				"02 15:00 to 02 16:00 by o-nobody (nobody, by an override), 02 16:00 to 02 17:00 frank by o-trip",
			final:     "02 11:00 to 02 12:00 frank by o-trip, 02 12:00 to 02 13:00 erin by o-lunch, 02 13:00 to 02 15:00 frank by o-trip, 02 16:00 to 02 17:00 frank by o-trip",
			uncovered: "02 15:00 to 02 16:00 by o-nobody (nobody, by an override)",
		},
		{
			name: "one that was made before does not", rotations: []Rotation{base},
			overrides: []Override{override("o-early", "erin", 0, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", "2026-01-01T08:00:00Z"), trip},
			from:      "2026-03-02T11:00:00Z", to: "2026-03-02T17:00:00Z",
			scheduled: "02 11:00 to 02 17:00 alice", overridden: "02 11:00 to 02 17:00 frank by o-trip", final: "02 11:00 to 02 17:00 frank by o-trip",
		},
		{
			name: "an override by somebody who cannot be rung", rotations: []Rotation{base}, overrides: []Override{noPhone}, from: "2026-03-02T11:00:00Z", to: "2026-03-02T14:00:00Z",
			scheduled: "02 11:00 to 02 14:00 alice", overridden: "02 12:00 to 02 13:00 dave by o-dave",
			final: "02 11:00 to 02 12:00 alice, 02 13:00 to 02 14:00 alice", uncovered: "02 12:00 to 02 13:00 dave by o-dave (has no phone)",
		},
		{
			name: "an override outside working intervals", rotations: []Rotation{office}, overrides: []Override{trip}, from: "2026-03-03T00:00:00Z", to: "2026-03-05T00:00:00Z",
			scheduled: "03 18:00 to 04 06:00 bob", overridden: "03 00:00 to 04 18:00 frank by o-trip", final: "03 00:00 to 04 18:00 frank by o-trip",
			uncovered: "04 18:00 to 05 00:00 (outside working intervals)",
		},
		{
			name: "an override of one seat", rotations: []Rotation{twoSeats}, overrides: []Override{second}, from: "2026-03-02T11:00:00Z", to: "2026-03-02T14:00:00Z",
			scheduled: "02 11:00 to 02 14:00 alice, 02 11:00 to 02 14:00 seat 1 bob", overridden: "02 12:00 to 02 13:00 seat 1 erin by o-second",
			final: "02 11:00 to 02 14:00 alice, 02 11:00 to 02 12:00 seat 1 bob, 02 12:00 to 02 13:00 seat 1 erin by o-second, 02 13:00 to 02 14:00 seat 1 bob",
		},
		{
			name: "an override of a seat that there is not", rotations: []Rotation{base}, overrides: []Override{second}, from: "2026-03-02T11:00:00Z", to: "2026-03-02T14:00:00Z",
			scheduled: "02 11:00 to 02 14:00 alice", final: "02 11:00 to 02 14:00 alice",
		},

		{
			name: "a later version", rotations: []Rotation{base, since("2026-03-02T12:00:00Z", func(r *Rotation) { r.Users = []string{"erin"} })},
			from: "2026-03-02T11:00:00Z", to: "2026-03-02T14:00:00Z",
			scheduled: "02 11:00 to 02 12:00 alice, 02 12:00 to 02 14:00 erin", final: "02 11:00 to 02 12:00 alice, 02 12:00 to 02 14:00 erin",
		},
		{
			name: "a later version that leaves somebody on call parts no shift", rotations: []Rotation{base, since("2026-03-02T12:00:00Z", func(r *Rotation) { r.Users = []string{"alice", "erin"} })},
			from: "2026-03-02T11:00:00Z", to: "2026-03-03T10:00:00Z",
			scheduled: "02 11:00 to 03 09:00 alice, 03 09:00 to 03 10:00 erin", final: "02 11:00 to 03 09:00 alice, 03 09:00 to 03 10:00 erin",
		},
		{
			name: "nor an override", rotations: []Rotation{base, since("2026-03-02T12:30:00Z", func(r *Rotation) { r.Users = []string{"erin"} })}, overrides: []Override{lunch},
			from: "2026-03-02T12:00:00Z", to: "2026-03-02T13:00:00Z",
			scheduled: "02 12:00 to 02 12:30 alice, 02 12:30 to 02 13:00 erin", overridden: "02 12:00 to 02 13:00 erin by o-lunch", final: "02 12:00 to 02 13:00 erin by o-lunch",
		},
		{
			name: "a version that begins with a handover parts two shifts", rotations: []Rotation{alone, since("2026-03-03T09:00:00Z", func(r *Rotation) { r.Users = []string{"alice"} })},
			from: "2026-03-02T12:00:00Z", to: "2026-03-03T12:00:00Z",
			scheduled: "02 12:00 to 03 09:00 alice, 03 09:00 to 03 12:00 alice", final: "02 12:00 to 03 09:00 alice, 03 09:00 to 03 12:00 alice",
		},
		{
			name: "a seat less from a version on", rotations: []Rotation{twoSeats, since("2026-03-02T12:30:00Z", func(*Rotation) {})}, overrides: []Override{second},
			from: "2026-03-02T11:00:00Z", to: "2026-03-02T14:00:00Z",
			scheduled: "02 11:00 to 02 14:00 alice, 02 11:00 to 02 12:30 seat 1 bob", overridden: "02 12:00 to 02 12:30 seat 1 erin by o-second",
			final: "02 11:00 to 02 14:00 alice, 02 11:00 to 02 12:00 seat 1 bob, 02 12:00 to 02 12:30 seat 1 erin by o-second",
		},
		{
			name: "before the first version there is nothing to cover", rotations: []Rotation{since("2026-03-02T12:00:00Z", func(*Rotation) {})},
			from: "2026-03-02T11:00:00Z", to: "2026-03-02T14:00:00Z", scheduled: "02 12:00 to 02 14:00 alice", final: "02 12:00 to 02 14:00 alice",
		},
		{
			name: "nor after the last", rotations: []Rotation{with(func(r *Rotation) { r.EffectiveUntil = moment("2026-03-02T12:30:00Z") })}, overrides: []Override{lunch},
			from: "2026-03-02T11:00:00Z", to: "2026-03-02T14:00:00Z", scheduled: "02 11:00 to 02 12:30 alice",
			overridden: "02 12:00 to 02 12:30 erin by o-lunch", final: "02 11:00 to 02 12:00 alice, 02 12:00 to 02 12:30 erin by o-lunch",
		},
		{
			name: "a rotation in a zone of its own", rotations: []Rotation{with(func(r *Rotation) { r.TimeZone = newYork })}, from: "2026-03-03T12:00:00Z", to: "2026-03-03T16:00:00Z",
			scheduled: "03 12:00 to 03 14:00 alice, 03 14:00 to 03 16:00 bob", final: "03 12:00 to 03 14:00 alice, 03 14:00 to 03 16:00 bob",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Schedule{TimeZone: london, Rotations: c.rotations, Overrides: c.overrides}
			got, err := s.Entries(instant(c.from), instant(c.to), phoneless("dave"))
			if err != nil {
				t.Fatal(err)
			}
			for _, list := range []struct {
				name, want string
				got        []Entry
			}{
				{"scheduled", c.scheduled, got.Scheduled}, {"overrides", c.overridden, got.Overrides},
				{"final", c.final, got.Final}, {"uncovered", c.uncovered, got.Uncovered},
			} {
				if diff := cmp.Diff(strings.Split(list.want, ", "), strings.Split(listed(list.got, "02 15:04", time.UTC), ", ")); diff != "" {
					t.Errorf("%s: %s", list.name, diff)
				}
			}
		})
	}
}

// In each case alice, bob and carol hand over in this order from the start on; times are local.
func TestEntriesAcrossClockChanges(t *testing.T) {
	for _, c := range []struct {
		name, zone, starts string
		every              []Cadence
		work               []WorkingInterval
		from, to           string
		want               string
	}{
		{"london: a day of 23 hours", london, "2026-03-27T09:00", daily, nil, "2026-03-28T00:00:00Z", "2026-03-30T08:00:00Z",
			"28 00:00Z to 28 09:00Z alice, 28 09:00Z to 29 09:00+0100 bob, 29 09:00+0100 to 30 09:00+0100 carol"},
		{"london: a skipped hour is nobody's", london, "2026-03-29T00:00", hourly, nil, "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z",
			"29 00:00Z to 29 02:00+0100 alice, 29 02:00+0100 to 29 03:00+0100 carol"},
		{"london: an hour twice is two hours long", london, "2026-10-25T00:00", hourly, nil, "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z",
			"25 00:00+0100 to 25 01:00+0100 alice, 25 01:00+0100 to 25 02:00Z bob, 25 02:00Z to 25 03:00Z carol"},
		{"london: work that begins in a skipped hour begins at the skip", london, "2026-03-02T09:00", weekly, []WorkingInterval{{"sunday", 90, 180}}, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z",
			"29 02:00+0100 to 29 03:00+0100 alice"},
		{"london: work that ends in one ends at the skip", london, "2026-03-02T09:00", weekly, []WorkingInterval{{"sunday", 0, 90}}, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z",
			"29 00:00Z to 29 02:00+0100 alice"},
		{"london: work in an hour that happens twice is twice", london, "2026-03-02T09:00", weekly, []WorkingInterval{{"sunday", 75, 90}}, "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z",
			"25 01:15+0100 to 25 01:30+0100 alice, 25 01:15Z to 25 01:30Z alice"},
		{"new york: the clocks go forward", newYork, "2026-03-06T02:30", daily, nil, "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z",
			"07 07:00-0500 to 08 03:00-0400 bob, 08 03:00-0400 to 09 02:30-0400 carol, 09 02:30-0400 to 09 08:00-0400 alice"},
		{"new york: the clocks go back", newYork, "2026-10-30T01:30", daily, nil, "2026-11-01T00:00:00Z", "2026-11-02T12:00:00Z",
			"31 20:00-0400 to 01 01:30-0400 bob, 01 01:30-0400 to 02 01:30-0500 carol, 02 01:30-0500 to 02 07:00-0500 alice"},
		{"lord howe: half an hour less", lordHowe, "2026-10-04T01:00", hourly, nil, "2026-10-03T14:30:00Z", "2026-10-03T16:00:00Z",
			"04 01:00+1030 to 04 02:30+1100 alice, 04 02:30+1100 to 04 03:00+1100 bob"},
		{"lord howe: half an hour more", lordHowe, "2026-04-05T01:00", hourly, nil, "2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z",
			"05 01:00+1100 to 05 02:00+1030 alice, 05 02:00+1030 to 05 03:00+1030 bob"},
		{"casablanca: into Ramadan", casablanca, "2026-02-13T02:30", daily, nil, "2026-02-14T12:00:00Z", "2026-02-16T12:00:00Z",
			"14 13:00+0100 to 15 02:30+0100 bob, 15 02:30+0100 to 16 02:30Z carol, 16 02:30Z to 16 12:00Z alice"},
		{"casablanca: and out of it", casablanca, "2026-03-20T02:30", daily, nil, "2026-03-21T12:00:00Z", "2026-03-23T12:00:00Z",
			"21 12:00Z to 22 03:00+0100 bob, 22 03:00+0100 to 23 02:30+0100 carol, 23 02:30+0100 to 23 13:00+0100 alice"},
		{"apia: a day that is missing", apia, "2011-12-28T09:00", daily, nil, "2011-12-29T12:00:00Z", "2012-01-01T00:00:00Z",
			"29 02:00-1000 to 29 09:00-1000 alice, 29 09:00-1000 to 31 00:00+1400 bob, 31 00:00+1400 to 31 09:00+1400 carol, 31 09:00+1400 to 01 09:00+1400 alice, 01 09:00+1400 to 01 14:00+1400 bob"},
		{"apia: the work of a day that is missing is not done", apia, "2011-12-26T09:00", weekly, []WorkingInterval{{"thursday", 8 * 60, 18 * 60}, {"friday", 8 * 60, 18 * 60}}, "2011-12-29T12:00:00Z", "2012-01-07T00:00:00Z",
			"29 08:00-1000 to 29 18:00-1000 alice, 05 08:00+1400 to 05 18:00+1400 bob, 06 08:00+1400 to 06 18:00+1400 bob"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rotation("primary", c.starts, c.every, "alice", "bob", "carol")
			r.WorkingIntervals = c.work
			entries, err := Schedule{TimeZone: c.zone, Rotations: []Rotation{r}}.Entries(instant(c.from), instant(c.to), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, listed(entries.Scheduled, "02 15:04Z0700", mustZone(c.zone))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEntriesRefuse(t *testing.T) {
	s := Schedule{TimeZone: london, Rotations: []Rotation{rotation("primary", "2026-03-02T09:00", daily, "alice")}}
	from := instant(monday)
	for _, c := range []struct {
		name, zone string
		to         time.Time
		field      string
	}{
		{"a window of 366 days", london, from.Add(MaxWindow), ""},
		{"a window that is longer", london, from.Add(MaxWindow + 1), "to"},
		{"an empty window", london, from, "to"},
		{"a window backwards", london, from.Add(-time.Hour), "to"},
		{"a zone that is not known", "Mars/Olympus", from.Add(time.Hour), "time_zone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s
			s.TimeZone = c.zone
			var invalid *InvalidError
			_, err := s.Entries(from, c.to, nil)
			if errors.As(err, &invalid); (c.field == "") != (err == nil) || err != nil && (invalid == nil || invalid.Field != c.field) {
				t.Errorf("refused with %v, want a fault of %q", err, c.field)
			}
		})
	}
}

func TestNoEntriesAreAnEmptyList(t *testing.T) {
	entries, err := Schedule{TimeZone: london}.Entries(instant(monday), instant(monday).Add(time.Hour), nil)
	if diff := cmp.Diff(Entries{[]Entry{}, []Entry{}, []Entry{}, []Entry{}}, entries); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// The office works on Mondays and Tuesdays in London, alice and then dave, who has no phone; the
// evening is bob's.
func TestEmptyBetween(t *testing.T) {
	office := rotation("office", "2026-03-02T09:00", daily, "alice", "dave")
	office.WorkingIntervals = []WorkingInterval{{"monday", 9 * 60, 17 * 60}, {"tuesday", 8 * 60, 17 * 60}}
	evening := rotation("evening", "2026-03-02T09:00", weekly, "bob")
	evening.WorkingIntervals = []WorkingInterval{{"monday", 16 * 60, 22 * 60}}
	s := Schedule{TimeZone: london, Rotations: []Rotation{office, evening}}
	standIn := Override{Rotation: "office", UserID: "carol", From: instant("2026-03-03T10:00:00Z"), To: instant("2026-03-03T20:00:00Z")}
	for _, c := range []struct {
		name      string
		zone      string
		overrides []Override
		from, to  string
		want      string
	}{
		{"the rotations fill each other's gaps", london, nil, "2026-03-02T00:00:00Z", "2026-03-04T00:00:00Z",
			"02 00:00 to 02 09:00, 02 22:00 to 03 08:00, 03 09:00 to 04 00:00"},
		{"an override does", london, []Override{standIn}, "2026-03-02T00:00:00Z", "2026-03-04T00:00:00Z",
			"02 00:00 to 02 09:00, 02 22:00 to 03 08:00, 03 09:00 to 03 10:00, 03 20:00 to 04 00:00"},
		{"none", london, nil, "2026-03-02T09:00:00Z", "2026-03-02T22:00:00Z", ""},
		{"all of it", london, nil, "2026-03-04T00:00:00Z", "2026-03-05T00:00:00Z", "04 00:00 to 05 00:00"},
		{"a window backwards", london, nil, "2026-03-05T00:00:00Z", "2026-03-04T00:00:00Z", ""},
		{"a zone that is not known", "Mars/Olympus", nil, "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z", "02 10:00 to 02 11:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.TimeZone, s.Overrides = c.zone, c.overrides
			var got []string
			for _, e := range s.EmptyBetween(instant(c.from), instant(c.to), phoneless("dave")) {
				got = append(got, e.From.Format("02 15:04")+" to "+e.To.Format("02 15:04"))
			}
			if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func phoneless(user string) func(string) string {
	return func(id string) string {
		if id == user {
			return "has no phone"
		}
		return ""
	}
}

// listed is a list of entries in one line. The rotation is told where it is not primary, the seat
// where it is not the first.
func listed(entries []Entry, layout string, loc *time.Location) string {
	lines := make([]string, len(entries))
	for i, e := range entries {
		words := []string{e.From.In(loc).Format(layout), "to", e.To.In(loc).Format(layout)}
		if e.Rotation != "primary" {
			words = append(words, e.Rotation)
		}
		if e.Seat > 0 {
			words = append(words, fmt.Sprint("seat ", e.Seat))
		}
		if e.UserID != "" {
			words = append(words, e.UserID)
		}
		if e.OverrideID != "" {
			words = append(words, "by", e.OverrideID)
		}
		if e.Reason != "" {
			words = append(words, "("+e.Reason+")")
		}
		lines[i] = strings.Join(words, " ")
	}
	return strings.Join(lines, ", ")
}
