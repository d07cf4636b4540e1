package simulator

import (
	"net/url"
	"testing"
)

func TestWhatIsToldOfACaller(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Gather numDigits="1" action="/key"><Say>Press 5</Say></Gather>`)
	b.says("/key", `<Hangup/>`)
	client := &Client{BaseURL: b.rest.URL}
	v, err := client.Dial(b.ctx, caller, ours, CallerScript{
		StirVerstat: "TN-Validation-Passed-A", ForwardedFrom: bob, Keys: []Press{{Digits: "5"}},
	})
	b.must(err)
	b.ends(b.sim.Leg(v.SID), StatusCompleted)
	for path, want := range map[string]bool{"/voice": true, "/key": true, "/status": false} {
		form := b.waitHooks(path, 1)[0].form
		if form.Get("StirVerstat") != "TN-Validation-Passed-A" || form.Get("ForwardedFrom") != bob || form.Has("CallToken") != want {
			t.Errorf("%s: %v", path, form)
		}
	}
	if _, body := b.get("/Calls/" + v.SID + ".json"); body["forwarded_from"] != bob {
		t.Errorf("%v", body)
	}

	plain := b.sim.Dial(caller, ours, CallerScript{HangUpAfter: 3})
	b.ends(plain, StatusCompleted)
	form := b.waitHooks("/voice", 2)[1].form
	if form.Has("StirVerstat") || form.Has("ForwardedFrom") || form.Get("CallToken") == b.hooks("/voice")[0].form.Get("CallToken") {
		t.Errorf("%v", form)
	}
	if _, body := b.get("/Calls/" + plain.SID + ".json"); body["forwarded_from"] != nil {
		t.Errorf("%v", body)
	}
}

func TestACallersNumberIsShownOnlyWithTheirTokenWhileTheyAreOnTheLine(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Dial><Conference>{CallSid}</Conference></Dial>`)
	b.says("/leg", `<Say>Hello</Say>`)
	in := b.sim.Dial(caller, ours, CallerScript{})
	b.hears(in, "hold music")
	token := b.hooks("/voice")[0].form.Get("CallToken")
	other := b.sim.Dial("+12025550112", ours, CallerScript{})
	b.hears(other, "hold music")
	foreign := b.hooks("/voice")[1].form.Get("CallToken")
	order := func(from, token string) (int, map[string]any) {
		form := url.Values{"To": {alice}, "From": {from}, "Url": {b.url + "/leg"}}
		if token != "" {
			form.Set("CallToken", token)
		}
		return b.post("/Calls.json", form)
	}
	for _, c := range []struct {
		name, from, token string
		code              float64 // 0: accepted
	}{
		{"with the caller's token", caller, token, 0},
		{"our own number needs none", ours, "", 0},
		{"without a token", caller, "", 21210},
		{"with a token of another caller", caller, foreign, 21210},
		{"with a token that is none", caller, "abc", 21210},
		{"another number with the caller's token", bob, token, 21210},
		{"a From that is no number", "anonymous", token, 21212},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, body := order(c.from, c.token); (status == 201) != (c.code == 0) || c.code != 0 && body["code"] != c.code {
				t.Errorf("%d %v", status, body)
			}
		})
	}
	rung := b.sim.Phone(alice).Legs()
	if len(rung) != 2 || rung[0].From != caller || rung[1].From != ours {
		t.Errorf("%d phones were rung", len(rung))
	}
	in.HangUp()
	b.ends(in, StatusCompleted)
	if status, body := order(caller, token); status != 400 || body["code"] != 21210.0 {
		t.Errorf("after the caller has left: %d %v", status, body)
	}
}

func TestAPhoneThatTheCarrierRefuses(t *testing.T) {
	b := newBench(t)
	b.says("/leg", `<Say>Hello</Say>`)
	for _, code := range []int{21211, 21215, 13224} {
		b.sim.Script(alice, Script{Refuse: code})
		status, body := b.post("/Calls.json", url.Values{"To": {alice}, "From": {ours}, "Url": {b.url + "/leg"}})
		if status != 400 || body["code"] != float64(code) || len(b.sim.Phone(alice).Legs()) > 0 {
			t.Errorf("%d %v, want %d", status, body, code)
		}
	}
	b.says("/voice", `<Dial action="/done">+12025550121</Dial>`)
	b.says("/done", `<Say>Told {DialCallStatus}</Say>`)
	b.hears(b.sim.Dial(caller, ours, CallerScript{}), "told failed")

	b.sim.Script(alice, Script{RingFor: 0.1})
	b.ends(b.ring(alice, "/leg"), StatusCompleted)
}
