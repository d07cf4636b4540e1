package models

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Erasure is the removal of what there is of a caller, because somebody asked for it. Their calls stay as records of
// nobody in particular.
type Erasure struct {
	ID       string     `json:"id" gorm:"primaryKey"`
	Number   Phone      `json:"-"`                                     // empty once nothing is left here that names it
	Names    []string   `json:"-" gorm:"serializer:json"`              // of who has the number; the same
	Settings bool       `json:"settings"`                              // entries of lists that name the number go, too
	By       Actor      `json:"by" gorm:"embedded;embeddedPrefix:by_"` // who asked for it
	AskedAt  time.Time  `json:"asked_at"`
	DoneAt   *time.Time `json:"done_at"` // null while something is left to be done

	Removed Erased    `json:"removed" gorm:"serializer:json"`
	Kept    []Mention `json:"kept" gorm:"serializer:json"` // what names the number still
	Told    []string  `json:"told" gorm:"serializer:json"` // who else was told of the caller, and keeps it for themselves
	Left    Leftovers `json:"left" gorm:"-"`
}

// Erased counts what an erasure has removed.
type Erased struct {
	Calls        int `json:"calls"`         // that are of nobody in particular now
	Alerts       int `json:"alerts"`        // the same
	Deliveries   int `json:"deliveries"`    // the same
	Incidents    int `json:"incidents"`     // whose name, summary or channel told of the caller
	Messages     int `json:"messages"`      // of incidents
	Changes      int `json:"changes"`       // of the audit list
	Replies      int `json:"replies"`       // that were kept for requests that are repeated
	Settings     int `json:"settings"`      // entries of the lists of blocked and allowed callers
	PhoneFaults  int `json:"phone_faults"`  // what is known of phones that the carrier refuses
	Recordings   int `json:"recordings"`    // at the carrier, with their transcripts
	WorkflowRuns int `json:"workflow_runs"` // of calls, alerts and deliveries
}

// Mention is something that names a number, and is no record of its caller.
type Mention struct {
	Noun string `json:"noun"` // as in "blocked caller"
	ID   string `json:"id"`
	Name string `json:"name"` // empty where it has none
	What string `json:"what"` // what of it names the number, and what to do
}

// Leftovers counts what an erasure has still to remove.
type Leftovers struct {
	Calls        int    `json:"calls"` // that are not over
	Recordings   int    `json:"recordings"`
	WorkflowRuns int    `json:"workflow_runs"`
	Channels     int    `json:"channels"`   // of incidents, whose headline is to be written anew
	LastError    string `json:"last_error"` // why the last try to remove one was in vain; empty: there was none
}

// Done says whether nothing is left.
func (l Leftovers) Done() bool { return l.Calls+l.Recordings+l.WorkflowRuns+l.Channels == 0 }

// Removal is something elsewhere that is to be removed, and is tried until it is gone.
type Removal struct {
	ID        string      `gorm:"primaryKey"`
	Kind      RemovalKind // Kind and Reference say what
	Reference string
	ErasureID string // that it is part of; empty: it has become too old
	Since     time.Time
	Tries     int    // in vain
	LastError string // of the last of them
}

// RemovalKind is what a removal removes. Its comment says what Reference is.
type RemovalKind string

// The kinds of removals.
const (
	RemoveRecording   RemovalKind = "recording"    // the carrier's id of the recording: it and its transcripts
	RemoveTranscripts RemovalKind = "transcripts"  // the same: its transcripts alone
	RemoveCallRun     RemovalKind = "call_run"     // the carrier's id of the call
	RemoveAlertRun    RemovalKind = "alert_run"    // the same
	RemoveDeliveryRun RemovalKind = "delivery_run" // ids of the alert and of the receiver, with a slash between
	RenewChannel      RemovalKind = "channel"      // the id of the incident whose headline is to be written anew
)

// AddTo counts a removal among what is left.
func (k RemovalKind) AddTo(l *Leftovers) {
	switch k {
	case RemoveRecording, RemoveTranscripts:
		l.Recordings++
	case RenewChannel:
		l.Channels++
	default:
		l.WorkflowRuns++
	}
}

// Count counts removals that are done.
func (e *Erased) Count(k RemovalKind) {
	switch k {
	case RemoveRecording, RemoveTranscripts:
		e.Recordings++
	case RenewChannel:
	default:
		e.WorkflowRuns++
	}
}

// Erased is a call that tells nothing of its caller: not their number, and nothing that they said. How it went and whom of
// ours it rang stays.
func (c Call) Erased(at time.Time) Call {
	c.Caller, c.ErasedAt = "", &at
	c.Voicemail = c.Voicemail.erased(at)
	return c
}

// Erased is an alert that tells nothing of its caller, as its call is.
func (a Alert) Erased(at time.Time) Alert {
	a.Caller, a.CallerName, a.ErasedAt = "", "", &at
	a.Voicemail = a.Voicemail.erased(at)
	return a
}

func (v *Voicemail) erased(at time.Time) *Voicemail {
	if v == nil {
		return nil
	}
	left := v.WithoutWords().WithoutSound(at)
	return &left
}

// SaidRemoved stands for a message that repeated what a caller had said.
const SaidRemoved = "What the message said was removed."

// Redacted is an incident without a caller's number and names, and whether it had any. What was told to its channel is
// told anew.
func (i Incident) Redacted(r Redaction) (redacted Incident, found bool) {
	for _, text := range []*string{&i.Name, &i.Summary, &i.GroupKey, &i.Channel.Name, &i.Channel.Fault} {
		without, in := r.Text(*text)
		*text, found = without, found || in
	}
	if _, in := r.Text(i.Channel.ToldText); in {
		i.Channel.ToldText, found = "", true
	}
	return i, found
}

// WithoutCaller is an allowlist without an entry for a number; gone is false where it has none, or where it is
// switched on and would let nobody call.
func (a Allowlist) WithoutCaller(number Phone) (without Allowlist, gone bool) {
	callers := []AllowedCaller{}
	for _, c := range a.Callers {
		if c.Number != number {
			callers = append(callers, c)
		}
	}
	if len(callers) == len(a.Callers) || a.Enabled && len(callers) == 0 {
		return a, false
	}
	a.Callers = callers
	return a, true
}

// Mentions are what of a route names a number.
func (r Route) Mentions(number Phone) (mentions []Mention) {
	add := func(what string) { mentions = append(mentions, Mention{"call route", r.ID, r.Name, what}) }
	if _, listed := r.Allowlist.Entry(number); listed {
		what := "its allowlist: ask with settings=true, or remove the entry"
		if r.Allowlist.Enabled && len(r.Allowlist.Callers) == 1 {
			what = "its allowlist, which is switched on and has no other caller: switch it off, or list somebody else, and remove the entry"
		}
		add(what)
	}
	if r.EmergencyNumber == number {
		add("its emergency number")
	}
	if r.Nobody.Number == number {
		add("the number to which it forwards callers")
	}
	said := append(slices.Collect(maps.Values(r.Phrases)), r.Greeting, r.Nobody.Message, r.Allowlist.Refusal)
	if _, found := RedactionOf(number).Text(strings.Join(said, "\n")); found {
		add("what it says to callers: its greeting, a phrase or the message when nobody answers")
	}
	return mentions
}

// Mentions are the conditions of a noun that name the number.
func (r Redaction) Mentions(conditions []Condition, noun, id, name string) (mentions []Mention) {
	for _, c := range conditions {
		text := c.Value
		for _, v := range c.Values {
			text += "\n" + v
		}
		if _, found := r.Text(text); found {
			return []Mention{{noun, id, name, "a condition: change or remove it, which may change what it applies to"}}
		}
	}
	return nil
}
