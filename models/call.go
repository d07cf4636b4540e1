package models

import "time"

// Outcome is how a call ended.
type Outcome string

// The outcomes.
const (
	Connected   Outcome = "connected"   // a responder and the caller were joined
	Unanswered  Outcome = "unanswered"  // nobody took it; the caller heard the message, or left none
	Voicemailed Outcome = "voicemail"   // nobody took it; the caller left a message
	Forwarded   Outcome = "forwarded"   // nobody took it; the fixed number answered
	Abandoned   Outcome = "abandoned"   // the caller left before anybody took it
	Refused     Outcome = "refused"     // the caller may not call, or the number does nothing
	GateFailed  Outcome = "gate_failed" // the key was never pressed
	Diverted    Outcome = "diverted"    // sent to the emergency number
	Failed      Outcome = "failed"      // ended from outside, or something broke
)

// Stage is how far a call has come.
type Stage string

// The stages.
const (
	StageArriving Stage = "arriving" // no answer has been heard yet
	StageGate     Stage = "gate"     // the caller is asked for a key
	StageHunting  Stage = "hunting"  // phones ring, the caller waits
	StageTalking  Stage = "talking"  // joined
	StageNobody   Stage = "nobody"   // nobody took it, the caller hears so
	StageEnded    Stage = "ended"
)

// Inbound is what the workflow of a call starts with. It is kept in histories: fields are added,
// never renamed or reused.
type Inbound struct {
	CallID  string    `json:"call_id"`  // our id of the call
	CallSID string    `json:"call_sid"` // the carrier's id of the caller's leg
	AlertID string    `json:"alert_id"` // our id of its alert, should it raise one
	Caller  Phone     `json:"caller"`   // empty when withheld or unparsable
	Number  Phone     `json:"number"`   // the number that was called
	Country string    `json:"country"`  // of the caller, ISO 3166-1, as the carrier says; may be empty
	Verstat string    `json:"verstat"`  // the carrier's attestation of the caller's number; may be empty
	At      time.Time `json:"at"`       // when the first webhook came
	Room    string    `json:"room"`     // opaque name, always the same for a call of the conference

	Refusal   RefusalReason `json:"refusal,omitempty"`    // why the caller may not call; empty lets them
	CallToken string        `json:"call_token,omitempty"` // the carrier's leave to show the caller's number to responders
	Plan      Plan          `json:"plan"`

	CallerName   string `json:"caller_name,omitempty"`   // as the route's allowlist names them
	CallerListed bool   `json:"caller_listed,omitempty"` // the route's allowlist has the caller, switched on or not
}

// Call is the record of a caller's call. Its row is made when the call arrives and completed when
// it ends, so that a list of calls shows the live ones too.
type Call struct {
	ID            string          `json:"id" gorm:"primaryKey"`
	CarrierCallID string          `json:"carrier_call_id" gorm:"uniqueIndex"`
	RouteID       string          `json:"call_route_id" gorm:"index"` // empty when no route was found
	RouteName     string          `json:"call_route_name"`
	Caller        Phone           `json:"caller" gorm:"index"` // empty when withheld
	Number        Phone           `json:"number"`
	Country       string          `json:"country"`
	Verstat       string          `json:"verstat"`
	Stage         Stage           `json:"stage"` // of a live row: arriving; the run knows better
	Outcome       Outcome         `json:"outcome"`
	Reason        string          `json:"reason"` // what the outcome does not say by itself
	StartedAt     time.Time       `json:"started_at" gorm:"index"`
	ConnectedAt   *time.Time      `json:"connected_at"`
	EndedAt       *time.Time      `json:"ended_at"`
	AnsweredBy    string          `json:"answered_by"` // user id
	AlertID       string          `json:"alert_id"`
	Plan          *Plan           `json:"plan,omitempty" gorm:"serializer:json"`
	Attempts      []AttemptRecord `json:"attempts,omitempty" gorm:"serializer:json"`
	Timeline      []Moment        `json:"timeline,omitempty" gorm:"serializer:json"`

	Refusal       RefusalReason `json:"refusal,omitempty"` // why the caller was refused, where they were
	Voicemail     *Voicemail    `json:"voicemail,omitempty" gorm:"serializer:json"`
	Room          string        `json:"-"`                     // the conference that the caller waits in
	DivertedAt    *time.Time    `json:"diverted_at,omitempty"` // sent to the emergency number
	DiversionTold bool          `json:"-"`                     // the run knows of the diversion
	ErasedAt      *time.Time    `json:"erased_at,omitempty"`   // when what it told of its caller was removed, for good
}

// Moment is one line of a call's timeline.
type Moment struct {
	At      time.Time `json:"at"`
	What    string    `json:"what"`              // a sentence without numbers: "Alice (mobile) is rung"
	Attempt string    `json:"attempt,omitempty"` // the attempt's id, where it is about one
}

// FirstStage is where a call begins: ended for a caller who is refused.
func (in Inbound) FirstStage() Stage {
	if in.Refusal != "" {
		return StageEnded
	}
	return in.Plan.FirstStage(in.Caller)
}

// ShownTo is the number that responders see. The carrier shows the caller's own only with its
// leave.
func (in Inbound) ShownTo() Phone {
	if in.Plan.CallerID == ShowCaller && in.Caller != "" && in.CallToken != "" {
		return in.Caller
	}
	return in.Number
}
