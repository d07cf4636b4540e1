package models

import (
	"encoding/json"
	"slices"
	"time"
)

// AlertStatus says whether an alert still asks for attention.
type AlertStatus string

// The states of an alert.
const (
	AlertFiring   AlertStatus = "firing"   // the call goes on
	AlertResolved AlertStatus = "resolved" // the call is over
)

// Alert is raised by each call that passed its gates, and resolves when the call ends.
type Alert struct {
	ID            string      `json:"id" gorm:"primaryKey"`
	CarrierCallID string      `json:"carrier_call_id" gorm:"uniqueIndex"`
	RouteID       string      `json:"call_route_id"`
	Title         string      `json:"title"`
	Number        Phone       `json:"number"`
	Caller        Phone       `json:"caller"` // empty when withheld
	Country       string      `json:"country"`
	Status        AlertStatus `json:"status"`
	Outcome       Outcome     `json:"outcome"`
	AnsweredBy    string      `json:"answered_by"`                    // user id
	Dialled       []string    `json:"dialled" gorm:"serializer:json"` // user ids in the order they were first rung
	StartedAt     time.Time   `json:"started_at"`
	ResolvedAt    *time.Time  `json:"resolved_at"`
	Voicemail     *Voicemail  `json:"voicemail,omitempty" gorm:"serializer:json"`

	CallID       string     `json:"call_id"` // ours; empty of what v0.1.0 raised
	SourceID     string     `json:"alert_source_id" gorm:"column:alert_source_id"`
	RouteName    string     `json:"call_route_name"`
	CallerName   string     `json:"caller_name"`   // as the route's allowlist names them; empty when it does not
	CallerListed bool       `json:"caller_listed"` // the route's allowlist has the caller, switched on or not
	Verstat      string     `json:"verstat"`
	Rings        []Ring     `json:"rings" gorm:"serializer:json"`        // each phone that was rung, in order
	AnsweredAt   *time.Time `json:"answered_at"`                         // nil unless answered_by has it
	IncidentIDs  []string   `json:"incident_ids" gorm:"serializer:json"` // those it is linked to, once it was routed
	ErasedAt     *time.Time `json:"erased_at,omitempty"`                 // when what it told of its caller was removed, for good
}

// Ring is one phone that was rung for the call of an alert. It is kept in histories: fields are added,
// never renamed or reused.
type Ring struct {
	Attempt string       `json:"attempt"` // the attempt's id
	UserID  string       `json:"user_id"`
	Name    string       `json:"name"`
	Label   string       `json:"label"` // of the phone
	Level   int          `json:"level"` // from 1
	At      time.Time    `json:"at"`
	State   AttemptState `json:"state"`              // the last that is known
	Result  Result       `json:"result,omitempty"`   // empty while nothing is known
	Lost    bool         `json:"lost,omitempty"`     // they took the call, and were lost before they met the caller
	EndedAt *time.Time   `json:"ended_at,omitempty"` // when it came to its state; nil while it rings or is just picked up
}

// Rung tells an alert of a phone that is rung now, and what has become of those before. It is kept in
// histories: fields are added, never renamed or reused.
type Rung struct {
	UserID string `json:"user_id"`
	Rings  []Ring `json:"rings"` // those of which something is new, the one that is rung now among them
}

// UnmarshalJSON reads a user id by itself too, which v0.1.0 sent.
func (r *Rung) UnmarshalJSON(data []byte) error {
	*r = Rung{}
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &r.UserID)
	}
	type plain Rung
	return json.Unmarshal(data, (*plain)(r))
}

// CallEnd tells an alert how its call ended. It is kept in histories: fields are added, never renamed
// or reused.
type CallEnd struct {
	Outcome    Outcome  `json:"outcome"`
	AnsweredBy string   `json:"answered_by"`
	Dialled    []string `json:"dialled"`
	Whole      bool     `json:"whole"` // all of it is known; false leaves what the alert has heard before

	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	Rings      []Ring     `json:"rings,omitempty"`
	Voicemail  *Voicemail `json:"voicemail,omitempty"` // the caller was asked for a message
	EndedAt    *time.Time `json:"ended_at,omitempty"`  // nil of who cannot tell
}

// UnmarshalJSON reads an outcome by itself too, which v0.1.0 sent.
func (e *CallEnd) UnmarshalJSON(data []byte) error {
	*e = CallEnd{}
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &e.Outcome)
	}
	type plain CallEnd
	return json.Unmarshal(data, (*plain)(e))
}

// Raised is what the workflow of an alert starts with. It is kept in histories: fields are
// added, never renamed or reused.
type Raised struct {
	AlertID   string    `json:"alert_id"`
	CallSID   string    `json:"call_sid"`
	RouteID   string    `json:"route_id"`
	RouteName string    `json:"route_name"`
	Number    Phone     `json:"number"`
	Caller    Phone     `json:"caller"`
	Country   string    `json:"country"`
	StartedAt time.Time `json:"started_at"`

	CallID       string `json:"call_id,omitempty"`
	CallerName   string `json:"caller_name,omitempty"`
	CallerListed bool   `json:"caller_listed,omitempty"`
	Verstat      string `json:"verstat,omitempty"`
	Route        bool   `json:"route,omitempty"` // incidents and receivers hear of it; v0.1.0 knew none
}

// Alert is the alert as it fires first.
func (r Raised) Alert() Alert {
	return Alert{
		ID: r.AlertID, CarrierCallID: r.CallSID, CallID: r.CallID, RouteID: r.RouteID, RouteName: r.RouteName, Title: "Call to " + r.RouteName,
		Number: r.Number, Caller: r.Caller, CallerName: r.CallerName, CallerListed: r.CallerListed, Country: r.Country, Verstat: r.Verstat,
		Status: AlertFiring, StartedAt: r.StartedAt, Rings: []Ring{},
	}
}

// Answer notes who took the call.
func (a *Alert) Answer(userID string, at time.Time) {
	a.AnsweredBy, a.AnsweredAt = userID, &at
	if r := a.lastRing(userID); r != nil && Accepted.beyond(r.State) {
		r.State, r.Result, r.EndedAt = Accepted, ResultPickedUp, &at
	}
}

// Lose notes that whoever took the call was lost before they met the caller.
func (a *Alert) Lose(at time.Time) {
	if r := a.lastRing(a.AnsweredBy); r != nil && r.State == Accepted {
		r.State, r.Lost, r.EndedAt = Ending, true, &at
	}
	a.AnsweredBy, a.AnsweredAt = "", nil
}

func (a *Alert) lastRing(userID string) *Ring {
	for i := len(a.Rings) - 1; i >= 0; i-- {
		if a.Rings[i].UserID == userID {
			return &a.Rings[i]
		}
	}
	return nil
}

// End takes in how the call ended; again says that this was told before. It is told again as more becomes known
// of a message, and what was told first may come last. It reports whether it was news.
func (a *Alert) End(e CallEnd, again bool) (news bool) {
	if older := e.Voicemail != nil && a.Voicemail != nil && a.Voicemail.beyond(*e.Voicemail); older {
		return false
	}
	news = !again || a.Outcome != e.Outcome || e.Voicemail != nil && (a.Voicemail == nil || *a.Voicemail != *e.Voicemail)
	a.Outcome = e.Outcome
	if e.Voicemail != nil {
		a.Voicemail = e.Voicemail
	}
	if e.Whole { // what was told before it may still be on its way
		a.AnsweredBy, a.AnsweredAt, a.Dialled = e.AnsweredBy, e.AnsweredAt, e.Dialled
		a.Merge(e.Rings)
	}
	return news
}

// Merge takes in what is new of phones that were rung. What is known of the end of one stays, so that
// word which comes late or twice changes nothing.
func (a *Alert) Merge(rings []Ring) (changed bool) {
	for _, r := range rings {
		i := slices.IndexFunc(a.Rings, func(known Ring) bool { return known.Attempt == r.Attempt })
		switch {
		case i < 0:
			a.Rings, changed = append(a.Rings, r), true
		case r.State.beyond(a.Rings[i].State) || r.State == a.Rings[i].State && r.EndedAt != nil && a.Rings[i].EndedAt == nil:
			a.Rings[i], changed = r, true
		}
	}
	slices.SortStableFunc(a.Rings, func(a, b Ring) int { return a.At.Compare(b.At) })
	return changed
}
