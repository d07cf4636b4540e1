package models

import "time"

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
