package simulator

import (
	"net/http"
	"net/url"
	"testing"
)

// room makes the app put callers and rung phones into one room; the attributes are those of their Conference.
func (b *bench) room(callers, phones string) {
	b.says("/voice", `<Dial action="/caller-done"><Conference `+callers+`>r</Conference></Dial>`)
	b.says("/leg", `<Dial action="/leg-done"><Conference `+phones+`>r</Conference></Dial>`)
	b.says("/caller-done", `<Say>Caller is told {DialCallStatus}</Say>`)
	b.says("/leg-done", `<Say>Responder is told {DialCallStatus}</Say>`)
	b.sim.Script(alice, Script{RingFor: 0.1})
}

func (b *bench) hears(l *Leg, text string) {
	b.t.Helper()
	_, err := l.WaitHeard(b.ctx, text)
	b.must(err)
}

func TestRoomEndsForAllWhenWhoMayEndItLeaves(t *testing.T) {
	b := newBench(t)
	b.room(`endConferenceOnExit="true" statusCallback="/room" statusCallbackEvent="end"`, ``)
	in := b.sim.Dial(caller, ours, CallerScript{HangUpAfterJoined: 3})
	b.hears(in, "hold music")
	leg := b.ring(alice, "/leg")
	b.hears(leg, "responder is told answered")
	b.ends(leg, StatusCompleted)
	end := b.waitHooks("/room", 1)[0].form
	if end.Get("ReasonConferenceEnded") != endedByExit || end.Get("CallSidEndingConference") != in.SID {
		t.Errorf("%v", end)
	}
}

func TestRoomOutlivesWhoMayNotEndIt(t *testing.T) {
	b := newBench(t)
	b.room(``, ``)
	in := b.sim.Dial(caller, ours, CallerScript{})
	b.hears(in, "hold music")
	leg := b.ring(alice, "/leg")
	b.must(leg.WaitJoined(b.ctx))
	leg.HangUp()
	b.ends(leg, StatusCompleted)
	b.must(in.await(b.ctx, "hear silence", func() bool { return in.heard[len(in.heard)-1].Kind == SoundSilence }))
	_, list := b.get("/Conferences.json?FriendlyName=r&Status=in-progress")
	rooms := list["conferences"].([]any)
	if len(rooms) != 1 {
		t.Fatalf("%v", list)
	}
	id := rooms[0].(map[string]any)["sid"].(string)
	if _, members := b.get("/Conferences/" + id + "/Participants.json"); len(members["participants"].([]any)) != 1 {
		t.Errorf("%v", members)
	}
	if status, body := b.post("/Conferences/"+id+".json", url.Values{"Status": {"completed"}}); status != 200 || body["reason_conference_ended"] != endedByAPI {
		t.Errorf("%d %v", status, body)
	}
	b.hears(in, "caller is told answered")
}

func TestOnePersonNeverStartsARoom(t *testing.T) {
	b := newBench(t)
	b.room(`startConferenceOnEnter="false" waitUrl=""`, `startConferenceOnEnter="false" waitUrl=""`)
	in := b.sim.Dial(caller, ours, CallerScript{HangUpAfter: 30})
	b.must(in.WaitStatus(b.ctx, StatusInProgress))
	leg := b.ring(alice, "/leg")
	b.ends(in, StatusCompleted)
	for _, l := range []*Leg{in, leg} {
		for _, h := range l.Heard() {
			if h.Kind == SoundTalk {
				t.Errorf("%s heard somebody in a room that nobody may start", l.Phone())
			}
		}
	}
	if in.SilenceMax() < 20 {
		t.Errorf("the caller's longest silence is %.1f s", in.SilenceMax())
	}
}

func TestMovingAParticipantEndsItsRoom(t *testing.T) {
	b := newBench(t)
	b.room(`endConferenceOnExit="true"`, ``)
	b.says("/nobody", `<Say>Sorry, nobody</Say><Pause length="9"/>`)
	in := b.sim.Dial(caller, ours, CallerScript{})
	b.hears(in, "hold music")
	leg := b.ring(alice, "/leg")
	b.must(leg.WaitJoined(b.ctx))
	b.post("/Calls/"+in.SID+".json", url.Values{"Url": {b.url + "/nobody"}})
	b.hears(in, "sorry, nobody")
	b.hears(leg, "responder is told answered")
	if in.Status() != StatusInProgress || len(b.hooks("/caller-done")) > 0 {
		t.Errorf("the moved caller is %s, its action was asked %d times", in.Status(), len(b.hooks("/caller-done")))
	}
}

func TestWaitDocument(t *testing.T) {
	for _, c := range []struct{ name, page, hears string }{
		{"is played once, then silence", `<Say>Please wait</Say>`, "please wait"},
		{"may not gather, which fails the conference", `<Gather/>`, "caller is told failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.room(`waitUrl="/hold" waitMethod="GET"`, ``)
			b.says("/hold", c.page)
			in := b.sim.Dial(caller, ours, CallerScript{HangUpAfter: 20})
			b.hears(in, c.hears)
			b.ends(in, StatusCompleted)
			if got := b.hooks("/hold"); len(got) != 1 || got[0].method != http.MethodGet {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("that cannot be had fails the conference", func(t *testing.T) {
		b := newBench(t)
		b.room(`waitUrl="/hold"`, ``)
		b.on("/hold", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		b.hears(b.sim.Dial(caller, ours, CallerScript{}), "caller is told failed")
	})
	t.Run("is not asked for when the room has started", func(t *testing.T) {
		b := newBench(t)
		b.room(``, `waitUrl="/hold"`)
		in := b.sim.Dial(caller, ours, CallerScript{HangUpAfterJoined: 2})
		b.hears(in, "hold music")
		leg := b.ring(alice, "/leg")
		b.must(leg.WaitJoined(b.ctx))
		if got := b.hooks("/hold"); len(got) > 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestRefusedParticipants(t *testing.T) {
	t.Run("a label that is taken falls through to the next verb", func(t *testing.T) {
		b := newBench(t)
		b.room(`participantLabel="x"`, ``)
		b.says("/leg", `<Dial><Conference participantLabel="x">r</Conference></Dial><Say>Label taken</Say>`)
		b.hears(b.sim.Dial(caller, ours, CallerScript{}), "hold music")
		b.hears(b.ring(alice, "/leg"), "label taken")
	})
	t.Run("a full room fails the Dial", func(t *testing.T) {
		b := newBench(t)
		b.room(``, `maxParticipants="2"`)
		b.sim.Script(bob, Script{RingFor: 0.1})
		b.hears(b.sim.Dial(caller, ours, CallerScript{}), "hold music")
		b.must(b.ring(alice, "/leg").WaitJoined(b.ctx))
		b.hears(b.ring(bob, "/leg"), "responder is told failed")
	})
}

func TestRoomsAreListedByNameAndStatus(t *testing.T) {
	b := newBench(t)
	b.room(`startConferenceOnEnter="false" participantLabel="caller" endConferenceOnExit="true"`, `startConferenceOnEnter="false"`)
	b.says("/start", `<Dial><Conference>r</Conference></Dial>`)
	b.sim.Script(bob, Script{RingFor: 0.1})
	is := func(when, status string, people int) {
		t.Helper()
		for _, s := range []string{"", "init", "in-progress", "completed"} {
			_, list := b.get("/Conferences.json?FriendlyName=r&Status=" + s)
			rooms := list["conferences"].([]any)
			if want := s == "" || s == status; (len(rooms) == 1) != want {
				t.Errorf("%s, %d rooms are %q", when, len(rooms), s)
			}
			if len(rooms) != 1 {
				continue
			}
			room := rooms[0].(map[string]any)
			_, members := b.get("/Conferences/" + room["sid"].(string) + "/Participants.json")
			if got := members["participants"].([]any); room["status"] != status || len(got) != people {
				t.Errorf("%s, the room is %s with %d in it, want %s with %d", when, room["status"], len(got), status, people)
			}
		}
		if _, list := b.get("/Conferences.json?FriendlyName=other"); len(list["conferences"].([]any)) != 0 {
			t.Errorf("%s, a room of another name is listed: %v", when, list)
		}
	}
	in := b.sim.Dial(caller, ours, CallerScript{})
	b.hears(in, "hold music")
	is("with one person", "init", 1)
	leg := b.ring(alice, "/leg")
	b.hears(leg, "hold music")
	is("with two of whom none may start it", "init", 2)
	b.must(b.ring(bob, "/start").WaitJoined(b.ctx))
	is("when one may start it", "in-progress", 3)
	in.HangUp()
	b.ends(leg, StatusCompleted)
	is("when it is over", "completed", 0)
}
