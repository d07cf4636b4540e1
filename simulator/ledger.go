package simulator

import (
	"slices"
	"time"
)

// What a ledger speaks of.
const (
	LedgerNumber     = "number"
	LedgerAddress    = "address"
	LedgerEndUser    = "end_user"
	LedgerDocument   = "document"
	LedgerBundle     = "bundle"
	LedgerAssignment = "assignment"
	LedgerSubmission = "submission" // of a bundle to its review; it is only ever created
)

// What became of it.
const (
	LedgerCreated = "created"
	LedgerDeleted = "deleted"
)

// LedgerEntry is one thing that the account bought, made, gave back or deleted.
type LedgerEntry struct {
	At           time.Time `json:"at"`
	What         string    `json:"what"`
	SID          string    `json:"sid"`
	Phone        string    `json:"phone,omitempty"` // of a number
	FriendlyName string    `json:"friendly_name,omitempty"`
	Done         string    `json:"done"` // created or deleted
}

// Ledger is all that was ever bought and made by REST, in order. Numbers of AddNumber are not in it before they are released.
type Ledger []LedgerEntry

// Ledger is a copy of the account's ledger.
func (c *Carrier) Ledger() Ledger {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append(Ledger{}, c.office.ledger...)
}

// Held is what is there now, in the order in which it was made; submissions are left out.
func (l Ledger) Held() Ledger {
	gone := map[string]bool{}
	for _, e := range l {
		gone[e.SID] = gone[e.SID] || e.Done == LedgerDeleted
	}
	return slices.DeleteFunc(slices.Clone(l), func(e LedgerEntry) bool { return gone[e.SID] || e.What == LedgerSubmission })
}

// Of is what the ledger says of one sort of thing.
func (l Ledger) Of(what string) Ledger {
	return slices.DeleteFunc(slices.Clone(l), func(e LedgerEntry) bool { return e.What != what })
}

func (o *office) note(done, what, sid, name string) {
	o.ledger = append(o.ledger, LedgerEntry{At: time.Now(), What: what, SID: sid, FriendlyName: name, Done: done})
}

func (o *office) noteNumber(done string, n *Number) {
	o.note(done, LedgerNumber, n.SID, n.FriendlyName)
	o.ledger[len(o.ledger)-1].Phone = n.Phone
}
