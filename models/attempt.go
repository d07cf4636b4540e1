package models

import (
	"fmt"
	"time"
)

// Attempt is one try at one phone of one person, in one level and round. It has its id before
// any leg exists.
type Attempt struct {
	ID     string `json:"id"`
	Level  int    `json:"level"` // counts from 1
	UserID string `json:"user_id"`
	Name   string `json:"name"`
	Label  string `json:"label"` // of the phone
	Number Phone  `json:"number"`
	Nth    int    `json:"nth"`   // which of the person's phones, from 1
	Round  int    `json:"round"` // from 1; one more each time that a dial provably reached no phone
	Why    string `json:"why"`
}

func newAttempt(level int, person Person, nth int, phone UserPhone) Attempt {
	a := Attempt{
		Level: level, UserID: person.UserID, Name: person.Name,
		Label: phone.Label, Number: phone.Number, Nth: nth, Why: person.Why,
	}
	return a.InRound(1)
}

// InRound is the same try in another round, with an id of its own. The id names level, person,
// phone and round, holds no number, and is safe in a URL path.
func (a Attempt) InRound(round int) Attempt {
	a.Round = round
	a.ID = fmt.Sprintf("%d.%s.%d.%d", a.Level, a.UserID, a.Nth, round)
	return a
}

// AttemptState is how far an attempt has come. States go one way:
// ringing → ending, or ringing → picked_up → accepted, declined or ending. One who accepted and was
// lost before they met the caller is ending too.
type AttemptState string

// The states of an attempt.
const (
	Ringing  AttemptState = "ringing"   // the phone may ring; the responder acts next
	PickedUp AttemptState = "picked_up" // somebody or a mailbox hears the prompt
	Accepted AttemptState = "accepted"  // joined, or about to be, to the caller
	Declined AttemptState = "declined"  // said no, or never pressed a key
	Ending   AttemptState = "ending"    // given up by us or over at the carrier; can never win
)

// beyond says whether a state comes after another.
func (s AttemptState) beyond(o AttemptState) bool {
	order := map[AttemptState]int{Ringing: 1, PickedUp: 2, Accepted: 3, Declined: 3, Ending: 4}
	return order[s] > order[o]
}

// Result is how a dial ended, in the carrier's words where it has one.
type Result string

// The results of a dial.
const (
	ResultPickedUp  Result = "picked_up"
	ResultNoAnswer  Result = "no_answer"
	ResultBusy      Result = "busy"
	ResultFailed    Result = "failed"      // the network could not reach the phone
	ResultCanceled  Result = "canceled"    // ended before it was answered
	ResultRefused   Result = "refused"     // the carrier would not place it; nothing rang
	ResultBadNumber Result = "bad_number"  // the carrier refuses this phone, whoever calls it
	ResultUnknown   Result = "unknown"     // the carrier's reply was lost and no leg was found
	ResultTimedOut  Result = "timed_out"   // no word from the carrier in time
	ResultNotPlaced Result = "not_placed"  // it was never asked of the carrier
	ResultHungUp    Result = "hung_up"     // picked up, and gone before it heard the prompt
	ResultGone      Result = "caller_gone" // the caller had left before the dial's turn
	ResultDiverted  Result = "diverted"    // the caller had been sent to the emergency number
)

// Words are a result as the end of a sentence about the responder.
func (r Result) Words() string {
	switch r {
	case ResultNoAnswer, ResultTimedOut:
		return "did not answer"
	case ResultBusy:
		return "is busy, or rejected the call"
	case ResultFailed:
		return "could not be reached by the network"
	case ResultRefused:
		return "was not rung: the carrier refused"
	case ResultBadNumber:
		return "was not rung: the carrier refuses this phone"
	case ResultHungUp:
		return "picked up and hung up at once"
	default:
		return "was not reached: " + string(r)
	}
}

// Dialled is what a dial came to.
type Dialled struct {
	Result Result `json:"result"`
	Leg    string `json:"leg"`            // the carrier's id of the leg, empty when there is none
	Code   int    `json:"code,omitempty"` // the carrier's error or SIP code, zero when none
}

// AttemptRecord is what became of an attempt, for the record of its call.
type AttemptRecord struct {
	Attempt
	State      AttemptState `json:"state"`
	Result     Result       `json:"result"`
	Code       int          `json:"code,omitempty"`
	Leg        string       `json:"leg"`
	Keys       []string     `json:"keys,omitempty"` // what was pressed, each prompt's answer
	DialledAt  time.Time    `json:"dialled_at"`
	PickedUpAt *time.Time   `json:"picked_up_at,omitempty"`
	DecidedAt  *time.Time   `json:"decided_at,omitempty"` // accepted, declined or given up
	EndedAt    *time.Time   `json:"ended_at,omitempty"`
	Lost       bool         `json:"lost,omitempty"` // took the call, and was lost before they met the caller
}

// Ring is what an alert is told of an attempt.
func (r AttemptRecord) Ring() Ring {
	return Ring{
		Attempt: r.ID, UserID: r.UserID, Name: r.Name, Label: r.Label, Level: r.Level, At: r.DialledAt,
		State: r.State, Result: r.Result, Lost: r.Lost, EndedAt: r.DecidedAt,
	}
}
