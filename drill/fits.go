package drill

import (
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// fits holds that the outcome is what caller and responders experienced.
func (y *story) fits() {
	met, outcome := y.met(), y.record.Outcome
	forwarded := y.last != nil && !y.last.talked.IsZero()
	if met != nil && outcome != models.Connected {
		y.wrong(asExperienced, "%s: caller and %s talked", outcome, y.name(met.phone))
	}
	if forwarded && outcome != models.Forwarded {
		y.wrong(asExperienced, "%s: the caller talked to the fixed number", outcome)
	}
	if y.spoke && outcome != models.Voicemailed {
		y.wrong(asExperienced, "%s: the caller left a message", outcome)
	}
	if y.diverted != nil && outcome != models.Diverted {
		if !y.divertedUntold() {
			y.wrong(asExperienced, "%s: the caller was sent to the emergency number", outcome)
		}
		return
	}
	switch outcome {
	case models.Connected:
		y.fitsConnected(met)
	case models.Forwarded:
		if !forwarded && !y.leftRinging() {
			y.wrong(asExperienced, "forwarded: nobody talked to the caller")
		}
		y.allTried()
	case models.Voicemailed:
		if !y.spoke {
			y.wrong(asExperienced, "voicemail: the caller said nothing")
		}
		y.allTried()
	case models.Abandoned:
		if !y.leavesEarly() {
			y.wrong(notLost, "abandoned: this caller never hangs up")
		}
	case models.Unanswered:
		y.allTried()
	case models.GateFailed, models.Refused:
		y.fitsTurnedAway()
	case models.Diverted:
		y.fitsDiverted()
	default:
		y.wrong(notLost, "it ended %s: %s", outcome, y.record.Reason)
	}
	y.nobodyAlone()
}

// nobodyAlone holds that no responder waited for a caller who was there and did not come.
func (y *story) nobodyAlone() {
	for _, l := range y.rung {
		left := l.ended
		if y.caller.ended.Before(left) {
			left = y.caller.ended
		}
		if !l.joined.IsZero() && l.talked.IsZero() && left.Sub(l.joined) > aloneAtMost {
			y.wrong(asExperienced, "%s was in the room for %s and met nobody", y.name(l.phone), seconds(left.Sub(l.joined)))
		}
	}
}

// fitsConnected holds that who is on record has met the caller, or took the call in the moment in which the caller left.
func (y *story) fitsConnected(met *leg) {
	var winner models.AttemptRecord
	for _, a := range y.record.Attempts {
		if a.State == models.Accepted {
			winner = a
		}
	}
	switch {
	case winner.UserID != y.record.AnsweredBy:
		y.wrong(asExperienced, "connected: %q is on record and %q took the call", y.record.AnsweredBy, winner.UserID)
	case met != nil && met.sid != winner.Leg:
		y.wrong(asExperienced, "connected: %s talked and %s is on record", y.name(met.phone), winner.Name)
	case met == nil && !y.tookLate(winner):
		y.wrong(notLost, "connected: nobody met, and the caller was there when %s took the call", winner.Name)
	}
}

// tookLate says whether the caller left before the one who took the call could be with them: in the moments after, while nothing
// could be decided, or in the greeting.
func (y *story) tookLate(winner models.AttemptRecord) bool {
	i := slices.IndexFunc(y.rung, func(l *leg) bool { return l.sid == winner.Leg })
	if i < 0 || winner.DecidedAt == nil || !y.leavesEarly() {
		return false
	}
	if y.caller.ended.Sub(*winner.DecidedAt) > aloneAtMost && y.undecided(*winner.DecidedAt, y.caller.ended) == nil {
		return false
	}
	joined := y.rung[i].joined
	return joined.IsZero() || joined.After(y.caller.ended) || y.caller.joined.IsZero() // they may still hear the greeting
}

// leftRinging says whether the caller left while the fixed number rang. Then the carrier says of the line to it that it was
// answered.
func (y *story) leftRinging() bool {
	return y.leavesEarly() && y.last != nil && y.last.answered.IsZero() && y.last.status == simulator.StatusCanceled
}

// allTried holds that everybody whom the route names was tried before it was said that nobody takes the call, unless phones had
// been rung for as long as the route lets a caller wait.
func (y *story) allTried() {
	if y.record.Plan == nil || y.record.EndedAt == nil || y.hunted() >= time.Duration(y.route.MaxWaitSeconds)*time.Second-keyTakes {
		return
	}
	for _, user := range y.people {
		tried := func(a models.AttemptRecord) bool { return a.UserID == user.ID }
		if !slices.ContainsFunc(y.record.Attempts, tried) {
			y.wrong(notLost, "%s: %s was never tried", y.record.Outcome, user.Name)
		}
	}
}

// hunted is how long phones were rung, from the first dial until the last try was decided. While somebody had taken the call, and was
// lost before they met the caller, no other phone could be.
func (y *story) hunted() time.Duration {
	var first, last time.Time
	for _, a := range y.record.Attempts {
		if first.IsZero() || a.DialledAt.Before(first) {
			first = a.DialledAt
		}
		over := a.DecidedAt
		if a.Lost {
			over = a.EndedAt
		}
		if over != nil && over.After(last) {
			last = *over
		}
	}
	return last.Sub(first)
}

// fitsTurnedAway holds that nobody was rung, and that the caller had it coming.
func (y *story) fitsTurnedAway() {
	if len(y.rung) > 0 {
		y.wrong(asExperienced, "%s: and %d phones rang", y.record.Outcome, len(y.rung))
	}
	if y.record.Outcome == models.Refused {
		if y.listed() {
			y.wrong(notLost, "refused: %s, and may call", y.record.Refusal)
		}
		return
	}
	for i, key := range y.caller.keys {
		if key.Digits == y.route.Keypress.Key && i < models.KeyTries {
			y.wrong(notLost, "gate failed: the caller pressed the key at the %d. prompt", i+1)
		}
	}
}

// fitsDiverted holds that the caller was sent to the emergency number because nothing could be decided: while they were asked to
// wait a moment, or after a minute on hold; and that nobody is rung for them any more.
func (y *story) fitsDiverted() {
	if y.diverted == nil {
		if !y.leavesEarly() {
			y.wrong(notLost, "diverted: the emergency number was not rung")
		}
		return
	}
	at := y.diverted.dialled
	waits := y.caller.dialled
	if waits.Before(at.Add(-triesTake)) {
		waits = at.Add(-triesTake)
	}
	if y.fromHold() {
		if o := y.undecided(y.caller.dialled, at); o == nil || o.lasted() < onHoldFor {
			y.wrong(asExperienced, "diverted from hold, and no worker had been away for %s", onHoldFor)
		}
	} else if y.undecided(waits, at) == nil {
		y.wrong(asExperienced, "diverted, and nothing was broken in the %s before", triesTake)
	}
	for _, l := range y.rung {
		if l.dialled.After(at.Add(hearsOfIt)) {
			y.wrong(asExperienced, "%s was rung %s after the caller was diverted", y.name(l.phone), seconds(l.dialled.Sub(at)))
		}
	}
}

// divertedUntold says whether a run may not have heard in time that its caller was diverted: there was no database to note it.
func (y *story) divertedUntold() bool {
	return y.record.DivertedAt != nil && y.without("database", y.diverted.dialled.Add(-triesTake), y.diverted.dialled) != nil
}
