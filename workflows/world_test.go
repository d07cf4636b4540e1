package workflows_test

import (
	"sync"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
)

// habit is how somebody behaves whose phone is dialled, and what the carrier makes of it. Times are
// in seconds.
type habit struct {
	Dial   models.Result // what becomes of the dial
	After  int           // until it does, or until they pick up
	Early  bool          // the run is told of the pick-up, and the dial is not
	Keys   [2]string     // what they press after each prompt
	Think  int           // before each key
	Leaves int           // after the pick-up, if they have not joined by then; zero never
	Talks  int           // after they joined; zero as long as the caller stays
	Met    bool          // they meet the caller when they join
	Mute   bool          // nobody tells of the end of their leg
}

// manner is how the caller behaves.
type manner struct {
	Stays    int  // at most
	Mute     bool // nobody tells that they left
	Recorded int  // the length of their message; zero when it is silence
	Told     int  // until it is told, after they were asked for it; zero never
	Answered bool // the fixed number answers
}

// leg is a phone that was dialled.
type leg struct {
	live, joined, settled bool
}

// world plays the caller and the responders of a scene by their habits, and knows the truth about
// every line.
type world struct {
	s      *scene
	habits map[string]habit // by attempt without its round
	caller manner

	mu    sync.Mutex // activities run beside the workflow
	legs  map[string]*leg
	gone  bool     // the caller
	joins []string // attempts, in the order in which they joined
}

func newWorld(s *scene, habits map[string]habit, caller manner) *world {
	w := &world{s: s, habits: habits, caller: caller, legs: map[string]*leg{}}
	s.carrier.standing = map[string]activities.Standing{callSID: {Answered: true}}
	s.carrier.took = caller.Answered
	s.carrier.onMove = func() { s.carrier.later(4, w.hearsNobody) }
	s.carrier.onEnd = func() { s.carrier.later(1, w.leaves) }
	s.carrier.onHangUp = func(attempt string) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		l := w.legs[attempt]
		if l == nil {
			return false
		}
		l.live = false
		return true
	}
	s.carrier.later(float64(caller.Stays), w.leaves)
	return w
}

// stands tells the carrier how a line stands.
func (w *world) stands(line string, is activities.Standing) {
	w.s.carrier.mu.Lock()
	defer w.s.carrier.mu.Unlock()
	w.s.carrier.standing[line] = is
}

// leaves is the end of the caller's line, and of every line that is joined to it.
func (w *world) leaves() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone {
		return
	}
	w.gone = true
	w.stands(callSID, over)
	w.s.carrier.mu.Lock()
	w.s.carrier.moves = false
	w.s.carrier.mu.Unlock()
	if !w.caller.Mute {
		w.s.hangsUp()()
	}
}

// hearsNobody is the caller whom nobody reached.
func (w *world) hearsNobody() {
	w.mu.Lock()
	gone := w.gone
	w.mu.Unlock()
	if gone {
		return
	}
	switch c := w.s.carrier; w.s.in.Plan.Nobody.Action {
	case models.NobodyVoicemail:
		if w.caller.Told > 0 {
			recording := ""
			if w.caller.Recorded > 0 {
				recording = "RE1"
			}
			c.later(float64(w.caller.Told), w.s.recorded(recording, w.caller.Recorded))
		}
		c.later(20, w.leaves)
	case models.NobodyForward:
		c.later(20, w.s.forwarded(w.caller.Answered))
		c.later(25, w.leaves)
	default:
		c.later(10, w.leaves)
	}
}

// dialled is a phone that rings, or does not.
func (w *world) dialled(c *carrier, d *dial) (models.Dialled, error) {
	a := d.Attempt
	h, l := w.habits[a.InRound(1).ID], &leg{}
	whole := float64(w.s.in.Plan.RingSeconds) + models.RingGrace.Seconds()
	switch h.Dial {
	case models.ResultRefused, models.ResultBadNumber:
		return returns(h.Dial, 21211)(c, d)
	case models.ResultNotPlaced:
		if h.Early {
			return queued(c, d)
		}
		return timesOut(c, d, whole, enums.TIMEOUT_TYPE_START_TO_CLOSE)
	}
	w.mu.Lock()
	w.legs[a.ID] = l
	l.live = true
	w.mu.Unlock()
	switch h.Dial {
	case models.ResultUnknown:
		return returns(h.Dial, 0)(c, d)
	case models.ResultTimedOut:
		return ringsOn(whole)(c, d)
	case models.ResultPickedUp:
		c.later(float64(h.After), func() { w.picksUp(d, h) })
		if h.Early {
			return ringsOn(whole)(c, d)
		}
	default:
		c.later(float64(min(h.After, d.Timeout)), func() { w.ends(d, h) })
	}
	return models.Dialled{}, activity.ErrResultPending
}

// live says whether a leg is still there.
func (w *world) live(d *dial) *leg {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.legs[d.Attempt.ID]; l.live {
		return l
	}
	return nil
}

func (w *world) picksUp(d *dial, h habit) {
	l := w.live(d)
	if l == nil {
		return
	}
	w.stands(d.leg, activities.Standing{Answered: true})
	if !h.Early {
		l.settled = true
		w.s.carrier.settle(d, models.Dialled{Result: models.ResultPickedUp, Leg: d.leg}, nil)
	}
	w.s.ask(workflows.UpdateLeg, workflows.PickedUp{Attempt: d.Attempt.ID, Leg: d.leg}, func(a models.Answer) { w.hears(d, h, a) })
	if h.Leaves > 0 {
		w.s.carrier.later(float64(h.Leaves), func() {
			if !l.joined {
				w.ends(d, h)
			}
		})
	}
}

// hears is a responder who does as they are told.
func (w *world) hears(d *dial, h habit, a models.Answer) {
	switch a.Do {
	case models.DoScreen:
		w.s.carrier.later(float64(h.Think), func() {
			if w.live(d) == nil {
				return
			}
			chosen := workflows.Chosen{Attempt: d.Attempt.ID, Leg: d.leg, Hearing: a.Try, Digits: h.Keys[a.Try-1]}
			w.s.ask(workflows.UpdateAccept, chosen, func(a models.Answer) { w.hears(d, h, a) })
		})
	case models.DoJoin:
		w.joined(d, h)
	default:
		w.s.carrier.later(3, func() { w.ends(d, h) })
	}
}

func (w *world) joined(d *dial, h habit) {
	for _, before := range w.joins {
		if l := w.legs[before]; l.live {
			w.s.t.Errorf("at %v attempt %s joins, while %s has the call", w.s.carrier.now(), d.Attempt.ID, before)
		}
	}
	w.joins = append(w.joins, d.Attempt.ID)
	w.legs[d.Attempt.ID].joined = true
	w.s.carrier.mu.Lock()
	w.s.carrier.met = h.Met || w.gone
	w.s.carrier.mu.Unlock()
	if h.Talks > 0 {
		w.s.carrier.later(float64(h.Talks), func() {
			w.ends(d, h)
			if h.Met {
				w.s.carrier.later(2, w.leaves)
			}
		})
	}
}

// ends is the end of a responder's leg that we did not end.
func (w *world) ends(d *dial, h habit) {
	l := w.live(d)
	if l == nil {
		return
	}
	l.live = false
	w.stands(d.leg, activities.Standing{Over: true, Answered: h.Dial == models.ResultPickedUp})
	switch {
	case h.Dial != models.ResultPickedUp:
		w.s.carrier.settle(d, models.Dialled{Result: h.Dial, Leg: d.leg}, nil)
	case !l.settled:
		w.s.carrier.settle(d, models.Dialled{Result: models.ResultHungUp, Leg: d.leg}, nil)
	case !h.Mute:
		w.s.env.SignalWorkflow(workflows.SignalLegOver, workflows.LegOver{Attempt: d.Attempt.ID, Leg: d.leg})
	}
}
