package api

import (
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

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
	gate, nobody := "/twilio/gate/CALL?lang=de-DE&try=1", "/twilio/nobody/CALL?lang=de-DE"
	for _, c := range []struct {
		name, target string
		want, logged string
		undecided    func(f *fakeTemporal)
	}{
		{"at the gate of a slow run", gate, oneMoment, "no decision in time", undecided["slow"]},
		{"at the gate of a run that is away", gate, oneMoment, "no decision in time", undecided["away"]},
		{"at the gate of a run that answers too late", gate, oneMoment, "no decision in time", undecided["stale"]},
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
			"/twilio/voice?fallback=1":             "Say de-DE over, Hangup",
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
	const comesBackSoon = "Say de-DE one_moment, Play, Redirect /twilio/voice?fallback=1" // not at once: it may fail again
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
		{"that could not be had", "in-progress", "failed", comesBackSoon, nil},
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
			wt.asks("update call/CALL answer answer/nobody within 1.6s")
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
