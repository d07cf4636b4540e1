package models

import (
	"slices"
	"time"
)

// Conduct is how a responder behaves whose phone rings.
type Conduct string

// The conducts.
const (
	WillAccept    Conduct = "accept"      // picks up and takes the call
	WillDecline   Conduct = "decline"     // picks up and says no
	WontAnswer    Conduct = "no_answer"   // lets it ring
	IsBusy        Conduct = "busy"        // talks to somebody else, or rejects the call
	IsUnreachable Conduct = "unreachable" // the network finds no phone
	IsMailbox     Conduct = "mailbox"     // a machine picks up, which presses no key
	WillHangUp    Conduct = "hang_up"     // picks up and hangs up at once
)

// Conducts are all there are.
var Conducts = []Conduct{WillAccept, WillDecline, WontAnswer, IsBusy, IsUnreachable, IsMailbox, WillHangUp}

// result is what the carrier tells of a dial.
func (c Conduct) result() Result {
	switch c {
	case WillAccept, WillDecline, IsMailbox:
		return ResultPickedUp
	case IsBusy:
		return ResultBusy
	case IsUnreachable:
		return ResultFailed
	case WillHangUp:
		return ResultHungUp
	default:
		return ResultNoAnswer
	}
}

// The pace of people in a simulated call.
const (
	PressTime  = 5 * time.Second  // from a prompt's beginning to the key
	PromptTime = 10 * time.Second // from the beginning of the gate's prompt until no key is waited for any more
)

// Part is how one responder behaves in a simulated call, on each of their phones alike.
type Part struct {
	Conduct Conduct
	After   time.Duration // from the first ring until they pick up, or the network tells; no matter for no_answer
}

// Script is what everybody does in a simulated call.
type Script struct {
	Keys      []string        // the caller's at each prompt of the keypress gate, empty or missing for none; nil is the right key
	HangsUpAt time.Duration   // when the caller leaves unless somebody has taken the call, from its arrival; zero: they stay
	Parts     map[string]Part // by user id; whoever has none does not answer
}

// key is what the caller presses on a try, from 1.
func (s Script) key(try int, right string) string {
	switch {
	case s.Keys == nil:
		return right
	case try > len(s.Keys):
		return ""
	default:
		return s.Keys[try-1]
	}
}

// Simulation is what a call would come to.
type Simulation struct {
	Outcome       Outcome       `json:"outcome"` // whoever is asked for a message leaves one, and the fixed number answers
	Refusal       RefusalReason `json:"refusal,omitempty"`
	AnsweredBy    string        `json:"answered_by"`    // user id; empty when nobody took the call
	WaitedSeconds float64       `json:"waited_seconds"` // from the arrival until that was settled
	Timeline      []Beat        `json:"timeline"`
}

// Beat is one thing that happens in a simulated call, in the words of a call's own timeline.
type Beat struct {
	AtSeconds float64 `json:"at_seconds"` // from the call's arrival, to the millisecond
	What      string  `json:"what"`
	Level     int     `json:"level,omitempty"` // counts from 1; this and what follows: where it is about a responder
	UserID    string  `json:"user_id,omitempty"`
	Name      string  `json:"name,omitempty"`
	Phone     string  `json:"phone,omitempty"` // its label
}

// Simulate plays a call by a script: who would be rung when, and how it would end. refusal is why
// the caller may not call, empty when they may. The call is taken to be alone, so that only its own
// dials wait for the carrier, which takes plan.CallsPerSecond one after another.
func Simulate(plan Plan, refusal RefusalReason, script Script) Simulation {
	w := &rehearsal{plan: plan, script: script}
	w.tell("the call arrived")
	if refusal != "" {
		w.tell(refusal.Words())
		w.played.Refusal = refusal
		w.end(Refused)
		return w.played
	}
	if script.HangsUpAt > 0 {
		w.at(script.HangsUpAt, w.callerLeaves)
	}
	w.gate(1)
	for !w.over && len(w.ahead) > 0 {
		next := w.ahead[0]
		w.ahead, w.now = w.ahead[1:], next.at
		next.happens()
	}
	return w.played
}

// rehearsal is a simulated call while it lasts.
type rehearsal struct {
	plan   Plan
	script Script
	now    time.Duration // since the call arrived
	ahead  []event       // what is to come, the earliest first
	level  int           // that is rung, from 1
	rung   []*ringing    // of its people whoever has had their turn
	free   time.Duration // when the carrier takes the next request
	enough bool          // the caller has waited as long as the route lets them
	over   bool
	played Simulation
}

// event is something that is to come.
type event struct {
	at      time.Duration
	happens func()
}

// at has something happen later, behind what happens at the same moment already.
func (w *rehearsal) at(when time.Duration, happens func()) {
	i := slices.IndexFunc(w.ahead, func(e event) bool { return e.at > when })
	if i < 0 {
		i = len(w.ahead)
	}
	w.ahead = slices.Insert(w.ahead, i, event{when, happens})
}

func (w *rehearsal) tell(what string) { w.add(Beat{What: what}) }

func (w *rehearsal) add(b Beat) {
	b.AtSeconds = w.seconds()
	w.played.Timeline = append(w.played.Timeline, b)
}

func (w *rehearsal) seconds() float64 {
	return float64(w.now.Round(time.Millisecond)/time.Millisecond) / 1000
}

func (w *rehearsal) end(outcome Outcome) {
	w.over, w.played.Outcome, w.played.WaitedSeconds = true, outcome, w.seconds()
}

// gate asks the caller for the key, where the plan does.
func (w *rehearsal) gate(try int) {
	if !w.plan.Keypress.Enabled {
		w.hunt()
		return
	}
	key, pause := w.script.key(try, w.plan.Keypress.Key), PressTime
	if key == "" {
		pause = PromptTime
	}
	w.at(w.now+pause, func() {
		switch w.plan.Keypress.Judge(key, try) {
		case Accept:
			w.tell("the caller pressed the key")
			w.hunt()
		case Repeat:
			w.tell("the caller pressed a wrong key, or none")
			w.gate(try + 1)
		default:
			w.tell("the key was never pressed")
			w.end(GateFailed)
		}
	})
}

// callerLeaves happens only while nobody has taken the call.
func (w *rehearsal) callerLeaves() {
	w.tell("the caller's line ended")
	w.giveUp()
	w.end(Abandoned)
}

// nobody is left to ring.
func (w *rehearsal) nobody() {
	w.tell("nobody took the call")
	switch w.plan.Nobody.Action {
	case NobodyVoicemail:
		w.tell("the caller is asked to leave a message")
		w.end(Voicemailed)
	case NobodyForward:
		w.tell("the caller is connected to the fixed number")
		w.end(Forwarded)
	default:
		w.tell("the caller hears that nobody takes the call")
		w.end(Unanswered)
	}
}
