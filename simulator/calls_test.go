package simulator

import (
	"net/url"
	"testing"
)

func TestCallerPressesAKeyAndHearsTheAnswer(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Gather numDigits="1" action="/key"><Say>Press 5 to go on.</Say></Gather><Say>Nothing pressed</Say>`)
	b.says("/key", `<Say>You pressed {Digits}</Say><Hangup/>`)
	l := b.sim.Dial(caller, ours, CallerScript{Keys: []Press{{After: "press 5", Digits: "5"}}})
	_, err := l.WaitHeard(b.ctx, "YOU PRESSED 5")
	b.must(err)
	b.ends(l, StatusCompleted)
	first := b.hooks("/voice")[0].form
	if first.Get("CallStatus") != "ringing" || first.Get("Direction") != "inbound" || first.Get("CallSid") != l.SID {
		t.Errorf("first request: %v", first)
	}
	end := b.waitHooks("/status", 1)[0].form
	if end.Get("CallStatus") != "completed" || end.Get("CallDuration") == "" {
		t.Errorf("status callback: %v", end)
	}
}

func TestRungPhoneAnswersAndTheTwoAreJoined(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Say>Hello</Say><Dial action="/done"><Conference startConferenceOnEnter="false" endConferenceOnExit="true"
		participantLabel="caller" waitUrl="/hold" waitMethod="GET" statusCallback="/room" statusCallbackEvent="start end join leave">r1</Conference></Dial>`)
	b.says("/hold", `<Say>We are trying the next person.</Say><Pause length="1"/><Redirect/>`)
	b.says("/leg", `<Gather numDigits="1" action="/accept" actionOnEmptyResult="true"><Say>A call for you. Press 1.</Say></Gather>`)
	b.says("/accept", `<Dial action="/leg-done"><Conference endConferenceOnExit="true">r1</Conference></Dial>`)
	b.sim.Script(alice, Script{RingFor: 3, Keys: []Press{{Digits: "1"}}, HangUpAfterJoined: 5})

	in := b.sim.Dial(caller, ours, CallerScript{})
	_, err := in.WaitHeard(b.ctx, "trying")
	b.must(err)
	leg := b.ring(alice, "/leg", "StatusCallback", b.url+"/leg-status", "StatusCallbackEvent", "initiated",
		"StatusCallbackEvent", "ringing", "StatusCallbackEvent", "answered", "StatusCallbackEvent", "completed")
	b.must(in.WaitJoined(b.ctx))
	b.must(leg.WaitJoined(b.ctx))
	b.ends(leg, StatusCompleted)
	b.ends(in, StatusCompleted)

	done := b.waitHooks("/done", 1)[0].form
	if done.Get("DialCallStatus") != "answered" {
		t.Errorf("dial action: %v", done)
	}
	farewell := b.waitHooks("/leg-done", 1)[0].form
	if farewell.Get("CallStatus") != "completed" {
		t.Errorf("action after hanging up: %v", farewell)
	}
	checkSequence(t, b.waitHooks("/leg-status", 4), "CallStatus", "initiated", "ringing", "in-progress", "completed")
	checkSequence(t, b.waitHooks("/room", 6), "StatusCallbackEvent", "participant-join", "participant-join",
		"conference-start", "participant-leave", "participant-leave", "conference-end")
	if in.SilenceMax() > 3 {
		t.Errorf("the caller heard %.1f s of silence", in.SilenceMax())
	}
}

func checkSequence(t *testing.T, got []hook, name string, want ...string) {
	t.Helper()
	for i, h := range got {
		if i >= len(want) || h.form.Get(name) != want[i] {
			t.Errorf("callback %d: %s %v, want %v", i, name, h.form[name], want)
		}
	}
}

func TestPhonesEndAsTheirScriptsSay(t *testing.T) {
	for _, c := range []struct {
		name, status, sip string
		script            Script
	}{
		{"nobody answers", StatusNoAnswer, "487", Script{Answer: NoAnswer}},
		{"engaged", StatusBusy, "486", Script{Answer: Busy}},
		{"declined by hand", StatusBusy, "486", Script{Answer: Decline}},
		{"unreachable", StatusFailed, "404", Script{Answer: Fail}},
		{"the carrier rings over", StatusNoAnswer, "487", Script{Answer: NoAnswer, RingsOver: true}},
		{"a mailbox picks up", StatusCompleted, "200", Script{Answer: Mailbox}},
		{"picks up too late", StatusNoAnswer, "487", Script{RingFor: 40}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.says("/leg", `<Say>Hello</Say>`)
			b.sim.Script(alice, c.script)
			l := b.ring(alice, "/leg", "Timeout", "10", "StatusCallback", b.url+"/leg-status")
			b.ends(l, c.status)
			end := b.waitHooks("/leg-status", 1)[0].form
			if end.Get("CallStatus") != c.status || end.Get("SipResponseCode") != c.sip || end.Get("SequenceNumber") != "0" {
				t.Errorf("callback: %v", end)
			}
		})
	}
}

func TestLiveCallIsMovedAndEndedByREST(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Dial action="/done"><Conference endConferenceOnExit="true">r1</Conference></Dial>`)
	b.says("/nobody", `<Say>Nobody is free</Say><Pause length="60"/>`)
	l := b.sim.Dial(caller, ours, CallerScript{})
	_, err := l.WaitHeard(b.ctx, "hold music")
	b.must(err)
	if status, body := b.post("/Calls/"+l.SID+".json", url.Values{"Url": {b.url + "/nobody"}}); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	_, err = l.WaitHeard(b.ctx, "nobody is free")
	b.must(err)
	if status, body := b.post("/Calls/"+l.SID+".json", url.Values{"Status": {"completed"}}); status != 200 || body["status"] != "completed" {
		t.Fatalf("%d %v", status, body)
	}
	b.ends(l, StatusCompleted)
	b.waitHooks("/status", 1)
	if got := b.hooks("/done"); len(got) > 0 {
		t.Errorf("a moved call's Dial action was asked: %v", got)
	}
	status, body := b.post("/Calls/"+l.SID+".json", url.Values{"Url": {b.url + "/nobody"}})
	if status != 400 || body["code"] != 21220.0 {
		t.Errorf("moving an ended call: %d %v", status, body)
	}
}
