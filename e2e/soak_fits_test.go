package e2e

import (
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// met is the responder's leg that talked with the caller in the room, nil when none did.
func (y *soakStory) met() *soakLeg {
	if y.caller.joined.IsZero() || y.caller.talked.IsZero() {
		return nil
	}
	for _, leg := range y.rung {
		if !leg.talked.IsZero() {
			return leg
		}
	}
	return nil
}

// fits holds that the outcome is what caller and responders experienced.
func (y *soakStory) fits() {
	met, outcome := y.met(), y.record.Outcome
	forwarded := y.last != nil && !y.last.talked.IsZero()
	if met != nil && outcome != models.Connected {
		y.wrong("%s: caller and %s talked", outcome, y.name(met))
	}
	if forwarded && outcome != models.Forwarded {
		y.wrong("%s: the caller talked to the fixed number", outcome)
	}
	if y.spoke && outcome != models.Voicemailed {
		y.wrong("%s: the caller left a message", outcome)
	}
	switch outcome {
	case models.Connected:
		y.fitsConnected(met)
	case models.Forwarded:
		if !forwarded && !y.leftRinging() {
			y.wrong("forwarded: nobody talked to the caller")
		}
	case models.Voicemailed:
		if !y.spoke {
			y.wrong("voicemail: the caller said nothing")
		}
	case models.Abandoned:
		if !y.leavesEarly() {
			y.wrong("abandoned: this caller never hangs up")
		}
	case models.Unanswered:
	case models.GateFailed, models.Refused:
		y.fitsTurnedAway()
	default:
		y.wrong("it ended %s: %s", outcome, y.record.Reason)
	}
	for _, leg := range y.rung {
		if !leg.joined.IsZero() && leg.talked.IsZero() && leg.joined.Before(y.caller.ended) && leg.ended.Sub(leg.joined) > aloneAtMost {
			y.wrong("%s was in the room for %s and met nobody", y.name(leg), leg.ended.Sub(leg.joined))
		}
	}
}

// aloneAtMost is how long a responder may be in the room before the caller: until the caller has
// heard the greeting, which a fault may hold up.
const aloneAtMost = 5 * time.Second / pace

// fitsConnected holds that who is on record has met the caller, or took the call in the moment in
// which the caller left.
func (y *soakStory) fitsConnected(met *soakLeg) {
	var winner models.AttemptRecord
	for _, a := range y.record.Attempts {
		if a.State == models.Accepted {
			winner = a
		}
	}
	switch {
	case winner.UserID != y.record.AnsweredBy:
		y.wrong("connected: %q is on record and %q took the call", y.record.AnsweredBy, winner.UserID)
	case met != nil && met.sid != winner.Leg:
		y.wrong("connected: %s talked and %s is on record", y.name(met), winner.Name)
	case met == nil && !y.tookLate(winner):
		y.wrong("connected: nobody met, and the caller was there for %s after %s took the call", y.caller.ended.Sub(*winner.DecidedAt), winner.Name)
	}
}

// tookLate says whether the caller left before the one who took the call could be with them.
func (y *soakStory) tookLate(winner models.AttemptRecord) bool {
	for _, leg := range y.rung {
		if leg.sid == winner.Leg {
			return y.leavesEarly() && (leg.joined.IsZero() || leg.joined.After(y.caller.ended))
		}
	}
	return false
}

// leftRinging says whether the caller left while the fixed number rang. Then the simulated carrier
// says of the line to it that it was answered.
func (y *soakStory) leftRinging() bool {
	return y.leavesEarly() && y.last != nil && y.last.answered.IsZero() && y.last.status == simulator.StatusCanceled
}

// inPeace holds that whoever pressed the key in time, undisturbed by any fault, took the call, unless
// another did, the caller left, or they hung up at once.
func (y *soakStory) inPeace(away []absence) {
	const moment = 500 * time.Millisecond
	states := map[string]models.AttemptState{}
	for _, a := range y.record.Attempts {
		if a.State == models.Accepted {
			return
		}
		states[a.Leg] = a.State
	}
	for _, leg := range y.rung {
		key := y.chose(leg)
		inTime := !key.IsZero() && key.Sub(leg.answered) < models.AcceptWindow/pace-moment && key.Before(y.caller.ended.Add(-moment))
		stayed := leg.ended.Sub(key) > moment // for us to answer the key
		if inTime && stayed && !y.struck(leg, away) {
			y.wrong("%s pressed the key %s after they picked up, and is recorded as %s", y.name(leg), key.Sub(leg.answered), states[leg.sid])
		}
	}
}

// chose is when the key that takes the call was told to us, zero when it never was.
func (y *soakStory) chose(leg *soakLeg) time.Time {
	for _, e := range y.events {
		if e.Kind == simulator.EventWebhook && e.Call == leg.sid && e.Digits == y.route.Accept.Key {
			return e.At
		}
	}
	return time.Time{}
}

// struck says whether a fault met this leg, or the call was without a worker for a while.
func (y *soakStory) struck(leg *soakLeg, away []absence) bool {
	for _, a := range away {
		if leg.dialled.Before(a.until) && leg.ended.After(a.from) {
			return true
		}
	}
	for _, e := range y.events {
		if e.Fault != "" && (e.Phone == leg.phone || e.Phone == y.from) {
			return true
		}
	}
	return false
}

// fitsTurnedAway holds that nobody was rung, and that the caller had it coming.
func (y *soakStory) fitsTurnedAway() {
	if len(y.rung) > 0 {
		y.wrong("%s: and %d phones rang", y.record.Outcome, len(y.rung))
	}
	if y.record.Outcome == models.Refused {
		withheld := strings.HasPrefix(y.from, "sip:")
		list := y.route.Allowlist
		if !list.Enabled || !withheld && string(list.Callers[0].Number) == y.from {
			y.wrong("refused: %s, and may call", y.record.Refusal)
		}
		return
	}
	for i, key := range y.caller.keys {
		if key.Digits == y.route.Keypress.Key && i < models.KeyTries {
			y.wrong("gate failed: the caller pressed the key at the %d. prompt", i+1)
		}
	}
}
