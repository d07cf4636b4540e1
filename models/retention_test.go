package models

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRetentionIsReadFromASetting(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Retention{
		"":           {},
		"  ":         {},
		"calls=400d": {Calls: 400},
		"calls=400d,recordings=90d,transcripts=90d,requests=400d,audit=730d": {Calls: 400, Recordings: 90, Transcripts: 90, Requests: 400, Audit: 730},
		" audit=1d , calls=36500d":  {Audit: 1, Calls: 36500},
		"recordings=90d":            {Recordings: 90}, // of calls that are kept for ever
		"calls=90d,recordings=90d":  {Calls: 90, Recordings: 90},
		"transcripts=9d,calls=010d": {Calls: 10, Transcripts: 9},
	} {
		if got, err := ParseRetention(text); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for text, says := range map[string][]string{
		"calls":                         {`calls=: want whole days`},
		"calls=0d":                      {"calls=0d: want whole days, 1d to 36500d, as in calls=90d"},
		"calls=-1d":                     {"calls=-1d: want"},
		"calls=400":                     {"calls=400: want"},
		"calls=1.5d":                    {"want"},
		"calls=52w":                     {"calls=52w: want"},
		"calls=36501d":                  {"want"},
		"call=9d":                       {`"call" is unknown: want calls, recordings, transcripts, requests, audit`},
		"calls=9d,calls=9d":             {"calls is there twice"},
		"calls=9d,recordings=10d":       {"recordings=10d is longer than calls=9d: they go with their calls"},
		"transcripts=10d,calls=9d":      {"transcripts=10d is longer than calls=9d"},
		"calls=9d,":                     {`"" is unknown`},
		"x=1d,calls=0d,audit=y,audit=y": {`"x" is unknown`, "calls=0d: want", "audit=y: want", "audit is there twice"},
	} {
		got, err := ParseRetention(text)
		for _, part := range says {
			if err == nil || got != (Retention{}) || !strings.Contains(err.Error(), part) {
				t.Errorf("%q is %+v, %v; want %q", text, got, err, part)
			}
		}
	}
}

func TestThingsAreKeptSince(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)
	if since, ok := KeptSince(30, now); !ok || since != time.Date(2026, 10, 30, 3, 0, 0, 0, time.UTC) {
		t.Errorf("since %v, %v", since, ok)
	}
	if _, ok := KeptSince(0, now); ok {
		t.Error("what is kept for ever goes")
	}
}

func TestAnIncidentOutlivesItsCallsWhileSomethingHappens(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return since.AddDate(0, 0, -days) }
	for name, c := range map[string]struct {
		incident Incident
		want     bool
	}{
		"closed and old":               {Incident{Status: IncidentClosed, UpdatedAt: ago(1), LastAlertAt: ago(1)}, true},
		"declined and old":             {Incident{Status: IncidentDeclined, UpdatedAt: ago(1), LastAlertAt: ago(1)}, true},
		"closed since":                 {Incident{Status: IncidentClosed, UpdatedAt: ago(0), LastAlertAt: ago(1)}, false},
		"joined since":                 {Incident{Status: IncidentClosed, UpdatedAt: ago(1), LastAlertAt: ago(0)}, false},
		"open and old":                 {Incident{Status: IncidentTriage, UpdatedAt: ago(31), LastAlertAt: ago(31)}, true},
		"active and old":               {Incident{Status: IncidentActive, UpdatedAt: ago(31), LastAlertAt: ago(31)}, true},
		"open, and not for a month":    {Incident{Status: IncidentTriage, UpdatedAt: ago(30), LastAlertAt: ago(31)}, false},
		"active, and not for a month ": {Incident{Status: IncidentActive, UpdatedAt: ago(31), LastAlertAt: ago(30)}, false},
	} {
		if got := c.incident.Outlived(since); got != c.want {
			t.Errorf("%s: it goes: %v", name, got)
		}
	}
}

func TestAMessageLosesItsWordsAndItsSound(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct{ is, words, sound Voicemail }{
		"ready": {
			Voicemail{RecordingReady, "RE1", 9, "Help.", TranscriptReady, nil},
			Voicemail{RecordingReady, "RE1", 9, "", TranscriptDeleted, nil},
			Voicemail{RecordingDeleted, "", 9, "Help.", TranscriptReady, &at},
		},
		"without a transcript": {
			Voicemail{RecordingReady, "RE1", 9, "", TranscriptNone, nil},
			Voicemail{RecordingReady, "RE1", 9, "", TranscriptNone, nil},
			Voicemail{RecordingDeleted, "", 9, "", TranscriptNone, &at},
		},
		"of nothing": {
			Voicemail{Status: RecordingEmpty, Transcribe: TranscriptNone}, Voicemail{Status: RecordingEmpty, Transcribe: TranscriptNone},
			Voicemail{Status: RecordingEmpty, Transcribe: TranscriptNone},
		},
	} {
		if got := c.is.WithoutWords(); got != c.words || got.WithoutWords() != got {
			t.Errorf("%s: without words it is %+v", name, got)
		}
		if got := c.is.WithoutSound(at); !reflect.DeepEqual(got, c.sound) || got.WithoutSound(at.Add(time.Hour)) != got || !got.Final() {
			t.Errorf("%s: without sound it is %+v", name, got)
		}
	}
}

func TestAnAllowlistThatIsOnNeverLosesItsLastCaller(t *testing.T) {
	t.Parallel()
	carol, dan := AllowedCaller{"Carol", "+447700900111"}, AllowedCaller{"Dan", "+447700900222"}
	for name, c := range map[string]struct {
		list Allowlist
		left int
		gone bool
	}{
		"two callers":             {Allowlist{true, []AllowedCaller{carol, dan}, ""}, 1, true},
		"twice on it":             {Allowlist{true, []AllowedCaller{carol, dan, carol}, ""}, 1, true},
		"the last":                {Allowlist{true, []AllowedCaller{carol}, ""}, 1, false},
		"the last, and it is off": {Allowlist{false, []AllowedCaller{carol}, ""}, 0, true},
		"somebody else":           {Allowlist{true, []AllowedCaller{dan}, ""}, 1, false},
		"nobody":                  {Allowlist{}, 0, false},
	} {
		if got, gone := c.list.WithoutCaller(carol.Number); len(got.Callers) != c.left || gone != c.gone {
			t.Errorf("%s: left are %d, gone: %v", name, len(got.Callers), gone)
		}
	}
}
