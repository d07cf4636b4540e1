package simulator

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestDialNumbers(t *testing.T) {
	for _, c := range []struct {
		name, dial string
		alice, bob Script
		told       string // DialCallStatus and DialBridged
	}{
		{"one answers and hangs up", `<Dial action="/done">+12025550121</Dial>`,
			Script{HangUpAfter: 5}, Script{}, "completed true"},
		{"nobody answers", `<Dial action="/done" timeout="5"><Number>+12025550121</Number></Dial>`,
			Script{Answer: NoAnswer}, Script{}, "no-answer false"},
		{"engaged", `<Dial action="/done"><Number>+12025550121</Number></Dial>`, Script{Answer: Busy}, Script{}, "busy false"},
		{"the first of two wins", `<Dial action="/done"><Number>+12025550121</Number><Number>+447700900122</Number></Dial>`,
			Script{RingFor: 20}, Script{RingFor: 1, HangUpAfter: 4}, "completed true"},
		{"one after the other", `<Dial action="/done" sequential="true"><Number>+12025550121</Number><Number>+447700900122</Number></Dial>`,
			Script{Answer: Busy}, Script{HangUpAfter: 4}, "completed true"},
		{"nobody of two answers", `<Dial action="/done" timeout="6"><Number>+12025550121</Number><Number>+447700900122</Number></Dial>`,
			Script{Answer: Decline}, Script{Answer: NoAnswer}, "no-answer false"},
		{"shows the caller's number by its name", `<Dial action="/done" callerId="+12025550111">+12025550121</Dial>`,
			Script{HangUpAfter: 4}, Script{}, "completed true"},
		{"shows our number", `<Dial action="/done" callerId="+12025550100">+12025550121</Dial>`, Script{HangUpAfter: 4}, Script{}, "completed true"},
		{"may not show another's number", `<Dial action="/done" callerId="+12025550199">+12025550121</Dial>`, Script{HangUpAfter: 4}, Script{}, "failed false"},
		{"declined when screened", `<Dial action="/done"><Number url="/screen">+12025550121</Number></Dial>`,
			Script{}, Script{}, "completed false"},
		{"let through when screened", `<Dial action="/done"><Number url="/screen">+12025550121</Number></Dial>`,
			Script{Keys: []Press{{Digits: "1"}}, HangUpAfterJoined: 3}, Script{}, "completed true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.says("/voice", c.dial)
			b.says("/done", `<Say>Told {DialCallStatus} {DialBridged}</Say>`)
			b.says("/screen", `<Gather numDigits="1" timeout="10" action="/through"><Say>Press 1</Say></Gather><Hangup/>`)
			b.says("/through", ``)
			b.sim.Script(alice, c.alice)
			b.sim.Script(bob, c.bob)
			in := b.sim.Dial(caller, ours, CallerScript{})
			b.hears(in, "told "+c.told)
			for _, l := range b.sim.Legs() {
				<-l.Done()
				if l.Direction == OutboundDial && l.parent != in {
					t.Error("a child without its parent")
				}
			}
		})
	}
}

func TestAWithheldCallerIsConnectedOnlyWithANumberToShow(t *testing.T) {
	for _, c := range []struct{ name, from, dial, told string }{
		{"their own, which is none", "anonymous", `<Dial action="/done">+12025550121</Dial>`, "failed false"},
		{"their own, empty", "", `<Dial action="/done"><Number>+12025550121</Number></Dial>`, "failed false"},
		{"their own, by its name", "anonymous", `<Dial action="/done" callerId="anonymous">+12025550121</Dial>`, "failed false"},
		{"ours", "anonymous", `<Dial action="/done" callerId="+12025550100">+12025550121</Dial>`, "completed true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.says("/voice", c.dial)
			b.says("/done", `<Say>Told {DialCallStatus} {DialBridged}</Say>`)
			b.sim.Script(alice, Script{HangUpAfter: 4})
			b.hears(b.sim.Dial(c.from, ours, CallerScript{}), "told "+c.told)
			refused := slices.ContainsFunc(b.sim.History(), func(e Event) bool {
				return e.Kind == EventRefused && strings.HasPrefix(e.Text, "13214")
			})
			if rung := len(b.sim.Phone(alice).Legs()) > 0; rung == refused || refused != strings.HasPrefix(c.told, "failed") {
				t.Errorf("refused %t, rung %t", refused, rung)
			}
		})
	}
}

func TestAnswerOnBridgeKeepsTheCallerRinging(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Dial answerOnBridge="true">+12025550121</Dial>`)
	in := b.sim.Dial(caller, ours, CallerScript{})
	leg, err := b.sim.Phone(alice).WaitRinging(b.ctx) // has no script, so it waits for a hand
	b.must(err)
	if in.Status() != StatusRinging {
		t.Errorf("the caller is %s", in.Status())
	}
	leg.Answer()
	b.must(in.WaitJoined(b.ctx))
	in.HangUp()
	b.ends(leg, StatusCompleted)
}

func TestCallsThatAreNeverAnswered(t *testing.T) {
	for _, c := range []struct{ name, verbs, status string }{
		{"rejected", `<Reject/>`, StatusNoAnswer},
		{"rejected as busy", `<Reject reason="busy"/>`, StatusBusy},
		{"rejected after ringing", `<Pause length="2"/><Reject/>`, StatusNoAnswer},
		{"hung up by an empty document", ``, StatusCompleted},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.says("/voice", c.verbs)
			l := b.sim.Dial(caller, ours, CallerScript{})
			b.ends(l, c.status)
			if got := b.waitHooks("/status", 1)[0].form.Get("CallStatus"); got != c.status {
				t.Errorf("callback says %s", got)
			}
		})
	}
}

func TestAPauseAtFirstKeepsRingingAndIsNoSilence(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Pause length="6"/><Redirect>/again</Redirect>`)
	b.on("/again", func(w http.ResponseWriter, r *http.Request) {
		if r.PostForm.Get("CallStatus") != "ringing" {
			t.Errorf("status %s", r.PostForm.Get("CallStatus"))
		}
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte(`<Response><Say>Hello</Say><Pause length="3"/></Response>`))
	})
	l := b.sim.Dial(caller, ours, CallerScript{})
	b.hears(l, "hello")
	b.ends(l, StatusCompleted)
	if heard := l.Heard(); heard[0].Kind != SoundRing || heard[0].Lasted < 6 {
		t.Errorf("%+v", heard[0])
	}
	if got := l.SilenceMax(); got < 2.9 || got > 6 {
		t.Errorf("longest silence %.1f s, want about 3", got)
	}
}

func TestAudioLastsAsLongAsItsHeaderSays(t *testing.T) {
	b := newBench(t)
	b.on("/hold.wav", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(quietWAV(7))
	})
	b.says("/voice", `<Play loop="2">/hold.wav</Play><Play>/missing.wav</Play><Say>Over</Say>`)
	l := b.sim.Dial(caller, ours, CallerScript{})
	b.hears(l, "over")
	for _, h := range l.Heard() {
		if h.Kind == SoundPlay && (h.Lasted < 7 || h.Lasted > 12) {
			t.Errorf("%+v", h)
		}
	}
	if got := b.hooks("/hold.wav"); len(got) != 1 || got[0].method != http.MethodGet {
		t.Errorf("%+v", got)
	}
}

func TestADialIsToldOfAndShowsItsNumber(t *testing.T) {
	for _, c := range []struct{ name, attributes, from string }{
		{"the caller's", ``, caller},
		{"the one it names", `callerId="+12025550100"`, ours},
	} {
		b := newBench(t)
		b.says("/voice", `<Dial action="/done" `+c.attributes+`>+12025550121</Dial>`)
		b.sim.Script(alice, Script{RingFor: 1, HangUpAfter: 4})
		b.ends(b.sim.Dial(caller, ours, CallerScript{}), StatusCompleted)
		form, leg := b.waitHooks("/done", 1)[0].form, b.sim.Phone(alice).Legs()[0]
		if leg.From != c.from || form.Get("DialCallSid") != leg.SID || form.Get("DialCallDuration") != "1" || form.Get("DialBridged") != "true" {
			t.Errorf("%s: shown %s, told %v", c.name, leg.From, form)
		}
	}
}

func TestADialRingsFiveSecondsLongerThanAsked(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Dial timeout="6"><Number>+12025550121</Number><Number>+447700900122</Number></Dial>`)
	for _, phone := range []string{alice, bob} {
		b.sim.Script(phone, Script{Answer: NoAnswer})
	}
	b.ends(b.sim.Dial(caller, ours, CallerScript{}), StatusCompleted)
	for _, phone := range []string{alice, bob} {
		leg := b.sim.Phone(phone).Legs()[0]
		b.ends(leg, StatusNoAnswer)
		if rang := leg.Heard()[0]; rang.Kind != SoundRing || rang.Lasted < 11 || rang.Lasted > 60 {
			t.Errorf("%s rang %+v, want 11 s", phone, rang)
		}
	}
}

func TestARefusedCallerIDRingsNobody(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Dial callerId="+12025550199">+12025550121</Dial><Say>Next</Say>`)
	b.hears(b.sim.Dial(caller, ours, CallerScript{}), "next")
	if legs := b.sim.Phone(alice).Legs(); len(legs) > 0 || b.count(EventRefused) != 1 {
		t.Errorf("%d phones were rung, %d documents refused", len(legs), b.count(EventRefused))
	}
}
