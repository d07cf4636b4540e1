package models

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var atNoon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func ringAt(seconds int, attempt, name string, state AttemptState, result Result, endedAfter int) Ring {
	r := Ring{Attempt: attempt, UserID: strings.ToLower(name), Name: name, Label: "mobile", Level: 1, At: atNoon.Add(time.Duration(seconds) * time.Second), State: state, Result: result}
	if endedAfter > 0 {
		at := atNoon.Add(time.Duration(endedAfter) * time.Second)
		r.EndedAt = &at
	}
	return r
}

func TestAnAlertTellsItsStory(t *testing.T) {
	a := called
	a.StartedAt = atNoon
	a.Merge([]Ring{ringAt(1, "1.alice.1.1", "Alice", Ending, ResultNoAnswer, 29), ringAt(29, "1.bob.1.1", "Bob", Ringing, "", 0)})
	a.Answer("bob", atNoon.Add(40*time.Second))
	ended := atNoon.Add(292 * time.Second)
	a.Status, a.ResolvedAt, a.Outcome = AlertResolved, &ended, Connected
	var got []string
	for _, line := range a.Lines() {
		got = append(got, line.At.Sub(atNoon).String()+" "+line.Key+": "+line.Text)
	}
	want := []string{
		"0s raised: Call to Support from +447700900123 (Partner Ltd, GB).",
		"1s rung/1.alice.1.1: Alice (mobile) is rung.",
		"29s fate/1.alice.1.1/ending: Alice (mobile) did not answer.",
		"29s rung/1.bob.1.1: Bob (mobile) is rung.",
		"40s fate/1.bob.1.1/accepted: Bob (mobile) took the call.",
		"4m52s ended/connected: The call ended after 4 min 52 s: a responder took it.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnAlertTellsOfAMessage(t *testing.T) {
	a := Alert{Title: "Call to Support", StartedAt: atNoon, Voicemail: &Voicemail{Status: RecordingReady, Seconds: 12, Transcribe: TranscriptReady, Transcript: "The\nshop is down"}}
	var got []string
	for _, line := range a.Lines() {
		got = append(got, line.Text)
	}
	want := []string{"Call to Support from a caller who withholds their number.", "The caller left a message of 12 s.", "The message says: The shop is down"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhoTookTheCallMayBeLost(t *testing.T) {
	var a Alert
	a.Merge([]Ring{ringAt(1, "1.bob.1.1", "Bob", Ringing, "", 0)})
	a.Answer("bob", atNoon.Add(9*time.Second))
	a.Lose(atNoon.Add(12 * time.Second))
	if r := a.Rings[0]; r.State != Ending || !r.Lost || r.fate() != "was lost before they met the caller" || a.AnsweredBy != "" || a.AnsweredAt != nil {
		t.Errorf("the alert is %+v", a)
	}
}

// Whatever order word of the phones comes in, and however often, the alert knows the last of each.
func TestWordOfPhonesMayComeInAnyOrder(t *testing.T) {
	story := [][]Ring{
		{ringAt(1, "a", "Alice", Ringing, "", 0)},
		{ringAt(1, "a", "Alice", PickedUp, ResultPickedUp, 0), ringAt(5, "b", "Bob", Ringing, "", 0)},
		{ringAt(1, "a", "Alice", Declined, ResultPickedUp, 20), ringAt(5, "b", "Bob", PickedUp, ResultPickedUp, 0)},
		{ringAt(5, "b", "Bob", Accepted, ResultPickedUp, 30)},
	}
	rapid.Check(t, func(t *rapid.T) {
		var a Alert
		heard := rapid.Permutation(append(slices.Clone(story), story...)).Draw(t, "order")
		for _, rings := range heard {
			a.Merge(rings)
		}
		want := []Ring{story[2][0], story[3][0]}
		if diff := cmp.Diff(want, a.Rings); diff != "" {
			t.Error(diff)
		}
		if a.Merge(heard[0]) {
			t.Error("what is known changes an alert")
		}
	})
}

func TestTheEndOfACallMayBeToldInAnyOrder(t *testing.T) {
	at := atNoon
	word := func(outcome Outcome, v Voicemail) CallEnd {
		return CallEnd{Outcome: outcome, Voicemail: &v, Whole: true, AnsweredAt: &at, Dialled: []string{"alice"}}
	}
	story := []CallEnd{
		word(Unanswered, Voicemail{Status: RecordingExpected, Transcribe: TranscriptNone}),
		word(Voicemailed, Voicemail{Status: RecordingReady, Transcribe: TranscriptPending, Seconds: 9}),
		word(Voicemailed, Voicemail{Status: RecordingReady, Transcribe: TranscriptReady, Seconds: 9, Transcript: "down"}),
	}
	rapid.Check(t, func(t *rapid.T) {
		var a Alert
		heard := rapid.Permutation(append(slices.Clone(story), story...)).Draw(t, "order")
		for i, e := range heard {
			a.End(e, i > 0)
		}
		if a.End(heard[0], true) {
			t.Error("what is known is news")
		}
		if a.Outcome != Voicemailed || a.Voicemail.Transcript != "down" {
			t.Errorf("the alert is %+v", a)
		}
	})
}

func TestAUserIdByItselfIsWordOfAPhoneToo(t *testing.T) {
	var r Rung
	if err := json.Unmarshal([]byte(`"alice"`), &r); err != nil || r.UserID != "alice" {
		t.Errorf("%+v, %v", r, err)
	}
	text, err := json.Marshal(Rung{UserID: "bob", Rings: []Ring{{Attempt: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil || r.UserID != "bob" || len(r.Rings) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAHeadlineTellsHowThingsStand(t *testing.T) {
	i := Incident{Number: 12, Name: "Call to Support", Severity: SeverityMinor, Status: IncidentActive}
	first, second := called, called
	ended := atNoon.Add(70 * time.Second)
	first.StartedAt, first.Status, first.ResolvedAt, first.Outcome = atNoon, AlertResolved, &ended, Unanswered
	second.Status = AlertFiring
	second.Merge([]Ring{ringAt(80, "b", "Bob", Ringing, "", 0)})
	want := "INC-12 · Call to Support · minor · active\n" +
		"Call to Support: ended after 1 min 10 s, nobody took it, from +447700900123 (Partner Ltd, GB)\n" +
		"Call to Support: Bob (mobile) rings, from +447700900123 (Partner Ltd, GB)"
	if diff := cmp.Diff(want, i.Headline([]Alert{first, second}, 0)); diff != "" {
		t.Error(diff)
	}
	if text := i.Headline(slices.Repeat([]Alert{first}, ShownAlerts), 4); !strings.Contains(text, "\n4 earlier calls\n") || strings.Count(text, "\n") != 11 {
		t.Errorf("fourteen calls: %q", text)
	}
	if text := i.Headline([]Alert{first}, 1); !strings.Contains(text, "\n1 earlier call\n") {
		t.Errorf("one earlier call: %q", text)
	}
}
