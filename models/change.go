package models

import (
	"encoding/json"
	"time"
)

// Actor is who makes a change.
type Actor struct {
	KeyID string `json:"key_id"` // empty: the system itself, or the first key of the environment
	Name  string `json:"name"`
}

// The actions that every noun knows.
const (
	ActionCreate = "create"
	ActionUpdate = "update"
	ActionDelete = "delete"
)

// Change is one line of the audit list: who did what to a noun, and when. It is written together
// with what it tells of, and stays when the noun is gone.
type Change struct {
	ID       string          `json:"id" gorm:"primaryKey"`
	At       time.Time       `json:"at" gorm:"column:changed_at"`
	By       Actor           `json:"by" gorm:"embedded;embeddedPrefix:by_"`
	Action   string          `json:"action"` // create, update, delete, or a noun's own
	Noun     string          `json:"noun"`   // as in "call route"
	NounID   string          `json:"noun_id"`
	NounName string          `json:"noun_name"`                               // its name then; empty where it has none
	Before   json.RawMessage `json:"before,omitempty" gorm:"serializer:json"` // as the API shows it; none of what was created
	After    json.RawMessage `json:"after,omitempty" gorm:"serializer:json"`  // none of what was deleted
}
