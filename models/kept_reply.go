package models

import "time"

// KeptReply is what a request with an Idempotency-Key was answered, so that its repeat is answered
// alike and does nothing again.
type KeptReply struct {
	KeyID     string              `gorm:"primaryKey"` // of the API key that asked; empty: the one of the environment
	Token     string              `gorm:"primaryKey"` // the Idempotency-Key
	Claim     string              // of whoever makes the reply, or has made it; empty: it was given up
	Request   []byte              // a SHA-256 of what was asked
	Status    int                 // of HTTP; zero while the reply is made
	Header    map[string][]string `gorm:"serializer:json"`
	Body      []byte              // empty where it held a secret
	ClaimedAt time.Time
}

const (
	// RepliesLast is how long after its request a reply is kept.
	RepliesLast = 24 * time.Hour
	// ReplyWithin is how long a reply may be in the making. A claim that is older was lost with
	// its process: the same request has the next try.
	ReplyWithin = time.Minute
)
