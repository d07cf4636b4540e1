package models

import "time"

// The waits of a call. The accept window runs from pick-up. A dial ends RingGrace after its ring
// time at the latest; the carrier is asked to stop CarrierLead before the ring time, because it
// may ring up to 5 s longer than asked.
const (
	AcceptWindow = 30 * time.Second
	RingGrace    = 2 * time.Second
	CarrierLead  = 2 * time.Second
	GateWait     = 3 * time.Minute  // for the keypress gate, all tries together
	HoldRound    = 20 * time.Second // music between two sentences on hold
)

// LongestWait is the longest that a caller can wait from the first dial to the end of the hunt,
// accept windows and the carrier's calls per second counted in, for a call that is alone.
func (p Plan) LongestWait() time.Duration {
	return min(p.uncapped(0), p.MaxWait())
}

// MaxWait is the longest that the route lets a caller wait.
func (p Plan) MaxWait() time.Duration { return time.Duration(p.MaxWaitSeconds) * time.Second }

// MayOutlast says whether the hunt could last longer than the route lets a caller wait, even if
// each dial waits for its turn as long as it may.
func (p Plan) MayOutlast(turn time.Duration) bool { return p.uncapped(turn) > p.MaxWait() }

// uncapped is the longest that the hunt can last when each dial waits for its turn that long.
func (p Plan) uncapped(turn time.Duration) time.Duration {
	phone := time.Duration(p.RingSeconds)*time.Second + RingGrace + turn
	if p.Accept.Required {
		phone += AcceptWindow
	}
	gap := p.gap()
	var all time.Duration
	for _, level := range p.Levels {
		all += level.longest(max(phone, gap), gap)
	}
	return all
}

// gap is how long the carrier wants between two requests, no longer than a caller may wait.
func (p Plan) gap() time.Duration {
	if p.CallsPerSecond <= 0 {
		return 0
	}
	return time.Duration(min(1/p.CallsPerSecond, float64(p.MaxWaitSeconds)) * float64(time.Second))
}

// longest is the longest that a level can last. Where people are rung beside each other, the last
// of them may have to wait until the carrier has been asked for all phones of the others.
func (l PlanLevel) longest(phone, gap time.Duration) time.Duration {
	phones := 0
	for _, person := range l.People {
		phones += len(person.Phones)
	}
	lead, beside := l.Lead()
	var begin, end time.Duration
	for _, person := range l.People {
		own := len(person.Phones)
		done := begin + time.Duration(own)*phone
		if beside {
			end = max(end, done+time.Duration(phones-own)*gap)
			begin = min(begin+lead, done)
		} else {
			begin, end = done, done
		}
	}
	return end
}

// Lead is how long a person of the level has before the next is rung beside them. ok is false
// where the next is rung only when nothing more is to be hoped of this one.
func (l PlanLevel) Lead() (lead time.Duration, ok bool) {
	switch l.Strategy {
	case AllAtOnce:
		return 0, true
	case Staggered:
		return time.Duration(l.StaggerSeconds) * time.Second, true
	default:
		return 0, false
	}
}

// HoldRounds is how often the hold sentence and its music must alternate so that they outlast
// the longest wait; the sentences themselves are the margin.
func (p Plan) HoldRounds() int {
	return int(p.LongestWait()/HoldRound) + 2
}

// Paced is a wait at the plan's pace.
func (p Plan) Paced(d time.Duration) time.Duration {
	if p.Pace == 0 {
		return d
	}
	return time.Duration(float64(d) / p.Pace)
}
