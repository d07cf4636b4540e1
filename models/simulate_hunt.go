package models

import (
	"slices"
	"time"
)

// ringing is a responder of a simulated call while their phones are tried in turn.
type ringing struct {
	person Person
	phone  int  // that is tried, from 0
	turn   bool // the carrier has been asked to ring it
	picked bool // it was picked up
	done   bool // nothing more is to be hoped of them
}

// hunt rings the people of the plan, level by level.
func (w *rehearsal) hunt() {
	w.at(w.now+w.plan.MaxWait(), w.waitedEnough)
	w.nextLevel()
}

func (w *rehearsal) nextLevel() {
	w.rung = nil
	for w.level < len(w.plan.Levels) && !w.enough {
		if w.level++; len(w.people()) > 0 {
			w.nextPerson()
			return
		}
	}
	w.nobody()
}

func (w *rehearsal) people() []Person { return w.plan.Levels[w.level-1].People }

// nextPerson gives the next person of a level their turn, and those beside them theirs.
func (w *rehearsal) nextPerson() {
	r := &ringing{person: w.people()[len(w.rung)]}
	w.rung = append(w.rung, r)
	w.dial(r)
	switch lead, beside := w.plan.Levels[w.level-1].Lead(); {
	case !beside || !w.hasNext(r):
	case lead == 0:
		w.nextPerson()
	default:
		w.at(w.now+lead, func() {
			if w.hasNext(r) {
				w.nextPerson()
			}
		})
	}
}

// hasNext says whether somebody is to be rung whose turn comes after this one's.
func (w *rehearsal) hasNext(r *ringing) bool {
	n := len(w.rung)
	return !w.enough && n > 0 && w.rung[n-1] == r && n < len(w.people())
}

// dial asks the carrier to ring the phone that a person is to be tried at.
func (w *rehearsal) dial(r *ringing) {
	if w.enough || r.phone == len(r.person.Phones) {
		w.rests(r)
		return
	}
	turn := max(w.now, w.free)
	w.free = turn + w.plan.gap()
	r.turn, r.picked = turn == w.now, false
	if r.turn {
		w.ring(r)
		return
	}
	w.tellOf(r, "waits for the carrier, which takes one call after another")
	w.later(r, turn, w.ring)
}

// later has something happen to a person whose phone is tried, unless it is given up before.
func (w *rehearsal) later(r *ringing, when time.Duration, happens func(*ringing)) {
	w.at(when, func() {
		if !r.done {
			happens(r)
		}
	})
}

func (w *rehearsal) ring(r *ringing) {
	r.turn = true
	w.tellOf(r, "is rung")
	part, result := w.script.Parts[r.person.UserID], ResultNoAnswer
	after := time.Duration(w.plan.RingSeconds)*time.Second - CarrierLead
	if part.Conduct.result() != ResultNoAnswer && part.After < after {
		after, result = part.After, part.Conduct.result()
	}
	w.later(r, w.now+after, func(r *ringing) {
		if result == ResultPickedUp {
			w.pickUp(r, part.Conduct)
			return
		}
		w.tellOf(r, result.Words())
		w.nextPhone(r)
	})
}

// pickUp is a responder, or a mailbox, who hears the prompt where the plan has one.
func (w *rehearsal) pickUp(r *ringing, conduct Conduct) {
	r.picked = true
	w.tellOf(r, "picked up")
	leaves := func(what string) func(*ringing) {
		return func(r *ringing) {
			w.tellOf(r, what)
			w.nextPhone(r)
		}
	}
	switch {
	case !w.plan.Accept.Required:
		w.accept(r)
	case conduct == WillAccept:
		w.later(r, w.now+PressTime, w.accept)
	case conduct == WillDecline:
		w.later(r, w.now+PressTime, leaves("declined"))
	default:
		w.later(r, w.now+AcceptWindow, leaves(notTaken))
	}
}

func (w *rehearsal) nextPhone(r *ringing) {
	r.phone++
	w.dial(r)
}

// accept joins the first who takes the call.
func (w *rehearsal) accept(r *ringing) {
	w.tellOf(r, "took the call")
	r.done = true
	w.giveUp()
	w.played.AnsweredBy = r.person.UserID
	w.end(Connected)
}

// rests is the end of hope for one person: the next has their turn, or the next level.
func (w *rehearsal) rests(r *ringing) {
	r.done = true
	switch {
	case w.hasNext(r):
		w.nextPerson()
	case !slices.ContainsFunc(w.rung, func(r *ringing) bool { return !r.done }):
		w.nextLevel()
	}
}

// waitedEnough ends the hunt, but for whoever has picked up.
func (w *rehearsal) waitedEnough() {
	w.enough = true
	w.tell("the caller has waited long enough")
	w.giveUp()
	if !slices.ContainsFunc(w.rung, func(r *ringing) bool { return !r.done }) {
		w.nobody()
	}
}

// giveUp ends the phones that ring. Whoever has picked up hears the prompt to its end.
func (w *rehearsal) giveUp() {
	for _, r := range w.rung {
		if r.done || r.picked {
			continue
		}
		r.done = true
		if r.turn {
			w.tellOf(r, notTaken)
		} else {
			w.tellOf(r, "is not rung any more")
		}
	}
}

const notTaken = "did not take the call"

func (w *rehearsal) tellOf(r *ringing, what string) {
	w.add(Beat{What: what, Level: w.level, UserID: r.person.UserID, Name: r.person.Name, Phone: r.person.Phones[r.phone].Label})
}
