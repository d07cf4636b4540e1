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
	Type      NumberType   `json:"type"`    // empty when unknown
	Status    NumberStatus `json:"status"`
	CarrierID string       `json:"carrier_id"` // Twilio's SID, PN…
	Exception string       `json:"exception"`  // why there is one more than allotted; empty: it is within the allotment
	Check     NumberCheck  `json:"check" gorm:"embedded;embeddedPrefix:check_"`
	Version   int          `json:"version"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

// NumberCheck is what the last nightly look at a number found at the carrier. Its zero value says that none was
// had yet.
type NumberCheck struct {
	At     *time.Time  `json:"at"`
	Result CheckResult `json:"result"`
	Detail string      `json:"detail"` // what was wrong, and what to do where it still is
}

// CheckResult says how the webhooks of a number were found. Empty: nobody has looked yet.
type CheckResult string

// The results of a check.
const (
	CheckFine     CheckResult = "fine"
	CheckRepaired CheckResult = "repaired" // they were others, and have been set right
	CheckBroken   CheckResult = "broken"   // calls do not reach us, and a person must act
	CheckGone     CheckResult = "gone"     // the account does not own the number any more
)

// Validate reports every fault of a number at once.
func (n PhoneNumber) Validate() error {
	var faults Faults
	text(&faults, "name", n.Name, 1, 100)
	e164Field(&faults, "number", n.Number)
	words(&faults, "exception", n.Exception, 0)
	return faults.Err()
}
