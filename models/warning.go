package models

import (
	"fmt"
	"time"
)

// Warning is something that is allowed but risky about a route.
type Warning struct {
	Place   string `json:"place"`   // path in the JSON of the route, as in levels[0]; empty: the route as a whole
	Serious bool   `json:"serious"` // there are times at which a caller reaches nobody at all
	Message string `json:"message"` // a sentence
}

const (
	lookAhead = 7 * 24 * time.Hour // how far warnings look
	longWait  = 3 * time.Minute    // what a caller is taken to bear
)

// warnings collects the warnings of one route.
type warnings struct {
	route     Route
	plan      Plan
	directory Directory
	found     []Warning
}

// Warnings lists what is allowed but risky about a route, its defaults filled in. Its plan is that
// of the present; the 7 days from there are looked at too.
func (r Route) Warnings(p Plan, d Directory) []Warning {
	w := &warnings{route: r, plan: p, directory: d, found: []Warning{}}
	if !r.Enabled {
		w.warn("enabled", "The route is switched off.")
	}
	if r.PhoneNumberID == "" {
		w.warn("phone_number_id", "The route has no phone number, so nobody can call it.")
	}
	w.ofEmptiness()
	for i, level := range r.Levels {
		w.ofPeople(i, level)
	}
	w.ofWaiting()
	if !r.Accept.Required {
		w.warn("accept.required", "Responders are asked for no key, so a mailbox can take the call.")
	}
	if r.EmergencyNumber == "" {
		w.warn("emergency_number", "There is no emergency number, so a caller reaches nobody while this service is away.")
	}
	return w.found
}

func (w *warnings) warn(place, format string, args ...any) {
	w.found = append(w.found, Warning{Place: place, Message: fmt.Sprintf(format, args...)})
}

// ofEmptiness warns of levels that ring nobody at some time, and first of times at which none does.
func (w *warnings) ofEmptiness() {
	within := Stretch{w.plan.At, w.plan.At.Add(lookAhead)}
	always, levels := []Stretch{within}, make([][]Stretch, len(w.route.Levels))
	known := map[Target][]Stretch{}
	for i, level := range w.route.Levels {
		levels[i] = level.emptyBetween(w.directory, within, known)
		always = common(always, levels[i])
	}
	if len(levels) > 0 && len(always) > 0 {
		w.warn("levels", "Nobody at all is rung %s.", w.times(always, within, w.route.Levels...))
		w.found[len(w.found)-1].Serious = true
	}
	for i, level := range w.route.Levels {
		switch empty := levels[i]; {
		case len(levels) == 1 && len(always) > 0: // has been told
		case len(empty) > 0:
			w.warn(levelPlace(i), "Level %d rings nobody %s.", i+1, w.times(empty, within, level))
		case len(w.plan.Levels[i].People) == 0:
			w.warn(levelPlace(i), "Level %d rings nobody at this time: all of it were rung in an earlier level.", i+1)
		}
	}
}

// times are the words for some stretches of a window, in the zone of the first schedule that the
// levels name.
func (w *warnings) times(empty []Stretch, within Stretch, levels ...Level) string {
	words := empty[0].words(within, w.zone(levels))
	if len(empty) > 1 {
		words += fmt.Sprintf(", the first of %d such times in the next 7 days", len(empty))
	}
	return words
}

func (w *warnings) zone(levels []Level) *time.Location {
	for _, level := range levels {
		for _, t := range level.Targets {
			if loc := w.directory.zone(w.directory.Schedules[t.ScheduleID].TimeZone); t.Type == TargetSchedule && loc != nil {
				return loc
			}
		}
	}
	return time.UTC
}

// ofPeople warns of people of a level who cannot be rung, each once.
func (w *warnings) ofPeople(i int, level Level) {
	told := map[string]bool{}
	for j, target := range level.Targets {
		place := fmt.Sprintf("%s.targets[%d]", levelPlace(i), j)
		w.ofOutside(place, w.directory.Schedules[target.ScheduleID])
		for _, id := range target.names(w.directory, w.plan.At) {
			if told[id] {
				continue
			}
			told[id] = true
			user := w.directory.Users[id]
			if unable := w.directory.unable(id); unable != "" {
				w.warn(place, "Level %d never rings %s, who %s.", i+1, nameOf(user), unable)
				continue
			}
			for _, phone := range user.Phones {
				w.ofPhone(place, i+1, user.Name, phone)
			}
		}
	}
}

func (w *warnings) ofPhone(place string, level int, name string, phone UserPhone) {
	if phone.Fault != nil {
		w.warn(place, "Level %d may not reach %s: the carrier refused to ring the phone %q, with code %d.", level, name, phone.Label, phone.Fault.Code)
	}
	if n, ours := w.directory.ours(phone.Number); ours {
		w.warn(place, "Level %d may not reach %s: the phone %q is our own number %q, and the call would come back here.", level, name, phone.Label, n.Name)
	}
}

func (w *warnings) ofWaiting() {
	switch whole, most := w.plan.uncapped(0), w.plan.MaxWait(); {
	case whole > most:
		w.warn("max_wait_seconds", "Trying everybody can take %s, and a caller waits for %s at most, so whoever comes last may never be rung.", minutes(whole), minutes(most))
	case whole > longWait:
		w.warn("levels", "A caller can wait for %s until everybody was tried.", minutes(whole))
	}
}

// minutes are a wait in words: 4 min 10 s.
func minutes(d time.Duration) string {
	m, s := int(d/time.Minute), int(d%time.Minute/time.Second)
	switch {
	case s == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d s", s)
	default:
		return fmt.Sprintf("%d min %d s", m, s)
	}
}

func levelPlace(i int) string { return fmt.Sprintf("levels[%d]", i) }

func nameOf(u User) string {
	if u.Name == "" {
		return "a person"
	}
	return u.Name
}
