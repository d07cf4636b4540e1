package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// leg is one leg of a call, as the carrier tells of it. Times are zero for what never was.
type leg struct {
	sid, phone, status string
	keys               []simulator.Event

	dialled, answered, joined, talked, ended time.Time
}

// story is what came of a call, from every side.
type story struct {
	*call
	run, alertRun ending
	record        models.Call // its ID is empty where there is none
	alerts        []models.Alert
	heard         []simulator.Heard // by the caller
	outages       []outage          // that met the call

	caller   *leg
	rung     []*leg // responders', in the order in which they were asked for
	last     *leg   // the fixed number's; nil when it was not rung
	diverted *leg   // the emergency number's; nil when it was not rung
	spoke    bool   // the carrier recorded a message
	rooms    int    // in which somebody was left
	faults   []violation
}

// violation is a promise that was not kept.
type violation struct {
	promise promise
	text    string
}

func (y *story) wrong(p promise, format string, args ...any) {
	y.faults = append(y.faults, violation{p, fmt.Sprintf(format, args...)})
}

// read sorts what the carrier told. A caller of whom it told nothing has a leg all the same.
func (y *story) read() {
	y.caller = &leg{phone: y.from}
	legs, rooms := map[string]*leg{}, map[string]int{}
	for _, e := range y.told() {
		if e.Kind == simulator.EventDialled {
			legs[e.Call] = y.dialled(e)
		}
		l := legs[e.Call]
		if l == nil {
			continue // a request of ours
		}
		switch e.Kind {
		case simulator.EventAnswered:
			l.answered = e.At
		case simulator.EventPressed:
			l.keys = append(l.keys, e)
		case simulator.EventJoined:
			l.joined = e.At
			rooms[e.Text]++
		case simulator.EventLeft:
			rooms[e.Text]--
		case simulator.EventTalking:
			l.talked = e.At
		case simulator.EventRecorded:
			y.spoke = true
		case simulator.EventEnded:
			l.ended, l.status = e.At, e.Status
		}
	}
	for _, n := range rooms {
		if n != 0 {
			y.rooms++
		}
	}
}

// dialled is a new leg.
func (y *story) dialled(e simulator.Event) *leg {
	l := &leg{sid: e.Call, phone: e.Phone, dialled: e.At}
	switch {
	case e.Direction == simulator.Inbound:
		y.caller = l
	case e.Direction == simulator.OutboundDial && e.Phone == string(y.route.EmergencyNumber):
		y.diverted = l
	case e.Direction == simulator.OutboundDial:
		y.last = l
	default:
		y.rung = append(y.rung, l)
	}
	return l
}

// met is the responder's leg that talked with the caller in the room, nil when none did.
func (y *story) met() *leg {
	if y.caller.joined.IsZero() || y.caller.talked.IsZero() {
		return nil
	}
	i := slices.IndexFunc(y.rung, func(l *leg) bool { return !l.talked.IsZero() })
	if i < 0 {
		return nil
	}
	return y.rung[i]
}

// undecided is an outage between two moments in which nothing could be decided, nil for none.
func (y *story) undecided(from, until time.Time) *outage {
	return y.outageOf(func(o outage) bool { return o.total && o.meets(from, until) })
}

// without is an outage of a kind of part between two moments, nil for none.
func (y *story) without(kind string, from, until time.Time) *outage {
	return y.outageOf(func(o outage) bool { return o.kind == kind && o.meets(from, until) })
}

// outageOf is the first outage of some kind that met the call, nil for none.
func (y *story) outageOf(some func(outage) bool) *outage {
	i := slices.IndexFunc(y.outages, some)
	if i < 0 {
		return nil
	}
	return &y.outages[i]
}

// decided is when the caller first heard something of ours, else when they left.
func (y *story) decided() time.Time {
	if y.caller.answered.IsZero() {
		return y.caller.ended
	}
	return y.caller.answered
}

// fromHold says whether a diverted caller was on hold: then they were moved, and asked for another document than who arrives.
func (y *story) fromHold() bool {
	return slices.ContainsFunc(y.told(), func(e simulator.Event) bool {
		return e.Kind == simulator.EventWebhook && e.Call == y.caller.sid && strings.Contains(e.URL, "/twilio/divert/")
	})
}
