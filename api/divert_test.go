package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringdown/ringdown/models"
)

const (
	theDiversion  = "Say de-DE diverting, Dial (Number " + emergencyNumber + "), Say de-DE divert_failed, Hangup"
	tellsDiverted = "signal call/CALL diverted <nil>"
	signAsked     = "query call/CALL __temporal_workflow_metadata"
)

// divertsAtArrival diverts the caller of a call that nobody answers, and waits until that is written.
func (wt *webhookTest) divertsAtArrival() {
	wt.Helper()
	wt.hears(theDiversion, wt.post("/twilio/voice?try=2", arriving()))
	wt.Drain()
	wt.temporal.heard()
}

// untold checks whether the diversion of the call is still to be told.
func (wt *webhookTest) untold(want bool) {
	wt.Helper()
	wt.Drain()
	calls, err := wt.store.Untold(context.Background())
	wt.must(err)
	if got := len(calls) == 1 && calls[0].CarrierCallID == callerLeg; got != want {
		wt.Errorf("to be told: %t, want %t", got, want)
	}
}

// looks has the server look after callers, some time from now.
func (wt *webhookTest) looks(later time.Duration) {
	wt.passes(later)
	(&watch{Server: wt.Server}).look(context.Background())
}

func TestADiversionOnArrivalIsOnRecordAndToldToItsRun(t *testing.T) {
	inCall(t, "at once where there is one", func(wt *webhookTest) {
		wt.temporal.fails = map[string]error{"start": errImpatient}
		began := time.Now()
		wt.divertsAtArrival()
		row := wt.row()
		if row.DivertedAt == nil || row.DivertedAt.Before(began) || row.EndedAt != nil || row.Outcome != "" || row.Room == "" {
			wt.Errorf("on record is %+v", row)
		}
		wt.untold(false)
		wt.logged("call not answered in time", "call diverted to the emergency number")
	})
	inCall(t, "later when it cannot hear", func(wt *webhookTest) {
		wt.temporal.fails = failing(errAway)
		wt.divertsAtArrival()
		if row := wt.row(); row.DivertedAt == nil || row.EndedAt != nil {
			wt.Errorf("on record is %+v", row)
		}
		wt.untold(true)
		wt.temporal.fails = nil
		wt.looks(tellAgainAfter - backgroundWithin - time.Nanosecond) // until then we are at it ourselves, for the time that has passed
		wt.asks(signAsked)
		wt.looks(tellAgainAfter)
		wt.asks(signAsked, tellsDiverted)
		wt.untold(false)
		wt.looks(tellAgainAfter)
		wt.asks(signAsked)
	})
	inCall(t, "as soon as it can hear, before it is told that the caller has left", func(wt *webhookTest) {
		wt.temporal.fails = failing(errAway)
		wt.hears(theDiversion, wt.post("/twilio/voice?try=2", arriving()))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		wt.temporal.heard()
		wt.temporal.isBack()
		time.Sleep(tellPause)
		synctest.Wait()
		wt.ends(http.StatusNoContent, wt.post("/twilio/status", arriving("CallStatus", "completed")))
		wt.asks(tellsDiverted, "signal call/CALL caller_over {Status:completed}")
		wt.untold(false)
	})
	inCall(t, "again and again while it cannot hear", func(wt *webhookTest) {
		wt.temporal.fails = failing(errAway)
		wt.divertsAtArrival()
		for range 3 {
			wt.looks(tellAgainAfter)
			wt.asks(signAsked, tellsDiverted)
			wt.untold(true)
		}
	})
	inCall(t, "which is closed as diverted where there is no run", func(wt *webhookTest) {
		wt.temporal.fails = map[string]error{"start": errAway, "signal": errGone}
		wt.divertsAtArrival()
		row := wt.row()
		if row.DivertedAt == nil || row.EndedAt == nil || row.Outcome != models.Diverted || row.Stage != models.StageEnded || row.Reason == "" {
			wt.Errorf("on record is %+v", row)
		}
		wt.untold(true) // one may be about to start
		wt.looks(tellAgainAfter)
		wt.asks(tellsDiverted)
		wt.untold(false)
		wt.logged("call not answered in time", "call diverted to the emergency number")
	})
	inCall(t, "also to a run that started while we told that there is none", func(wt *webhookTest) {
		wt.temporal.fails = map[string]error{"start": errAway, "signal": errGone}
		wt.divertsAtArrival()
		wt.temporal.fails = nil
		wt.looks(tellAgainAfter)
		wt.asks(tellsDiverted)
		wt.untold(false)
	})
	inCall(t, "once, however often it is announced", func(wt *webhookTest) {
		wt.temporal.fails = map[string]error{"start": errAway}
		wt.divertsAtArrival()
		first := wt.row().DivertedAt
		wt.passes(time.Minute)
		wt.divertsAtArrival()
		if again := wt.row().DivertedAt; !again.Equal(*first) {
			wt.Errorf("diverted at %v, then at %v", first, again)
		}
	})
	inCall(t, "while the database is away, by the run alone", func(wt *webhookTest) {
		wt.must(wt.routes.copyAll(context.Background()))
		wt.must(wt.store.Close())
		wt.temporal.fails = map[string]error{"start": errAway}
		wt.hears(theDiversion, wt.post("/twilio/voice?try=2", arriving()))
		wt.asks("start call/CALL answer answer/2 within 1.8s", tellsDiverted)
		wt.logged("call let in without looking at blocks and limits", "call not answered in time",
			"call diverted to the emergency number", "diversion not written", "diversion not on record yet")
	})
	inCall(t, "of a call in progress too", func(wt *webhookTest) {
		wt.temporal.answer = inTheRoom
		wt.hears(theRoom, wt.post("/twilio/voice", arriving()))
		wt.Drain()
		wt.temporal.fails = map[string]error{"start": errAway}
		wt.hears(theDiversion, wt.post("/twilio/voice?try=2", arriving("CallStatus", "in-progress")))
		if row := wt.row(); row.DivertedAt == nil {
			wt.Error("not on record")
		}
		wt.untold(false)
	})
}

// The carrier connects nobody with a number that is none.
func TestAWithheldCallerIsDivertedWithTheNumberThatTheyCalled(t *testing.T) {
	want := strings.Replace(theDiversion, ")", ") as "+ourNumber, 1)
	for _, from := range []string{"", "anonymous", "+266696687"} {
		inCall(t, "who shows "+url.QueryEscape(from)+" on arrival", func(wt *webhookTest) {
			wt.temporal.fails = failing(errAway)
			wt.hears(want, wt.post("/twilio/voice?try=2", arriving("From", from)))
		})
		inCall(t, "who shows "+url.QueryEscape(from)+" on hold", func(wt *webhookTest) {
			wt.hears(want, wt.post("/twilio/divert/CALL?lang=de-DE", arriving("From", from, "CallStatus", "in-progress")))
		})
	}
}

func TestWatchLooksEveryTenSeconds(t *testing.T) {
	inCall(t, "until it is to stop", func(wt *webhookTest) {
		wt.temporal.fails = failing(errAway)
		wt.divertsAtArrival()
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); wt.Watch(ctx) }()
		time.Sleep(2*watchEvery - time.Nanosecond)
		synctest.Wait()
		wt.asks(signAsked, tellsDiverted)
		time.Sleep(watchEvery)
		synctest.Wait()
		wt.asks(signAsked, tellsDiverted)
		stop()
		<-ended
	})
	inCall(t, "or as much faster as calls run", func(wt *webhookTest) {
		wt.pace = 20
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); wt.Watch(ctx) }()
		wt.temporal.fails = failing(errAway)
		wt.divertsAtArrival()
		time.Sleep(watchEvery / 20)
		synctest.Wait()
		wt.asks(signAsked, tellsDiverted)
		stop()
		<-ended
	})
}

func TestACallerFromHoldIsConnectedToTheEmergencyNumber(t *testing.T) {
	const target = "/twilio/divert/CALL?lang=de-DE"
	inProgress := func() map[string][]string { return arriving("CallStatus", "in-progress") }
	inCall(t, "of the route", func(wt *webhookTest) {
		for range 2 {
			wt.hears(theDiversion, wt.post(target, inProgress()))
		}
		wt.asks()
		wt.logged()
	})
	inCall(t, "while the database is away", func(wt *webhookTest) {
		wt.must(wt.routes.copyAll(context.Background()))
		wt.must(wt.store.Close())
		wt.hears(theDiversion, wt.post(target, inProgress()))
	})
	inCall(t, "though the route is switched off meanwhile", func(wt *webhookTest) {
		wt.edit(func(r *models.Route) { r.Enabled = false })
		wt.hears(theDiversion, wt.post(target, inProgress()))
	})
	for name, spoil := range map[string]func(wt *webhookTest){
		"the route has none any more":                func(wt *webhookTest) { wt.edit(func(r *models.Route) { r.EmergencyNumber = "" }) },
		"the number has no route any more":           func(wt *webhookTest) { wt.edit(func(r *models.Route) { r.PhoneNumberID = "" }) },
		"the database is away, and nothing is known": func(wt *webhookTest) { wt.must(wt.store.Close()) },
	} {
		inCall(t, "unless "+name, func(wt *webhookTest) {
			spoil(wt)
			wt.hears("Say de-DE nobody, Hangup", wt.post(target, inProgress()))
			wt.logged("no emergency number")
		})
	}
}

// The carrier hears one of two answers to a webhook that it delivers twice, and nobody knows which.
func TestARepeatedAnnouncementIsDivertedAgain(t *testing.T) {
	for _, status := range []string{"ringing", "in-progress"} {
		inCall(t, status, func(wt *webhookTest) {
			wt.temporal.fails = failing(errImpatient)
			wt.hears(theDiversion, wt.post("/twilio/voice?try=2", arriving("CallStatus", status)))
			wt.Drain()
			wt.temporal.fails, wt.temporal.answer = nil, inTheRoom
			wt.hears(theDiversion, wt.post("/twilio/voice?try=2", arriving("CallStatus", status)))
		})
	}
	inCall(t, "but not the one before it", func(wt *webhookTest) {
		wt.temporal.fails = failing(errImpatient)
		wt.post("/twilio/voice?try=1", arriving())
		wt.Drain()
		wt.temporal.fails, wt.temporal.answer = nil, inTheRoom
		wt.hears(strings.ReplaceAll(theRoom, "CALL", withoutIDs(callerLeg)), wt.post("/twilio/voice?try=2", arriving()))
	})
}
