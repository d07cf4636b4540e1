package drill

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// call is one call of a drill. All of it follows from the seed and its number: its line, its caller, and what everybody whose
// phone may ring does. So it can be made again by itself.
type call struct {
	n int
	*line
	from   string // the caller's number, or an address without one where it is withheld
	caller simulator.CallerScript
	does   []string           // in words, by the line's phones
	script []simulator.Script // the same
	*seen
}

// draw is chance from a seed.
type draw struct{ *rand.Rand }

// What is drawn of a seed: each of them by a number of its own, so that none depends on another.
const (
	ofLines  = 1 << 40
	ofBreaks = 2 << 40
)

func drawOf(seed, what uint64) draw { return draw{rand.New(rand.NewPCG(seed, what))} }

// drawCall is the call of that number on its line.
func drawCall(seed uint64, n int, l *line) *call {
	d := drawOf(seed, uint64(n)) //nolint:gosec // never negative
	c := &call{n: n, line: l, from: callerNumber(n), seen: newSeen()}
	for _, p := range l.phones {
		var does string
		var script simulator.Script
		switch p.person {
		case fixedNumber:
			does, script = d.fixed()
		case emergency:
			does, script = d.emergency()
		default:
			does, script = d.responder()
		}
		script.Chance = uint64(n) + 1 //nolint:gosec // never negative
		c.does, c.script = append(c.does, does), append(c.script, script)
	}
	d.callerOf(c)
	return c
}

// responder is what the phone of somebody on call does, by how often that is drawn.
func (d draw) responder() (does string, s simulator.Script) {
	switch at := d.Float64(); {
	case at < 0.36:
		does, s = "takes it", simulator.Script{Keys: d.keys("1")}
	case at < 0.40:
		does, s = "takes it, after a wrong key", simulator.Script{Keys: d.keys("5", "1")}
	case at < 0.44:
		does, s = "takes it late", simulator.Script{Keys: slices.Repeat([]simulator.Press{{Digits: "1", Delay: d.seconds(9, 18)}}, 5)}
	case at < 0.48:
		does, s = "takes it, and hangs up soon after picking up", simulator.Script{Keys: d.keys("1"), HangUpAfter: d.seconds(1, 14)}
	case at < 0.57:
		does, s = "declines", simulator.Script{Keys: d.keys("9")}
	case at < 0.65:
		does, s = "is a mailbox", simulator.Script{Answer: simulator.Mailbox}
	case at < 0.72:
		does, s = "is busy", simulator.Script{Answer: simulator.Busy}
	case at < 0.82:
		does, s = "does not answer", simulator.Script{Answer: simulator.NoAnswer}
	case at < 0.87:
		does, s = "cannot be reached", simulator.Script{Answer: simulator.Fail}
	case at < 0.93:
		does, s = "rejects", simulator.Script{Answer: simulator.Decline}
	case at < 0.97:
		does, s = "picks up and hangs up", simulator.Script{HangUpAfter: d.seconds(0.1, 3)}
	default:
		does, s = "is refused by the carrier", simulator.Script{Refuse: pick(d, 21211, 21215, 21610, 13224)}
	}
	s.RingFor = d.seconds(0.5, 34)
	if d.chance(0.5) {
		s.HangUpAfterJoined = d.seconds(1, 20)
	}
	s.RingsOver, s.NoCallbacks = d.chance(0.1), d.chance(0.1)
	return does, s
}

// fixed is what the phone does to which a route sends callers whom nobody took.
func (d draw) fixed() (does string, s simulator.Script) {
	s = simulator.Script{
		Answer:  pick(d, simulator.Answer, simulator.Answer, simulator.Busy, simulator.NoAnswer, simulator.Fail, simulator.Decline),
		RingFor: d.seconds(0.5, 20), HangUpAfterJoined: d.seconds(1, 20),
	}
	return "as the fixed number: " + string(s.Answer), s
}

// emergency is what the phone does that is called when we can decide nothing.
func (d draw) emergency() (does string, s simulator.Script) {
	return "as the emergency number: answer", simulator.Script{RingFor: d.seconds(0.5, 6), HangUpAfterJoined: d.seconds(2, 15)}
}

// callerOf is who calls: with a number or without, with the right key or not, until the call is over or only for so long.
func (d draw) callerOf(c *call) {
	if d.chance(0.1) {
		c.from = fmt.Sprintf("sip:anonymous@call-%d.invalid", c.n)
	}
	keys := pick(d, d.keys("4"), d.keys("4"), d.keys("2", "4"), d.keys("2", "3", "4"), d.keys("2", "3", "5"), nil)
	if c.route.Keypress.Enabled {
		c.caller.Keys = keys
	}
	c.caller.HangUpAfterJoined = d.seconds(1, 20)
	if d.chance(0.7) {
		c.caller.Message, c.caller.SpeakFor = "The database is down", d.seconds(2, 10)
	}
	switch at := d.Float64(); {
	case at < 0.18:
		c.caller.HangUpAfter = d.seconds(0.2, 60)
	case at < 0.24:
		if phone := c.phones[d.IntN(len(c.phones))]; phone.person != emergency {
			c.caller.HangUpWhenRings = phone.number
		}
	case at < 0.27:
		c.caller.HangUpOn = pick(d, "hold", "leave a message", "nobody", "one moment", "putting you through")
	}
}

// leavesEarly says whether the caller may hang up before they talk to anybody.
func (c *call) leavesEarly() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut || c.caller.HangUpAfter > 0 || c.caller.HangUpWhenRings != "" || c.caller.HangUpOn != ""
}

// keys are presses one after the other, the last of them as often as asked.
func (d draw) keys(digits ...string) []simulator.Press {
	var all []simulator.Press
	for _, digit := range digits {
		all = append(all, simulator.Press{Digits: digit, Delay: d.seconds(0.3, 4)})
	}
	return append(all, slices.Repeat(all[len(all)-1:], 4)...)
}

func (d draw) chance(p float64) bool { return d.Float64() < p }

func (d draw) seconds(least, most float64) simulator.Seconds {
	return simulator.Seconds(least + d.Float64()*(most-least))
}

func pick[T any](d draw, from ...T) T { return from[d.IntN(len(from))] }

// name is who has a phone, and what it does in this call.
func (c *call) name(number string) string {
	i := slices.IndexFunc(c.phones, func(p phone) bool { return p.number == number })
	if i < 0 {
		return "the caller"
	}
	switch person := c.phones[i].person; person {
	case fixedNumber:
		return "the fixed number"
	case emergency:
		return "the emergency number"
	default:
		user := c.people[person]
		label := slices.IndexFunc(user.Phones, func(p models.UserPhone) bool { return string(p.Number) == number })
		return user.Name + " (" + user.Phones[label].Label + ", " + c.does[i] + ")"
	}
}
