package models

import "slices"

// Allowlist is the first gate: when it is on, only listed callers pass.
type Allowlist struct {
	Enabled bool            `json:"enabled"`
	Callers []AllowedCaller `json:"callers"`
	Refusal string          `json:"refusal"` // said to the refused; empty rejects the call unanswered and unbilled
}

// AllowedCaller is one entry of an allowlist.
type AllowedCaller struct {
	Name   string `json:"name"`
	Number Phone  `json:"number"`
}

// Admits says whether a caller passes. A withheld or unparsable number never passes a list.
func (a Allowlist) Admits(caller Phone) bool {
	return !a.Enabled || caller != "" && slices.ContainsFunc(a.Callers, func(c AllowedCaller) bool { return c.Number == caller })
}

// Entry is the name that the list has for a caller, switched on or not, and whether it has them.
func (a Allowlist) Entry(caller Phone) (name string, listed bool) {
	if i := slices.IndexFunc(a.Callers, func(c AllowedCaller) bool { return c.Number == caller }); i >= 0 && caller != "" {
		return a.Callers[i].Name, true
	}
	return "", false
}

// Keypress is the second gate: when it is on, the caller must press its key.
type Keypress struct {
	Enabled bool   `json:"enabled"`
	Key     string `json:"key"`    // one of 0 to 9
	Prompt  string `json:"prompt"` // said as written; empty uses the language's own
}

// KeyTries is how often a caller hears the prompt of the keypress gate.
const KeyTries = 3

// Verdict is what pressed keys mean.
type Verdict string

// The verdicts.
const (
	Accept  Verdict = "accept"  // go on
	Repeat  Verdict = "repeat"  // hear the prompt again
	GiveUp  Verdict = "give_up" // no further try
	Decline Verdict = "decline" // the responder said no
)

// Judge decides what a caller's digits mean on the given try. digits is what the carrier sent
// and is empty when the prompt timed out. try counts from 1.
func (k Keypress) Judge(digits string, try int) Verdict {
	switch {
	case !k.Enabled || digits != "" && digits == k.Key:
		return Accept
	case try < KeyTries:
		return Repeat
	default:
		return GiveUp
	}
}

// Acceptance is how a responder takes a call.
type Acceptance struct {
	Required bool   `json:"required"` // false joins whoever or whatever picks up
	Key      string `json:"key"`      // one of 0 to 8
	Prompt   string `json:"prompt"`   // said as written; empty uses the language's own
}

// DeclineKey says no to a call.
const DeclineKey = "9"

// Judge decides what a responder's digits mean on the given hearing of the prompt, from 1. One
// document says the prompt twice, so no key at all means that nobody listens: a mailbox.
func (a Acceptance) Judge(digits string, hearing int) Verdict {
	switch {
	case !a.Required || digits != "" && digits == a.Key:
		return Accept
	case digits == DeclineKey:
		return Decline
	case digits == "" || hearing > 1:
		return GiveUp
	default:
		return Repeat
	}
}
