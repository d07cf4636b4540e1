package simulator

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

func TestClientPlaysAWholeCall(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Gather numDigits="1" action="/key"><Say>Press 5</Say></Gather>`)
	b.says("/key", `<Dial>+12025550121</Dial>`)
	client := &Client{BaseURL: b.rest.URL}
	b.must(client.PutScript(b.ctx, alice, Script{Answer: Manual}))
	v, err := client.Dial(b.ctx, caller, ours, CallerScript{Manual: true})
	b.must(err)

	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	var story []string
	for e, err := range client.Events(ctx, 0) {
		b.must(err)
		if e.Kind != EventWebhook && e.Kind != EventREST {
			story = append(story, e.Phone+" "+string(e.Kind))
		}
		switch {
		case e.Kind == EventSaid:
			b.must(client.Press(b.ctx, v.SID, "5"))
		case e.Kind == EventRinging && e.Phone == alice:
			b.must(client.Answer(b.ctx, e.Call))
		case e.Kind == EventTalking && e.Phone == caller:
			b.must(client.HangUp(b.ctx, v.SID))
		case e.Kind == EventEnded && e.Phone == caller:
			stop()
		}
	}
	got := strings.Join(story, "\n")
	for _, want := range []string{caller + " dialled", caller + " pressed", alice + " answered", caller + " talking", caller + " ended"} {
		if !strings.Contains(got, want) {
			t.Errorf("the story lacks %q:\n%s", want, got)
		}
	}
	call, err := client.Call(b.ctx, v.SID)
	b.must(err)
	if call.Status != StatusCompleted || len(call.Heard) == 0 {
		t.Errorf("%+v", call)
	}
	phones, err := client.Phones(b.ctx)
	b.must(err)
	if len(phones) != 1 || phones[0].Script.Answer != Manual || len(phones[0].Calls) != 0 {
		t.Errorf("%+v", phones)
	}
}

func TestControlIsForThisMachineOnly(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name, host, origin string
		want               int
	}{
		{"by address", "127.0.0.1:1", "", 200},
		{"by name", "localhost", "", 200},
		{"by IPv6", "[::1]:80", "", 200},
		{"the page itself", "127.0.0.1:1", "http://127.0.0.1:1", 200},
		{"a host name that was rebound", "phones.example.com", "", 403},
		{"a page elsewhere", "127.0.0.1:1", "https://example.com", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, path := range []string{"/sim/numbers", "/"} {
				req, _ := http.NewRequestWithContext(b.ctx, http.MethodGet, b.rest.URL+path, nil)
				req.Host = c.host
				if c.origin != "" {
					req.Header.Set("Origin", c.origin)
				}
				res, err := http.DefaultClient.Do(req)
				b.must(err)
				res.Body.Close()
				if res.StatusCode != c.want {
					t.Errorf("%s: %d, want %d", path, res.StatusCode, c.want)
				}
			}
		})
	}
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	b := newBench(t)
	client := &Client{BaseURL: b.rest.URL}
	if err := client.PutScript(b.ctx, alice, Script{Answer: "sing"}); err == nil {
		t.Error("an unknown behaviour was taken")
	}
	if _, err := client.Dial(b.ctx, caller, bob, CallerScript{}); err == nil {
		t.Error("a call to a number that is not ours was placed")
	}
	if err := client.HangUp(b.ctx, "CA0"); err == nil {
		t.Error("an unknown call was hung up")
	}
	if err := client.PutNumber(b.ctx, Number{Phone: "12"}); err == nil {
		t.Error("a number that is none was taken")
	}
}

func TestCallerHangsUpWhenAPhoneRings(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Dial>+12025550121</Dial>`)
	b.sim.Script(alice, Script{Answer: NoAnswer})
	in := b.sim.Dial(caller, ours, CallerScript{HangUpWhenRings: alice})
	b.ends(in, StatusCompleted)
	b.ends(b.sim.Phone(alice).Legs()[0], StatusCanceled)
}

func TestCloseEndsEverything(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Dial><Conference>r</Conference></Dial>`)
	l := b.sim.Dial(caller, ours, CallerScript{})
	b.hears(l, "hold music")
	b.ring(alice, "/leg")
	b.sim.Close()
	<-l.Done()
	if _, err := b.sim.Phone(bob).WaitRinging(b.ctx); err == nil {
		t.Error("a phone rang after the end")
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	b := newBench(t)
	b.room(`endConferenceOnExit="true"`, ``)
	b.says("/voice", `<Dial><Conference endConferenceOnExit="true">{CallSid}</Conference></Dial>`)
	b.on("/leg", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte(`<Response><Dial><Conference>` + r.Form.Get("room") + `</Conference></Dial></Response>`))
	})
	var callers []*Leg
	for range 30 {
		in := b.sim.Dial(caller, ours, CallerScript{HangUpAfterJoined: 2})
		b.ring(alice, "/leg?room="+in.SID)
		callers = append(callers, in)
	}
	for _, in := range callers {
		b.must(in.WaitJoined(b.ctx))
		b.ends(in, StatusCompleted)
	}
	for _, l := range b.sim.Phone(alice).Legs() {
		b.ends(l, StatusCompleted)
	}
	last := 0
	for _, e := range b.sim.History() {
		if e.Seq != last+1 {
			t.Fatalf("event %d follows %d", e.Seq, last)
		}
		last = e.Seq
	}
}
