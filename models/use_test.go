package models

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUsesOfUserAreWhatMayRingThemYet(t *testing.T) {
	now := instant("2026-03-02T12:00:00Z")
	version := func(from string, users ...string) Rotation {
		r := rotation("weekly", "2026-01-05T09:00", daily, users...)
		if from != "" {
			r.EffectiveFrom = moment(from)
		}
		return r
	}
	route := func(levels ...Level) []Route { return []Route{{Name: "Support", Levels: levels}} }
	rotations := func(rotations ...Rotation) []Schedule {
		return []Schedule{{Name: "Primary", TimeZone: "UTC", Rotations: rotations}}
	}
	override := func(from, to string) []Schedule {
		return []Schedule{{Name: "Primary", TimeZone: "UTC", Overrides: []Override{{UserID: "alice", From: instant(from), To: instant(to)}}}}
	}
	onRoute := func(levels ...int) []Use { return []Use{{`call route "Support"`, levels}} }
	onSchedule := []Use{{What: `schedule "Primary"`}}
	for _, c := range []struct {
		name      string
		routes    []Route
		schedules []Schedule
		want      []Use
	}{
		{"nothing is there", nil, nil, nil},
		{"a level names them", route(oneByOne(aUser("alice"))), nil, onRoute(1)},
		{"two levels name them, one twice", route(oneByOne(aUser("bob"), aUser("alice"), aUser("alice")), oneByOne(aUser("bob")), oneByOne(aUser("alice"))), nil, onRoute(1, 3)},
		{"a level names somebody else", route(oneByOne(aUser("bob"))), nil, nil},
		{"a level names a schedule of their id", route(oneByOne(current("alice"))), nil, nil},
		{"a level names a schedule, and them to no effect", route(oneByOne(Target{Type: TargetSchedule, ScheduleID: "primary", UserID: "alice"})), nil, nil},
		{"a rotation names them", nil, rotations(version("", "bob", "alice")), onSchedule},
		{"a rotation names somebody else", nil, rotations(version("", "bob")), nil},
		{"a version that is past named them", nil, rotations(version("", "alice"), version("2026-03-01T00:00:00Z", "bob")), nil},
		{"a version to come names them", nil, rotations(version("", "bob"), version("2026-03-03T00:00:00Z", "alice")), onSchedule},
		{"the version in force names them, and the next does not", nil, rotations(version("", "alice"), version("2026-03-03T00:00:00Z", "bob")), onSchedule},
		{"an override of theirs lasts", nil, override("2026-03-02T09:00:00Z", "2026-03-02T12:00:00.000001Z"), onSchedule},
		{"an override of theirs is to come", nil, override("2026-04-02T09:00:00Z", "2026-04-02T17:00:00Z"), onSchedule},
		{"an override of theirs is over", nil, override("2026-03-02T09:00:00Z", "2026-03-02T12:00:00Z"), nil},
		{"both", route(oneByOne(aUser("alice"))), rotations(version("", "alice")), append(onRoute(1), onSchedule...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, UsesOfUser("alice", c.routes, c.schedules, now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUserWarningsTellWhatCountsOnThem(t *testing.T) {
	able := User{Name: "Alice", Active: true, OnCallLicence: true, Phones: mobile("+12025550101")}
	gone, unlicensed := able, able
	gone.Active, unlicensed.OnCallLicence = false, false
	uses := []Use{{`call route "Support"`, []int{1, 3}}, {What: `schedule "Primary"`}}
	for _, c := range []struct {
		name string
		user User
		uses []Use
		want []string
	}{
		{"who can be rung", able, uses, []string{}},
		{"whom nothing names", gone, nil, []string{}},
		{"deactivated", gone, uses, []string{
			`Level 1 of call route "Support" passes over Alice, who is deactivated.`,
			`Level 3 of call route "Support" passes over Alice, who is deactivated.`,
			`There are shifts in schedule "Primary" of Alice, who is deactivated.`,
		}},
		{"without a licence", unlicensed, uses[1:], []string{`There are shifts in schedule "Primary" of Alice, who has no on-call licence.`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := []string{}
			for _, warning := range c.user.Warnings(c.uses) {
				got = append(got, warning.Message)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsInUseNamesEachUserOfIt(t *testing.T) {
	for _, c := range []struct {
		err  InUseError
		want string
	}{
		{InUseError{What: `user "Alice"`, By: []string{`call route "Support"`, `schedule "Primary"`}},
			`user "Alice" is in use by call route "Support", schedule "Primary": change what uses it first`},
		{InUseError{What: `call route "Support"`, By: []string{`phone number "Main"`}, First: "switch the route off first"},
			`call route "Support" is in use by phone number "Main": switch the route off first`},
	} {
		if got := fmt.Errorf("%w", &c.err).Error(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
