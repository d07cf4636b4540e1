package models

import "slices"

// CallerFacts is what the database knows of a caller when a call arrives. Its zero value speaks
// against nobody, and stands in while the database is away.
type CallerFacts struct {
	Blocked     bool // on the list of blocked callers
	OwnNumber   bool // one of our own numbers: a loop
	RecentCalls int  // of this caller to this route in the last minute, without this call
	LiveCalls   int  // of this route, without this call
}

// RefusalReason says why a caller may not call; empty means that they may.
type RefusalReason string

// The reasons, in the order in which they are looked for.
const (
	RefusedOwnNumber  RefusalReason = "own_number"
	RefusedBlocked    RefusalReason = "blocked"
	RefusedNotListed  RefusalReason = "not_on_allowlist"
	RefusedUnattested RefusalReason = "unattested"
	RefusedTooMany    RefusalReason = "too_many_calls"
	RefusedRouteFull  RefusalReason = "route_full"
)

// RefusalReasons are all there are.
var RefusalReasons = []RefusalReason{
	RefusedOwnNumber, RefusedBlocked, RefusedNotListed, RefusedUnattested, RefusedTooMany, RefusedRouteFull,
}

// Words are a reason as a sentence of the call's record.
func (r RefusalReason) Words() string {
	switch r {
	case RefusedOwnNumber:
		return "the caller is one of our own numbers: a loop"
	case RefusedBlocked:
		return "the caller is blocked"
	case RefusedNotListed:
		return "the caller is not on the allowlist"
	case RefusedUnattested:
		return "the network does not vouch for the caller's number"
	case RefusedTooMany:
		return "the caller has called too often within a minute"
	case RefusedRouteFull:
		return "the route has too many calls at once"
	default:
		return string(r)
	}
}

// VouchedFor is the carrier's word for a number whose own network vouches for it.
const VouchedFor = "TN-Validation-Passed-A"

// attested are the carrier's words for a number that the network it came from vouches for.
// Levels B and C vouch for where a call came from, not for its number.
// Source: Twilio, Trusted calling with SHAKEN/STIR; compared exactly.
var attested = []string{
	VouchedFor, "TN-Validation-Passed-A-Diverted", "TN-Validation-Passed-A-Passthrough",
}

// Refuses decides whether a call may come in at all, before anything rings; empty lets it pass.
// caller is empty when withheld or unparsable, which no allowlist and no attestation lets pass.
func (r Route) Refuses(caller Phone, verstat string, known CallerFacts) RefusalReason {
	switch {
	case known.OwnNumber:
		return RefusedOwnNumber
	case known.Blocked:
		return RefusedBlocked
	case !r.Allowlist.Admits(caller):
		return RefusedNotListed
	case r.RequireAttested && (caller == "" || !slices.Contains(attested, verstat)):
		return RefusedUnattested
	case known.RecentCalls >= r.Limits.PerCallerPerMinute:
		return RefusedTooMany
	case known.LiveCalls >= r.Limits.LiveCalls:
		return RefusedRouteFull
	default:
		return ""
	}
}

// Refuse is what a refused caller hears. Floods, loops and the blocked are refused unanswered,
// which costs nothing; the others may be in good faith and hear why where there are words for it.
func (p Plan) Refuse(reason RefusalReason) Answer {
	switch reason {
	case RefusedTooMany, RefusedRouteFull:
		return Answer{Do: DoBusy}
	case RefusedUnattested:
		return p.Say(PhraseUnverified, "")
	case RefusedNotListed:
		return p.Refusal()
	default:
		return Answer{Do: DoReject}
	}
}
