package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// span is a time that is known to lie between two, since the caller dialled.
type span struct{ from, to time.Duration }

func (s span) plus(from, to time.Duration) span { return span{s.from + from, s.to + to} }

// How long things take that nobody chose, shortest and longest.
const (
	reachMin, reachMax   = 0, 2 * time.Second                   // from the decision to ring a phone until it rings
	promptMin            = time.Second                          // a prompt of the keypress gate, the press included
	promptMax            = 8 * time.Second                      // the same, beside what the route's own words take
	aWord                = time.Second / 2                      // of a route's own words, at most
	keyTimeout           = 8 * time.Second                      // after a prompt of the gate without a key
	screenMin, screenMax = 3 * time.Second, 25 * time.Second    // from pick-up to the responder's key
	silentMin, silentMax = 8 * time.Second, models.AcceptWindow // from pick-up to where a mailbox is given up
	overrunMax           = models.CarrierLead                   // of a phone that nobody picks up
)

// derive says how the call must end. An error says that it hangs on moments.
func (s scene) derive() (ending, error) {
	if !s.route.Enabled || s.route.Refuses(s.caller, s.verstat, models.CallerFacts{}) != "" {
		return ending{outcome: models.Refused}, nil
	}
	passed, now := s.passGate(span{0, reachMax})
	if !passed {
		return s.unlessLeft(now, ending{outcome: models.GateFailed})
	}
	enough := now.plus(s.longest(), s.longest())
	for i, level := range s.plan.Levels {
		if now.from > enough.to {
			break
		}
		taken, after, err := s.playLevel(i+1, level, now, enough)
		if err != nil {
			return ending{}, err
		}
		if now = after; taken.outcome != "" {
			return s.unlessLeft(now, taken)
		}
	}
	return s.unlessLeft(now, s.nobody())
}

func (s scene) longest() time.Duration { return time.Duration(s.plan.MaxWaitSeconds) * time.Second }

// taken is a responder who would take the call, and when.
type taken struct {
	person models.Person
	at     span
}

// playLevel plays the people of a level in its way. The ending is empty where nobody takes the call.
func (s scene) playLevel(number int, level models.PlanLevel, now, enough span) (ending, span, error) {
	lead, beside := level.Lead()
	begin, end := now, now
	var takers []taken
	for _, person := range level.People {
		if begin.from > enough.to {
			break
		}
		if begin.to > enough.from {
			return ending{}, now, fmt.Errorf("it hangs on moments whether %s is still rung within the longest wait of %v", person.Name, s.longest())
		}
		takes, done := s.reach(person.Attempts(number), begin)
		if takes {
			takers = append(takers, taken{person, done})
		}
		end = span{max(end.from, done.from), max(end.to, done.to)}
		switch {
		case beside:
			begin = span{min(begin.from+lead, done.from), min(begin.to+lead, done.to)}
		case takes && level.Strategy != models.Shuffled:
			return ending{models.Connected, person.Name, person.UserID}, done, nil
		default:
			begin = done
		}
	}
	switch {
	case len(takers) == 0:
		return ending{}, end, nil
	case level.Strategy != models.Shuffled:
		return fastest(takers)
	case len(takers) == 1: // whenever their turn comes
		return ending{models.Connected, takers[0].person.Name, takers[0].person.UserID}, span{now.from, end.to}, nil
	default:
		return ending{outcome: models.Connected}, span{now.from, end.to}, nil
	}
}

// fastest is who takes the call of those who are rung beside each other.
func fastest(takers []taken) (ending, span, error) {
	first := takers[0]
	for _, t := range takers[1:] {
		if t.at.to < first.at.to {
			first = t
		}
	}
	for _, t := range takers {
		if t.person.UserID != first.person.UserID && t.at.from <= first.at.to {
			return ending{}, first.at, fmt.Errorf("it hangs on moments whether %s or %s is first to take the call", first.person.Name, t.person.Name)
		}
	}
	return ending{models.Connected, first.person.Name, first.person.UserID}, first.at, nil
}

// reach plays the phones of one person in turn.
func (s scene) reach(phones []models.Attempt, now span) (takes bool, after span) {
	for _, next := range phones {
		if takes, now = s.ring(s.cast[next.Number], now); takes {
			return true, now
		}
	}
	return false, now
}

// nobody is how a call ends that nobody took.
func (s scene) nobody() ending {
	switch s.plan.Nobody.Action {
	case models.NobodyVoicemail:
		if s.message != "" {
			return ending{outcome: models.Voicemailed}
		}
	case models.NobodyForward:
		if p := s.cast[s.plan.Nobody.Number].part; p == partAccept || p == partMailbox || p == partDecline || p == partHangUp {
			return ending{outcome: models.Forwarded}
		}
	}
	return ending{outcome: models.Unanswered}
}

// passGate plays the caller at the keypress gate.
func (s scene) passGate(now span) (passed bool, after span) {
	gate := s.plan.Keypress
	for try := 1; gate.Enabled; try++ {
		key := s.keyAt(try)
		now = now.plus(promptMin, promptMax+time.Duration(len(strings.Fields(gate.Prompt)))*aWord)
		if key == "" {
			now = now.plus(keyTimeout, keyTimeout)
		}
		switch gate.Judge(key, try) {
		case models.Accept:
			return true, now
		case models.GiveUp:
			return false, now
		}
	}
	return true, now
}

func (s scene) keyAt(prompt int) string {
	if prompt > len(s.keys) {
		return ""
	}
	return s.keys[prompt-1]
}

// ring plays a responder whose phone is dialled now.
func (s scene) ring(b behaviour, now span) (accepts bool, after span) {
	now = now.plus(reachMin, reachMax)
	limit := time.Duration(s.plan.RingSeconds)*time.Second - models.CarrierLead
	switch {
	case b.part == partBusy || b.part == partUnreachable:
		return false, now
	case b.part == partNoAnswer || b.after >= limit:
		return false, now.plus(limit, limit+overrunMax)
	}
	now = now.plus(b.after, b.after)
	switch {
	case b.part == partReject:
		return false, now
	case !s.plan.Accept.Required: // whoever picks up takes the call
		return true, now
	case b.part == partMailbox:
		return false, now.plus(silentMin, silentMax)
	case b.part == partHangUp:
		return false, now.plus(0, reachMax)
	default:
		return b.part == partAccept, now.plus(screenMin, screenMax)
	}
}

// unlessLeft is how a call ends that is decided at a time, unless the caller has left before.
func (s scene) unlessLeft(decided span, e ending) (ending, error) {
	switch {
	case s.leaves == 0 || s.leaves > decided.to:
		return e, nil
	case s.leaves < decided.from:
		return ending{outcome: models.Abandoned}, nil
	default:
		return ending{}, fmt.Errorf("it hangs on moments whether the caller, who leaves after %v, has left when it comes to: %s", s.leaves, e)
	}
}
