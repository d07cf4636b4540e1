package models

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// PromptLimit is the longest text of ours that is said, in characters. The carrier takes 3,000
// with its better voices.
const PromptLimit = 1000

// PhraseLimit is the longest phrase of a route's own, in characters.
const PhraseLimit = 300

// AcceptPromptLimit is the longest prompt of a responder, in characters: it is said twice, and
// the key must still be pressed, within AcceptWindow.
const AcceptPromptLimit = 180

// Validate reports every fault of a route, its defaults filled in, at once. at is now: whoever was
// on call only before it is not looked at.
func (r Route) Validate(d Directory, at time.Time) error {
	var faults Faults
	text(&faults, "name", r.Name, 1, 100)
	r.validateWords(&faults)
	text(&faults, "voice", r.Voice, 0, 100)
	spoken(&faults, "greeting", r.Greeting, 0, PromptLimit)
	oneOf(&faults, "hold.audio", r.Hold.Audio, HoldMusic, HoldRingback)
	r.validateGates(&faults)
	r.validateLevels(&faults, d, at)
	between(&faults, "ring_seconds", r.RingSeconds, 10, 60)
	between(&faults, "max_wait_seconds", r.MaxWaitSeconds, 60, 3600)
	key(&faults, "accept.key", r.Accept.Key, "012345678")
	spoken(&faults, "accept.prompt", r.Accept.Prompt, 0, AcceptPromptLimit)
	r.validateNobody(&faults, d)
	if r.EmergencyNumber != "" {
		elsewhere(&faults, "emergency_number", r.EmergencyNumber, d)
	}
	between(&faults, "limits.per_caller_per_minute", r.Limits.PerCallerPerMinute, 1, 1000)
	between(&faults, "limits.live_calls", r.Limits.LiveCalls, 1, 10000)
	oneOf(&faults, "responder_caller_id", r.ResponderCallerID, ShowRouteNumber, ShowCaller)
	if number, ok := d.Numbers[r.PhoneNumberID]; r.PhoneNumberID != "" && (!ok || number.Status != NumberActive) {
		faults.Add("phone_number_id", "is no active number of ours")
	}
	return faults.Err()
}

func (r Route) validateGates(faults *Faults) {
	spoken(faults, "allowlist.refusal", r.Allowlist.Refusal, 0, PromptLimit)
	if r.Allowlist.Enabled && len(r.Allowlist.Callers) == 0 {
		faults.Add("allowlist.callers", "must list at least one caller while the allowlist is on: it would refuse everybody")
	}
	if len(r.Allowlist.Callers) > 5000 {
		faults.Add("allowlist.callers", "at most 5000")
	}
	seen := map[Phone]bool{}
	for i, c := range r.Allowlist.Callers {
		place := fmt.Sprintf("allowlist.callers[%d]", i)
		text(faults, place+".name", c.Name, 0, 100)
		e164Field(faults, place+".number", c.Number)
		if seen[c.Number] {
			faults.Add(place+".number", "is listed twice")
		}
		seen[c.Number] = true
	}
	key(faults, "keypress.key", r.Keypress.Key, "0123456789")
	spoken(faults, "keypress.prompt", r.Keypress.Prompt, 0, PromptLimit)
}

func (r Route) validateNobody(faults *Faults, d Directory) {
	oneOf(faults, "nobody.action", r.Nobody.Action, NobodyVoicemail, NobodyMessage, NobodyForward)
	spoken(faults, "nobody.message", r.Nobody.Message, 0, PromptLimit)
	if r.Nobody.Action == NobodyForward {
		elsewhere(faults, "nobody.number", r.Nobody.Number, d)
	}
}

func (r Route) validateLevels(faults *Faults, d Directory, at time.Time) {
	if len(r.Levels) > 20 {
		faults.Add("levels", "at most 20 levels")
	}
	if len(r.Levels) == 0 && r.Nobody.Action == NobodyMessage {
		faults.Add("levels", "must list at least one level, unless callers may leave a message or are forwarded")
	}
	for i, level := range r.Levels {
		place := fmt.Sprintf("levels[%d]", i)
		oneOf(faults, place+".strategy", level.Strategy, OneByOne, AllAtOnce, Staggered, Shuffled)
		between(faults, place+".stagger_seconds", level.StaggerSeconds, 5, 60)
		if len(level.Targets) == 0 || len(level.Targets) > 100 {
			faults.Add(place+".targets", "must list 1 to 100 targets")
		}
		for j, t := range level.Targets {
			t.validate(faults, fmt.Sprintf("%s.targets[%d]", place, j), d, at)
		}
	}
	if why, reaches := r.reaches(d, at); len(r.Levels) > 0 && !reaches {
		faults.Add("levels", "can reach nobody%s; name an active user with a phone and an on-call licence", why)
	}
}

func (t Target) validate(faults *Faults, place string, d Directory, at time.Time) {
	switch t.Type {
	case TargetUser:
		if user, ok := d.Users[t.UserID]; !ok {
			faults.Add(place+".user_id", "is no user")
		} else if !user.OnCallLicence {
			faults.Add(place+".user_id", "%s has no on-call licence", user.Name)
		}
	case TargetSchedule:
		s, ok := d.Schedules[t.ScheduleID]
		if !ok {
			faults.Add(place+".schedule_id", "is no schedule")
		} else if without := t.unlicensed(d, at); len(without) > 0 {
			faults.Add(place+".schedule_id", "nobody of %s has an on-call licence: %s", s.Name, enumerate(without))
		}
		oneOf(faults, place+".mode", t.Mode, CurrentlyOnCall, NextOnCall, Everyone)
	default:
		faults.Add(place+".type", "must be user or schedule")
	}
}

// unlicensed names the users of a target who have no on-call licence, and nobody where one has it.
func (t Target) unlicensed(d Directory, at time.Time) (without []string) {
	for _, id := range t.names(d, at) {
		switch user, ok := d.Users[id]; {
		case user.OnCallLicence:
			return nil
		case ok && !slices.Contains(without, user.Name):
			without = append(without, user.Name)
		}
	}
	return without
}

// reaches says whether anybody whom a level may name, now or later, can be rung, and else why not.
func (r Route) reaches(d Directory, at time.Time) (why string, reaches bool) {
	var reasons []string
	told := map[string]bool{}
	for _, level := range r.Levels {
		for _, t := range level.Targets {
			for _, id := range t.names(d, at) {
				unable := d.unable(id)
				if unable == "" {
					return "", true
				}
				if user, known := d.Users[id]; known && !told[id] {
					reasons = append(reasons, user.Name+" "+unable)
				}
				told[id] = true
			}
		}
	}
	if len(reasons) > 0 {
		why = ": " + enumerate(reasons)
	}
	return why, false
}

// enumerate is a list in words, cut where nobody reads on.
func enumerate(all []string) string {
	const most = 8
	if len(all) > most {
		return strings.Join(all[:most], ", ") + fmt.Sprintf(" and %d more", len(all)-most)
	}
	return strings.Join(all, ", ")
}

func oneOf[T ~string](faults *Faults, field string, value T, allowed ...T) {
	words := make([]string, len(allowed))
	for i, a := range allowed {
		if value == a {
			return
		}
		words[i] = string(a)
	}
	faults.Add(field, "must be %s", strings.Join(words, " or "))
}

func between(faults *Faults, field string, n, least, most int) {
	if n < least || n > most {
		faults.Add(field, "must be from %d to %d", least, most)
	}
}

func key(faults *Faults, field, value, allowed string) {
	if len(value) != 1 || !strings.Contains(allowed, value) {
		faults.Add(field, "must be one key from %c to %c", allowed[0], allowed[len(allowed)-1])
	}
}

// elsewhere checks a number that a caller is sent to: one of ours would be a loop.
func elsewhere(faults *Faults, field string, p Phone, d Directory) {
	e164Field(faults, field, p)
	if n, ours := d.ours(p); ours {
		faults.Add(field, "must not be our own number %q: the call would come back here", n.Name)
	}
}

func e164Field(faults *Faults, field string, p Phone) {
	if _, ok := ParsePhone(string(p)); !ok {
		faults.Add(field, "must be E.164, as in +12025550123")
	}
}
