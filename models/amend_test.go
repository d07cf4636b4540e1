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

// The edit is on 10 March 2026 at noon. Versions are told as the users and the days between which
// they are in force.
func TestAmend(t *testing.T) {
	version := func(users, from, until string) Rotation {
		r := rotation("primary", "2026-03-02T09:00", daily, strings.Fields(users)...)
		if from != "" {
			r.EffectiveFrom = moment(from + "T12:00:00Z")
		}
		if until != "" {
			r.EffectiveUntil = moment(until + "T12:00:00Z")
		}
		return r
	}
	named := func(name string, r Rotation) Rotation { r.Name = name; return r }
	in := func(zone string, r Rotation) Rotation { r.TimeZone = zone; return r }
	only := func(rotations ...Rotation) []Rotation { return rotations }
	slow := version("alice bob", "", "")
	slow.Handover.Every = weekly
	office := version("alice bob", "", "")
	office.WorkingIntervals = []WorkingInterval{{"monday", 9 * 60, 17 * 60}}
	one := version("alice bob", "", "")
	one.Seats = 1
	two := one
	two.Seats = 2
	base := version("alice bob", "", "")

	for _, c := range []struct {
		name        string
		was, edited []Rotation
		zone        string // of the edit
		want        string
	}{
		{"nothing changes", only(base), only(base), london, "primary: alice bob"},
		{"one seat is what no number says", only(base), only(one), london, "primary: alice bob"},
		{"the users", only(base), only(version("alice carol", "", "")), london, "primary: alice bob; primary: alice carol from 10"},
		{"their order", only(base), only(version("bob alice", "", "")), london, "primary: alice bob; primary: bob alice from 10"},
		{"the handover", only(base), only(slow), london, "primary: alice bob; primary: alice bob from 10"},
		{"the working intervals", only(base), only(office), london, "primary: alice bob; primary: alice bob from 10"},
		{"the seats", only(base), only(two), london, "primary: alice bob; primary: alice bob from 10"},
		{"the latest of several versions", only(base, version("carol", "2026-03-05", "")), only(version("dave", "", "")), london,
			"primary: alice bob; primary: carol from 05; primary: dave from 10"},
		{"back to what an earlier version said", only(base, version("carol", "2026-03-05", "")), only(base), london,
			"primary: alice bob; primary: carol from 05; primary: alice bob from 10"},
		{"every version is given again, the latest changed", only(base, version("carol", "2026-03-05", "")), only(base, version("dave", "2026-03-05", "")), london,
			"primary: alice bob; primary: carol from 05; primary: dave from 10"},
		{"every version is given again, the first changed", only(base, version("carol", "2026-03-05", "")), only(version("dave", "", ""), version("carol", "2026-03-05", "")), london,
			"primary: alice bob; primary: carol from 05"},
		{"from a time that is past", only(base), only(version("carol", "2026-03-05", "")), london, "primary: alice bob; primary: carol from 10"},
		{"from a time to come", only(base), only(version("carol", "2026-03-20", "")), london, "primary: alice bob; primary: carol from 20"},
		{"now and from a time to come", only(base), only(version("carol", "", ""), version("dave", "2026-03-20", "")), london,
			"primary: alice bob; primary: carol from 10; primary: dave from 20"},
		{"what was to come is not any more", only(base, version("carol", "2026-03-20", "")), only(base), london, "primary: alice bob"},
		{"what was to come comes at another time", only(base, version("carol", "2026-03-20", "")), only(base, version("carol", "2026-03-15", "")), london,
			"primary: alice bob; primary: carol from 15"},
		{"an end to come", only(base), only(version("alice bob", "", "2026-03-20")), london, "primary: alice bob until 20"},
		{"an end that is taken back", only(version("alice bob", "", "2026-03-20")), only(base), london, "primary: alice bob"},
		{"an end that is past", only(base), only(version("alice bob", "", "2026-03-05")), london, "primary: alice bob until 10"},
		{"an end that is past and told again", only(version("alice bob", "", "2026-03-05")), only(version("alice bob", "", "2026-03-05")), london, "primary: alice bob until 05"},
		{"a new beginning after an end", only(version("alice bob", "", "2026-03-05")), only(base), london, "primary: alice bob until 05; primary: alice bob from 10"},
		{"a rotation is left out", only(named("late", base), base), only(base), london, "primary: alice bob; late: alice bob until 10"},
		{"one that has ended is left out", only(named("late", version("carol", "", "2026-03-05")), base), only(base), london, "primary: alice bob; late: carol until 05"},
		{"one that was to come is left out", only(named("late", version("carol", "2026-03-20", "")), base), only(base), london, "primary: alice bob"},
		{"a rotation is added", only(base), only(named("late", base), base), london, "late: alice bob from 10; primary: alice bob"},
		{"a rotation gets another name", only(base), only(named("first", base)), london, "first: alice bob from 10; primary: alice bob until 10"},
		{"an edit at the same instant is made again", only(base, version("carol", "2026-03-10", "")), only(version("dave", "", "")), london,
			"primary: alice bob; primary: dave from 10"},
		{"the zone", only(base), only(base), newYork, "primary: alice bob in Europe/London; primary: alice bob from 10"},
		{"the zone, of versions too", only(base, version("carol", "2026-03-05", "")), only(base), newYork,
			"primary: alice bob in Europe/London; primary: carol in Europe/London from 05; primary: alice bob from 10"},
		{"a zone of its own stays", only(in("Asia/Tokyo", base)), only(in("Asia/Tokyo", base)), newYork, "primary: alice bob in Asia/Tokyo"},
		{"the zone of the schedule by its name", only(base), only(in(london, base)), london, "primary: alice bob"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := instant("2026-03-10T12:00:00Z")
			s := Schedule{ID: "s-1", Version: 3, CreatedAt: at, UpdatedAt: at, TimeZone: london, Rotations: c.was, Overrides: []Override{{ID: "o-1"}}}
			edit := Schedule{Name: "Edited", TimeZone: c.zone, Rotations: c.edited}
			wasRotations, editedRotations := slices.Clone(c.was), slices.Clone(c.edited)
			got := s.Amend(edit, at)
			if diff := cmp.Diff(c.want, versionsTold(got.Rotations)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([][]Rotation{wasRotations, editedRotations}, [][]Rotation{c.was, c.edited}, exact); diff != "" {
				t.Errorf("what was given has changed: %s", diff)
			}
			got.Rotations = nil
			if diff := cmp.Diff(Schedule{ID: "s-1", Name: "Edited", Version: 3, CreatedAt: at, UpdatedAt: at, TimeZone: c.zone, Overrides: s.Overrides}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

var exact = cmp.Comparer(func(a, b LocalTime) bool { return time.Time(a).Equal(time.Time(b)) })

func versionsTold(rotations []Rotation) string {
	var lines []string
	for _, r := range rotations {
		line := r.Name + ": " + strings.Join(r.Users, " ")
		if r.TimeZone != "" {
			line += " in " + r.TimeZone
		}
		if r.EffectiveFrom != nil {
			line += r.EffectiveFrom.Format(" from 02")
		}
		if r.EffectiveUntil != nil {
			line += r.EffectiveUntil.Format(" until 02")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func TestEditingNeverChangesThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, at := anySchedule(t)
		edit := anyEdit(t, s, at)
		amended := s.Amend(edit, at)
		from := at.Add(-200 * quarter)
		if diff := cmp.Diff(entriesOf(t, s, Stretch{from, at}), entriesOf(t, amended, Stretch{from, at})); diff != "" {
			t.Fatalf("the past is another: %s", diff)
		}
		for range 10 {
			then := at.Add(-quarter * time.Duration(rapid.IntRange(1, 200).Draw(t, "asked before")))
			same(t, then, onDuty(s.OnCall(then)), onDuty(amended.OnCall(then)))
		}
	})
}

func TestAnEditCountsFromItsInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, at := anySchedule(t)
		edit := anyEdit(t, s, at)
		edit.Overrides = s.Overrides
		amended := s.Amend(edit, at)
		var begins time.Time // of an edit that has only versions to come
		if len(edit.Rotations) > 0 && !slices.ContainsFunc(edit.Rotations, func(r Rotation) bool { return r.EffectiveFrom == nil || !r.EffectiveFrom.After(at) }) {
			begins = edit.version("primary", at).until
		}
		for _, part := range []struct {
			want Schedule
			Stretch
		}{
			{Schedule{TimeZone: s.TimeZone, Rotations: s.begun("primary", at.Add(1)), Overrides: s.Overrides}, Stretch{at, earlier(begins, at.Add(200*quarter))}},
			{edit, Stretch{later(at, begins), at.Add(200 * quarter)}},
		} {
			if part.From.Before(part.To) {
				if diff := cmp.Diff(entriesOf(t, part.want, part.Stretch), entriesOf(t, amended, part.Stretch)); diff != "" {
					t.Fatalf("from %s to %s: %s", part.From, part.To, diff)
				}
			}
		}
	})
}

func TestAnEditThatChangesNothingAddsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, at := anySchedule(t)
		amended := s.Amend(anyEdit(t, s, at), at)
		for _, again := range []time.Time{at, at.Add(1), at.Add(time.Minute)} {
			if diff := cmp.Diff(amended.Rotations, amended.Amend(amended, again).Rotations, exact); diff != "" {
				t.Fatalf("at %s: %s", again, diff)
			}
		}
	})
}

func TestAnAmendedScheduleIsValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, at := anySchedule(t)
		edit := anyEdit(t, s, at)
		s.Name, edit.Name = "Primary", "Primary"
		for _, given := range []Schedule{s, edit} {
			if given.Validate(func(string) bool { return true }) != nil {
				return // two versions from one instant, or no rotation: no such edit gets that far
			}
		}
		if err := s.Amend(edit, at).Validate(func(string) bool { return true }); err != nil {
			t.Fatal(err)
		}
	})
}

// anyEdit draws what a client may make of a schedule near an instant: versions left out, added and
// changed, another zone.
func anyEdit(t *rapid.T, s Schedule, at time.Time) Schedule {
	edit := Schedule{TimeZone: s.TimeZone}
	if rapid.IntRange(0, 3).Draw(t, "another zone") == 0 {
		edit.TimeZone = anyZone(t).String()
	}
	near := func(name string) *time.Time {
		instant := at.Add(time.Duration(rapid.IntRange(-96, 96).Draw(t, name)) * quarter)
		return &instant
	}
	other, _ := anySchedule(t)
	for i, r := range s.Rotations {
		switch rapid.SampledFrom([]string{"stays", "stays", "is left out", "has other users", "ends", "is another"}).Draw(t, fmt.Sprint("version ", i)) {
		case "stays":
		case "is left out":
			continue
		case "has other users":
			r.Users = append([]string{"zoe"}, r.Users...)
		case "ends":
			r.EffectiveUntil = near("until")
			if r.EffectiveFrom != nil && !r.EffectiveUntil.After(*r.EffectiveFrom) {
				*r.EffectiveUntil = r.EffectiveFrom.Add(quarter)
			}
		case "is another":
			from, until := r.EffectiveFrom, r.EffectiveUntil
			r = other.Rotations[0]
			r.EffectiveFrom, r.EffectiveUntil = from, until
		}
		edit.Rotations = append(edit.Rotations, r)
	}
	if rapid.Bool().Draw(t, "one more") {
		r := other.Rotations[0]
		r.EffectiveFrom, r.EffectiveUntil = near("from"), nil
		edit.Rotations = append(edit.Rotations, r)
	}
	return edit
}
