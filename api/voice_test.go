package api

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// inTheRoom is what a waiting caller is told, and its outline.
var inTheRoom = models.Answer{Do: models.DoHold, Language: "de-DE", Room: "some-room", Rounds: 3}

const theRoom = "Say de-DE greeting, Dial (Conference some-room) then /twilio/caller-done/CALL?lang=de-DE"

func TestACallIsStartedWithItsPlan(t *testing.T) {
	inCall(t, "and again by the same webhook", func(wt *webhookTest) {
		wt.temporal.answer = inTheRoom
		for range 2 {
			wt.hears(theRoom, wt.post("/twilio/voice", arriving()))
			wt.asks("start call/CALL answer answer/0 within 1.8s")
		}
		wt.logged()

		in, options := wt.temporal.inputs[0], wt.temporal.options[0]
		if in.CallSID != callerLeg || string(in.Caller) != callersNumber || string(in.Number) != ourNumber ||
			in.Country != "GB" || in.Verstat != "TN-Validation-Passed-A" || !in.At.Equal(time.Now()) || in.At != in.Plan.At {
			wt.Errorf("the call is %+v", in)
		}
		if in.CallID == "" || in.AlertID == "" || in.CallID == in.AlertID {
			wt.Errorf("call %s, alert %s", in.CallID, in.AlertID)
		}
		attempts := in.Plan.Attempts()
		if len(attempts) != 1 || attempts[0].ID != "1.alice.1.1" || string(attempts[0].Number) != alicesNumber ||
			in.Plan.RouteID != "support" || in.Plan.Language != "de-DE" || in.Plan.RingSeconds != 30 || in.Plan.Pace != 0 {
			wt.Errorf("the plan is %+v", in.Plan)
		}
		if options.ID != workflows.CallID(callerLeg) || options.TaskQueue != workflows.CallQueue ||
			options.WorkflowIDConflictPolicy != enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING ||
			options.WorkflowIDReusePolicy != enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE ||
			numberFamilies.MatchString(options.StaticSummary) {
			wt.Errorf("the run starts with %+v", options)
		}
		arrived := models.Call{
			ID: in.CallID, CarrierCallID: callerLeg, RouteID: "support", RouteName: "Support", Caller: callersNumber, Number: ourNumber,
			Country: "GB", Verstat: "TN-Validation-Passed-A", Stage: models.StageArriving, StartedAt: in.At,
		}
		wt.isOnRecord(arrived)
	})
	inCall(t, "at the pace of tests", func(wt *webhookTest) {
		wt.pace = 50
		wt.post("/twilio/voice", arriving())
		if got := wt.temporal.inputs[0].Plan.Pace; got != 50 {
			wt.Errorf("pace %v", got)
		}
	})
}

// isOnRecord checks the only call on record.
func (wt *webhookTest) isOnRecord(want models.Call) {
	wt.Helper()
	rows := wt.rows()
	if len(rows) != 1 {
		wt.Fatalf("%d calls are on record", len(rows))
	}
	got := rows[0]
	if (got.EndedAt == nil) != (want.EndedAt == nil) || got.EndedAt != nil && !got.EndedAt.Equal(*want.EndedAt) || !got.StartedAt.Equal(want.StartedAt) {
		wt.Errorf("from %v to %v, want %v to %v", got.StartedAt, got.EndedAt, want.StartedAt, want.EndedAt)
	}
	if got.Caller != want.Caller || got.Number != want.Number {
		wt.Errorf("from %q to %q", string(got.Caller), string(got.Number))
	}
	if want.ID != "" && got.ID != want.ID || got.CarrierCallID != want.CarrierCallID || got.RouteID != want.RouteID || got.RouteName != want.RouteName ||
		got.Country != want.Country || got.Verstat != want.Verstat || got.Stage != want.Stage || got.Outcome != want.Outcome || got.Reason != want.Reason {
		wt.Errorf("on record is %+v, want %+v", got, want)
	}
}

func TestARoomIsOpaque(t *testing.T) {
	inCall(t, "and never the same", func(wt *webhookTest) {
		for range 50 {
			wt.post("/twilio/voice", arriving())
		}
		seen := map[string]bool{}
		for _, in := range wt.temporal.inputs {
			if len(in.Room) < 16 || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(in.Room) {
				wt.Errorf("room %q", in.Room)
			}
			for _, secret := range []string{callersNumber[1:], ourNumber[1:], alicesNumber[1:], callerLeg[2:], in.CallID} {
				if strings.Contains(in.Room, secret) || strings.Contains(secret, in.Room) {
					wt.Errorf("the room %s tells of %s", in.Room, secret)
				}
			}
			if seen[in.Room] {
				wt.Errorf("room %s twice", in.Room)
			}
			seen[in.Room] = true
		}
	})
}

func TestAWithheldCallerHasNoNumber(t *testing.T) {
	for _, from := range []string{"", "anonymous", "Anonymous", "unknown", "+266696687", "+7378742833", "266696687", "00447700900111", "sip:alice@example.com", "+44 7700 900111", "\x00"} {
		inCall(t, "who shows "+url.QueryEscape(from), func(wt *webhookTest) {
			wt.temporal.answer = inTheRoom
			wt.hears(theRoom, wt.post("/twilio/voice", arriving("From", from)))
			if caller := wt.temporal.inputs[0].Caller; caller != "" {
				wt.Errorf("caller %q", string(caller))
			}
			if rows := wt.rows(); len(rows) != 1 || rows[0].Caller != "" {
				wt.Errorf("on record are %v", rows)
			}
		})
	}
}

func TestANumberWithoutServiceSaysSo(t *testing.T) {
	const inDefault, inRoutes = "Say en-GB no_service, Hangup", "Say de-DE no_service, Hangup"
	const noRoute, off = "no route has this number", "the route is switched off"
	untouched := func(*models.Route) {}
	for _, c := range []struct {
		name, number string
		edit         func(r *models.Route)
		want         string
		record       models.Call
	}{
		{"that nobody knows", "+12025550150", untouched, inDefault, models.Call{Number: "+12025550150", Reason: noRoute}},
		{"of ours without a route", unboundNumber, untouched, inDefault, models.Call{Number: unboundNumber, Reason: noRoute}},
		{"that was given back", releasedNumber, untouched, inDefault, models.Call{Number: releasedNumber, Reason: noRoute}},
		{"that is none", "support", untouched, inDefault, models.Call{Reason: noRoute}},
		{"that is missing", "", untouched, inDefault, models.Call{Reason: noRoute}},
		{"whose route has let go of it", ourNumber, func(r *models.Route) { r.PhoneNumberID = "" }, inDefault, models.Call{Number: ourNumber, Reason: noRoute}},
		{"whose route is switched off", ourNumber, func(r *models.Route) { r.Enabled = false }, inRoutes, models.Call{Number: ourNumber, RouteID: "support", RouteName: "Support", Reason: off}},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.edit(c.edit)
			for range 2 {
				wt.hears(c.want, wt.post("/twilio/voice", arriving("To", c.number)))
				wt.logged("call to a number without service")
			}
			wt.asks()
			now := time.Now()
			c.record.CarrierCallID, c.record.Caller, c.record.Country, c.record.Verstat = callerLeg, callersNumber, "GB", "TN-Validation-Passed-A"
			c.record.Stage, c.record.Outcome, c.record.StartedAt, c.record.EndedAt = models.StageEnded, models.Refused, now, &now
			wt.isOnRecord(c.record)
		})
	}
}

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
			{"and a sentence before it when already answered", "/twilio/voice", "in-progress", withEmergency, "Say de-DE one_moment, Play, Redirect /twilio/voice?try=1", []string{"start call/CALL answer answer/again/token within 1.8s"}},
			{"and a sentence again", "/twilio/voice?try=1", "in-progress", withEmergency, "Say de-DE one_moment, Play, Redirect /twilio/voice?try=2", []string{"start call/CALL answer answer/again/token within 1.8s"}},
			{"and is diverted at last when already answered", "/twilio/voice?try=2", "in-progress", withEmergency, diversion, []string{"start call/CALL answer answer/again/token within 1.8s", signal}},
			{"coming back", "/twilio/voice?fallback=1", "in-progress", withEmergency, "Say de-DE one_moment, Play, Redirect /twilio/voice?try=1", []string{"start call/CALL answer answer/again/token within 1.8s"}},
		} {
			inCall(t, how+": "+c.name, func(wt *webhookTest) {
				wt.edit(c.edit)
				undecide(wt.temporal)
				wt.hears(c.want, wt.post(c.target, arriving("CallStatus", c.status), "I-Twilio-Idempotency-Token", "token"))
				wt.asks(c.asks...)
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

func TestWhoComesBackIsAskedForAnewByEachDelivery(t *testing.T) {
	inCall(t, "but not by its repeat", func(wt *webhookTest) {
		wt.temporal.answer = inTheRoom
		for _, delivery := range []string{"one", "one", "two"} {
			wt.hears(theRoom, wt.post("/twilio/voice?fallback=1", arriving("CallStatus", "in-progress"), "I-Twilio-Idempotency-Token", delivery))
			wt.asks("start call/CALL answer answer/again/" + delivery + " within 1.8s")
		}
	})
}

func TestACallInProgressGoesOnWhateverBecomesOfItsRoute(t *testing.T) {
	for name, spoil := range map[string]func(wt *webhookTest){
		"when it is switched off":        func(wt *webhookTest) { wt.edit(func(r *models.Route) { r.Enabled = false }) },
		"when it lets go of its number":  func(wt *webhookTest) { wt.edit(func(r *models.Route) { r.PhoneNumberID = "" }) },
		"when the database is not there": func(wt *webhookTest) { wt.must(wt.store.Close()) },
	} {
		for _, target := range []string{"/twilio/voice?fallback=1", "/twilio/voice?try=1"} {
			inCall(t, name+", at "+target, func(wt *webhookTest) {
				wt.temporal.answer = inTheRoom
				wt.post("/twilio/voice", arriving())
				wt.rows()                                       // waits until it is written
				wt.routes.copies = map[models.Phone]routeCopy{} // as of a process that has just started
				spoil(wt)
				wt.hears(theRoom, wt.post(target, arriving("CallStatus", "in-progress")))
				wt.temporal.fails = failing(errGone)
				if w := wt.post(target, arriving("CallStatus", "in-progress")); !strings.Contains(outline(wt.T, w.Body.Bytes()), " over, Hangup") {
					wt.Errorf("after the run the caller hears %s", w.Body)
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

func TestAKeyAtTheGateIsPassedOn(t *testing.T) {
	for _, c := range []struct{ name, target, digits, asks string }{
		{"the key", "/twilio/gate/CALL?lang=de-DE&try=1", "1", "update call/CALL gate gate/1 {Try:1 Digits:1}"},
		{"another key", "/twilio/gate/CALL?lang=de-DE&try=2", "#", "update call/CALL gate gate/2 {Try:2 Digits:#}"},
		{"no key", "/twilio/gate/CALL?lang=de-DE&try=3", "", "update call/CALL gate gate/3 {Try:3 Digits:}"},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.temporal.answer = inTheRoom
			for range 2 {
				wt.hears(theRoom, wt.post(c.target, arriving("CallStatus", "in-progress", "Digits", c.digits)))
				wt.asks(c.asks)
			}
			wt.logged()
		})
	}
}

func TestACallerWhoCannotBeToldIsToldToWait(t *testing.T) {
	const oneMoment = "Say de-DE one_moment, Play, Redirect /twilio/voice?fallback=1"
	gate, done, nobody := "/twilio/gate/CALL?lang=de-DE&try=1", "/twilio/caller-done/CALL?lang=de-DE", "/twilio/nobody/CALL?lang=de-DE"
	for _, c := range []struct {
		name, target string
		want, logged string
		undecided    func(f *fakeTemporal)
	}{
		{"at the gate of a slow run", gate, oneMoment, "no decision in time", undecided["slow"]},
		{"at the gate of a run that is away", gate, oneMoment, "no decision in time", undecided["away"]},
		{"at the gate of a run that answers too late", gate, oneMoment, "no decision in time", undecided["stale"]},
		{"outside the room of a slow run", done, oneMoment, "no decision in time", undecided["slow"]},
		{"outside the room of a run that is away", done, oneMoment, "no decision in time", undecided["away"]},
		{"outside the room of a run that answers too late", done, oneMoment, "no decision in time", undecided["stale"]},
		{"or that nobody is there, by a slow run", nobody, oneMoment, "no decision in time", undecided["slow"]},
		{"or that nobody is there, by a run that is away", nobody, oneMoment, "no decision in time", undecided["away"]},
		{"or to wait, by a run that answers too late", nobody, oneMoment, "no decision in time", undecided["stale"]},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			c.undecided(wt.temporal)
			wt.hears(c.want, wt.post(c.target, arriving("CallStatus", "in-progress", "Digits", "1", "DialCallStatus", "failed")))
			if messages := wt.log.String(); !strings.Contains(messages, c.logged) || strings.Contains(messages, callersNumber) {
				wt.Errorf("logged %s", messages)
			}
		})
	}
}

func TestACallerWhoseRunIsOverHearsGoodbye(t *testing.T) {
	for name, over := range map[string]error{"finished": errFinished, "not found": errGone} {
		for target, want := range map[string]string{
			"/twilio/gate/CALL?lang=de-DE&try=1":   "Say de-DE over, Hangup",
			"/twilio/gate/CALL?lang=en-US&try=1":   "Say en-US over, Hangup",
			"/twilio/gate/CALL?try=1":              "Say en-GB over, Hangup",
			"/twilio/caller-done/CALL?lang=de-DE":  "Say de-DE over, Hangup",
			"/twilio/nobody/CALL?lang=de-DE":       "Say de-DE nobody, Hangup",
			"/twilio/nobody/CALL?lang=nobody's":    "Say en-GB nobody, Hangup",
			"/twilio/leg-done/CALL/-?lang=de-DE":   "Say de-DE caller_left, Hangup",
			"/twilio/leg-done/none/-?lang=unknown": "Say en-GB caller_left, Hangup",
		} {
			inCall(t, name+" at "+target, func(wt *webhookTest) {
				wt.temporal.fails = failing(over)
				wt.hears(want, wt.post(target, arriving("CallStatus", "in-progress", "DialCallStatus", "failed")))
			})
		}
	}
}

func TestACallerLeavesTheRoom(t *testing.T) {
	const otherLeft = "Say de-DE other_left, Hangup"
	for _, c := range []struct {
		name, callStatus, dialStatus string
		want                         string
		asks                         []string
	}{
		{"because the responder hung up", "in-progress", "completed", otherLeft, nil},
		{"because the responder hung up, in the word of a room", "in-progress", "answered", otherLeft, nil},
		{"and nobody says why", "in-progress", "", otherLeft, nil},
		{"as busy", "in-progress", "busy", otherLeft, nil},
		{"as unanswered", "in-progress", "no-answer", otherLeft, nil},
		{"as canceled", "in-progress", "canceled", otherLeft, nil},
		{"that could not be had", "in-progress", "failed", theRoom, []string{"update call/CALL answer answer/room/token within 1.8s"}},
		{"by hanging up", "completed", "completed", "Say de-DE over, Hangup", nil},
		{"that could not be had, and has hung up", "completed", "failed", "Say de-DE over, Hangup", nil},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.temporal.answer = inTheRoom
			wt.hears(c.want, wt.post("/twilio/caller-done/CALL?lang=de-DE",
				arriving("CallStatus", c.callStatus, "DialCallStatus", c.dialStatus), "I-Twilio-Idempotency-Token", "token"))
			wt.asks(c.asks...)
		})
	}
}

func TestACallerIsToldThatNobodyTakesTheCall(t *testing.T) {
	inCall(t, "in the run's own words", func(wt *webhookTest) {
		wt.temporal.answer = models.Answer{Do: models.DoSay, Language: "de-DE", Text: "Bitte schreiben Sie uns."}
		for range 2 {
			wt.hears(`Say de-DE "Bitte schreiben Sie uns.", Hangup`, wt.post("/twilio/nobody/CALL?lang=de-DE", arriving("CallStatus", "in-progress")))
			wt.asks("update call/CALL answer answer/nobody within 1.8s")
		}
		wt.logged()
	})
}

func TestTheEndOfACallIsToldToItsRun(t *testing.T) {
	const notPassedOn = "word of the carrier not passed on"
	for _, c := range []struct {
		name, status string
		fails        error
		code         int
		asks, logged []string
	}{
		{"completed", "completed", nil, 204, []string{"signal call/CALL caller_over {Status:completed}"}, nil},
		{"canceled", "canceled", nil, 204, []string{"signal call/CALL caller_over {Status:canceled}"}, nil},
		{"busy", "busy", nil, 204, []string{"signal call/CALL caller_over {Status:busy}"}, nil},
		{"no answer", "no-answer", nil, 204, []string{"signal call/CALL caller_over {Status:no-answer}"}, nil},
		{"failed", "failed", nil, 204, []string{"signal call/CALL caller_over {Status:failed}"}, nil},
		{"after the run", "completed", errGone, 204, []string{"signal call/CALL caller_over {Status:completed}"}, []string{"webhook of a call that is over"}},
		{"while it is away", "completed", errAway, 503, []string{"signal call/CALL caller_over {Status:completed}"}, []string{notPassedOn}},
		{"while it is slow", "completed", errImpatient, 503, []string{"signal call/CALL caller_over {Status:completed}"}, []string{notPassedOn}},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.temporal.fails = failing(c.fails)
			wt.ends(c.code, wt.post("/twilio/status", arriving("CallStatus", c.status)))
			wt.asks(c.asks...)
			wt.logged(c.logged...)
		})
	}
	for _, status := range []string{"", "queued", "initiated", "ringing", "in-progress", "COMPLETED", "answered"} {
		inCall(t, "but not that it is "+status, func(wt *webhookTest) {
			wt.hears("Say en-GB over, Hangup", wt.post("/twilio/status", arriving("CallStatus", status)))
			wt.asks()
			wt.logged("webhook about nothing known")
		})
	}
}
