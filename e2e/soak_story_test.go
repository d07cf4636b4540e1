package e2e

import (
	"fmt"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// soakLeg is one leg of a call, as the carrier tells of it. Times are zero for what never was.
type soakLeg struct {
	sid, phone, direction, status string
	keys                          []simulator.Event

	dialled, answered, joined, talked, ended time.Time
}

// soakStory is what came of a call, from every side.
type soakStory struct {
	*soakCall
	record models.Call
	caller *soakLeg
	rung   []*soakLeg // responders', in the order in which they were asked for
	last   *soakLeg   // the fixed number's; nil when it was not rung
	spoke  bool       // the carrier recorded a message
	rooms  int        // in which somebody was left
	faults []string   // what must not be
}

func (y *soakStory) wrong(format string, args ...any) {
	y.faults = append(y.faults, fmt.Sprintf(format, args...))
}

// read sorts what the carrier told.
func (y *soakStory) read() {
	legs, rooms := map[string]*soakLeg{}, map[string]int{}
	for _, e := range y.events {
		if e.Kind == simulator.EventDialled {
			l := &soakLeg{sid: e.Call, phone: e.Phone, direction: e.Direction, dialled: e.At}
			legs[e.Call] = l
			switch e.Direction {
			case simulator.Inbound:
				y.caller = l
			case simulator.OutboundDial:
				y.last = l
			default:
				y.rung = append(y.rung, l)
			}
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

// name is who has a leg, and what their phone does.
func (y *soakStory) name(leg *soakLeg) string {
	for _, p := range y.phones {
		if p.number != leg.phone {
			continue
		}
		if p.person == elsewhere {
			return "the fixed number"
		}
		person := y.people[p.person]
		for _, phone := range person.Phones {
			if string(phone.Number) == p.number {
				return person.Name + " (" + phone.Label + ", " + p.does + ")"
			}
		}
	}
	return "the caller"
}
