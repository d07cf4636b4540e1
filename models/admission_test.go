package models

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const zoe Phone = "+447700900100"

// guarded admits zoe alone, with an attested number, five times a minute and with two calls at once.
func guarded() Route {
	return Route{
		Allowlist:       Allowlist{Enabled: true, Callers: []AllowedCaller{{"Zoe", zoe}}},
		RequireAttested: true, Limits: Limits{PerCallerPerMinute: 5, LiveCalls: 2},
	}
}

func TestRefuses(t *testing.T) {
	open := Route{}.Defaults()
	listed, attests := open, open
	listed.Allowlist = guarded().Allowlist
	attests.RequireAttested = true
	const passed = "TN-Validation-Passed-A"
	for _, c := range []struct {
		name    string
		route   Route
		caller  Phone
		verstat string
		known   CallerFacts
		want    RefusalReason
	}{
		{"nothing is known of a caller", open, zoe, "", CallerFacts{}, ""},
		{"nothing speaks against them", guarded(), zoe, passed, CallerFacts{}, ""},
		{"a withheld caller may call an open route", open, "", "", CallerFacts{}, ""},
		{"a withheld caller is on no list", listed, "", passed, CallerFacts{}, RefusedNotListed},
		{"a withheld caller is attested by nobody", attests, "", passed, CallerFacts{}, RefusedUnattested},
		{"somebody else is not on the list", listed, "+447700900101", passed, CallerFacts{}, RefusedNotListed},
		{"one of our own numbers", open, zoe, passed, CallerFacts{OwnNumber: true}, RefusedOwnNumber},
		{"a blocked caller", open, zoe, passed, CallerFacts{Blocked: true}, RefusedBlocked},
		{"no attestation where none is asked for", open, zoe, "TN-Validation-Failed", CallerFacts{}, ""},
		{"no attestation where one is", attests, zoe, "", CallerFacts{}, RefusedUnattested},
		{"the last call that is allowed in a minute", guarded(), zoe, passed, CallerFacts{RecentCalls: 4}, ""},
		{"one more", guarded(), zoe, passed, CallerFacts{RecentCalls: 5}, RefusedTooMany},
		{"many more", guarded(), zoe, passed, CallerFacts{RecentCalls: 500}, RefusedTooMany},
		{"the last call that fits", guarded(), zoe, passed, CallerFacts{LiveCalls: 1}, ""},
		{"one too many at once", guarded(), zoe, passed, CallerFacts{LiveCalls: 2}, RefusedRouteFull},
		{"the limits of a route that names none, a minute", open, zoe, "", CallerFacts{RecentCalls: 9, LiveCalls: 99}, ""},
		{"beyond them, a minute", open, zoe, "", CallerFacts{RecentCalls: 10}, RefusedTooMany},
		{"beyond them, at once", open, zoe, "", CallerFacts{LiveCalls: 100}, RefusedRouteFull},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.route.Refuses(c.caller, c.verstat, c.known); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Whatever speaks against a caller together, the first reason of the list is told.
func TestRefusesForTheFirstReason(t *testing.T) {
	for together := range 1 << len(RefusalReasons) {
		caller, verstat, known := zoe, "TN-Validation-Passed-A", CallerFacts{}
		want := RefusalReason("")
		for i, reason := range RefusalReasons {
			if together>>i&1 == 0 {
				continue
			}
			if want == "" {
				want = reason
			}
			switch reason {
			case RefusedOwnNumber:
				known.OwnNumber = true
			case RefusedBlocked:
				known.Blocked = true
			case RefusedNotListed:
				caller = "+447700900101"
			case RefusedUnattested:
				verstat = "No-TN-Validation"
			case RefusedTooMany:
				known.RecentCalls = 5
			case RefusedRouteFull:
				known.LiveCalls = 2
			default:
				t.Fatalf("what is %s?", reason)
			}
		}
		if got := guarded().Refuses(caller, verstat, known); got != want {
			t.Errorf("%06b: got %q, want %q", together, got, want)
		}
	}
}

func TestAttestationIsComparedExactly(t *testing.T) {
	r := Route{RequireAttested: true}.Defaults()
	passes := map[string]bool{}
	for _, verstat := range []string{
		"TN-Validation-Passed-A", "TN-Validation-Passed-A-Diverted", "TN-Validation-Passed-A-Passthrough",
	} {
		passes[verstat] = true
	}
	for _, verstat := range []string{
		"", "NULL", "No-TN-Validation", "TN-Validation-Failed", "TN-Validation-Failed-A", "TN-Validation-Failed-A-Diverted",
		"TN-Validation-Passed-B", "TN-Validation-Passed-B-Diverted", "TN-Validation-Passed-B-Passthrough",
		"TN-Validation-Passed-C", "TN-Validation-Passed-C-Diverted", "TN-Validation-Passed-C-Passthrough", "TN-Validation-Passed",
	} {
		passes[verstat] = false
	}
	for verstat, want := range passes {
		if got := r.Refuses(zoe, verstat, CallerFacts{}) == ""; got != want {
			t.Errorf("%q passes: %t", verstat, got)
		}
		for _, like := range []string{strings.ToLower(verstat), verstat + " ", " " + verstat, verstat + "-", verstat + "," + verstat, "x" + verstat} {
			if !passes[like] && r.Refuses(zoe, like, CallerFacts{}) != RefusedUnattested {
				t.Errorf("%q passes", like)
			}
		}
	}
}

func TestRefuse(t *testing.T) {
	own := map[Phrase]string{PhraseUnverified: "We do not know you"}
	plan := Plan{Language: "de-DE", Voice: "Polly.Vicki-Neural", Phrases: own, Allowlist: Allowlist{Refusal: "Not for you"}}
	says := func(phrase Phrase, text string) Answer {
		return Answer{Do: DoSay, Language: "de-DE", Voice: "Polly.Vicki-Neural", Phrases: own, Phrase: phrase, Text: text}
	}
	silent := plan
	silent.Allowlist.Refusal = ""
	for _, c := range []struct {
		reason RefusalReason
		plan   Plan
		want   Answer
	}{
		{RefusedOwnNumber, plan, Answer{Do: DoReject}},
		{RefusedBlocked, plan, Answer{Do: DoReject}},
		{RefusedNotListed, plan, says(PhraseRefused, "Not for you")},
		{RefusedNotListed, silent, Answer{Do: DoReject}},
		{RefusedUnattested, plan, says(PhraseUnverified, "")},
		{RefusedTooMany, plan, Answer{Do: DoBusy}},
		{RefusedRouteFull, plan, Answer{Do: DoBusy}},
	} {
		if diff := cmp.Diff(c.want, c.plan.Refuse(c.reason)); diff != "" {
			t.Errorf("%s:\n%s", c.reason, diff)
		}
	}
}

func TestEachRefusalHasItsWords(t *testing.T) {
	told := map[string]bool{}
	for _, reason := range RefusalReasons {
		words := reason.Words()
		if told[words] || !strings.Contains(words, " ") {
			t.Errorf("%s is told as %q", reason, words)
		}
		told[words] = true
	}
	if got := RefusalReason("of_a_later_release").Words(); got != "of_a_later_release" {
		t.Errorf("a reason that is not known is told as %q", got)
	}
}
