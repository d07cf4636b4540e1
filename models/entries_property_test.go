package models

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// noPhone is a user of many drawn schedules.
const noPhone = "bob"

func TestEntriesAgreeWithOnCall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, within := anyWindow(t)
		entries := entriesOf(t, s, within)
		plain := s
		plain.Overrides = nil
		for range 20 {
			at := within.From.Add(time.Duration(rapid.Int64Range(0, int64(within.To.Sub(within.From))-1).Draw(t, "asked at")))
			if rapid.Bool().Draw(t, "on the quarter") {
				at = later(at.Truncate(quarter), within.From)
			}
			canBeRung := slices.DeleteFunc(s.OnCall(at), func(d Duty) bool { return d.UserID == noPhone })
			same(t, at, onDuty(canBeRung), onEntry(entries.Final, at))
			same(t, at, onDuty(plain.OnCall(at)), onEntry(entries.Scheduled, at))
			for _, d := range s.OnCall(at) {
				if d.Override && !slices.Contains(onEntry(entries.Overrides, at), holding(d.Rotation, d.Seat, d.UserID, true)) {
					t.Fatalf("at %s %v is missing among the overrides", at, d)
				}
			}
		}
	})
}

// At each instant each seat that there is has one entry, either final or uncovered with a reason,
// and a seat that there is not has none.
func TestEntriesLeaveNoGapAndNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, within := anyWindow(t)
		entries := entriesOf(t, s, within)
		for _, e := range slices.Concat(entries.Scheduled, entries.Overrides, entries.Final, entries.Uncovered) {
			if !e.From.Before(e.To) || e.From.Before(within.From) || within.To.Before(e.To) {
				t.Fatalf("%v is empty, backwards or outside of the window", e)
			}
			if e.From.Location() != time.UTC || e.To.Location() != time.UTC {
				t.Fatalf("%v is not in UTC", e)
			}
		}
		for _, list := range [][]Entry{entries.Scheduled, entries.Overrides, entries.Final, entries.Uncovered} {
			if !slices.IsSortedFunc(list, inOrder) {
				t.Fatalf("not in order: %v", list)
			}
		}
		for at := within.From; at.Before(within.To); at = at.Add(quarter) {
			seats := 0
			if v := s.version("primary", at); v.Rotation != nil {
				seats = v.seats()
			}
			covered := make([]int, seats)
			for _, e := range slices.Concat(entries.Final, entries.Uncovered) {
				if holds(e, at) {
					if e.Seat >= seats || (e.Reason == "") != (e.UserID != "" && e.UserID != noPhone) {
						t.Fatalf("at %s of %d seats %v", at, seats, e)
					}
					covered[e.Seat]++
				}
			}
			if slices.ContainsFunc(covered, func(n int) bool { return n != 1 }) {
				t.Fatalf("at %s the seats have %v entries", at, covered)
			}
		}
	})
}

func TestEntriesInPartsAreThoseOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, within := anyWindow(t)
		middle := within.From.Add(time.Duration(rapid.Int64Range(1, int64(within.To.Sub(within.From))-1).Draw(t, "middle")))
		if rapid.Bool().Draw(t, "on the quarter") && within.From.Before(middle.Truncate(quarter)) {
			middle = middle.Truncate(quarter)
		}
		whole, first, second := entriesOf(t, s, within), entriesOf(t, s, Stretch{within.From, middle}), entriesOf(t, s, Stretch{middle, within.To})
		for _, list := range []struct {
			name                 string
			whole, first, second []Entry
		}{
			{"scheduled", whole.Scheduled, first.Scheduled, second.Scheduled}, {"overrides", whole.Overrides, first.Overrides, second.Overrides},
			{"final", whole.Final, first.Final, second.Final}, {"uncovered", whole.Uncovered, first.Uncovered, second.Uncovered},
		} {
			if diff := gocmp.Diff(cutAt(list.whole, middle), slices.Concat(list.first, list.second)); diff != "" {
				t.Fatalf("%s, cut at %s: %s", list.name, middle, diff)
			}
		}
	})
}

func TestEmptyBetweenIsWhenNobodyIsOnCall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, within := anyWindow(t)
		empty := s.EmptyBetween(within.From, within.To, phoneless(noPhone))
		for at := within.From; at.Before(within.To); at = at.Add(quarter) {
			canBeRung := slices.ContainsFunc(s.OnCall(at), func(d Duty) bool { return d.UserID != noPhone })
			isEmpty := slices.ContainsFunc(empty, func(e Stretch) bool { return !at.Before(e.From) && at.Before(e.To) })
			if canBeRung == isEmpty {
				t.Fatalf("at %s somebody is on call: %t; empty: %v", at, canBeRung, empty)
			}
		}
	})
}

// anyWindow draws a schedule and a window of up to four days near its overrides and versions.
// Everything in both happens on the quarter of an hour.
func anyWindow(t *rapid.T) (Schedule, Stretch) {
	s, at := anySchedule(t)
	from := at.Add(time.Duration(rapid.IntRange(-200, 100).Draw(t, "window from")) * quarter).UTC()
	return s, Stretch{from, from.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "window lasts")) * quarter)}
}

func entriesOf(t *rapid.T, s Schedule, within Stretch) Entries {
	entries, err := s.Entries(within.From, within.To, phoneless(noPhone))
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func cutAt(entries []Entry, at time.Time) []Entry {
	var parts []Entry
	for _, e := range entries {
		if e.From.Before(at) && at.Before(e.To) {
			before, after := e, e
			before.To, after.From = at, at
			parts = append(parts, before, after)
		} else {
			parts = append(parts, e)
		}
	}
	slices.SortStableFunc(parts, inOrder)
	return parts
}

// inOrder compares entries of one rotation.
func inOrder(a, b Entry) int { return cmp.Or(a.From.Compare(b.From), a.Seat-b.Seat) }

func holds(e Entry, at time.Time) bool { return !at.Before(e.From) && at.Before(e.To) }

func holding(rotation string, seat int, user string, override bool) string {
	return fmt.Sprintf("%s, seat %d: %s, override: %t", rotation, seat, user, override)
}

func onDuty(duties []Duty) (lines []string) {
	for _, d := range duties {
		lines = append(lines, holding(d.Rotation, d.Seat, d.UserID, d.Override))
	}
	return lines
}

func onEntry(entries []Entry, at time.Time) (lines []string) {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return !holds(e, at) })
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.Seat - b.Seat })
	for _, e := range entries {
		lines = append(lines, holding(e.Rotation, e.Seat, e.UserID, e.OverrideID != ""))
	}
	return lines
}

func same(t *rapid.T, at time.Time, want, got []string) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("at %s: %s", at, diff)
	}
}
