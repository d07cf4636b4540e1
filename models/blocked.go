package models

import "time"

// BlockedCaller is a number whose calls are refused on every route.
type BlockedCaller struct {
	ID        string     `json:"id" gorm:"primaryKey"`
	Number    Phone      `json:"number" gorm:"uniqueIndex"`
	Reason    string     `json:"reason"` // for people; never said to the caller
	Until     *time.Time `json:"until"`  // exclusive; nil: for ever
	Version   int        `json:"version"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

// Blocks says whether the caller is refused at an instant.
func (b BlockedCaller) Blocks(at time.Time) bool {
	return b.Until == nil || at.Before(*b.Until)
}

// Validate reports every fault of a blocked caller at once. An end that is past is none: the
// entry is kept for the record.
func (b BlockedCaller) Validate() error {
	var faults Faults
	e164Field(&faults, "number", b.Number)
	text(&faults, "reason", b.Reason, 0, 200)
	return faults.Err()
}
