package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Route is what a number does when it is called: gates, whom to ring, what to say.
type Route struct {
	ID                string       `json:"id" gorm:"primaryKey"`
	Name              string       `json:"name" gorm:"uniqueIndex"`
	PhoneNumberID     string       `json:"phone_number_id" gorm:"index"` // empty: the route has no number yet
	Enabled           bool         `json:"enabled"`
	Language          string       `json:"language"` // BCP 47; empty means en-GB
	Voice             string       `json:"voice"`    // the carrier's name of a voice; empty uses the language's own
	Greeting          string       `json:"greeting"` // said as written; empty uses the language's own
	Hold              Hold         `json:"hold" gorm:"serializer:json"`
	Allowlist         Allowlist    `json:"allowlist" gorm:"serializer:json"`
	Keypress          Keypress     `json:"keypress" gorm:"serializer:json"`
	Levels            []Level      `json:"levels" gorm:"serializer:json"`
	RingSeconds       int          `json:"ring_seconds"` // 10 to 60; zero means 30
	RingAgain         bool         `json:"ring_again"`   // ring a person again in a later level
	Accept            Acceptance   `json:"accept" gorm:"serializer:json"`
	Nobody            Nobody       `json:"nobody" gorm:"serializer:json"`
	EmergencyNumber   Phone        `json:"emergency_number"` // dialled when our own service is away; may be empty
	MaxWaitSeconds    int          `json:"max_wait_seconds"` // 60 to 3600; zero means 900
	Limits            Limits       `json:"limits" gorm:"serializer:json"`
	RequireAttested   bool         `json:"require_attestation" gorm:"column:require_attestation"`
	ResponderCallerID CallerIDRule `json:"responder_caller_id"`

	// Phrases replace built-in ones. A language without built-in phrases needs all of them.
	Phrases map[Phrase]string `json:"phrases" gorm:"serializer:json"`

	Version   int       `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// HoldAudio is what a waiting caller hears between sentences.
type HoldAudio string

// The hold audios.
const (
	HoldMusic    HoldAudio = "music"
	HoldRingback HoldAudio = "ringback"
)

// Hold is how a caller waits.
type Hold struct {
	Audio HoldAudio `json:"audio"` // empty means music
}

// Strategy is how the people of one level are rung.
type Strategy string

// The strategies.
const (
	OneByOne  Strategy = "one_by_one"  // the next when the last has not taken the call
	Shuffled  Strategy = "shuffled"    // one by one, in an order drawn for each call
	Staggered Strategy = "staggered"   // the next after some seconds, while the last still rings; the first accept wins
	AllAtOnce Strategy = "all_at_once" // everybody; the first accept wins
)

// Level is a step of a route: its people are tried before those of the next level.
type Level struct {
	Strategy       Strategy `json:"strategy"`        // empty means one_by_one
	StaggerSeconds int      `json:"stagger_seconds"` // for staggered alone: 5 to 60; zero means 10
	Targets        []Target `json:"targets"`
}

// Target types.
const (
	TargetUser     = "user"
	TargetSchedule = "schedule"
)

// Modes of a schedule target.
const (
	CurrentlyOnCall = "currently_on_call"
	NextOnCall      = "next_on_call"
	Everyone        = "everyone"
)

// Target names one user, or some users of a schedule.
type Target struct {
	Type       string `json:"type"` // user or schedule
	UserID     string `json:"user_id,omitempty"`
	ScheduleID string `json:"schedule_id,omitempty"`
	Mode       string `json:"mode,omitempty"` // for a schedule; empty means currently_on_call
}

// NobodyAction is what happens when nobody takes the call.
type NobodyAction string

// The actions.
const (
	NobodyMessage   NobodyAction = "message"   // say something and hang up
	NobodyVoicemail NobodyAction = "voicemail" // record what the caller says
	NobodyForward   NobodyAction = "forward"   // connect the caller to a fixed number
)

// Nobody is what a caller gets when nobody takes the call.
type Nobody struct {
	Action  NobodyAction `json:"action"`  // empty means message
	Message string       `json:"message"` // said as written; empty uses the language's own
	Number  Phone        `json:"number"`  // for forward
}

// Limits protect a route from a flood.
type Limits struct {
	PerCallerPerMinute int `json:"per_caller_per_minute"` // zero means 10
	LiveCalls          int `json:"live_calls"`            // zero means 100
}

// CallerIDRule is whose number a responder sees.
type CallerIDRule string

// The rules.
const (
	ShowRouteNumber CallerIDRule = "route_number"
	ShowCaller      CallerIDRule = "caller" // where the carrier allows it, else the route's number
)

// Defaults fills in what was left empty.
func (r Route) Defaults() Route {
	fill(&r.Language, DefaultLanguage)
	if l, ok := LanguageByCode(r.Language); ok {
		fill(&r.Voice, l.Voice)
	}
	fill(&r.Hold.Audio, HoldMusic)
	fill(&r.RingSeconds, 30)
	fill(&r.MaxWaitSeconds, 900)
	fill(&r.Nobody.Action, NobodyMessage)
	fill(&r.ResponderCallerID, ShowRouteNumber)
	fill(&r.Limits.PerCallerPerMinute, 10)
	fill(&r.Limits.LiveCalls, 100)
	fill(&r.Keypress.Key, "1")
	fill(&r.Accept.Key, "1")
	levels := make([]Level, len(r.Levels))
	for i, level := range r.Levels {
		fill(&level.Strategy, OneByOne)
		fill(&level.StaggerSeconds, 10)
		level.Targets = append([]Target(nil), level.Targets...)
		for j := range level.Targets {
			if level.Targets[j].Type == TargetSchedule {
				fill(&level.Targets[j].Mode, CurrentlyOnCall)
			}
		}
		levels[i] = level
	}
	r.Levels = levels
	return r
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Directory answers what a route may refer to.
type Directory struct {
	Users     map[string]User
	Schedules map[string]Schedule
	Numbers   map[string]PhoneNumber

	// Zones are the time zones of the schedules by their IANA names, loaded by who reads the
	// directory. One that is missing is loaded whenever it is asked for: slower, and no other answer.
	Zones map[string]*time.Location `json:"-"`
}

// Validate reports every fault of a route, its defaults filled in, at once.
func (r Route) Validate(d Directory) error {
	var faults Faults
	text(&faults, "name", r.Name, 1, 100)
	r.validateWords(&faults)
	text(&faults, "voice", r.Voice, 0, 100)
	spoken(&faults, "greeting", r.Greeting, 0, PromptLimit)
	oneOf(&faults, "hold.audio", r.Hold.Audio, HoldMusic, HoldRingback)
	r.validateGates(&faults)
	r.validateLevels(&faults, d)
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

// PromptLimit is the longest text of ours that is said, in characters. The carrier takes 3,000
// with its better voices.
const PromptLimit = 1000

// PhraseLimit is the longest phrase of a route's own, in characters.
const PhraseLimit = 300

// AcceptPromptLimit is the longest prompt of a responder, in characters: it is said twice, and
// the key must still be pressed, within AcceptWindow.
const AcceptPromptLimit = 180

func (r Route) validateGates(faults *Faults) {
	spoken(faults, "allowlist.refusal", r.Allowlist.Refusal, 0, PromptLimit)
	if r.Allowlist.Enabled && len(r.Allowlist.Callers) == 0 {
		faults.Add("allowlist.callers", "must list at least one caller while the allowlist is on")
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

// validateWords checks the language, and that the route brings every phrase that it lacks.
func (r Route) validateWords(faults *Faults) {
	_, complete := LanguageByCode(r.Language)
	switch {
	case !CarrierSpeaks(r.Language):
		faults.Add("language", "must be one that the carrier speaks, as in %s; GET /v1/languages lists them", DefaultLanguage)
	case !complete && r.Voice == "":
		faults.Add("voice", "must name a voice of the carrier for %s", r.Language)
	}
	known := map[Phrase]PhraseForm{}
	for _, form := range Phrases {
		known[form.Phrase] = form
		if _, given := r.Phrases[form.Phrase]; !complete && CarrierSpeaks(r.Language) && !given {
			faults.Add("phrases."+string(form.Phrase), "must be given: %s has no built-in phrases", r.Language)
		}
	}
	for _, phrase := range slices.Sorted(maps.Keys(r.Phrases)) {
		place := "phrases." + string(phrase)
		form, ok := known[phrase]
		if !ok {
			faults.Add(place, "is no phrase; there are %s", phraseNames())
			continue
		}
		most := PhraseLimit
		if slices.Contains(form.Placeholders, "{decline}") { // said twice, as the route's own prompt would be
			most = AcceptPromptLimit
		}
		spoken(faults, place, r.Phrases[phrase], 1, most)
		for _, placeholder := range form.Placeholders {
			if !strings.Contains(r.Phrases[phrase], placeholder) {
				faults.Add(place, "must hold %s", placeholder)
			}
		}
	}
}

func phraseNames() string {
	names := make([]string, len(Phrases))
	for i, form := range Phrases {
		names[i] = string(form.Phrase)
	}
	return strings.Join(names, ", ")
}

func (r Route) validateNobody(faults *Faults, d Directory) {
	oneOf(faults, "nobody.action", r.Nobody.Action, NobodyVoicemail, NobodyMessage, NobodyForward)
	spoken(faults, "nobody.message", r.Nobody.Message, 0, PromptLimit)
	if r.Nobody.Action == NobodyForward {
		elsewhere(faults, "nobody.number", r.Nobody.Number, d)
	}
}

func (r Route) validateLevels(faults *Faults, d Directory) {
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
			t.validate(faults, fmt.Sprintf("%s.targets[%d]", place, j), d)
		}
	}
	if len(r.Levels) > 0 && !r.canReachSomebody(d) {
		faults.Add("levels", "can reach nobody: give a target an active user with a phone and an on-call licence")
	}
}

func (t Target) validate(faults *Faults, place string, d Directory) {
	switch t.Type {
	case TargetUser:
		if _, ok := d.Users[t.UserID]; !ok {
			faults.Add(place+".user_id", "is no user")
		}
	case TargetSchedule:
		if _, ok := d.Schedules[t.ScheduleID]; !ok {
			faults.Add(place+".schedule_id", "is no schedule")
		}
		oneOf(faults, place+".mode", t.Mode, CurrentlyOnCall, NextOnCall, Everyone)
	default:
		faults.Add(place+".type", "must be user or schedule")
	}
}

// canReachSomebody says whether any user that a level may name, now or later, has a phone.
func (r Route) canReachSomebody(d Directory) bool {
	for _, level := range r.Levels {
		for _, id := range level.names(d) {
			if user, ok := d.Users[id]; ok && user.Unreachable() == "" {
				return true
			}
		}
	}
	return false
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
	for _, ours := range d.Numbers {
		if ours.Number == p && ours.Status == NumberActive {
			faults.Add(field, "must not be one of our own numbers: the call would come back here")
		}
	}
}

func e164Field(faults *Faults, field string, p Phone) {
	if _, ok := ParsePhone(string(p)); !ok {
		faults.Add(field, "must be E.164, as in +12025550123")
	}
}
