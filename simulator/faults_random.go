package simulator

import "net/http"

// Rates are the chances that something goes wrong with one request, each from 0, which is never, to 1.
type Rates struct {
	// Of a document, a wait document or a callback.
	DelayHook, DuplicateHook float64
	// Of a callback alone, for whose answer nobody waits: of a leg, a conference, a recording, a transcript or a bundle. A lost
	// document would end the call, unless its URL's overrides have it asked again: add a rule with LoseReply for that.
	ReorderCallback, DropCallback float64
	// Of a REST request: 429 or 500 and nothing done, 500 though it is done, or a late answer.
	TooMany, FailBefore, FailAfter, SlowReply float64
	// Longest is how late the late ones are at most, in real seconds. 0 means 2.
	Longest Seconds
}

// RandomFaults is a fault plan for long runs. The same seed strikes the same requests of a phone again, as long as they
// come in the same order. The result is a plan like any other: rules may be put in front, CallsPerSecond may be set.
func RandomFaults(seed uint64, r Rates) Faults {
	f := Faults{Seed: seed}
	late := orElse(r.Longest, 2)
	delay, duplicate := chance{Delay, r.DelayHook, 0}, chance{Duplicate, r.DuplicateHook, 0}
	for _, kind := range []string{HookDocument, HookWait} {
		f.draw(kind, late, delay, duplicate)
	}
	for _, kind := range []string{HookStatus, HookConference, HookRecording, HookTranscription, HookBundle} {
		f.draw(kind, late, delay, duplicate, chance{Reorder, r.ReorderCallback, 0}, chance{Drop, r.DropCallback, 0})
	}
	f.draw(HookREST, late, chance{ReplyStatus, r.TooMany, http.StatusTooManyRequests},
		chance{ReplyStatus, r.FailBefore, http.StatusInternalServerError},
		chance{StatusAfter, r.FailAfter, http.StatusInternalServerError}, chance{SlowReply, r.SlowReply, 0})
	return f
}

// chance is how likely a deed strikes. status is what REST answers then.
type chance struct {
	do     Deed
	of     float64
	status int
}

// draw adds rules for one kind of request. The first that strikes ends the draw, so each later one is made likelier by
// what the earlier ones have left.
func (f *Faults) draw(kind string, late Seconds, chances ...chance) {
	left := 1.0
	for _, c := range chances {
		if c.of <= 0 || left <= 0 {
			continue
		}
		f.Rules = append(f.Rules, Rule{
			Match: Match{Kind: kind}, Do: c.do, Delay: late, Vary: true, Status: c.status, Probability: min(1, c.of/left),
		})
		left -= c.of
	}
}
