package models

import (
	"fmt"
	"time"
)

// Plan is a route frozen at one instant: its schedules resolved to people, in ring order. A call
// carries its plan from beginning to end, so that editing a route never changes a call in
// progress. Plans are kept in workflow histories: fields are added, never renamed or reused.
type Plan struct {
	At              time.Time   `json:"at"`
	RouteID         string      `json:"route_id"`
	RouteName       string      `json:"route_name"`
	Number          Phone       `json:"number"` // the number that was called
	Language        string      `json:"language"`
	Voice           string      `json:"voice"`
	Greeting        string      `json:"greeting,omitempty"`
	Hold            HoldAudio   `json:"hold"`
	Allowlist       Allowlist   `json:"allowlist"`
	Keypress        Keypress    `json:"keypress"`
	Levels          []PlanLevel `json:"levels"`
	Skipped         []Skipped   `json:"skipped,omitempty"`
	RingSeconds     int         `json:"ring_seconds"` // 10 to 60
	Accept          Acceptance  `json:"accept"`
	Nobody          Nobody      `json:"nobody"`
	EmergencyNumber Phone       `json:"emergency_number,omitempty"`
	MaxWaitSeconds  int         `json:"max_wait_seconds"`
	Pace            float64     `json:"pace,omitempty"` // tests only: how much faster than life the waits run; zero means 1
}

// PlanLevel is one level with its people in ring order.
type PlanLevel struct {
	Strategy Strategy `json:"strategy"`
	People   []Person `json:"people"`
}

// Person is a responder of a plan.
type Person struct {
	UserID string      `json:"user_id"`
	Name   string      `json:"name"`
	Phones []UserPhone `json:"phones"` // in ring order
	Why    string      `json:"why"`    // the target or schedule entry that named them
}

// Skipped is somebody whom a level names but who is not rung, or a target that names nobody.
type Skipped struct {
	Level  int    `json:"level"` // counts from 1
	UserID string `json:"user_id,omitempty"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

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

// MakePlan freezes a route, its defaults filled in, for a call to number at an instant.
func MakePlan(r Route, number Phone, d Directory, at time.Time) Plan {
	p := Plan{
		At: at.UTC(), RouteID: r.ID, RouteName: r.Name, Number: number,
		Language: r.Language, Voice: r.Voice, Greeting: r.Greeting, Hold: r.Hold.Audio,
		Allowlist: r.Allowlist, Keypress: r.Keypress,
		RingSeconds: r.RingSeconds, Accept: r.Accept, Nobody: r.Nobody,
		EmergencyNumber: r.EmergencyNumber, MaxWaitSeconds: r.MaxWaitSeconds,
	}
	rungBefore := map[string]bool{}
	for i, level := range r.Levels {
		l := PlanLevel{Strategy: level.Strategy, People: []Person{}}
		inLevel := map[string]bool{}
		for _, target := range level.Targets {
			named := target.resolve(d, at)
			if len(named) == 0 {
				p.Skipped = append(p.Skipped, Skipped{Level: i + 1, Name: target.label(d), Reason: "nobody is on call"})
			}
			for _, n := range named {
				if inLevel[n.userID] {
					continue
				}
				inLevel[n.userID] = true
				user, known := d.Users[n.userID]
				reason := user.Unreachable()
				switch {
				case !known:
					user.Name, reason = n.userID, "is no longer in the directory"
				case rungBefore[n.userID] && !r.RingAgain:
					reason = "was rung in an earlier level"
				}
				if reason != "" {
					p.Skipped = append(p.Skipped, Skipped{Level: i + 1, UserID: n.userID, Name: user.Name, Reason: reason})
					continue
				}
				rungBefore[n.userID] = true
				l.People = append(l.People, Person{UserID: user.ID, Name: user.Name, Phones: user.Phones, Why: n.why})
			}
		}
		p.Levels = append(p.Levels, l)
	}
	return p
}

type named struct{ userID, why string }

// resolve lists the users that a target names at an instant.
func (t Target) resolve(d Directory, at time.Time) []named {
	if t.Type == TargetUser {
		return []named{{t.UserID, "named by the route"}}
	}
	s := d.Schedules[t.ScheduleID]
	var duties []Duty
	switch t.Mode {
	case NextOnCall:
		duties = s.NextOnCall(at)
	case Everyone:
		duties = s.Everyone(at)
	default:
		duties = s.OnCall(at)
	}
	people := make([]named, len(duties))
	for i, duty := range duties {
		people[i] = named{duty.UserID, duty.why(s, t.Mode)}
	}
	return people
}

func (t Target) label(d Directory) string {
	if s, ok := d.Schedules[t.ScheduleID]; ok {
		return s.Name
	}
	return t.ScheduleID + t.UserID
}

func (d Duty) why(s Schedule, mode string) string {
	switch {
	case mode == Everyone:
		return fmt.Sprintf("%s, rotation %s: everyone", s.Name, d.Rotation)
	case mode == NextOnCall:
		return fmt.Sprintf("%s, rotation %s: next on call", s.Name, d.Rotation)
	case d.Override:
		return fmt.Sprintf("%s, rotation %s: override until %s", s.Name, d.Rotation, d.Until.UTC().Format(time.RFC3339))
	default:
		return fmt.Sprintf("%s, rotation %s: on call until %s", s.Name, d.Rotation, d.Until.UTC().Format(time.RFC3339))
	}
}

// Attempts lists whom to ring, phone by phone, in order.
func (p Plan) Attempts() []Attempt {
	var attempts []Attempt
	for i, level := range p.Levels {
		for _, person := range level.People {
			for j, phone := range person.Phones {
				attempts = append(attempts, newAttempt(i+1, person, j+1, phone))
			}
		}
	}
	return attempts
}

// FirstStage is where a call begins: ended for a caller whom the allowlist refuses.
func (p Plan) FirstStage(caller Phone) Stage {
	switch {
	case !p.Allowlist.Admits(caller):
		return StageEnded
	case p.Keypress.Enabled:
		return StageGate
	default:
		return p.HuntingStage()
	}
}

// HuntingStage is where a call goes behind its gates: to nobody when there is nobody to ring.
func (p Plan) HuntingStage() Stage {
	if len(p.Attempts()) == 0 {
		return StageNobody
	}
	return StageHunting
}

// LongestWait is the longest that a caller can wait from the first dial to the end of the hunt.
func (p Plan) LongestWait() time.Duration {
	each := time.Duration(p.RingSeconds)*time.Second + RingGrace
	if p.Accept.Required {
		each += AcceptWindow
	}
	return min(time.Duration(len(p.Attempts()))*each, time.Duration(p.MaxWaitSeconds)*time.Second)
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
