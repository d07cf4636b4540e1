package models

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Provider is a service that keeps on-call schedules of its own.
type Provider string

// The services whose schedules can be named.
const (
	IncidentIO Provider = "incident_io"
	PagerDuty  Provider = "pagerduty"
)

// String is the service's name for people.
func (p Provider) String() string {
	switch p {
	case IncidentIO:
		return "incident.io"
	case PagerDuty:
		return "PagerDuty"
	default:
		return string(p)
	}
}

// OutsideSchedule is a schedule that another service keeps. A route names it as any other; what it
// answers is the last copy that was read of it.
type OutsideSchedule struct {
	ID        string          `json:"id" gorm:"primaryKey"`
	Name      string          `json:"name" gorm:"uniqueIndex"`
	Provider  Provider        `json:"provider"`
	Reference string          `json:"reference"`                     // the provider's id of the schedule
	People    []OutsidePerson `json:"people" gorm:"serializer:json"` // those whom an e-mail address does not match
	Version   int             `json:"version"`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`

	Kept *OutsideCopy `json:"-" gorm:"foreignKey:ScheduleID"` // nil when nothing was ever kept of it
}

// OutsidePerson says which user somebody of an outside schedule is.
type OutsidePerson struct {
	Outside string `json:"outside"` // their id or e-mail address there
	UserID  string `json:"user_id"`
}

// OutsideCopy is what an outside schedule said when it was last read.
type OutsideCopy struct {
	ScheduleID string     `json:"schedule_id" gorm:"primaryKey"`
	Provider   Provider   `json:"provider"`                         // of whose schedule it is a copy
	Reference  string     `json:"reference"`                        // of which schedule there
	Entries    []Entry    `json:"entries" gorm:"serializer:json"`   // a reason instead of a user where somebody is no user of ours
	Unmatched  []string   `json:"unmatched" gorm:"serializer:json"` // who they are, each once
	FetchedAt  *time.Time `json:"fetched_at"`                       // nil: it could never be read
	ReachesTo  *time.Time `json:"reaches_to"`                       // nothing is known of later shifts
	LastError  string     `json:"last_error"`                       // why it could not be read last; empty: it could
	RetryAt    *time.Time `json:"retry_at,omitempty"`               // the provider asked to be left alone until then
}

// OutsideShift is a shift as a provider tells of it. ID and Email say who has it; both may be empty.
type OutsideShift struct {
	From, To time.Time
	Rotation string // empty where the provider's schedules have one at most
	Seat     int
	ID       string // of the person, at the provider
	Name     string
	Email    string
}

// Validate reports every fault of an outside schedule at once. known says whether a user id exists.
func (o OutsideSchedule) Validate(known func(userID string) bool) error {
	var faults Faults
	text(&faults, "name", o.Name, 1, 100)
	if o.Provider != IncidentIO && o.Provider != PagerDuty {
		faults.Add("provider", "must be %s or %s", string(IncidentIO), string(PagerDuty))
	}
	text(&faults, "reference", o.Reference, 1, 100)
	if len(o.People) > 1000 {
		faults.Add("people", "must list at most 1000")
	}
	seen := map[string]bool{}
	for i, p := range o.People {
		place := fmt.Sprintf("people[%d]", i)
		text(&faults, place+".outside", p.Outside, 1, 254)
		if seen[strings.ToLower(p.Outside)] {
			faults.Add(place+".outside", "is listed twice")
		}
		seen[strings.ToLower(p.Outside)] = true
		if !known(p.UserID) {
			faults.Add(place+".user_id", "is no user")
		}
	}
	return faults.Err()
}

// Copied makes a copy of what the provider told at an instant about a window. Each person is the
// user whom the mapping names for their id or e-mail address, else the one with that address.
func (o OutsideSchedule) Copied(shifts []OutsideShift, users []User, at time.Time, within Stretch) OutsideCopy {
	people := map[string]string{}
	exists := map[string]bool{}
	for _, u := range users {
		exists[u.ID] = true
		people[strings.ToLower(u.Email)] = u.ID
	}
	for _, p := range o.People {
		if exists[p.UserID] {
			people[strings.ToLower(p.Outside)] = p.UserID
		}
	}
	c := OutsideCopy{
		ScheduleID: o.ID, Provider: o.Provider, Reference: o.Reference,
		Entries: make([]Entry, 0, len(shifts)), Unmatched: []string{}, FetchedAt: &at, ReachesTo: &within.To,
	}
	for _, shift := range shifts {
		e := Entry{From: shift.From.UTC(), To: shift.To.UTC(), Rotation: shift.Rotation, Seat: shift.Seat}
		if e.UserID = shift.user(people); e.UserID == "" {
			e.Reason = shift.who() + " is no user here"
			if !slices.Contains(c.Unmatched, shift.who()) {
				c.Unmatched = append(c.Unmatched, shift.who())
			}
		}
		if e.From.Before(e.To) && !slices.Contains(c.Entries, e) {
			c.Entries = append(c.Entries, e)
		}
	}
	slices.SortStableFunc(c.Entries, func(a, b Entry) int { return a.From.Compare(b.From) })
	return c
}

// user finds who has a shift among our users, by what the provider may call them. Nobody is the
// user without an e-mail address.
func (s OutsideShift) user(people map[string]string) string {
	for _, key := range []string{s.ID, s.Email} {
		if id := people[strings.ToLower(key)]; key != "" && id != "" {
			return id
		}
	}
	return ""
}

// who names the person of a shift as well as the provider does.
func (s OutsideShift) who() string {
	switch {
	case s.Email != "":
		return s.Email
	case s.Name != "" && s.ID != "":
		return s.Name + " (" + s.ID + ")"
	case s.Name != "":
		return s.Name
	case s.ID != "":
		return s.ID
	default:
		return "somebody without a name"
	}
}

// Copy is what is kept of an outside schedule. What is kept of another, because its reference was
// changed since, counts for nothing.
func (o OutsideSchedule) Copy() OutsideCopy {
	if o.Kept == nil || o.Kept.Provider != o.Provider || o.Kept.Reference != o.Reference {
		return OutsideCopy{ScheduleID: o.ID, Provider: o.Provider, Reference: o.Reference, Entries: []Entry{}, Unmatched: []string{}}
	}
	return *o.Kept
}

// Schedule is an outside schedule as routes ask it.
func (o OutsideSchedule) Schedule() Schedule {
	c := o.Copy()
	return Schedule{ID: o.ID, Name: o.Name, TimeZone: "UTC", Outside: &c, Version: o.Version, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt}
}
