package api

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

const czechVoice = "Google.cs-CZ-Wavenet-A"

// inCzech gives the route a language without built-in phrases, and a word of its own for each.
func inCzech(r *models.Route) {
	r.Language, r.Voice, r.Phrases = "cs-CZ", czechVoice, map[models.Phrase]string{}
	for _, form := range models.Phrases {
		r.Phrases[form.Phrase] = "cs " + string(form.Phrase)
	}
}

// runless is every document that is heard when no run says what comes next.
var runless = []struct {
	name, target string
	changes      []string
	fails        error
	says         models.Phrase
}{
	{"a call that is over", "/twilio/voice", []string{"CallStatus", "in-progress"}, errGone, models.PhraseOver},
	{"a slow run", "/twilio/voice", []string{"CallStatus", "in-progress"}, errAway, "one_moment"},
	{"a diversion", "/twilio/voice?try=2", nil, errAway, "diverting"},
	{"a diversion from hold", "/twilio/divert/CALL?lang=cs-CZ", nil, nil, "diverting"},
	{"a key after the run", "/twilio/gate/CALL?lang=cs-CZ&try=1", nil, errGone, models.PhraseOver},
	{"a key in a slow run", "/twilio/gate/CALL?lang=cs-CZ&try=1", nil, errAway, "one_moment"},
	{"nobody after the run", "/twilio/nobody/CALL?lang=cs-CZ", nil, errGone, models.PhraseNobody},
	{"the end of a talk", "/twilio/caller-done/CALL?lang=cs-CZ", []string{"CallStatus", "in-progress"}, nil, models.PhraseOtherLeft},
	{"a message", "/twilio/voicemail-done/CALL?lang=cs-CZ", []string{"RecordingDuration", "5", "RecordingSid", aRecording}, nil, models.PhraseVoicemailThanks},
	{"no message", "/twilio/voicemail-done/CALL?lang=cs-CZ", nil, nil, models.PhraseVoicemailEmpty},
	{"the end of a forwarded talk", "/twilio/forward-done/CALL?lang=cs-CZ", []string{"DialCallStatus", "completed"}, nil, models.PhraseOtherLeft},
	{"a fixed number that does not answer", "/twilio/forward-done/CALL?lang=cs-CZ", []string{"DialCallStatus", "busy"}, nil, models.PhraseForwardFailed},
	{"a pick-up after the run", "/twilio/leg/CALL/1.alice.1.1?lang=cs-CZ", outbound, errGone, models.PhraseGone},
	{"a responder's key after the run", "/twilio/accept/CALL/1.alice.1.1?hearing=1&lang=cs-CZ", outbound, errGone, models.PhraseGone},
	{"a responder's key in a slow run", "/twilio/accept/CALL/1.alice.1.1?hearing=1&lang=cs-CZ", outbound, errAway, "one_moment"},
	{"the caller left", "/twilio/leg-done/CALL/1.alice.1.1?lang=cs-CZ", outbound, nil, models.PhraseCallerLeft},
}

// outbound makes of a caller's form that of a responder's leg.
var outbound = []string{"Direction", "outbound-api", "From", ourNumber, "To", alicesNumber, "CallSid", "LEG"}

func TestWhereNoRunSpeaksTheRoutesOwnWordsAreSaid(t *testing.T) {
	for _, c := range runless {
		speaks := func(wt *webhookTest, voice, words string) {
			wt.Helper()
			wt.temporal.fails = failing(c.fails)
			heard := wt.post(c.target, arriving(c.changes...)).Body.String()
			want := fmt.Sprintf(`<Say language="cs-CZ" voice="%s">%s</Say>`, voice, words)
			if !strings.Contains(heard, want) || strings.Contains(heard, "en-GB") {
				wt.Errorf("hears %s, want %s", heard, want)
			}
		}
		inCall(t, c.name, func(wt *webhookTest) {
			wt.edit(inCzech)
			wt.must(wt.routes.copyAll(context.Background()))
			speaks(wt, czechVoice, "cs "+string(c.says))
		})
		inCall(t, c.name+", while the database is away", func(wt *webhookTest) {
			wt.edit(inCzech)
			wt.must(wt.routes.copyAll(context.Background()))
			wt.must(wt.store.Close())
			speaks(wt, czechVoice, "cs "+string(c.says))
		})
	}
}

func TestWordsAreNeverOfAnotherLanguageThanTheCalls(t *testing.T) {
	inCall(t, "when the route has changed its own", func(wt *webhookTest) {
		wt.edit(inCzech)
		wt.must(wt.routes.copyAll(context.Background()))
		wt.hears("Say de-DE voicemail_empty, Hangup", wt.post("/twilio/voicemail-done/CALL?lang=de-DE", arriving()))
	})
	inCall(t, "when the number is none of ours", func(wt *webhookTest) {
		wt.hears("Say de-DE voicemail_empty, Hangup", wt.post("/twilio/voicemail-done/CALL?lang=de-DE", arriving("To", unboundNumber)))
	})
	inCall(t, "when a responder sees the caller's number", func(wt *webhookTest) {
		wt.must(wt.routes.copyAll(context.Background()))
		wt.hears("Say de-DE caller_left, Hangup", wt.post("/twilio/leg-done/CALL/1.alice.1.1?lang=de-DE",
			arriving("Direction", "outbound-api", "From", callersNumber, "To", alicesNumber)))
	})
}

func TestANumberOutOfServiceSaysSoInTheRoutesOwnWords(t *testing.T) {
	inCall(t, "while the route is switched off", func(wt *webhookTest) {
		wt.edit(inCzech)
		wt.edit(func(r *models.Route) { r.Enabled = false })
		wt.hears(`Say cs-CZ "cs no_service", Hangup`, wt.post("/twilio/voice", arriving()))
	})
}
