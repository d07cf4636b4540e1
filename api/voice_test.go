package api

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
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
	inCall(t, "always the same for a call, and no other's", func(wt *webhookTest) {
		seen := map[string]string{} // the call, by its room
		for i := range 50 {
			sid := fmt.Sprintf("CA%032x", i%25)
			wt.post("/twilio/voice", arriving("CallSid", sid))
			in := wt.temporal.inputs[i]
			if len(in.Room) < 16 || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(in.Room) {
				wt.Errorf("room %q", in.Room)
			}
			for _, secret := range []string{callersNumber[1:], ourNumber[1:], alicesNumber[1:], sid[2:], in.CallID} {
				if strings.Contains(in.Room, secret) || strings.Contains(secret, in.Room) {
					wt.Errorf("the room %s tells of %s", in.Room, secret)
				}
			}
			if seen[in.Room] == "" {
				seen[in.Room] = sid
			}
			if seen[in.Room] != sid {
				wt.Errorf("%s and %s have one room", seen[in.Room], sid)
			}
		}
		if len(seen) != 25 {
			wt.Errorf("%d rooms for 25 calls", len(seen))
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

func TestWhoComesBackIsAskedForAnewByEachDelivery(t *testing.T) {
	inCall(t, "but not by its repeat", func(wt *webhookTest) {
		wt.temporal.answer = inTheRoom
		for _, delivery := range []string{"one", "one", "two"} {
			wt.hears(theRoom, wt.post("/twilio/voice?fallback=1", arriving("CallStatus", "in-progress"), "I-Twilio-Idempotency-Token", delivery))
			wt.asks("start call/CALL answer answer/again/" + delivery + " within 1.6s")
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

func TestTheCarriersLeaveToShowTheCallerIsKeptOnlyWhereTheyAreShown(t *testing.T) {
	for _, c := range []struct {
		name        string
		rule        models.CallerIDRule
		from, token string
		want        string
		shown       models.Phone
	}{
		{"the route shows its own number", models.ShowRouteNumber, callersNumber, "leave", "", ourNumber},
		{"the route shows the caller", models.ShowCaller, callersNumber, "leave", "leave", callersNumber},
		{"the carrier gives no leave", models.ShowCaller, callersNumber, "", "", ourNumber},
		{"the caller is withheld", models.ShowCaller, "anonymous", "leave", "leave", ourNumber},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.edit(func(r *models.Route) { r.ResponderCallerID = c.rule })
			wt.temporal.answer = inTheRoom
			wt.hears(theRoom, wt.post("/twilio/voice", arriving("From", c.from, "CallToken", c.token)))
			in := wt.temporal.inputs[0]
			if in.CallToken != c.want || in.ShownTo() != c.shown || in.Plan.CallerID != c.rule {
				wt.Errorf("token %q, shows %q", in.CallToken, string(in.ShownTo()))
			}
		})
	}
}

func TestEachCallIsShuffledAnew(t *testing.T) {
	inCall(t, "by a seed of its own", func(wt *webhookTest) {
		seeds := map[uint32]bool{}
		for range 20 {
			wt.post("/twilio/voice", arriving())
		}
		for _, in := range wt.temporal.inputs {
			seeds[in.Plan.Seed] = true
		}
		if len(seeds) < 19 { // two of 20 may be equal once in 20 million runs
			t.Errorf("%d seeds for 20 calls", len(seeds))
		}
	})
}

func TestAPlanKnowsWhatTheCarrierAccountMayPlace(t *testing.T) {
	inCall(t, "a second", func(wt *webhookTest) {
		wt.callsPerSecond = 2.5
		wt.post("/twilio/voice", arriving())
		if got := wt.temporal.inputs[0].Plan.CallsPerSecond; got != 2.5 {
			wt.Errorf("%v a second", got)
		}
	})
}

func TestTheRoomOfACallIsOnItsRow(t *testing.T) {
	inCall(t, "though nothing could decide when its row was written", func(wt *webhookTest) {
		wt.temporal.fails = map[string]error{"start": errAway}
		wt.post("/twilio/voice", arriving())
		first := wt.row()
		wt.temporal.fails, wt.temporal.answer = nil, inTheRoom
		wt.hears(theRoom, wt.post("/twilio/voice?try=1", arriving()))
		run := wt.temporal.inputs[len(wt.temporal.inputs)-1]
		if row := wt.row(); row.Room == "" || row.Room != first.Room || row.Room != run.Room {
			wt.Errorf("on record is room %q, first %q; the run has %q", row.Room, first.Room, run.Room)
		}
	})
	inCall(t, "so that others find the caller there", func(wt *webhookTest) {
		wt.temporal.answer = inTheRoom
		wt.post("/twilio/voice", arriving())
		if row := wt.row(); row.Room == "" || row.Room != wt.temporal.inputs[0].Room {
			wt.Errorf("on record is room %q", row.Room)
		}
	})
}
