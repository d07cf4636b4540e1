package models

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// theirs is an outside schedule that was read at noon on Wednesday 4 March: Alice until six, then
// Bob until the next morning, then nobody, and from ten somebody who is no user.
func theirs() OutsideSchedule {
	at := instant("2026-03-04T12:00:00Z")
	o := OutsideSchedule{ID: "o", Name: "Platform", Provider: PagerDuty, Reference: "P1", People: []OutsidePerson{{"PBOB", "bob"}, {"PGONE", "gone"}}}
	shift := func(from, to, id, email string) OutsideShift {
		return OutsideShift{From: instant(from), To: instant(to), ID: id, Name: id, Email: email}
	}
	kept := o.Copied([]OutsideShift{
		shift("2026-03-04T18:00:00Z", "2026-03-05T08:00:00Z", "PBOB", "robert@elsewhere.example"),
		shift("2026-03-04T08:00:00Z", "2026-03-04T18:00:00Z", "PALICE", "Alice@Example.com"),
		shift("2026-03-04T08:00:00Z", "2026-03-04T18:00:00Z", "PALICE", "Alice@Example.com"), // by another escalation policy
		shift("2026-03-05T10:00:00Z", "2026-03-05T20:00:00Z", "PGONE", ""),
		shift("2026-03-05T09:00:00Z", "2026-03-05T09:00:00Z", "PALICE", "Alice@Example.com"), // no time at all
	}, []User{{ID: "alice", Email: "alice@example.com"}, {ID: "bob"}}, at, Stretch{at.Add(-time.Hour), at.Add(8 * 24 * time.Hour)})
	o.Kept = &kept
	return o
}

func TestPeopleOfAnOutsideScheduleAreMatched(t *testing.T) {
	users := []User{{ID: "alice", Email: "alice@example.com"}, {ID: "bob", Email: "Bob@Example.com"}, {ID: "nameless"}}
	for name, c := range map[string]struct {
		mapping       []OutsidePerson
		shift         OutsideShift
		user, unknown string
	}{
		"by e-mail address, whatever its case":      {nil, OutsideShift{ID: "1", Email: "ALICE@example.com"}, "alice", ""},
		"by e-mail address, whatever case we have":  {nil, OutsideShift{Email: "bob@example.com"}, "bob", ""},
		"by a mapping of their id":                  {[]OutsidePerson{{"U1", "bob"}}, OutsideShift{ID: "u1"}, "bob", ""},
		"by a mapping of their address":             {[]OutsidePerson{{"a@elsewhere.example", "alice"}}, OutsideShift{Email: "A@elsewhere.example"}, "alice", ""},
		"by a mapping rather than by their address": {[]OutsidePerson{{"alice@example.com", "bob"}}, OutsideShift{Email: "alice@example.com"}, "bob", ""},
		"not by a mapping to a user who is gone":    {[]OutsidePerson{{"U1", "gone"}}, OutsideShift{ID: "U1", Name: "Carol"}, "", "Carol (U1)"},
		"not without anything to know them by":      {nil, OutsideShift{}, "", "somebody without a name"},
		"not by a name alone":                       {nil, OutsideShift{Name: "alice"}, "", "alice"},
		"not by an unknown address":                 {nil, OutsideShift{ID: "9", Name: "Zed", Email: "zed@example.com"}, "", "zed@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			at := instant("2026-03-04T12:00:00Z")
			c.shift.From, c.shift.To = at, at.Add(time.Hour)
			got := OutsideSchedule{People: c.mapping}.Copied([]OutsideShift{c.shift, c.shift}, users, at, Stretch{at, at.Add(time.Hour)})
			if len(got.Entries) != 1 || got.Entries[0].UserID != c.user || strings.Join(got.Unmatched, "|") != c.unknown || (got.Entries[0].Reason == "") != (c.user != "") {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestACopyAnswersWhoIsOnCall(t *testing.T) {
	s := theirs().Schedule()
	users := func(duties []Duty) (ids []string) {
		for _, d := range duties {
			ids = append(ids, d.UserID)
		}
		return ids
	}
	for at, want := range map[string]struct{ on, next, everyone []string }{
		"2026-03-04T07:00:00Z": {nil, []string{"alice"}, []string{"alice", "bob"}},
		"2026-03-04T17:59:59Z": {[]string{"alice"}, []string{"bob"}, []string{"alice", "bob"}},
		"2026-03-04T18:00:00Z": {[]string{"bob"}, nil, []string{"bob"}}, // next comes somebody whom nobody can ring
		"2026-03-05T08:00:00Z": {nil, nil, nil},
		"2026-03-05T11:00:00Z": {nil, nil, nil},
		"2026-04-05T11:00:00Z": {nil, nil, nil}, // the copy does not reach it
	} {
		at := instant(at)
		if on, next, all := users(s.OnCall(at)), users(s.NextOnCall(at)), users(s.Everyone(at)); !slices.Equal(on, want.on) ||
			!slices.Equal(next, want.next) || !slices.Equal(all, want.everyone) {
			t.Errorf("at %v: %v, then %v, of %v; want %v", at, on, next, all, want)
		}
	}
	if got := s.OnCall(instant("2026-03-04T12:00:00Z"))[0].Until; !got.Equal(instant("2026-03-04T18:00:00Z")) {
		t.Errorf("on call until %v", got)
	}
}

func TestACopyListsEachStretchOfTime(t *testing.T) {
	s := theirs().Schedule()
	from, to := instant("2026-03-04T12:00:00Z"), instant("2026-03-13T12:00:00Z")
	got, err := s.Entries(from, to, func(id string) string { return map[string]string{"bob": "has no phone"}[id] })
	if err != nil {
		t.Fatal(err)
	}
	entry := func(from, to, user, reason string) Entry {
		return Entry{From: instant(from), To: instant(to), UserID: user, Reason: reason}
	}
	alice, bob := entry("2026-03-04T12:00:00Z", "2026-03-04T18:00:00Z", "alice", ""), entry("2026-03-04T18:00:00Z", "2026-03-05T08:00:00Z", "bob", "")
	want := Entries{Scheduled: []Entry{alice, bob}, Overrides: []Entry{}, Final: []Entry{alice}}
	bob.Reason = "has no phone"
	want.Uncovered = []Entry{
		bob,
		entry("2026-03-05T08:00:00Z", "2026-03-05T10:00:00Z", "", "nobody is named"),
		entry("2026-03-05T10:00:00Z", "2026-03-05T20:00:00Z", "", "PGONE (PGONE) is no user here"),
		entry("2026-03-05T20:00:00Z", "2026-03-12T12:00:00Z", "", "nobody is named"),
		entry("2026-03-12T12:00:00Z", "2026-03-13T12:00:00Z", "", "not known yet"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, err = s.Entries(instant("2026-03-03T08:00:00Z"), instant("2026-03-04T09:00:00Z"), nil)
	want.Final = []Entry{entry("2026-03-04T08:00:00Z", "2026-03-04T09:00:00Z", "alice", "")}
	want.Uncovered = []Entry{entry("2026-03-03T08:00:00Z", "2026-03-04T08:00:00Z", "", "no longer known")}
	if want.Scheduled = want.Final; err != nil || !cmp.Equal(want, got) {
		t.Errorf("before the copy: %v, %s", err, cmp.Diff(want, got))
	}
	got, err = s.Entries(instant("2026-03-02T08:00:00Z"), instant("2026-03-03T08:00:00Z"), nil)
	want = Entries{[]Entry{}, []Entry{}, []Entry{}, []Entry{entry("2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z", "", "no longer known")}}
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("long before the copy: %v, %s", err, cmp.Diff(want, got))
	}
	if empty := (OutsideSchedule{}).Schedule().EmptyBetween(from, to, nil); len(empty) != 1 || empty[0] != (Stretch{from, to}) {
		t.Errorf("nothing is known, and yet it is not empty: %v", empty)
	}
}

func TestACopyOfAnotherScheduleCountsForNothing(t *testing.T) {
	o := theirs()
	o.Reference = "P2"
	if c := o.Copy(); len(c.Entries) > 0 || c.FetchedAt != nil || c.Reference != "P2" || c.ScheduleID != "o" {
		t.Errorf("%+v", c)
	}
	if s := o.Schedule(); len(s.OnCall(instant("2026-03-04T12:00:00Z"))) > 0 || len(theirs().Schedule().OnCall(instant("2026-03-04T12:00:00Z"))) != 1 {
		t.Errorf("%+v", s)
	}
}

func outsideDirectory(o OutsideSchedule) Directory {
	ringable := func(id, name string) User {
		return User{ID: id, Name: name, Active: true, OnCallLicence: true, Phones: []UserPhone{{Label: "mobile", Number: "+12025550101"}}}
	}
	return Directory{
		Users:     map[string]User{"alice": ringable("alice", "Alice"), "bob": ringable("bob", "Bob")},
		Schedules: map[string]Schedule{"o": o.Schedule()},
	}
}

func TestAPlanRingsWhoIsOnCallElsewhere(t *testing.T) {
	d := outsideDirectory(theirs())
	r := safe(oneByOne(current("o")), oneByOne(Target{Type: TargetSchedule, ScheduleID: "o", Mode: NextOnCall}))
	if err := r.Validate(d, instant("2026-03-04T12:00:00Z")); err != nil && strings.Contains(err.Error(), "levels") {
		t.Error(err)
	}
	p := MakePlan(r, "+12025550100", d, instant("2026-03-04T12:00:00Z"), 0)
	for i, want := range []Person{
		{UserID: "alice", Why: "Platform of PagerDuty: on call until 2026-03-04T18:00:00Z"},
		{UserID: "bob", Why: "Platform of PagerDuty: next on call"},
	} {
		if len(p.Levels[i].People) != 1 || p.Levels[i].People[0].UserID != want.UserID || p.Levels[i].People[0].Why != want.Why {
			t.Errorf("level %d: %+v, want %+v", i+1, p.Levels[i].People, want)
		}
	}
	p = MakePlan(r, "+12025550100", d, instant("2026-03-20T12:00:00Z"), 0)
	if len(p.Levels[0].People) > 0 || len(p.Skipped) != 2 || p.Skipped[0].Name != "Platform" || p.Skipped[0].Reason != "nobody is on call" {
		t.Errorf("beyond the copy: %+v", p)
	}
}

func TestARouteWarnsOfACopyThatMayBeWrong(t *testing.T) {
	const unmatched = `levels[0].targets[1]: PGONE (PGONE) is never rung for Platform: no user here has that e-mail address, and none is mapped to it.`
	for name, c := range map[string]struct {
		at     string
		change func(*OutsideSchedule)
		want   []string
	}{
		"of people who are no users": {"2026-03-04T12:15:00Z", func(*OutsideSchedule) {}, []string{unmatched}},
		"that is old": {"2026-03-04T12:16:30Z", func(o *OutsideSchedule) { o.Kept.LastError = "PagerDuty cannot be reached" }, []string{
			"levels[0].targets[1]: What is known of Platform is 16 min old: it could not be read from PagerDuty since: PagerDuty cannot be reached.", unmatched}},
		"that ends soon": {"2026-03-11T12:01:00Z", func(o *OutsideSchedule) {
			o.Kept.Unmatched = nil
			at := instant("2026-03-11T12:01:00Z")
			o.Kept.FetchedAt = &at
		}, []string{
			"levels[0].targets[1]: Nobody of Platform is rung from 2026-03-12T12:00:00Z on, unless it can be read from PagerDuty before."}},
		"that is none": {"2026-03-04T12:00:00Z", func(o *OutsideSchedule) { o.Reference = "P2" }, []string{
			"levels[0].targets[1]: Nothing is known of Platform: it could not be read from PagerDuty yet."}},
	} {
		t.Run(name, func(t *testing.T) {
			o := theirs()
			c.change(&o)
			got := warningsOf(safe(oneByOne(aUser("alice"), current("o"))), outsideDirectory(o), instant(c.at))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALevelIsEmptyWhereItsOutsideScheduleIs(t *testing.T) {
	d, at := outsideDirectory(theirs()), instant("2026-03-04T12:00:00Z")
	got := warningsOf(safe(oneByOne(aUser("alice")), oneByOne(current("o"))), d, at)
	const want = "levels[1]: Level 2 rings nobody from Thu 5 Mar 08:00 on (UTC)."
	if !slices.Contains(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	everyone := Target{Type: TargetSchedule, ScheduleID: "o", Mode: Everyone}
	if got := warningsOf(safe(oneByOne(aUser("alice")), oneByOne(everyone)), d, at); !slices.Contains(got, want) {
		t.Errorf("of everyone: %q", got)
	}
}

func TestAnOutsideScheduleIsValidated(t *testing.T) {
	known := func(id string) bool { return id == "alice" }
	good := OutsideSchedule{Name: "Platform", Provider: IncidentIO, Reference: "01S", People: []OutsidePerson{{"a@example.com", "alice"}}}
	if err := good.Validate(known); err != nil {
		t.Error(err)
	}
	bad := OutsideSchedule{Provider: "opsgenie", People: []OutsidePerson{{"A", "alice"}, {"a", "zed"}, {"", "alice"}}}
	var faults Faults
	var fields []string
	if errors.As(bad.Validate(known), &faults) {
		for _, f := range faults {
			fields = append(fields, f.Field)
		}
	}
	if want := []string{"name", "provider", "reference", "people[1].outside", "people[1].user_id", "people[2].outside"}; !slices.Equal(fields, want) {
		t.Errorf("faults of %v, want %v", fields, want)
	}
}
