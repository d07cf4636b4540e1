package models

import (
	"crypto/sha256"
	"slices"
	"time"
)

// APIKey lets its holder use the API. Its secret is shown once, as it is made.
type APIKey struct {
	ID         string     `json:"id" gorm:"primaryKey"`
	Name       string     `json:"name"`
	Role       Role       `json:"role"`
	Prefix     string     `json:"prefix"` // how the secret begins, for people to know it by
	Hash       []byte     `json:"-" gorm:"uniqueIndex"`
	ExpiresAt  *time.Time `json:"expires_at"`   // exclusive; nil: never
	LastUsedAt *time.Time `json:"last_used_at"` // to a minute or so; nil: not yet
	Version    int        `json:"version"`
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
}

// KeyPrefix is how the secret of every key begins, so that one that got lost is known for what it is.
const KeyPrefix = "rd_"

// prefixLength is how much of a secret is kept to know it by: too little to guess the rest.
const prefixLength = len(KeyPrefix) + 6

// WithSecret is the key with what is kept of its secret.
func (k APIKey) WithSecret(secret string) APIKey {
	k.Prefix, k.Hash = Clip(secret, prefixLength), HashKey(secret)
	return k
}

// HashKey is what is kept of a secret: its SHA-256. A secret is random and long, so that it needs
// no salt.
func HashKey(secret string) []byte {
	hash := sha256.Sum256([]byte(secret))
	return hash[:]
}

// Expired says whether the key is no longer good at an instant.
func (k APIKey) Expired(at time.Time) bool { return k.ExpiresAt != nil && !at.Before(*k.ExpiresAt) }

// Actor is whoever uses the key, for the audit list.
func (k APIKey) Actor() Actor { return Actor{KeyID: k.ID, Name: k.Name} }

// Validate reports every fault of a key that is made or changed at an instant. An end that is past
// is one, unless the key has been made already.
func (k APIKey) Validate(at time.Time) error {
	var faults Faults
	text(&faults, "name", k.Name, 1, 100)
	if !slices.Contains(Roles, k.Role) {
		faults.Add("role", "must be %s", RoleList(Roles))
	}
	if k.ID == "" && k.Expired(at) {
		faults.Add("expires_at", "must be in the future")
	}
	return faults.Err()
}
