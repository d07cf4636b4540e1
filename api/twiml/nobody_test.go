package twiml

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// ringing are the documents for a caller who is not answered yet: the carrier lets them hear it ring.
var ringing = []string{"one-moment-caller", "fallback-no-emergency"}

func TestNoAnsweredCallerHearsSilence(t *testing.T) {
	for _, language := range spoken() {
		for name, document := range documents(language) {
			if strings.HasPrefix(name, "screen") || slices.Contains(ringing, name) {
				continue // a responder, and a caller who hears it ring
			}
			root, err := parse(document)
			if err != nil {
				t.Fatal(err)
			}
			if len(root.all("Pause")) > 0 {
				t.Errorf("%s %s pauses", language, name)
			}
			for _, gather := range root.all("Gather") {
				last := gather.kids[len(gather.kids)-1]
				if gather.attrs["timeout"] != "1" || last.name != "Play" || last.attrs["loop"] != "4" || !strings.HasSuffix(last.text, "/audio/moment.wav") {
					t.Errorf("%s %s waits %s s for a key after %s %s", language, name, gather.attrs["timeout"], last.name, last.text)
				}
			}
		}
	}
}

func TestAnUnansweredCallerHearsItRing(t *testing.T) {
	for _, name := range ringing {
		root, err := parse(documents("en-GB")[name])
		if err != nil {
			t.Fatal(err)
		}
		if len(root.kids) != 2 || root.kids[0].name != "Pause" || root.kids[1].name != "Redirect" {
			t.Errorf("%s is %s", name, root.shape())
		}
	}
}

func TestMusicLastsAboutAsLongAsItIsWaited(t *testing.T) {
	for seconds, loop := range map[int]string{-1: "1", 0: "1", 1: "1", 2: "1", 3: "1", 4: "2", 8: "4"} {
		root, err := parse(Words{}.OneMoment(true, seconds, links.VoiceAgain(), links))
		if err != nil {
			t.Fatal(err)
		}
		if got := root.all("Play")[0].attrs["loop"]; got != loop {
			t.Errorf("%d s are %s times 2 s of music", seconds, got)
		}
	}
}

func TestWhoeverIsRefusedUnansweredHearsWhy(t *testing.T) {
	for reason, want := range map[models.RefusalReason]string{
		models.RefusedOwnNumber:  "Reject[]()",
		models.RefusedBlocked:    "Reject[]()",
		models.RefusedNotListed:  "Reject[]()",
		models.RefusedTooMany:    "Reject[reason]()",
		models.RefusedRouteFull:  "Reject[reason]()",
		models.RefusedUnattested: "Say[language voice]()Hangup[]()",
	} {
		root, err := parse(Render(planOf("en-GB").Refuse(reason), links))
		if err != nil {
			t.Fatal(err)
		}
		if got := root.shape(); got != "Response[]("+want+")" {
			t.Errorf("%s: %s", reason, got)
		}
		for _, reject := range root.all("Reject") {
			if said := reject.attrs["reason"]; said != "" && said != "busy" {
				t.Errorf("%s is rejected as %s", reason, said)
			}
		}
	}
}

func TestAMessageIsRecordedWithinLimits(t *testing.T) {
	for _, language := range spoken() {
		root, err := parse(documents(language)["record"])
		if err != nil {
			t.Fatal(err)
		}
		if got := root.kids; len(got) != 4 || got[0].name != "Say" || got[1].name != "Record" || got[2].name != "Say" || got[3].name != "Hangup" {
			t.Fatalf("%s: %s", language, root.shape())
		}
		record := root.kids[1].attrs
		for name, want := range map[string]string{
			"maxLength": "300", "timeout": "10", "finishOnKey": "1234567890*#", "recordingStatusCallbackEvent": "completed absent",
			"action": links.VoicemailDone(language), "recordingStatusCallback": links.Recording(),
		} {
			if record[name] != want {
				t.Errorf("%s: %s is %q, want %q", language, name, record[name], want)
			}
		}
		if _, silent := record["playBeep"]; silent {
			t.Errorf("%s: the tone is tampered with", language)
		}
	}
}

func TestOnlyWhatTheCarrierUnderstandsIsTranscribed(t *testing.T) {
	for _, language := range spoken() {
		root, err := parse(documents(language)["record"])
		if err != nil {
			t.Fatal(err)
		}
		record, want := root.kids[1].attrs, [2]string{}
		if language == "en-US" {
			want = [2]string{"true", links.Transcript()}
		}
		if got := [2]string{record["transcribe"], record["transcribeCallback"]}; got != want {
			t.Errorf("%s: %v", language, got)
		}
	}
}

// The carrier refuses to show a number that is none, which is what a withheld caller has.
func TestAWithheldCallerIsConnectedWithTheNumberThatTheyCalled(t *testing.T) {
	for name, shown := range map[string]string{
		"forward": "", "forward-withheld": string(called), "divert": "", "divert-withheld": string(called),
		"fallback": string(called), // the same for every caller
	} {
		for _, language := range spoken() {
			root, err := parse(documents(language)[name])
			if err != nil {
				t.Fatal(err)
			}
			if got := root.all("Dial")[0].attrs["callerId"]; got != shown {
				t.Errorf("%s %s shows %q, want %q", language, name, got, shown)
			}
		}
	}
}

func TestACallerIsForwardedToTheFixedNumber(t *testing.T) {
	for _, language := range spoken() {
		root, err := parse(documents(language)["forward"])
		if err != nil {
			t.Fatal(err)
		}
		if root.shape() != "Response[](Say[language voice]()Dial[action timeout](Number[]()))" {
			t.Fatalf("%s: %s", language, root.shape())
		}
		dial := root.kids[1]
		if dial.attrs["timeout"] != "45" || dial.attrs["action"] != links.ForwardDone(language) || dial.kids[0].text != "+12025550188" {
			t.Errorf("%s: dials %s with %v", language, dial.kids[0].text, dial.attrs)
		}
	}
}
