package models

import "time"

// AlertSourceType is what an alert source listens to.
type AlertSourceType string

// IncomingCalls is the source of every call past its gates. It comes with the first number.
const IncomingCalls AlertSourceType = "incoming_calls"

// IncomingCallsName is what the source of calls is called until somebody renames it.
const IncomingCallsName = "Incoming calls"

// AlertSource is where alerts come from.
type AlertSource struct {
	ID        string          `json:"id" gorm:"primaryKey"`
	Type      AlertSourceType `json:"type" gorm:"uniqueIndex"`
	Name      string          `json:"name"`
	Version   int             `json:"version"`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// Validate reports every fault of an alert source at once.
func (s AlertSource) Validate() error {
	var faults Faults
	text(&faults, "name", s.Name, 1, 100)
	return faults.Err()
}
