package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// part is how a responder of a placed call behaves.
type part string

// The parts.
const (
	partAccept      part = "accept"      // picks up and presses the key that takes the call
	partDecline     part = "decline"     // picks up and presses 9
	partMailbox     part = "mailbox"     // picks up, talks and presses nothing
	partHangUp      part = "hang-up"     // picks up and hangs up
	partReject      part = "reject"      // rejects by hand while it rings
	partNoAnswer    part = "no-answer"   // lets it ring
	partBusy        part = "busy"        // engaged: never rings
	partUnreachable part = "unreachable" // switched off, or no such phone: never rings
)

// allParts lists the parts, those that act after some ringing first.
var allParts = []part{
	partAccept, partDecline, partMailbox, partHangUp, partReject, partNoAnswer, partBusy, partUnreachable,
}

func (p part) actsAfterRinging() bool {
	return slices.Index(allParts, p) <= slices.Index(allParts, partReject)
}

// behaviour is a part and when it is played.
type behaviour struct {
	part  part
	after time.Duration // of ringing; only for a part that acts after some
}

// ringsFor is how long a phone rings before its owner acts, unless told otherwise.
const ringsFor = 2 * time.Second

// parseBehaviour reads accept or accept@12.
func parseBehaviour(s string) (behaviour, error) {
	word, delay, timed := strings.Cut(s, "@")
	b := behaviour{part: part(strings.ToLower(word))}
	if !slices.Contains(allParts, b.part) {
		return b, fmt.Errorf("%q is no behaviour: write one of %s", word, list(allParts))
	}
	if b.part.actsAfterRinging() {
		b.after = ringsFor
	}
	if !timed {
		return b, nil
	}
	seconds, err := strconv.ParseFloat(strings.TrimSuffix(delay, "s"), 64)
	switch {
	case !b.part.actsAfterRinging():
		return b, fmt.Errorf("%s takes no time: write it without @%s", word, delay)
	case err != nil || seconds < 0.1 || seconds > 60:
		return b, fmt.Errorf("@%s: write how many seconds it rings before, 0.1 to 60, as in %s@12", delay, word)
	}
	b.after = time.Duration(seconds * float64(time.Second))
	return b, nil
}

// script is the behaviour for a simulated phone. With talk they hang up so long after they were
// joined to the caller.
func (b behaviour) script(acceptKey string, talk time.Duration) simulator.Script {
	s := simulator.Script{RingFor: inSeconds(b.after), HangUpAfterJoined: inSeconds(talk)}
	switch b.part {
	case partAccept:
		s.Answer, s.Keys = simulator.Answer, []simulator.Press{{Digits: acceptKey}}
	case partDecline:
		s.Answer, s.Keys = simulator.Answer, []simulator.Press{{Digits: models.DeclineKey}}
	case partMailbox:
		s.Answer = simulator.Mailbox
	case partHangUp:
		s.Answer, s.HangUpAfter = simulator.Answer, 1
	case partReject:
		s.Answer = simulator.Decline
	case partBusy:
		s.Answer = simulator.Busy
	case partUnreachable:
		s.Answer = simulator.Fail
	default:
		s.Answer = simulator.NoAnswer
	}
	return s
}

func inSeconds(d time.Duration) simulator.Seconds { return simulator.Seconds(d.Seconds()) }

// role gives a person a behaviour: "alice=accept".
type role struct {
	name      string
	behaviour behaviour
}

// UnmarshalText reads a role from a flag.
func (r *role) UnmarshalText(text []byte) error {
	name, word, ok := strings.Cut(string(text), "=")
	if r.name = strings.TrimSpace(name); !ok || r.name == "" {
		return fmt.Errorf("%q: write NAME=BEHAVIOUR, as in alice=no-answer", text)
	}
	var err error
	r.behaviour, err = parseBehaviour(strings.TrimSpace(word))
	return err
}

// ending is how a call is to end, or did.
type ending struct {
	outcome models.Outcome
	name    string // who takes the call; empty is anybody
	userID  string // of name, when it is known
}

var outcomes = []models.Outcome{
	models.Connected, models.Unanswered, models.Voicemailed, models.Forwarded, models.Abandoned, models.Refused, models.GateFailed, models.Diverted, models.Failed,
}

// UnmarshalText reads what is expected from a flag: "connected:bob".
func (e *ending) UnmarshalText(text []byte) error {
	word, name, named := strings.Cut(string(text), ":")
	e.outcome = models.Outcome(strings.ReplaceAll(strings.ToLower(word), "-", "_"))
	e.name = strings.TrimSpace(name)
	switch {
	case !slices.Contains(outcomes, e.outcome):
		return fmt.Errorf("%q is no outcome: write one of %s", word, list(outcomes))
	case named && (e.name == "" || e.outcome != models.Connected):
		return fmt.Errorf("%q: only connected has a name, as in connected:bob", text)
	}
	return nil
}

func (e ending) String() string {
	if e.name == "" {
		return string(e.outcome)
	}
	return string(e.outcome) + ", answered by " + e.name
}

// isMetBy says whether a call ended so.
func (e ending) isMetBy(call models.Call) bool {
	return call.Outcome == e.outcome && (e.userID == "" || call.AnsweredBy == e.userID)
}

// scene is all that decides how a placed call ends.
type scene struct {
	route  models.Route // its defaults filled in
	plan   models.Plan
	caller models.Phone  // empty when withheld
	keys   []string      // the caller's key at each prompt, empty for none
	leaves time.Duration // when the caller hangs up, after dialling; zero is never
	cast   map[models.Phone]behaviour

	verstat string // what the network says of the caller's number; empty is nothing
	message string // what the caller says to a recording; empty is nothing
}

// planOf is the part of a route's plan that decides about calls. levels are what the API says
// of the present.
func planOf(r models.Route, number models.Phone, levels []models.PlanLevel) models.Plan {
	return models.Plan{
		RouteID: r.ID, RouteName: r.Name, Number: number, Keypress: r.Keypress,
		Levels: levels, RingSeconds: r.RingSeconds, Accept: r.Accept, MaxWaitSeconds: r.MaxWaitSeconds, Nobody: r.Nobody,
	}
}

// lastResort is the role of the fixed number that a route forwards to.
const lastResort = "forward"

// castOf gives everybody whom a plan rings their behaviour on all their phones; who has no role
// lets them ring, and the fixed number answers. notRung are the people with a role whom the plan
// does not ring.
func castOf(plan models.Plan, users []models.User, roles []role) (cast map[models.Phone]behaviour, notRung []string, err error) {
	byUser, names := map[string]behaviour{}, map[string]string{}
	last := behaviour{part: partAccept, after: ringsFor}
	for _, r := range roles {
		if strings.EqualFold(r.name, lastResort) {
			last = r.behaviour
			continue
		}
		user, err := userNamed(users, r.name)
		if err != nil {
			return nil, nil, err
		}
		if _, twice := byUser[user.ID]; twice {
			return nil, nil, fmt.Errorf("%s has two behaviours: give one", user.Name)
		}
		byUser[user.ID], names[user.ID] = r.behaviour, user.Name
	}
	cast, owner := map[models.Phone]behaviour{}, map[models.Phone]string{}
	for _, a := range plan.Attempts() {
		b, given := byUser[a.UserID]
		if !given {
			b = behaviour{part: partNoAnswer}
		}
		if before, shared := cast[a.Number]; shared && before != b {
			return nil, nil, fmt.Errorf("%s and %s share a phone: give both the same behaviour", owner[a.Number], a.Name)
		}
		cast[a.Number], owner[a.Number] = b, a.Name
		delete(names, a.UserID)
	}
	if plan.Nobody.Action == models.NobodyForward {
		cast[plan.Nobody.Number] = last
	}
	return cast, slices.Sorted(maps.Values(names)), nil
}

// userNamed finds a user by full name or first name, in any case of letters.
func userNamed(users []models.User, name string) (models.User, error) {
	var full, first []models.User
	for _, u := range users {
		switch {
		case strings.EqualFold(u.Name, name):
			full = append(full, u)
		case strings.EqualFold(firstName(u.Name), name):
			first = append(first, u)
		}
	}
	found := full
	if len(found) == 0 {
		found = first
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return models.User{}, fmt.Errorf("nobody is called %q: there are %s", name, list(namesOf(users)))
	default:
		return models.User{}, fmt.Errorf("%q may be %s: write a name that only one of them has", name, list(namesOf(found)))
	}
}

func namesOf(users []models.User) []string {
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = u.Name
	}
	return names
}

func firstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}

// list writes words as "a, b, c".
func list[T ~string](words []T) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return strings.Join(all, ", ")
}
