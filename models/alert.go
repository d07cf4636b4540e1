package models

import (
	"encoding/json"
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
}

// CallEnd tells an alert how its call ended. It is kept in histories: fields are added, never renamed
// or reused.
type CallEnd struct {
	Outcome    Outcome  `json:"outcome"`
	AnsweredBy string   `json:"answered_by"`
	Dialled    []string `json:"dialled"`
	Whole      bool     `json:"whole"` // all of it is known; false leaves what the alert has heard before
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
}
