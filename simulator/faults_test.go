package simulator

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestFaultsOfCallbacks(t *testing.T) {
	events := []string{
		"StatusCallbackEvent", "initiated", "StatusCallbackEvent", "ringing",
		"StatusCallbackEvent", "answered", "StatusCallbackEvent", "completed",
	}
	for _, c := range []struct {
		name string
		rule Rule
		want string // the sequence numbers in the order of their arrival
	}{
		{"none", Rule{Match: Match{Kind: HookConference}, Do: Drop}, "0 1 2 3"},
		{"the first is dropped", Rule{Match: Match{Kind: HookStatus, Phone: alice}, Do: Drop, Times: 1}, "1 2 3"},
		{"the first comes twice", Rule{Match: Match{Kind: HookStatus}, Do: Duplicate, Times: 1}, "0 0 1 2 3"},
		{"the first is overtaken", Rule{Match: Match{Path: "/leg-status"}, Do: Reorder, Delay: 0.5, Times: 1}, "1 2 3 0"},
		{"the first is late", Rule{Match: Match{Kind: HookStatus}, Do: Delay, Delay: 0.5, Times: 1}, "1 2 3 0"},
		{"its answer is lost", Rule{Match: Match{Kind: HookStatus}, Do: LoseReply, Times: 1}, "0 1 2 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.sim.SetFaults(Faults{Rules: []Rule{c.rule}})
			b.says("/leg", `<Say>Hi</Say>`)
			b.sim.Script(alice, Script{RingFor: 1})
			l := b.ring(alice, "/leg", append(events, "StatusCallback", b.url+"/leg-status")...)
			b.ends(l, StatusCompleted)
			var order []string
			for _, h := range b.waitHooks("/leg-status", len(strings.Fields(c.want))) {
				order = append(order, h.form.Get("SequenceNumber"))
			}
			if got := strings.Join(order, " "); got != c.want {
				t.Errorf("came as %s, want %s", got, c.want)
			}
		})
	}
}

func TestLostReplyToADocumentIsRetriedWithTheSameToken(t *testing.T) {
	b := newBench(t)
	b.sim.SetFaults(Faults{Rules: []Rule{{Match: Match{Kind: HookDocument}, Do: LoseReply, Times: 1}}})
	b.says("/leg", `<Say>Hi</Say>`)
	b.sim.Script(alice, Script{RingFor: 0.1})
	b.ends(b.ring(alice, "/leg#rc=1&rp=rt"), StatusCompleted)
	got := b.hooks("/leg")
	if len(got) != 2 || got[0].token != got[1].token {
		t.Errorf("%+v", got)
	}
}

func TestFaultsOfREST(t *testing.T) {
	b := newBench(t)
	b.says("/leg", `<Say>Hi</Say>`)
	form := url.Values{"To": {alice}, "From": {ours}, "Url": {b.url + "/leg"}}
	b.sim.SetFaults(Faults{Rules: []Rule{
		{Match: Match{Kind: "rest", Path: "POST "}, Do: ReplyStatus, Status: 429, Times: 2},
		{Match: Match{Kind: "rest", Phone: alice}, Do: LoseReply, Times: 1},
		{Match: Match{Kind: "rest", Phone: alice}, Do: LoseRequest, Times: 1},
	}})
	for range 2 {
		if status, body := b.post("/Calls.json", form); status != 429 || body["code"] != 20429.0 {
			t.Errorf("%d %v", status, body)
		}
	}
	for i, made := range []int{1, 1} { // the lost reply made a call, the lost request did not
		req, _ := http.NewRequestWithContext(b.ctx, http.MethodPost,
			b.rest.URL+"/2010-04-01/Accounts/"+testSID+"/Calls.json", strings.NewReader(form.Encode()))
		req.SetBasicAuth(testSID, testToken)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
			t.Errorf("try %d was answered %s", i, res.Status)
		}
		if got := len(b.sim.Phone(alice).Legs()); got != made {
			t.Errorf("after try %d there are %d calls, want %d", i, got, made)
		}
	}
	if status, _ := b.post("/Calls.json", form); status != 201 {
		t.Errorf("after the faults: %d", status)
	}
}

func TestCallsBeyondTheRateAreQueuedAndCancelledInSilence(t *testing.T) {
	b := newBench(t)
	b.sim.SetFaults(Faults{CallsPerSecond: 0.01})
	b.says("/leg", `<Say>Hi</Say>`)
	b.sim.Script(alice, Script{})
	b.sim.Script(bob, Script{})
	first := b.ring(alice, "/leg")
	second := b.ring(bob, "/leg", "StatusCallback", b.url+"/leg-status")
	b.ends(first, StatusCompleted)
	status, body := b.get("/Calls/" + second.SID + ".json")
	if status != 200 || body["status"] != "queued" || body["queue_time"] == "0" || body["start_time"] != nil {
		t.Errorf("queued call: %d %v", status, body)
	}
	if status, body = b.post("/Calls/"+second.SID+".json", url.Values{"Status": {"canceled"}}); status != 200 || body["status"] != "canceled" {
		t.Errorf("cancel: %d %v", status, body)
	}
	b.ends(second, StatusCanceled)
	b.sim.Close() // waits for every callback on its way
	if got := b.hooks("/leg-status"); len(got) > 0 {
		t.Errorf("callbacks of a call cancelled in the queue: %v", got)
	}
}

func TestAQueuedCallRingsInTime(t *testing.T) {
	b := newBench(t)
	b.sim.SetFaults(Faults{CallsPerSecond: 0.5})
	b.says("/leg", `<Say>Hi</Say>`)
	b.says("/voice", `<Dial><Number>+12025550121</Number><Number>+447700900122</Number></Dial>`)
	b.sim.Script(alice, Script{RingFor: 0.1})
	var legs []*Leg
	for range 3 {
		legs = append(legs, b.ring(alice, "/leg"))
	}
	for i, l := range legs {
		b.ends(l, StatusCompleted)
		waited, least := l.Heard()[0].At.Sub(legs[0].created), b.sim.scaled(Seconds(2*i))
		if _, body := b.get("/Calls/" + l.SID + ".json"); waited < least || (body["queue_time"] == "0") != (i == 0) {
			t.Errorf("call %d rang %s after the first was asked for, want %s; queue time %v ms", i, waited, least, body["queue_time"])
		}
	}
	b.sim.SetFaults(Faults{CallsPerSecond: 0.001})
	b.ends(b.ring(alice, "/leg"), StatusCompleted) // takes the only slot of 1000 s
	in := b.sim.Dial(caller, ours, CallerScript{HangUpAfterJoined: 1})
	b.must(in.WaitJoined(b.ctx)) // neither callers nor those whom a Dial rings wait
}

func TestAnswersOfRESTThatComeLateOrWrong(t *testing.T) {
	b := newBench(t)
	b.says("/leg", `<Say>Hi</Say>`)
	form := url.Values{"To": {alice}, "From": {ours}, "Url": {b.url + "/leg"}}
	b.sim.SetFaults(Faults{Rules: []Rule{
		{Do: Duplicate}, // impossible here, so passed over
		{Match: Match{Kind: HookREST, Phone: alice}, Do: StatusAfter, Status: 500, Times: 1},
		{Match: Match{Kind: HookREST, Phone: alice}, Do: SlowReply, Delay: 0.3, Times: 1},
	}})
	if status, body := b.post("/Calls.json", form); status != 500 || body["code"] != 20500.0 || len(b.sim.Phone(alice).Legs()) != 1 {
		t.Errorf("done all the same: %d %v, %d calls", status, body, len(b.sim.Phone(alice).Legs()))
	}
	begun := time.Now()
	answered := make(chan time.Duration)
	go func() {
		if status, body := b.post("/Calls.json", form); status != 201 {
			t.Errorf("slow: %d %v", status, body)
		}
		answered <- time.Since(begun)
	}()
	for len(b.sim.Phone(alice).Legs()) < 2 {
		_, err := b.sim.Phone(alice).WaitRinging(b.ctx)
		b.must(err)
	}
	rang := time.Since(begun)
	if took := <-answered; took < 300*time.Millisecond || rang >= took {
		t.Errorf("rang after %s, answered after %s", rang, took)
	}
	if got := b.sim.phoneOf(&http.Request{URL: &url.URL{Path: "/x/Calls/" + b.sim.Phone(alice).Legs()[0].SID + ".json"}}); got != alice {
		t.Errorf("a request about a call is about %q", got)
	}
}
