package models

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

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
		user, until := "", time.Time{}
		for _, o := range made {
			switch {
			case !at.Before(o.From) && at.Before(o.To): // instead of all that were made before
				user, until = o.UserID, o.To
			case at.Before(o.From) && o.From.Before(until): // and so is this, later
				until = o.From
			}
		}
		want := ""
		if user != "" {
			want = user + " (override) until " + until.Format(time.RFC3339)
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

func TestOverrideValidate(t *testing.T) {
	twoSeats := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob")
	twoSeats.Seats = 2
	from, to, over := instant("2026-03-02T10:00:00Z"), instant("2026-03-02T12:00:00Z"), instant("2026-03-10T12:00:00Z")
	past := rotation("past", "2026-03-02T09:00", daily, "alice")
	past.EffectiveUntil = &over
	more := twoSeats
	more.Name = "fewer"
	fewer := rotation("fewer", "2026-03-02T09:00", daily, "alice")
	fewer.EffectiveFrom = &over
	s := Schedule{TimeZone: london, Rotations: []Rotation{twoSeats, rotation("late", "2026-03-02T09:00", daily, "alice"), past, more, fewer}}
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
		{"a year", Override{Rotation: "primary", UserID: "bob", From: from, To: from.Add(MaxWindow)}, nil},
		{"more than a year", Override{Rotation: "primary", UserID: "bob", From: from, To: from.Add(MaxWindow + 1)}, []string{"to"}},
		{"a rotation that is over", Override{Rotation: "past", UserID: "bob", From: over, To: over.Add(time.Hour)}, []string{"rotation"}},
		{"a rotation until it is over", Override{Rotation: "past", UserID: "bob", From: over.Add(-time.Hour), To: over.Add(time.Hour)}, nil},
		{"a seat of an earlier version", Override{Rotation: "fewer", Seat: 1, UserID: "bob", From: over, To: over.Add(time.Hour)}, []string{"seat"}},
		{"a seat until it is no more", Override{Rotation: "fewer", Seat: 1, UserID: "bob", From: over.Add(-time.Hour), To: over.Add(time.Hour)}, nil},
		{"several at once", Override{Rotation: "night", UserID: "zoe"}, []string{"rotation", "user_id", "from", "to"}},
		{"and several more", Override{Rotation: "primary", Seat: 2, UserID: "zoe", From: from, To: from.Add(2 * MaxWindow)}, []string{"seat", "user_id", "to"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, faulty(c.override.Validate(s, isUser))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Bob stands in from 10:00 to 12:00 and carol, by an override that was made later, from 11:00 to
// 14:00; nobody does from 16:00 to 17:00.
func standInsOfADay() Schedule {
	at := func(hour int) time.Time { return instant("2026-03-02T00:00:00Z").Add(time.Duration(hour) * time.Hour) }
	override := func(id, user string, from, to, made int) Override {
		return Override{ID: id, Rotation: "primary", UserID: user, From: at(from), To: at(to), CreatedAt: at(made)}
	}
	return Schedule{
		TimeZone: london, Rotations: []Rotation{rotation("primary", "2026-03-02T09:00", daily, "alice"), rotation("late", "2026-03-02T09:00", daily, "alice")},
		Overrides: []Override{override("o-carol", "carol", 11, 14, -20), override("o-bob", "bob", 10, 12, -30), override("o-nobody", "", 16, 17, -10)},
	}
}

func TestAnOverrideThatChangesNothingIsAFault(t *testing.T) {
	s := standInsOfADay()
	for _, c := range []struct {
		name, user string
		from, to   time.Duration // hours
		want       string        // the override that is named
	}{
		{"somebody else, while one counts", "alice", 10, 12, ""},
		{"the same user, while their override counts", "bob", 9, 11, "o-bob"},
		{"after it", "bob", 12, 13, ""},
		{"where a later one counts instead", "bob", 11, 12, ""},
		{"the same user over all of theirs", "carol", 9, 18, "o-carol"},
		{"nobody, where nobody is", "", 16, 18, "o-nobody"},
		{"nobody, where somebody stands in", "", 11, 12, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			day := instant("2026-03-02T00:00:00Z")
			o := Override{Rotation: "primary", UserID: c.user, From: day.Add(c.from * time.Hour), To: day.Add(c.to * time.Hour)}
			err := o.Validate(s, isUser)
			if (c.want == "") != (err == nil) || err != nil && (len(faulty(err)) != 1 || faulty(err)[0] != "user_id" || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want a fault that names %q", err, c.want)
			}
		})
	}
	if err := s.Overrides[0].Validate(s, isUser); err != nil {
		t.Errorf("an override is at odds with itself: %v", err)
	}
}

func TestSupersedes(t *testing.T) {
	s := standInsOfADay()
	for _, c := range []struct {
		name, rotation string
		seat           int
		from, to       time.Duration // hours
		want           []string
	}{
		{"in part, in the order of the list", "primary", 0, 11, 13, []string{"o-carol", "o-bob"}},
		{"all of them", "primary", 0, 0, 24, []string{"o-carol", "o-bob", "o-nobody"}},
		{"what ends as it begins is left alone", "primary", 0, 14, 16, []string{}},
		{"those of another seat too", "primary", 1, 0, 24, []string{}},
		{"those of another rotation too", "late", 0, 0, 24, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			day := instant("2026-03-02T00:00:00Z")
			o := Override{ID: "o-new", Rotation: c.rotation, Seat: c.seat, From: day.Add(c.from * time.Hour), To: day.Add(c.to * time.Hour)}
			s.Overrides = append(s.Overrides[:3:3], o) // it may have been read again, with itself in the list
			if diff := cmp.Diff(c.want, s.Supersedes(o)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
