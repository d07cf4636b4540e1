package models

import (
	"net/url"
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	l := Links{Base: "https://example.com", CallSID: "CA0123"}
	const id = "1.u-7.1.1"
	for _, c := range []struct{ name, got, want string }{
		{"a number's own webhook has no try", l.Voice(0), "/twilio/voice"},
		{"a later try says which it is", l.Voice(2), "/twilio/voice?try=2"},
		{"a call that comes back from the fallback says so", l.VoiceAgain(), "/twilio/voice?fallback=1"},
		{"a number's status is of no one call", l.Status(), "/twilio/status"},
		{"the gate knows its try", l.Gate(2, "en-GB"), "/twilio/gate/CA0123?lang=en-GB&try=2"},
		{"the caller is done", l.CallerDone("de-DE"), "/twilio/caller-done/CA0123?lang=de-DE"},
		{"nobody took it", l.Nobody("en-GB"), "/twilio/nobody/CA0123?lang=en-GB"},
		{"a leg names its attempt", l.Leg(id, "en-GB"), "/twilio/leg/CA0123/1.u-7.1.1?lang=en-GB"},
		{"so does its status", l.LegStatus(id), "/twilio/leg-status/CA0123/1.u-7.1.1"},
		{"so does its key", l.Accept(id, 1, "en-GB"), "/twilio/accept/CA0123/1.u-7.1.1?hearing=1&lang=en-GB"},
		{"so does its end", l.LegDone(id, "en-GB"), "/twilio/leg-done/CA0123/1.u-7.1.1?lang=en-GB"},
		{
			"the wait document is of no one call", l.HoldDocument("en-GB", "Polly.Amy-Neural", "", HoldMusic, 45),
			"/audio/hold.xml?audio=music&lang=en-GB&rounds=45&voice=Polly.Amy-Neural",
		},
		{
			"the route's own sentence is in it", l.HoldDocument("en-GB", "", "A moment & a bit", HoldRingback, 2),
			"/audio/hold.xml?audio=ringback&lang=en-GB&rounds=2&say=A+moment+%26+a+bit&voice=",
		},
		{"a message is left", l.VoicemailDone("en-GB"), "/twilio/voicemail-done/CA0123?lang=en-GB"},
		{"its recording is ready", l.Recording(), "/twilio/recording/CA0123"},
		{"so is its transcript", l.Transcript(), "/twilio/transcript/CA0123"},
		{"the fixed number is done", l.ForwardDone("fr-FR"), "/twilio/forward-done/CA0123?lang=fr-FR"},
		{"a waiting caller is sent elsewhere", l.Divert("fr-FR"), "/twilio/divert/CA0123?lang=fr-FR"},
		{"the carrier's review of paperwork", l.BundleStatus("0193"), "/twilio/bundle/0193"},
		{"data cannot leave its place", l.Leg("a/b?c#d", "x&y=z"), "/twilio/leg/CA0123/a%2Fb%3Fc%23d?lang=x%26y%3Dz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if want := l.Base + c.want + retries; c.got != want {
				t.Errorf("got  %s\nwant %s", c.got, want)
			}
			if u, err := url.Parse(c.got); err != nil || !u.IsAbs() || "#"+u.Fragment != retries {
				t.Errorf("%s: %v, fragment %q", c.got, err, u.Fragment)
			}
		})
	}
	if got := l.HoldFile(HoldRingback); got != "https://example.com/audio/ringback.wav" || strings.Contains(got, "#") {
		t.Errorf("hold file is %s", got)
	}
	if got := l.Moment(); got != "https://example.com/audio/moment.wav" {
		t.Errorf("the moment of music is %s", got)
	}
}
