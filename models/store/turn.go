package store

import "gorm.io/gorm"

// turn is a lock that a transaction takes before it locks any row, and holds until it ends: of two that look
// before they add, the second sees what the first has added.
type turn int

// What is looked at one at a time.
const (
	ofNumbers turn = iota + 1
	ofLicences
	ofScheduleNames
	ofDocuments
	ofCountries
)

// turns tells our locks from those that others take in the same database.
const turns = 0x72696e67

// take waits for the turn. Postgres alone needs it: SQLite has one writer.
func (t turn) take(tx *gorm.DB) error {
	if tx.Name() != "postgres" {
		return nil
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(?, ?)", turns, int(t)).Error
}
