package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// soakCall is one call of a soak: its route, its caller and every phone that it may ring. All of it
// follows from the seed and the call's number, and no other call knows its phones: so the call can
// be made once more by itself.
type soakCall struct {
	n      int
	taken  int    // of its numbers
	number string // of ours
	from   string // the caller's; no number where it is withheld
	route  models.Route
	people []models.User // whom the route names, by their place in places
	places [][]int       // who is in each level
	phones []*soakPhone
	caller simulator.CallerScript

	soakRun
}

// soakPhone is a phone of one call, and what it does whenever it is rung.
type soakPhone struct {
	number string
	person int // of the call's people; elsewhere for the fixed number
	does   string
	script simulator.Script
}

const elsewhere = -1

// numbersPerCall is how many numbers each call has for itself, and soakAtMost how many calls that
// leaves room for among the numbers reserved for fiction: 100 in each area code.
const (
	numbersPerCall = 12
	soakAtMost     = (999 - 202) * 100 / numbersPerCall
)

// draw is chance from a seed.
type draw struct{ *rand.Rand }

func drawCall(seed uint64, n int) *soakCall {
	d := draw{rand.New(rand.NewPCG(seed, uint64(n)))}
	c := &soakCall{n: n}
	c.number, c.from = c.fresh(), c.fresh()
	c.route = models.Route{
		Name: fmt.Sprintf("Soak %d", n), Enabled: true, Language: pick(d, "en-GB", "en-US", "de-DE"),
		RingSeconds: 10 + d.IntN(21), MaxWaitSeconds: pick(d, 0, 0, 0, 60), Accept: models.Acceptance{Required: d.chance(0.85)},
		ResponderCallerID: pick(d, models.ShowRouteNumber, models.ShowRouteNumber, models.ShowCaller),
	}
	d.people(c)
	d.nobody(c)
	d.callerOf(c)
	return c
}

// fresh is a number that no other call has.
func (c *soakCall) fresh() string {
	at := c.n*numbersPerCall + c.taken
	c.taken++
	return fmt.Sprintf("+1%d55501%02d", 202+at/100, at%100)
}

// people fills up to three levels; one call in thirty has nobody at all to ring.
func (d draw) people(c *soakCall) {
	names := []string{"Alice", "Bob", "Carol", "Dave"}
	for enough := 0.03; len(names) > 0 && len(c.places) < 3 && !d.chance(enough); enough = 0.5 {
		level := models.Level{
			Strategy:       pick(d, models.OneByOne, models.OneByOne, models.AllAtOnce, models.Staggered, models.Shuffled),
			StaggerSeconds: 5 + d.IntN(11),
		}
		var who []int
		for range min(1+d.IntN(3), len(names)) {
			who = append(who, len(c.people))
			c.people = append(c.people, models.User{Name: names[0], TimeZone: "Europe/London", OnCallLicence: true, Active: true})
			names = names[1:]
			d.phonesOf(c, len(c.people)-1)
		}
		c.route.Levels, c.places = append(c.route.Levels, level), append(c.places, who)
	}
	if last := len(c.places) - 1; last > 0 && d.chance(0.2) {
		c.route.RingAgain = true
		c.places[last] = append(c.places[last], 0)
	}
}

// phonesOf gives a person one phone, or two.
func (d draw) phonesOf(c *soakCall, person int) {
	for _, label := range []string{"mobile", "desk"} {
		p := &soakPhone{number: c.fresh(), person: person}
		p.does, p.script = d.responder()
		c.phones = append(c.phones, p)
		user := &c.people[person]
		user.Phones = append(user.Phones, models.UserPhone{Label: label, Number: models.Phone(p.number)})
		user.Email = user.Name + p.number[1:] + "@example.com"
		if !d.chance(0.2) {
			return
		}
	}
}

// responder is what one phone does, by how often that is drawn.
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

// nobody is what the route has for a caller whom nobody reached.
func (d draw) nobody(c *soakCall) {
	c.route.Nobody.Action = pick(d, models.NobodyMessage, models.NobodyVoicemail, models.NobodyForward)
	if c.route.Nobody.Action != models.NobodyForward {
		return
	}
	last := &soakPhone{number: c.fresh(), person: elsewhere, script: simulator.Script{
		Answer:  pick(d, simulator.Answer, simulator.Answer, simulator.Busy, simulator.NoAnswer, simulator.Fail, simulator.Decline),
		RingFor: d.seconds(0.5, 20), HangUpAfterJoined: d.seconds(1, 20),
	}}
	last.does = "as the fixed number: " + string(last.script.Answer)
	c.route.Nobody.Number = models.Phone(last.number)
	c.phones = append(c.phones, last)
}

// callerOf is who calls: with a number or without, listed or not, with the right key or not, until
// the call is over or only for so long.
func (d draw) callerOf(c *soakCall) {
	listed := c.from
	if d.chance(0.1) {
		c.from = fmt.Sprintf("sip:anonymous@call-%d.invalid", c.n)
	}
	if d.chance(0.08) {
		c.route.Allowlist.Enabled = true
		c.route.Allowlist.Refusal = pick(d, "", "Please write to us instead.")
		c.route.Allowlist.Callers = []models.AllowedCaller{{Number: models.Phone(listed)}}
		if d.chance(0.3) {
			c.route.Allowlist.Callers[0].Number = "+447700900123"
		}
	}
	if d.chance(0.35) {
		c.route.Keypress = models.Keypress{Enabled: true, Key: "4"}
		c.caller.Keys = pick(d, d.keys("4"), d.keys("4"), d.keys("2", "4"), d.keys("2", "3", "4"), d.keys("2", "3", "5"), nil)
	}
	c.caller.HangUpAfterJoined = d.seconds(1, 20)
	if d.chance(0.7) {
		c.caller.Message, c.caller.SpeakFor = "The database is down", d.seconds(2, 10)
	}
	switch at := d.Float64(); {
	case at < 0.18:
		c.caller.HangUpAfter = d.seconds(0.2, 60)
	case at < 0.24 && len(c.phones) > 0:
		c.caller.HangUpWhenRings = c.phones[d.IntN(len(c.phones))].number
	case at < 0.27:
		c.caller.HangUpOn = pick(d, "hold", "leave a message", "nobody", "one moment", "putting you through")
	}
}

// leavesEarly says whether the caller may hang up before they talk to anybody.
func (c *soakCall) leavesEarly() bool {
	return c.caller.HangUpAfter > 0 || c.caller.HangUpWhenRings != "" || c.caller.HangUpOn != ""
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
