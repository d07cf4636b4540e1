package models

import (
	"math/rand/v2"
	"slices"
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
	Allowlist       Allowlist   `json:"allowlist"` // without its callers: who may call is decided as the call arrives
	Keypress        Keypress    `json:"keypress"`
	Levels          []PlanLevel `json:"levels"`
	Skipped         []Skipped   `json:"skipped,omitempty"`
	RingSeconds     int         `json:"ring_seconds"` // 10 to 60
	Accept          Acceptance  `json:"accept"`
	Nobody          Nobody      `json:"nobody"`
	EmergencyNumber Phone       `json:"emergency_number,omitempty"`
	MaxWaitSeconds  int         `json:"max_wait_seconds"`
	Seed            uint32      `json:"seed,omitempty"` // of the shuffled levels

	CallerID       CallerIDRule      `json:"responder_caller_id,omitempty"` // whose number a responder sees; empty means the route's
	Phrases        map[Phrase]string `json:"phrases,omitempty"`             // the route's own, instead of the built-in ones
	CallsPerSecond float64           `json:"calls_per_second,omitempty"`    // what the carrier account may place; zero means no limit

	Pace float64 `json:"pace,omitempty"` // tests only: how much faster than life the waits run; zero means 1
}

// PlanLevel is one level with its people in ring order.
type PlanLevel struct {
	Strategy       Strategy `json:"strategy"`
	StaggerSeconds int      `json:"stagger_seconds,omitempty"` // for staggered
	People         []Person `json:"people"`
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

// MakePlan freezes a route, its defaults filled in, for a call to number at an instant. seed orders
// its shuffled levels.
func MakePlan(r Route, number Phone, d Directory, at time.Time, seed uint32) Plan {
	p := Plan{
		At: at.UTC(), RouteID: r.ID, RouteName: r.Name, Number: number,
		Language: r.Language, Voice: r.Voice, Greeting: r.Greeting, Hold: r.Hold.Audio, Phrases: r.Phrases,
		Allowlist: Allowlist{Refusal: r.Allowlist.Refusal}, Keypress: r.Keypress,
		RingSeconds: r.RingSeconds, Accept: r.Accept, Nobody: r.Nobody, CallerID: r.ResponderCallerID,
		EmergencyNumber: r.EmergencyNumber, MaxWaitSeconds: r.MaxWaitSeconds, Seed: seed,
	}
	p.Levels = make([]PlanLevel, 0, len(r.Levels))
	met := make(map[string]meeting, len(d.Users))
	var names []named
	for i, level := range r.Levels {
		l := PlanLevel{Strategy: level.Strategy, StaggerSeconds: level.StaggerSeconds, People: make([]Person, 0, len(level.Targets))}
		skip := func(userID, name, reason string) {
			p.Skipped = append(p.Skipped, Skipped{Level: i + 1, UserID: userID, Name: name, Reason: reason})
		}
		for _, target := range level.Targets {
			names = target.resolve(names[:0], d, at)
			if len(names) == 0 {
				skip("", target.label(d), "nobody is on call")
			}
			l.People = slices.Grow(l.People, len(names))
			for _, n := range names {
				before := met[n.userID]
				if before.level == i+1 {
					continue
				}
				user, known := d.Users[n.userID]
				reason := user.Unreachable()
				switch {
				case !known:
					skip(n.userID, n.userID, "is no longer in the directory")
				case before.rung && !r.RingAgain:
					skip(user.ID, user.Name, "was rung in an earlier level")
				case reason != "":
					skip(user.ID, user.Name, reason)
				default:
					before.rung = true
					l.People = append(l.People, Person{UserID: user.ID, Name: user.Name, Phones: planned(user.Phones), Why: n.why})
				}
				met[n.userID] = meeting{i + 1, before.rung}
			}
		}
		if level.Strategy == Shuffled {
			l.shuffle(seed, i)
		}
		p.Levels = append(p.Levels, l)
	}
	return p
}

// meeting is where a plan has met a user already.
type meeting struct {
	level int  // the last one that names them, from 1
	rung  bool // in any level
}

// planned leaves behind what an admin is to be told of a phone: no row enters a plan.
func planned(phones []UserPhone) []UserPhone {
	if !slices.ContainsFunc(phones, func(p UserPhone) bool { return p.Fault != nil }) {
		return phones
	}
	phones = slices.Clone(phones)
	for i := range phones {
		phones[i].Fault = nil
	}
	return phones
}

// shuffle draws the order of a level's people, always the same for a seed and a level.
func (l PlanLevel) shuffle(seed uint32, level int) {
	rand.New(rand.NewPCG(uint64(seed), uint64(level))).Shuffle(len(l.People), func(i, j int) {
		l.People[i], l.People[j] = l.People[j], l.People[i]
	})
}

type named struct{ userID, why string }

// resolve adds the users that a target names at an instant.
func (t Target) resolve(people []named, d Directory, at time.Time) []named {
	if t.Type == TargetUser {
		return append(people, named{t.UserID, "named by the route"})
	}
	s := d.Schedules[t.ScheduleID]
	var duties []Duty
	if t.Mode == Everyone {
		duties = s.Everyone(at)
	} else {
		duties = s.duties(at, d.zone(s.TimeZone), t.Mode == NextOnCall)
	}
	people = slices.Grow(people, len(duties))
	why := ""
	for i, duty := range duties {
		if i == 0 || !duty.sharesWhy(duties[i-1]) {
			why = duty.why(s, t.Mode)
		}
		people = append(people, named{duty.UserID, why})
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
	entry := s.Name + ", rotation " + d.Rotation
	if s.Outside != nil {
		entry = s.Name + " of " + s.Outside.Provider.String()
	}
	switch {
	case mode == Everyone:
		return entry + ": everyone"
	case mode == NextOnCall:
		return entry + ": next on call"
	case d.Override:
		return entry + ": override until " + d.Until.UTC().Format(time.RFC3339)
	default:
		return entry + ": on call until " + d.Until.UTC().Format(time.RFC3339)
	}
}

// sharesWhy says whether two duties of a schedule have the same reason, which is then worded once.
func (d Duty) sharesWhy(o Duty) bool {
	return d.Rotation == o.Rotation && d.Override == o.Override && d.Until.Equal(o.Until)
}

// Attempts lists the phones of one person of a level, counted from 1, in ring order.
func (p Person) Attempts(level int) []Attempt {
	attempts := make([]Attempt, len(p.Phones))
	for i, phone := range p.Phones {
		attempts[i] = newAttempt(level, p, i+1, phone)
	}
	return attempts
}

// Attempts lists whom to ring, phone by phone, in the order in which they would be dialled if
// nobody answered.
func (p Plan) Attempts() []Attempt {
	var attempts []Attempt
	for i, level := range p.Levels {
		for _, person := range level.People {
			attempts = append(attempts, person.Attempts(i+1)...)
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
	for _, level := range p.Levels {
		if len(level.People) > 0 {
			return StageHunting
		}
	}
	return StageNobody
}
