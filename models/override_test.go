package models

import (
	"fmt"
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
