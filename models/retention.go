package models

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Retention says for how many days what there is of callers and requesters is kept. Zero keeps it for ever.
type Retention struct {
	Calls       int `json:"calls_days"`       // calls, with everything that is about them alone
	Recordings  int `json:"recordings_days"`  // at the carrier; those of calls that are removed go with them
	Transcripts int `json:"transcripts_days"` // what callers have said, in words; the same
	Requests    int `json:"requests_days"`    // what requests for numbers that are over hold of people
	Audit       int `json:"audit_days"`
}

// kinds are what a retention names, in the order of the documents.
func (r *Retention) kinds() ([]string, map[string]*int) {
	days := map[string]*int{
		"calls": &r.Calls, "recordings": &r.Recordings, "transcripts": &r.Transcripts, "requests": &r.Requests, "audit": &r.Audit,
	}
	return []string{"calls", "recordings", "transcripts", "requests", "audit"}, days
}

// longestKept is the most days that can be said.
const longestKept = 36_500

// ParseRetention reads a setting such as "calls=400d,recordings=90d". What it leaves out is kept for ever. Its error
// names every mistake.
func ParseRetention(text string) (Retention, error) {
	var r Retention
	if strings.TrimSpace(text) == "" {
		return r, nil
	}
	names, days := r.kinds()
	var wrong []string
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch kept, n := days[name], daysOf(value); {
		case kept == nil:
			wrong = append(wrong, fmt.Sprintf("%q is unknown: want %s, as in calls=400d", name, strings.Join(names, ", ")))
		case *kept != 0:
			wrong = append(wrong, name+" is there twice")
		case n < 1 || n > longestKept:
			wrong = append(wrong, fmt.Sprintf("%s=%s: want whole days, 1d to %dd, as in %s=90d, or leave it out to keep them for ever", name, value, longestKept, name))
			*kept = -1
		default:
			*kept = n
		}
	}
	for _, name := range []string{"recordings", "transcripts"} { // of a call that is gone nothing is kept
		if kept := *days[name]; r.Calls > 0 && kept > r.Calls {
			wrong = append(wrong, fmt.Sprintf("%s=%dd is longer than calls=%dd: they go with their calls", name, kept, r.Calls))
		}
	}
	if len(wrong) > 0 {
		return Retention{}, errors.New(strings.Join(wrong, "; "))
	}
	return r, nil
}

// daysOf reads days, as in 90d; 0 is no such thing.
func daysOf(value string) int {
	number, ok := strings.CutSuffix(value, "d")
	n, err := strconv.Atoi(number)
	if !ok || err != nil {
		return 0
	}
	return n
}

// KeptSince is the instant before which things go that are kept for so many days; ok is false where they are kept for
// ever.
func KeptSince(days int, now time.Time) (since time.Time, ok bool) {
	return now.AddDate(0, 0, -days), days > 0
}

// Outdated is what the audit list says of a night in which something was removed by its age.
type Outdated struct {
	Count  int       `json:"count"`
	Before time.Time `json:"before"` // all of it was from before
}

// OpenLonger is how many days longer than its calls an incident stays that nobody has closed or declined: people may work
// on it elsewhere.
const OpenLonger = 30

// Outlived says whether an incident goes with the last of the calls that it is about: nothing has happened to it since an
// instant, nor for longer while it is open.
func (i Incident) Outlived(since time.Time) bool {
	if i.Status.Open() {
		since = since.AddDate(0, 0, -OpenLonger)
	}
	return i.UpdatedAt.Before(since) && i.LastAlertAt.Before(since)
}

// WithoutWords is a message of which nothing is known that was said.
func (v Voicemail) WithoutWords() Voicemail {
	if v.Transcript != "" || v.Transcribe == TranscriptReady {
		v.Transcript, v.Transcribe = "", TranscriptDeleted
	}
	return v
}

// WithoutSound is a message whose recording was deleted at an instant.
func (v Voicemail) WithoutSound(at time.Time) Voicemail {
	if v.Recording != "" {
		v.Recording, v.Status, v.DeletedAt = "", RecordingDeleted, &at
	}
	return v
}

// Emptied is a request that is over without what people have written: what was asked for in general, how it ended and
// when is left, and who asked, since they see their own requests.
func (r NumberRequest) Emptied(at time.Time) NumberRequest {
	r.Form = RequestForm{Name: r.Form.Name, Country: r.Form.Country, Type: r.Form.Type, EndUser: r.Form.EndUser}
	r.Question, r.Reason, r.EmptiedAt = nil, "", &at
	if r.Approval != nil {
		approval := *r.Approval
		approval.Override = ""
		r.Approval = &approval
	}
	r.Provisioning.Exception = ""
	r.History = slices.Clone(r.History)
	for i := range r.History {
		r.History[i].Text = ""
	}
	return r
}
