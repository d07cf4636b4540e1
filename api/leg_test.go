package api

import (
	"testing"

	"github.com/ringdown/ringdown/models"
)

const (
	legAddress    = "/twilio/leg/CALL/1.alice.1.1?lang=de-DE"
	againAddress  = "/twilio/leg/CALL/1.alice.1.1?hearing=1&lang=de-DE" // after a key that was not answered
	acceptAddress = "/twilio/accept/CALL/1.alice.1.1?hearing=1&lang=de-DE"
	keptAddress   = "/twilio/accept/CALL/1.alice.1.1?hearing=1&key=1&lang=de-DE" // after a key that could not be told
	statusAddress = "/twilio/leg-status/CALL/1.alice.1.1"
)

// What a leg's webhooks ask of Temporal.
const (
	settlePickedUp = "settle default call/CALL 1.alice.1.1 {Result:picked_up Leg:LEG Code:0}"
	updateLeg      = "update call/CALL leg leg/1.alice.1.1/LEG {Attempt:1.alice.1.1 Leg:LEG}"
	updateAgain    = "update call/CALL leg leg/1.alice.1.1/LEG/1 {Attempt:1.alice.1.1 Leg:LEG}"
	updateAccept   = "update call/CALL accept accept/1.alice.1.1/1/LEG {Attempt:1.alice.1.1 Leg:LEG Hearing:1 Digits:1}"
)

// picked is the form of a responder's leg, with changes, names and values by turns.
func picked(changes ...string) map[string][]string {
	return arriving(append([]string{
		"CallSid", "LEG", "From", ourNumber, "To", alicesNumber, "CallStatus", "in-progress", "Direction", "outbound-api", "Digits", "1",
	}, changes...)...)
}

// screened is the prompt of a responder, and its outline.
var screened = models.Answer{Do: models.DoScreen, Language: "de-DE", Text: "Anruf", Key: "1", Attempt: "1.alice.1.1", Try: 1}

const theScreen = `Gather for /twilio/accept/CALL/1.alice.1.1?hearing=1&lang=de-DE (Say de-DE "Anruf", Pause 1, Say de-DE "Anruf")`

// joined puts a responder into the room.
var joined = models.Answer{Do: models.DoJoin, Language: "de-DE", Room: "some-room", Rounds: 3, Attempt: "1.alice.1.1"}

const theJoin = "Say de-DE connecting, Dial (Conference some-room) then /twilio/leg-done/CALL/1.alice.1.1?lang=de-DE"

func TestAResponderHearsWhatTheRunDecides(t *testing.T) {
	const (
		oneMoment    = "Say de-DE one_moment, Play, Redirect " + legAddress
		afterKey     = "Say de-DE one_moment, Play, Redirect " + againAddress
		keyKept      = "Say de-DE one_moment, Play, Redirect " + keptAddress
		gone         = "Say de-DE gone, Hangup"
		noDecision   = "no decision in time"
		notSettled   = "dial not settled"
		taken        = "Say de-DE taken, Hangup"
		secondAnswer = "update call/CALL accept accept/1.alice.1.1/2/LEG {Attempt:1.alice.1.1 Leg:LEG Hearing:2 Digits:1}"
	)
	failing := func(requestsAndErrors ...any) map[string]error {
		fails := map[string]error{}
		for i := 0; i < len(requestsAndErrors); i += 2 {
			fails[requestsAndErrors[i].(string)] = requestsAndErrors[i+1].(error)
		}
		return fails
	}
	for _, c := range []struct {
		name, target string
		answer       models.Answer
		fails        map[string]error
		want         string
		asks, logged []string
	}{
		{"who picks up", legAddress, screened, nil, theScreen, []string{settlePickedUp, updateLeg}, nil},
		{"who picks up and need not press a key", legAddress, joined, nil, theJoin, []string{settlePickedUp, updateLeg}, nil},
		{"who picks up after the dial was settled", legAddress, screened, failing("settle", errGone), theScreen, []string{settlePickedUp, updateLeg}, nil},
		{"who picks up when another has the call", legAddress, models.Answer{Do: models.DoSay, Language: "de-DE", Phrase: models.PhraseTaken}, failing("settle", errGone), taken, []string{settlePickedUp, updateLeg}, nil},
		{"who picks up when the dial cannot be settled", legAddress, screened, failing("settle", errAway), theScreen, []string{settlePickedUp, updateLeg}, []string{notSettled}},
		{"who picks up when settling the dial takes all the time", legAddress, screened, failing("settle", errImpatient), oneMoment, []string{settlePickedUp, updateLeg}, []string{notSettled, noDecision}},
		{"who picks up in a slow run", legAddress, screened, failing("update", errImpatient), oneMoment, []string{settlePickedUp, updateLeg}, []string{noDecision}},
		{"who picks up in a run that is away", legAddress, screened, failing("settle", errAway, "update", errAway), oneMoment, []string{settlePickedUp, updateLeg}, []string{notSettled, noDecision}},
		{"who picks up in a run that answers too late", legAddress, models.Answer{Do: models.DoNothing}, nil, oneMoment, []string{settlePickedUp, updateLeg}, []string{noDecision}},
		{"who picks up after the run", legAddress, screened, failing("settle", errGone, "update", errGone), gone, []string{settlePickedUp, updateLeg}, nil},
		{"who picks up after a run of which nothing is known", legAddress, screened, failing("settle", errGone, "update", errFinished), gone, []string{settlePickedUp, updateLeg}, nil},
		{"who takes the call", acceptAddress, joined, nil, theJoin, []string{updateAccept}, nil},
		{"who takes the call at the second hearing", "/twilio/accept/CALL/1.alice.1.1?hearing=2&lang=de-DE", joined, nil, theJoin, []string{secondAnswer}, nil},
		{"who takes the call too late", acceptAddress, models.Answer{Do: models.DoSay, Language: "de-DE", Phrase: models.PhraseTaken}, nil, taken, []string{updateAccept}, nil},
		{"who takes the call in a slow run", acceptAddress, joined, failing("update", errImpatient), keyKept, []string{updateAccept}, []string{noDecision}},
		{"who takes the call in a run that is away", acceptAddress, joined, failing("update", errAway), keyKept, []string{updateAccept}, []string{noDecision}},
		{"who takes the call in a run that answers too late", acceptAddress, models.Answer{Do: models.DoNothing}, nil, afterKey, []string{updateAccept}, []string{noDecision}},
		{"who took the call in a slow run", againAddress, joined, failing("settle", errGone), theJoin, []string{settlePickedUp, updateAgain}, nil},
		{"who takes the call after the run", acceptAddress, joined, failing("update", errGone), gone, []string{updateAccept}, nil},
		{"whose caller has left", "/twilio/leg-done/CALL/1.alice.1.1?lang=de-DE", joined, nil, "Say de-DE caller_left, Hangup", nil, nil},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.temporal.answer, wt.temporal.fails = c.answer, c.fails
			for range 2 { // as often as the carrier repeats it
				wt.hears(c.want, wt.post(c.target, picked()))
				wt.asks(c.asks...)
				wt.logged(c.logged...)
			}
			if rows := wt.rows(); len(rows) > 0 {
				wt.Errorf("a leg is on record as a call: %v", rows)
			}
		})
	}
}

func TestAKeyThatCouldNotBeToldIsToldAgain(t *testing.T) {
	inCall(t, "without being pressed again", func(wt *webhookTest) {
		form := picked()
		delete(form, "Digits")
		wt.temporal.fails = map[string]error{"update": errAway}
		wt.hears("Say de-DE one_moment, Play, Redirect "+keptAddress, wt.post(keptAddress, form))
		wt.logged("no decision in time")
		wt.temporal.answer, wt.temporal.fails = joined, nil
		wt.hears(theJoin, wt.post(keptAddress, form))
		wt.asks(updateAccept, updateAccept)
	})
	inCall(t, "but nothing is no key", func(wt *webhookTest) {
		form := picked()
		delete(form, "Digits")
		wt.temporal.fails = map[string]error{"update": errAway}
		wt.hears("Say de-DE one_moment, Play, Redirect "+againAddress, wt.post(acceptAddress, form))
		wt.logged("no decision in time")
	})
}

func TestAResponderWhoPressesNothingIsPassedOn(t *testing.T) {
	inCall(t, "as no digits", func(wt *webhookTest) {
		wt.temporal.answer = models.Answer{Do: models.DoSay, Language: "de-DE", Phrase: models.PhrasePassed}
		form := picked()
		delete(form, "Digits")
		wt.hears("Say de-DE passed, Hangup", wt.post(acceptAddress, form))
		wt.asks("update call/CALL accept accept/1.alice.1.1/1/LEG {Attempt:1.alice.1.1 Leg:LEG Hearing:1 Digits:}")
	})
}

func TestTwoLegsOfOneAttemptAreAskedForApart(t *testing.T) {
	inCall(t, "so that neither gets the other's answer", func(wt *webhookTest) {
		wt.temporal.answer = screened
		wt.post(legAddress, picked())
		wt.post(legAddress, picked("CallSid", anotherCall))
		wt.asks(settlePickedUp, updateLeg,
			"settle default call/CALL 1.alice.1.1 {Result:picked_up Leg:"+anotherCall+" Code:0}",
			"update call/CALL leg leg/1.alice.1.1/"+anotherCall+" {Attempt:1.alice.1.1 Leg:"+anotherCall+"}")
	})
}

func TestTheEndOfALegIsToldToItsDialAndThenToItsRun(t *testing.T) {
	settle := func(result string) string {
		return "settle default call/CALL 1.alice.1.1 {Result:" + result + " Leg:LEG Code:0}"
	}
	const (
		legOver      = "signal call/CALL leg_over {Attempt:1.alice.1.1 Leg:LEG Result:hung_up At:now}"
		notPassedOn  = "word of the carrier not passed on"
		busyWithCode = "settle default call/CALL 1.alice.1.1 {Result:busy Leg:LEG Code:486}"
	)
	for _, c := range []struct {
		name, status, sip string
		settles, signals  error
		code              int
		asks, logged      []string
	}{
		{"busy", "busy", "", nil, nil, 204, []string{settle("busy")}, nil},
		{"busy, with the network's code", "busy", "486", nil, nil, 204, []string{busyWithCode}, nil},
		{"busy, with a code that is none", "busy", "486 Busy", nil, nil, 204, []string{settle("busy")}, nil},
		{"no answer", "no-answer", "", nil, nil, 204, []string{settle("no_answer")}, nil},
		{"failed", "failed", "", nil, nil, 204, []string{settle("failed")}, nil},
		{"canceled", "canceled", "", nil, nil, 204, []string{settle("canceled")}, nil},
		{"completed", "completed", "", nil, nil, 204, []string{settle("hung_up")}, nil},
		{"completed after its dial was settled", "completed", "", errGone, nil, 204, []string{settle("hung_up"), legOver}, nil},
		{"completed after the run", "completed", "", errGone, errGone, 204, []string{settle("hung_up"), legOver}, []string{"webhook of a call that is over"}},
		{"completed while Temporal is away", "completed", "", errAway, nil, 503, []string{settle("hung_up")}, []string{notPassedOn}},
		{"completed while Temporal is slow", "completed", "", errImpatient, nil, 503, []string{settle("hung_up")}, []string{notPassedOn}},
		{"completed after its dial, while the run is away", "completed", "", errGone, errAway, 503, []string{settle("hung_up"), legOver}, []string{notPassedOn}},
		{"completed after its dial, while the run is slow", "completed", "", errGone, errImpatient, 503, []string{settle("hung_up"), legOver}, []string{notPassedOn}},
		{"queued", "queued", "", nil, nil, 204, nil, nil},
		{"initiated", "initiated", "", nil, nil, 204, nil, nil},
		{"ringing", "ringing", "", nil, nil, 204, nil, nil},
		{"in progress", "in-progress", "", nil, nil, 204, nil, nil},
		{"nothing at all", "", "", nil, nil, 204, nil, nil},
		{"a word that is new", "answered-by-robot", "", nil, nil, 204, nil, nil},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.temporal.fails = map[string]error{"settle": c.settles, "signal": c.signals}
			for range 2 {
				wt.ends(c.code, wt.post(statusAddress, picked("CallStatus", c.status, "SipResponseCode", c.sip)))
				wt.asks(c.asks...)
				wt.logged(c.logged...)
			}
		})
	}
}
