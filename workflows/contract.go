// Package workflows holds the order of events in a call and in its alert. A workflow reads as
// the call does; what a thing means is decided in models, what it does is done in activities.
package workflows

import (
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/secrets"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// Task queues.
const (
	CallQueue = "calls" // calls, alerts and every activity but the dials
	DialQueue = "dial"  // dials alone: it is limited to what the carrier account may place a second
	TellQueue = "tell"  // what outside systems are told: a slow one keeps no call waiting
)

// CallID is the workflow id of a call.
func CallID(callSID string) string { return "call/" + callSID }

// AlertID is the workflow id of a call's alert.
func AlertID(callSID string) string { return "alert/" + callSID }

// Updates of InboundCall. Each is asked by a webhook and answers with what the leg does next.
const (
	UpdateAnswer = "answer" // Asked: what does the caller hear now?
	UpdateGate   = "gate"   // Pressed: the caller's key
	UpdateLeg    = "leg"    // PickedUp: a responder's phone was picked up
	UpdateAccept = "accept" // Chosen: the responder's key
)

// Queries of InboundCall. They add nothing to its history.
const (
	QueryRecord = "record" // a models.Call: the record as it would be written now
)

// Signals of InboundCall.
const (
	SignalCallerOver = "caller_over" // CallerOver: the caller's leg has ended
	SignalLegOver    = "leg_over"    // LegOver: a responder's leg has ended after its dial was settled
	SignalDiverted   = "diverted"    // no payload: the caller was sent to the emergency number

	SignalRecorded    = "recorded"    // Recorded: what became of the caller's message
	SignalTranscribed = "transcribed" // Transcribed: what it says
	SignalForwarded   = "forwarded"   // Forwarded: the line to the fixed number is over
)

// Signals of Alert.
const (
	SignalDialled  = "dialled"  // a models.Rung
	SignalAnswered = "answered" // a user id; empty when they were lost before they met the caller
	SignalEnded    = "ended"    // a models.CallEnd, and again as more becomes known of a message
)

// IncidentID is the workflow id of what is told to the channel of an incident.
func IncidentID(id string) string { return "incident/" + id }

// SignalNews tells IncidentChannel that something is new. It has no payload.
const SignalNews = "news"

// Asked is a request for what the caller hears. Past AnswerBy nobody waits for the answer.
type Asked struct {
	AnswerBy time.Time `json:"answer_by"`
}

// Pressed is the caller's key at the gate.
type Pressed struct {
	Try    int    `json:"try"`    // from 1
	Digits string `json:"digits"` // empty when the prompt timed out
}

// PickedUp tells of a responder's leg that was answered.
type PickedUp struct {
	Attempt string `json:"attempt"`
	Leg     string `json:"leg"`
}

// Chosen is a responder's key.
type Chosen struct {
	Attempt string `json:"attempt"`
	Leg     string `json:"leg"`
	Hearing int    `json:"hearing"` // from 1
	Digits  string `json:"digits"`  // empty when the prompt timed out
}

// CallerOver tells that the caller's leg has ended.
type CallerOver struct {
	Status string `json:"status"` // the carrier's word
}

// LegOver tells that a responder's leg has ended.
type LegOver struct {
	Attempt string        `json:"attempt"`
	Leg     string        `json:"leg"`
	Result  models.Result `json:"result"`
	At      time.Time     `json:"at"` // when we were told
}

// Recorded tells what became of the caller's message. It is told up to twice; of a caller who was asked for one again, more often.
type Recorded struct {
	Recording string `json:"recording"`       // the carrier's id of it; empty when it did not tell it
	Seconds   int    `json:"seconds"`         // zero when nothing was said
	Final     bool   `json:"final,omitempty"` // the carrier has measured it; before that, silence at its end may count too
}

// Transcribed tells what the caller's message says.
type Transcribed struct {
	Recording string `json:"recording,omitempty"` // which one says it; empty when the carrier did not tell
	Text      string `json:"text"`                // empty when the carrier could not make it out
}

// Forwarded tells that the line to the fixed number is over.
type Forwarded struct {
	Answered bool   `json:"answered"`
	Status   string `json:"status"` // the carrier's word
}

// Search attributes, to be registered. None ever holds a number or a name.
var (
	CallRoute   = temporal.NewSearchAttributeKeyKeyword("CallRoute")   // the route's id
	CallStage   = temporal.NewSearchAttributeKeyKeyword("CallStage")   // models.Stage
	CallOutcome = temporal.NewSearchAttributeKeyKeyword("CallOutcome") // models.Outcome
	AlertStatus = temporal.NewSearchAttributeKeyKeyword("AlertStatus") // models.AlertStatus
)

// SearchAttributes are those to register, with their types as Temporal's command line names them.
func SearchAttributes() map[string]string {
	types := map[string]string{}
	for _, key := range []temporal.SearchAttributeKey{CallRoute, CallStage, CallOutcome, AlertStatus, RequestStatus, RequestSince} {
		types[key.GetName()] = key.GetValueType().String()
	}
	return types
}

// DataConverter is the one that every client and worker uses. With keys it seals whatever runs are given, give and say of
// themselves; it opens that, and reads what is not sealed. Keys that only open, or nil, seal nothing.
func DataConverter(keys *secrets.Keys) converter.DataConverter {
	return everywhere{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), Codec(keys))}
}

// FailureConverter is DataConverter for failures: with keys their messages and stack traces are sealed too.
func FailureConverter(keys *secrets.Keys) converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: DataConverter(keys), EncodeCommonAttributes: keys.Seals(),
	})
}
