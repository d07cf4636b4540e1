package api

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// undecided are the ways in which a run gives no answer in time.
var undecided = map[string]func(f *fakeTemporal){
	"slow":  func(f *fakeTemporal) { f.fails = failing(errImpatient) },
	"away":  func(f *fakeTemporal) { f.fails = failing(errAway) },
	"stale": func(f *fakeTemporal) { f.answer = models.Answer{Do: models.DoNothing} },
}

// failing is Temporal failing at everything.
func failing(err error) map[string]error {
	return map[string]error{"start": err, "update": err, "settle": err, "signal": err, "health": err}
}

func TestACallerHearsItRingUntilSomebodyDecides(t *testing.T) {
	const diversion = "Say de-DE diverting, Dial (Number " + emergencyNumber + "), Say de-DE divert_failed, Hangup"
	const signal = "signal call/CALL diverted <nil>"
	withEmergency, without := func(*models.Route) {}, func(r *models.Route) { r.EmergencyNumber = "" }
	for how, undecide := range undecided {
		for _, c := range []struct {
			name, target, status string
			edit                 func(r *models.Route)
			want                 string
			asks                 []string
		}{
			{"at first", "/twilio/voice", "ringing", withEmergency, "Pause 2, Redirect /twilio/voice?try=1", []string{"start call/CALL answer answer/0 within 1.8s"}},
			{"again", "/twilio/voice?try=1", "ringing", withEmergency, "Pause 2, Redirect /twilio/voice?try=2", []string{"start call/CALL answer answer/1 within 1.8s"}},
			{"and is diverted at last", "/twilio/voice?try=2", "ringing", withEmergency, diversion, []string{"start call/CALL answer answer/2 within 1.8s", signal}},
			{"and is diverted later still", "/twilio/voice?try=99", "ringing", withEmergency, diversion, []string{"start call/CALL answer answer/15 within 1.8s", signal}},
			{"with nobody to be diverted to", "/twilio/voice?try=2", "ringing", without, "Pause 2, Redirect /twilio/voice?try=3", []string{"start call/CALL answer answer/2 within 1.8s"}},
			{"once more before the apology", "/twilio/voice?try=13", "ringing", without, "Pause 2, Redirect /twilio/voice?try=14", []string{"start call/CALL answer answer/13 within 1.8s"}},
			{"and an apology at last", "/twilio/voice?try=14", "ringing", without, "Say de-DE nobody, Hangup", []string{"start call/CALL answer answer/14 within 1.8s"}},
			{"and an apology later still", "/twilio/voice?try=99", "ringing", without, "Say de-DE nobody, Hangup", []string{"start call/CALL answer answer/15 within 1.8s"}},
			{"from the start when the try is endless", "/twilio/voice?try=" + strings.Repeat("9", 50), "ringing", without, "Pause 2, Redirect /twilio/voice?try=1", []string{"start call/CALL answer answer/0 within 1.8s"}},
			{"from the start when the try is a word", "/twilio/voice?try=x", "ringing", without, "Pause 2, Redirect /twilio/voice?try=1", []string{"start call/CALL answer answer/0 within 1.8s"}},
			{"from the start when the try is negative", "/twilio/voice?try=-7", "ringing", without, "Pause 2, Redirect /twilio/voice?try=1", []string{"start call/CALL answer answer/0 within 1.8s"}},
			{"and a sentence before it when already answered", "/twilio/voice", "in-progress", withEmergency, "Say de-DE one_moment, Play, Redirect /twilio/voice?try=1", []string{"start call/CALL answer answer/again/token within 1.6s"}},
			{"and a sentence again", "/twilio/voice?try=1", "in-progress", withEmergency, "Say de-DE one_moment, Play, Redirect /twilio/voice?try=2", []string{"start call/CALL answer answer/again/token within 1.6s"}},
			{"and is diverted at last when already answered", "/twilio/voice?try=2", "in-progress", withEmergency, diversion, []string{"start call/CALL answer answer/again/token within 1.6s", signal}},
			{"coming back", "/twilio/voice?fallback=1", "in-progress", withEmergency, "Say de-DE one_moment, Play, Redirect /twilio/voice?try=1", []string{"start call/CALL answer answer/again/token within 1.6s"}},
		} {
			inCall(t, how+": "+c.name, func(wt *webhookTest) {
				wt.edit(c.edit)
				undecide(wt.temporal)
				wt.hears(c.want, wt.post(c.target, arriving("CallStatus", c.status), "I-Twilio-Idempotency-Token", "token"))
				wt.keepsAsking(c.asks...)
			})
		}
	}
}

func TestADiversionIsLoggedAndToldToTheRun(t *testing.T) {
	inCall(t, "that hears it", func(wt *webhookTest) {
		wt.temporal.fails = map[string]error{"start": errImpatient}
		wt.post("/twilio/voice?try=2", arriving())
		wt.logged("call not answered in time", "call diverted to the emergency number")
	})
	inCall(t, "that does not", func(wt *webhookTest) {
		wt.temporal.fails = failing(errImpatient)
		wt.post("/twilio/voice?try=2", arriving())
		wt.logged("call not answered in time", "call diverted to the emergency number", "run not told of its diversion yet")
	})
}

func TestACallerIsDivertedWithin12Seconds(t *testing.T) {
	inCall(t, "while nothing answers", func(wt *webhookTest) {
		wt.temporal.fails = failing(errImpatient)
		asked, target, heard := time.Now(), "/twilio/voice", time.Duration(0)
		for range triesBeforeDiversion {
			document := outline(wt.T, wt.post(target, arriving()).Body.Bytes())
			pause, next, rings := strings.Cut(document, ", Redirect ")
			if !rings {
				if heard += time.Since(asked); !strings.HasPrefix(document, "Say de-DE diverting") || heard > 12*time.Second {
					wt.Errorf("after %v: %s", heard, document)
				}
				return
			}
			if pause != "Pause 2" {
				wt.Errorf("waits by %s", pause)
			}
			heard, target = heard+tryAgainAfter*time.Second, next
		}
		wt.Errorf("not diverted after %v", heard)
	})
}

func TestAWebhookOfARunThatIsOverSaysGoodbye(t *testing.T) {
	for name, over := range map[string]error{"finished": errFinished, "not found": errGone} {
		for _, target := range []string{"/twilio/voice", "/twilio/voice?try=2", "/twilio/voice?try=14", "/twilio/voice?fallback=1"} {
			inCall(t, name+" at "+target, func(wt *webhookTest) {
				wt.temporal.fails = map[string]error{"start": over}
				wt.hears("Say de-DE over, Hangup", wt.post(target, arriving("CallStatus", "in-progress")))
				if asked := wt.temporal.heard(); len(asked) != 1 {
					wt.Errorf("asked %q", asked)
				}
			})
		}
	}
}

func TestWithoutTheDatabaseTheLastGoodRouteIsUsed(t *testing.T) {
	first := func(wt *webhookTest) models.Inbound {
		wt.temporal.answer = inTheRoom
		wt.post("/twilio/voice", arriving("CallSid", anotherCall))
		wt.rows() // waits until it is written
		wt.temporal.heard()
		wt.log.Reset()
		return wt.temporal.inputs[0]
	}
	ringing := "Pause 2, Redirect /twilio/voice?try=1"

	inCall(t, "and the call goes on without a row", func(wt *webhookTest) {
		before := first(wt)
		wt.must(wt.store.Close())
		wt.hears(theRoom, wt.post("/twilio/voice", arriving()))
		wt.asks("start call/CALL answer answer/0 within 1.8s")
		wt.logged("call let in without looking at blocks and limits", "arrival not written")
		if got := wt.temporal.inputs[1].Plan; !slices.Equal(got.Attempts(), before.Plan.Attempts()) || got.RouteID != "support" {
			wt.Errorf("the plan is %+v", got)
		}
	})
	inCall(t, "also to divert", func(wt *webhookTest) {
		first(wt)
		wt.must(wt.store.Close())
		wt.temporal.fails = failing(errAway)
		wt.hears("Say de-DE diverting, Dial (Number "+emergencyNumber+"), Say de-DE divert_failed, Hangup", wt.post("/twilio/voice?try=2", arriving()))
	})
	inCall(t, "for nearly a day", func(wt *webhookTest) {
		first(wt)
		wt.must(wt.store.Close())
		wt.passes(24*time.Hour - time.Nanosecond)
		wt.hears(theRoom, wt.post("/twilio/voice", arriving()))
	})
	inCall(t, "but not after a day", func(wt *webhookTest) {
		first(wt)
		wt.must(wt.store.Close())
		wt.passes(24 * time.Hour)
		wt.hears(ringing, wt.post("/twilio/voice", arriving()))
		wt.logged("route not read")
		wt.asks()
	})
	inCall(t, "but not of another number", func(wt *webhookTest) {
		first(wt)
		wt.must(wt.store.Close())
		wt.hears(ringing, wt.post("/twilio/voice", arriving("To", unboundNumber)))
		wt.asks()
	})
	inCall(t, "but not when it had let go of the number", func(wt *webhookTest) {
		first(wt)
		wt.edit(func(r *models.Route) { r.PhoneNumberID = "" })
		wt.hears("Say en-GB no_service, Hangup", wt.post("/twilio/voice", arriving()))
		wt.rows()
		wt.must(wt.store.Close())
		wt.hears(ringing, wt.post("/twilio/voice", arriving()))
		wt.asks()
	})
	inCall(t, "as it was last", func(wt *webhookTest) {
		first(wt)
		wt.edit(func(r *models.Route) { r.Greeting = "Grüß Gott" })
		wt.post("/twilio/voice", arriving("CallSid", anotherCall))
		wt.must(wt.store.Close())
		wt.post("/twilio/voice", arriving())
		if got := wt.temporal.inputs[2].Plan.Greeting; got != "Grüß Gott" {
			wt.Errorf("greets with %q", got)
		}
	})
	inCall(t, "and switched off it stays", func(wt *webhookTest) {
		wt.edit(func(r *models.Route) { r.Enabled = false })
		wt.post("/twilio/voice", arriving("CallSid", anotherCall))
		wt.rows()
		wt.must(wt.store.Close())
		wt.hears("Say de-DE no_service, Hangup", wt.post("/twilio/voice", arriving()))
		wt.asks()
	})
	inCall(t, "with its people as they were", func(wt *webhookTest) {
		first(wt)
		user, err := wt.store.User(context.Background(), "alice")
		wt.must(err)
		user.Active = false
		_, err = wt.store.UpdateUser(context.Background(), user, 0)
		wt.must(err)
		wt.must(wt.store.Close())
		wt.post("/twilio/voice", arriving())
		if got := wt.temporal.inputs[1].Plan.Attempts(); len(got) != 1 {
			wt.Errorf("rings %v", got)
		}
	})
}

func TestWithoutTheDatabaseANumberNeverSeenRingsAndIsAskedForAgain(t *testing.T) {
	for target, want := range map[string]string{
		"/twilio/voice":        "Pause 2, Redirect /twilio/voice?try=1",
		"/twilio/voice?try=2":  "Pause 2, Redirect /twilio/voice?try=3",
		"/twilio/voice?try=14": "Say en-GB nobody, Hangup",
	} {
		inCall(t, target, func(wt *webhookTest) {
			wt.must(wt.store.Close())
			wt.hears(want, wt.post(target, arriving()))
			wt.logged("route not read")
			wt.asks()
		})
	}
}
