package models

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// calendarDirectory has one schedule, Primary; Alice and Carol can be rung, Bob has no phone.
func calendarDirectory(s Schedule) Directory {
	s.ID, s.Name, s.TimeZone = "s-1", "Primary", "Europe/London"
	if s.CreatedAt.IsZero() {
		s.CreatedAt = instant("2026-03-01T00:00:00Z")
	}
	users := map[string]User{"bob": {ID: "bob", Name: "Bob Brown", Active: true, OnCallLicence: true}}
	for id, name := range map[string]string{"alice": "Alice Adams", "carol": "Carol Clark"} {
		users[id] = User{ID: id, Name: name, Active: true, OnCallLicence: true, Phones: mobile("+12025550101")}
	}
	return Directory{Users: users, Schedules: map[string]Schedule{s.ID: s}}
}

// calendarOf lists the events that begin from an instant on and before another.
func calendarOf(t *testing.T, d Directory, link CalendarLink, now, from, to string) (lines []string) {
	t.Helper()
	calendar, err := d.Calendar(link, instant(now))
	if err != nil {
		t.Fatal(err)
	}
	const layout = "Mon 2 15:04"
	for _, e := range calendar.Events {
		if e.From.Before(instant(from)) || !e.From.Before(instant(to)) {
			continue
		}
		line := e.From.Format(layout) + " to " + e.To.Format(layout) + " " + e.Summary
		if e.Details != "" {
			line += " (" + strings.ReplaceAll(e.Details, "\n", "; ") + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

func scheduleLink(id string) CalendarLink { return CalendarLink{ScheduleID: &id} }
func userLink(id string) CalendarLink     { return CalendarLink{UserID: &id} }

func TestCalendarOfASchedule(t *testing.T) {
	weeks := func(name string, users ...string) Rotation {
		return rotation(name, "2026-03-02T09:00", weekly, users...)
	}
	with := func(r Rotation, change func(*Rotation)) Rotation { change(&r); return r }
	stretch := func(user, from, to string) Override {
		return Override{ID: "o-1", Rotation: "weekly", UserID: user, From: instant(from), To: instant(to)}
	}
	monday := []WorkingInterval{{"monday", 9 * 60, 17 * 60}}
	for _, c := range []struct {
		name string
		s    Schedule
		want []string
	}{
		{"a shift an event", Schedule{Rotations: []Rotation{weeks("weekly", "alice", "carol")}}, []string{
			"Mon 2 09:00 to Mon 9 09:00 Alice Adams on call: Primary, weekly",
			"Mon 9 09:00 to Mon 16 09:00 Carol Clark on call: Primary, weekly",
		}},
		{"an override instead of a part of a shift", Schedule{
			Rotations: []Rotation{weeks("weekly", "alice", "carol")},
			Overrides: []Override{stretch("carol", "2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z")},
		}, []string{
			"Mon 2 09:00 to Tue 3 10:00 Alice Adams on call: Primary, weekly",
			"Tue 3 10:00 to Tue 3 12:00 Carol Clark on call: Primary, weekly (By an override.)",
			"Tue 3 12:00 to Mon 9 09:00 Alice Adams on call: Primary, weekly",
			"Mon 9 09:00 to Mon 16 09:00 Carol Clark on call: Primary, weekly",
		}},
		{"nobody where the only one cannot be rung", Schedule{Rotations: []Rotation{weeks("weekly", "alice", "bob")}}, []string{
			"Mon 2 09:00 to Mon 9 09:00 Alice Adams on call: Primary, weekly",
			"Mon 9 09:00 to Mon 16 09:00 Nobody on call: Primary (weekly: Bob Brown has no phone)",
		}},
		{"a seat that lacks somebody beside one that does not", Schedule{Rotations: []Rotation{
			with(weeks("weekly", "alice", "bob"), func(r *Rotation) { r.Seats = 2 }),
		}}, []string{
			"Mon 2 09:00 to Mon 9 09:00 Alice Adams on call: Primary, weekly",
			"Mon 2 09:00 to Mon 9 09:00 Nobody on call: Primary, weekly (weekly: Bob Brown has no phone)",
			"Mon 9 09:00 to Mon 16 09:00 Alice Adams on call: Primary, weekly",
			"Mon 9 09:00 to Mon 16 09:00 Nobody on call: Primary, weekly (weekly: Bob Brown has no phone)",
		}},
		{"nobody out of hours", Schedule{Rotations: []Rotation{
			with(weeks("weekly", "alice"), func(r *Rotation) { r.WorkingIntervals = monday }),
		}}, []string{
			"Mon 2 09:00 to Mon 2 17:00 Alice Adams on call: Primary, weekly",
			"Mon 2 17:00 to Mon 9 09:00 Nobody on call: Primary (weekly: outside working intervals)",
			"Mon 9 09:00 to Mon 9 17:00 Alice Adams on call: Primary, weekly",
			"Mon 9 17:00 to Mon 16 09:00 Nobody on call: Primary (weekly: outside working intervals)",
		}},
		{"no word of one rotation's hours while another works", Schedule{Rotations: []Rotation{
			with(weeks("office", "alice"), func(r *Rotation) { r.WorkingIntervals = monday }), weeks("always", "carol"),
		}}, []string{
			"Mon 2 09:00 to Mon 2 17:00 Alice Adams on call: Primary, office",
			"Mon 2 09:00 to Mon 9 09:00 Carol Clark on call: Primary, always",
			"Mon 9 09:00 to Mon 9 17:00 Alice Adams on call: Primary, office",
			"Mon 9 09:00 to Mon 16 09:00 Carol Clark on call: Primary, always",
		}},
		{"somebody who is gone", Schedule{Rotations: []Rotation{weeks("weekly", "dave", "carol")}}, []string{
			"Mon 9 09:00 to Mon 16 09:00 Carol Clark on call: Primary, weekly",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := calendarOf(t, calendarDirectory(c.s), scheduleLink("s-1"), "2026-03-04T12:00:00Z", "2026-03-02T09:00:00Z", "2026-03-16T09:00:00Z")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCalendarSaysNothingOfTheTimeBeforeItsSchedule(t *testing.T) {
	d := calendarDirectory(Schedule{
		CreatedAt: instant("2026-03-03T08:00:00Z"), Rotations: []Rotation{rotation("weekly", "2026-03-09T09:00", daily, "alice")},
	})
	got := calendarOf(t, d, scheduleLink("s-1"), "2026-03-04T12:00:00Z", "2025-01-01T00:00:00Z", "2026-03-10T09:00:00Z")
	want := []string{
		"Tue 3 08:00 to Mon 9 09:00 Nobody on call: Primary (weekly: has not begun)",
		"Mon 9 09:00 to Tue 10 09:00 Alice Adams on call: Primary, weekly",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCalendarOfAUserIsOfAllSchedules(t *testing.T) {
	d := calendarDirectory(Schedule{Rotations: []Rotation{rotation("weekly", "2026-03-02T09:00", daily, "alice", "carol")}})
	second := d.Schedules["s-1"]
	second.ID, second.Name = "s-2", "Escalation"
	second.Rotations = []Rotation{rotation("daily", "2026-03-02T10:00", daily, "bob", "alice")}
	d.Schedules["s-2"] = second
	got := calendarOf(t, d, userLink("alice"), "2026-03-04T12:00:00Z", "2026-03-02T00:00:00Z", "2026-03-05T00:00:00Z")
	want := []string{
		"Mon 2 09:00 to Tue 3 09:00 Alice Adams on call: Primary, weekly",
		"Tue 3 10:00 to Wed 4 10:00 Alice Adams on call: Escalation, daily",
		"Wed 4 09:00 to Thu 5 09:00 Alice Adams on call: Primary, weekly",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	calendar, err := d.Calendar(userLink("alice"), instant("2026-03-04T12:00:00Z"))
	if err != nil || calendar.Name != "On call: Alice Adams" {
		t.Errorf("%q, %v", calendar.Name, err)
	}
}

func TestCalendarOfNobody(t *testing.T) {
	for _, link := range []CalendarLink{scheduleLink("none"), userLink("none")} {
		if _, err := (Directory{}).Calendar(link, time.Time{}); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
	}
}

func TestCalendarReachesThirtyDaysBackAndAYearAhead(t *testing.T) {
	weeks := rotation("weekly", "2024-01-01T09:00", weekly, "alice", "carol")
	calendar, err := calendarDirectory(Schedule{Rotations: []Rotation{weeks}}).Calendar(scheduleLink("s-1"), instant("2026-03-04T23:59:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	first, last := calendar.Events[0], calendar.Events[len(calendar.Events)-1]
	if !first.From.Equal(instant("2026-01-26T09:00:00Z")) || !first.To.Equal(instant("2026-02-02T09:00:00Z")) { // whole, though half of it is past
		t.Errorf("it begins with %v", first)
	}
	if !last.To.Equal(instant("2027-03-05T00:00:00Z")) {
		t.Errorf("it ends with %v", last)
	}
}

// A calendar replaces what it has of an event by the UID: another UID would be another event.
func TestCalendarKeepsTheUIDsOfItsEvents(t *testing.T) {
	thursday := []WorkingInterval{{"thursday", 8 * 60, 24 * 60}, {"friday", 0, 90}}
	office := rotation("office", "2026-02-12T08:00", []Cadence{{"days", 5}, {"hours", 7}}, "bob", "carol")
	office.WorkingIntervals, office.Seats = thursday, 2
	d := calendarDirectory(Schedule{
		Rotations: []Rotation{
			rotation("daily", "2024-01-01T00:00", daily, "alice", "bob", "carol"), office,
			rotation("ages", "2015-01-01T00:00", []Cadence{{"weeks", 1000}}, "carol", "alice"),
			rotation("alone", "2026-01-01T00:00", []Cadence{{"hours", 36}}, "alice"),
		},
		Overrides: []Override{{ID: "o-1", Rotation: "alone", UserID: "carol", From: instant("2026-03-07T00:00:00Z"), To: instant("2026-05-07T00:00:00Z")}},
	})
	uids := map[string]string{} // by what the event is about
	for day := range 60 {
		for _, link := range []CalendarLink{scheduleLink("s-1"), userLink("alice")} {
			calendar, err := d.Calendar(link, instant("2026-03-04T12:00:00Z").AddDate(0, 0, day))
			if err != nil {
				t.Fatal(err)
			}
			var seen []string
			for _, e := range calendar.Events {
				about := fmt.Sprint(e.From.Unix(), e.Summary)
				if strings.Contains(e.Summary, "ages") {
					about = e.Summary // it began before anybody looked
				}
				if was, ok := uids[about]; ok && was != e.UID {
					t.Fatalf("on day %d %q from %v has another UID", day, e.Summary, e.From)
				}
				if slices.Contains(seen, e.UID) {
					t.Fatalf("on day %d the UID of %q from %v is another's too", day, e.Summary, e.From)
				}
				uids[about] = e.UID
				seen = append(seen, e.UID)
			}
		}
	}
}

func TestCalendarIsTheSameAllDay(t *testing.T) {
	d := calendarDirectory(Schedule{Rotations: []Rotation{rotation("ages", "2015-01-01T00:00", []Cadence{{"weeks", 1000}}, "carol", "alice")}})
	at := func(now string) Calendar {
		calendar, err := d.Calendar(scheduleLink("s-1"), instant(now))
		if err != nil {
			t.Fatal(err)
		}
		return calendar
	}
	if diff := cmp.Diff(at("2026-03-04T00:00:00Z"), at("2026-03-04T23:59:59Z")); diff != "" {
		t.Error(diff)
	}
}
