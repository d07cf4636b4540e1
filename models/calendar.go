package models

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
)

// CalendarLink is a secret address at which calendars subscribe, without a key, to the shifts of a
// schedule or of a user: one of the two is named.
type CalendarLink struct {
	ID         string    `json:"id" gorm:"primaryKey"`
	ScheduleID *string   `json:"schedule_id,omitempty" gorm:"uniqueIndex"`
	UserID     *string   `json:"user_id,omitempty" gorm:"uniqueIndex"`
	Hash       []byte    `json:"-" gorm:"uniqueIndex"` // of the secret, as HashKey makes it
	CreatedAt  time.Time `json:"created_at"`
}

// Calendar is what a calendar shows to whoever subscribes to it.
type Calendar struct {
	Name   string
	Events []Event // the earliest first
}

// Event is one stretch of time in a calendar.
type Event struct {
	UID      string // the same for the same shift, whenever the calendar is made
	From, To time.Time
	Revised  time.Time // when its schedule last changed
	Summary  string    // as in: Alice Adams on call: Primary, weekly
	Details  string    // what the summary leaves out; may be empty
}

// A calendar shows the shifts that ended in the last days and those of the next year. Before that it
// looks for the beginning of a shift only, so that an event keeps it while the days pass.
const (
	calendarPast   = 30 * 24 * time.Hour
	calendarFuture = MaxWindow
	calendarBefore = MaxWindow
)

// Calendar is the calendar that a link shows on the day of an instant. ErrNotFound says that there
// is no such schedule or user.
func (d Directory) Calendar(link CalendarLink, now time.Time) (Calendar, error) {
	if link.ScheduleID != nil {
		return d.scheduleCalendar(*link.ScheduleID, now)
	}
	return d.userCalendar(*link.UserID, now)
}

func (d Directory) scheduleCalendar(id string, now time.Time) (Calendar, error) {
	s, ok := d.Schedules[id]
	if !ok {
		return Calendar{}, fmt.Errorf("calendar of schedule %s: %w", id, ErrNotFound)
	}
	within := calendarWindow(now)
	found := s.entries(within, d.unable)
	events := append(d.shiftEvents(s, found.Final, within), d.nobodyEvents(s, found, within)...)
	return Calendar{Name: "On call: " + s.Name, Events: s.shown(events, within)}, nil
}

func (d Directory) userCalendar(id string, now time.Time) (Calendar, error) {
	user, ok := d.Users[id]
	if !ok {
		return Calendar{}, fmt.Errorf("calendar of user %s: %w", id, ErrNotFound)
	}
	within := calendarWindow(now)
	var events []Event
	for _, s := range d.Schedules {
		theirs := slices.DeleteFunc(s.entries(within, d.unable).Final, func(e Entry) bool { return e.UserID != id })
		events = append(events, s.shown(d.shiftEvents(s, theirs, within), within)...)
	}
	slices.SortFunc(events, inCalendar)
	return Calendar{Name: "On call: " + user.Name, Events: events}, nil
}

// calendarWindow changes once a day, and so does a calendar whose schedule does not.
func calendarWindow(now time.Time) Stretch {
	today := now.UTC().Truncate(24 * time.Hour)
	return Stretch{today.Add(-calendarPast - calendarBefore), today.Add(calendarFuture)}
}

// shown leaves out what was over long ago.
func (s Schedule) shown(events []Event, within Stretch) []Event {
	revised := s.UpdatedAt
	for _, o := range s.Overrides {
		revised = later(revised, o.CreatedAt)
	}
	for i := range events {
		events[i].Revised = revised
	}
	events = slices.DeleteFunc(events, func(e Event) bool { return !e.To.After(within.From.Add(calendarBefore)) })
	slices.SortFunc(events, inCalendar)
	return events
}

func inCalendar(a, b Event) int {
	return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Summary, b.Summary), strings.Compare(a.UID, b.UID))
}

func (d Directory) shiftEvents(s Schedule, entries []Entry, within Stretch) (events []Event) {
	for _, e := range entries {
		event := Event{
			UID:  eventUID(within, e.From, s.ID, e.Rotation, fmt.Sprint(e.Seat), e.UserID),
			From: e.From, To: e.To, Summary: nameOf(d.Users[e.UserID]) + " on call: " + s.Name + ", " + e.Rotation,
		}
		if e.OverrideID != "" {
			event.Details = "By an override."
		}
		events = append(events, event)
	}
	return events
}

// nobodyEvents tell when nobody at all is on call, and of seats that lack somebody while others are
// on call. That a rotation does not work at all hours is no lack.
func (d Directory) nobodyEvents(s Schedule, found Entries, within Stretch) (events []Event) {
	for _, gap := range s.EmptyBetween(later(within.From, s.CreatedAt), within.To, d.unable) {
		events = append(events, Event{
			UID: eventUID(within, gap.From, s.ID, "nobody"), From: gap.From, To: gap.To,
			Summary: "Nobody on call: " + s.Name, Details: d.reasons(found.Uncovered, gap),
		})
	}
	for _, e := range found.Uncovered {
		seat := Stretch{e.From, e.To}
		if e.Reason == notWorking || e.Reason == notBegun || !slices.ContainsFunc(found.Final, seat.meets) {
			continue
		}
		events = append(events, Event{
			UID:  eventUID(within, e.From, s.ID, e.Rotation, fmt.Sprint(e.Seat), "nobody"),
			From: e.From, To: e.To, Summary: "Nobody on call: " + s.Name + ", " + e.Rotation, Details: d.reasons([]Entry{e}, seat),
		})
	}
	return events
}

// reasons say, a line each, why seats are uncovered in a stretch of time.
func (d Directory) reasons(uncovered []Entry, within Stretch) string {
	var lines []string
	for _, e := range uncovered {
		line := e.Rotation + ": " + e.Reason
		if e.UserID != "" {
			line = e.Rotation + ": " + nameOf(d.Users[e.UserID]) + " " + e.Reason
		}
		if within.meets(e) && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// meets says whether an entry has a part in the stretch.
func (s Stretch) meets(e Entry) bool { return e.From.Before(s.To) && s.From.Before(e.To) }

// eventUID is made of what an event is about, and of its beginning. Of one that began before a
// calendar looks, only the day of the calendar is known: it is told by having no beginning.
func eventUID(within Stretch, from time.Time, about ...string) string {
	begins := "before"
	if from.After(within.From) {
		begins = from.UTC().Format(time.RFC3339)
	}
	sum := sha256.Sum256([]byte(strings.Join(append(about, begins), "\x00")))
	return fmt.Sprintf("%x@ringdown", sum[:16])
}
