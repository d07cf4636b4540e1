package models

import "time"

// NumberStatus says whether a number works.
type NumberStatus string

// The states of a number.
const (
	NumberActive   NumberStatus = "active"   // calls to it reach us
	NumberReleased NumberStatus = "released" // no longer ours, or at the carrier without our webhooks; kept for the record
)

// PhoneNumber is a number that we own at the carrier.
type PhoneNumber struct {
	ID        string       `json:"id" gorm:"primaryKey"`
	Number    Phone        `json:"number" gorm:"uniqueIndex"`
	Name      string       `json:"name"`
	Country   string       `json:"country"` // ISO 3166-1 alpha-2, empty when unknown
	Type      string       `json:"type"`    // local, mobile, toll_free, national; empty when unknown
	Status    NumberStatus `json:"status"`
	CarrierID string       `json:"carrier_id"` // Twilio's SID, PN…
	Version   int          `json:"version"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

// Validate reports every fault of a number at once.
func (n PhoneNumber) Validate() error {
	var faults Faults
	text(&faults, "name", n.Name, 1, 100)
	e164Field(&faults, "number", n.Number)
	return faults.Err()
}
