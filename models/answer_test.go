package models

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// talkative is a plan that has something of its own to say everywhere.
func talkative() Plan {
	return Plan{
		Language: "de-DE", Voice: "Polly.Vicki-Neural", Phrases: map[Phrase]string{PhraseGoodbye: "Tschüss"}, RouteName: "Support",
		Greeting: "Hallo", Hold: HoldRingback, Keypress: Keypress{Enabled: true, Key: "5", Prompt: "Die 5"},
		Accept: Acceptance{Required: true, Key: "2", Prompt: "Die 2"}, Allowlist: Allowlist{Refusal: "Nein"},
		Nobody: Nobody{Action: NobodyMessage, Message: "Niemand da"}, RingSeconds: 30, MaxWaitSeconds: 900,
		Levels: []PlanLevel{{People: []Person{{Phones: mobile("+12025550101")}}}},
	}
}

func TestApologise(t *testing.T) {
	for _, c := range []struct {
		name   string
		nobody Nobody
		want   Answer
	}{
		{"a message", Nobody{Action: NobodyMessage, Message: "Sorry"}, Answer{Do: DoSay, Phrase: PhraseNobody, Text: "Sorry"}},
		{"the language's own message", Nobody{Action: NobodyMessage}, Answer{Do: DoSay, Phrase: PhraseNobody}},
		{"a plan of a history without actions", Nobody{Message: "Sorry"}, Answer{Do: DoSay, Phrase: PhraseNobody, Text: "Sorry"}},
		{"a number left over is not called", Nobody{Action: NobodyMessage, Number: "+447700900998"}, Answer{Do: DoSay, Phrase: PhraseNobody}},
		{"voicemail", Nobody{Action: NobodyVoicemail, Message: "Speak"}, Answer{Do: DoRecord, Text: "Speak"}},
		{"voicemail in the language's own words", Nobody{Action: NobodyVoicemail}, Answer{Do: DoRecord}},
		{"a fixed number", Nobody{Action: NobodyForward, Message: "Hold on", Number: "+447700900998"}, Answer{Do: DoForward, Text: "Hold on", To: "+447700900998"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := talkative()
			p.Nobody = c.nobody
			c.want.Language, c.want.Voice, c.want.Phrases = p.Language, p.Voice, p.Phrases
			if diff := cmp.Diff(c.want, p.Apologise()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	p := talkative()
	for _, c := range []struct {
		name      string
		got, want Answer
	}{
		{"a phrase", p.Say(PhraseGoodbye, ""), Answer{Do: DoSay, Phrase: PhraseGoodbye}},
		{"a phrase or a text", p.Say(PhraseGoodbye, "Bye"), Answer{Do: DoSay, Phrase: PhraseGoodbye, Text: "Bye"}},
		{"who is not listed", p.Refusal(), Answer{Do: DoSay, Phrase: PhraseRefused, Text: "Nein"}},
		{"the second time a key is asked", p.AskKey(2), Answer{Do: DoAskKey, Text: "Die 5", Key: "5", Try: 2}},
		{"the room", p.Wait("room-1", false), Answer{Do: DoHold, Text: "Hallo", Room: "room-1", Hold: HoldRingback, Rounds: 5}},
		{"the room again", p.Wait("room-1", true), Answer{Do: DoHold, Text: "Hallo", Room: "room-1", Hold: HoldRingback, Rounds: 5, Quiet: true}},
		{"a responder is told", p.Screen("1.u-1.1.1", zoe, 1), Answer{Do: DoScreen, Text: "Die 2", Key: "2", Try: 1, Caller: zoe, Route: "Support", Attempt: "1.u-1.1.1"}},
		{"a responder is joined", p.Join("1.u-1.1.1", "room-1"), Answer{Do: DoJoin, Attempt: "1.u-1.1.1", Room: "room-1", Hold: HoldRingback, Rounds: 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.Language, c.want.Voice, c.want.Phrases = p.Language, p.Voice, p.Phrases
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
