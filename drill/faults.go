package drill

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/simulator"
)

// Faults is what goes wrong in a drill, by its names in FaultNames. Without any nothing does.
type Faults struct {
	Names    []string
	OneByOne bool // one after another, each announced, with a quiet stretch after it; else all of them at random
}

// carrierFaults are those of the carrier, by what they do to its plan. The chances are those of a request, in a drill in which all
// of them are met.
var carrierFaults = []struct {
	name, does string
	rates      simulator.Rates
	lost       float64 // answers to documents and REST requests
}{
	{name: "late", does: "the carrier's webhooks come late", rates: simulator.Rates{DelayHook: 0.04}},
	{name: "repeated", does: "the carrier's webhooks come twice", rates: simulator.Rates{DuplicateHook: 0.04}},
	{name: "reordered", does: "the carrier's callbacks overtake each other", rates: simulator.Rates{ReorderCallback: 0.04}},
	{name: "dropped", does: "callbacks of the carrier never come", rates: simulator.Rates{DropCallback: 0.05}},
	{name: "429", does: "the carrier is asked too much, and answers 429", rates: simulator.Rates{TooMany: 0.03}},
	{name: "errors", does: "the carrier answers 500, before it acts and after", rates: simulator.Rates{FailBefore: 0.02, FailAfter: 0.02}},
	{name: "slow", does: "the carrier answers late", rates: simulator.Rates{SlowReply: 0.03}},
	{name: "lost", does: "answers are lost on their way, ours and the carrier's", lost: 0.02},
}

// partFaults are those of parts of ours.
var partFaults = []string{cluster.Worker, cluster.API, cluster.Temporal, cluster.Database}

// FaultNames are the names of all faults; "carrier" stands for all of the carrier's.
func FaultNames() []string {
	names := []string{"carrier"}
	for _, f := range carrierFaults {
		names = append(names, f.name)
	}
	return append(names, partFaults...)
}

// ParseFaults reads all, none, one-by-one, or a list of FaultNames with commas between them.
func ParseFaults(text string) (Faults, error) {
	everything := Faults{Names: FaultNames()[1:]}
	switch text {
	case "all":
		return everything, nil
	case "one-by-one":
		everything.OneByOne = true
		return everything, nil
	case "none", "":
		return Faults{}, nil
	}
	var f Faults
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		switch {
		case !slices.Contains(FaultNames(), name):
			return Faults{}, fmt.Errorf("%q is no fault: want all, none, one-by-one, or of %s, with commas", name, strings.Join(FaultNames(), ", "))
		case name == "carrier":
			for _, c := range carrierFaults {
				f.Names = append(f.Names, c.name)
			}
		default:
			f.Names = append(f.Names, name)
		}
	}
	slices.Sort(f.Names)
	f.Names = slices.Compact(f.Names)
	return f, nil
}

// String is a text that ParseFaults reads.
func (f Faults) String() string {
	all := slices.Clone(FaultNames()[1:])
	slices.Sort(all)
	names := slices.Sorted(slices.Values(f.Names))
	switch {
	case len(names) == 0:
		return "none"
	case f.OneByOne:
		return "one-by-one"
	case slices.Equal(names, all):
		return "all"
	default:
		return strings.Join(names, ",")
	}
}

// has says whether a fault is among them.
func (f Faults) has(name string) bool { return slices.Contains(f.Names, name) }

const (
	// alone is how much likelier a fault of the carrier's is while it is the only one.
	alone = 3
	// latest is how late a document or an answer is at most, and latestCallback a callback, for which nobody waits.
	latest, latestCallback simulator.Seconds = 0.5, 5
)

// plan is what the carrier does of these faults.
func (f Faults) plan(seed uint64, likelier float64) simulator.Faults {
	all, lost := simulator.Rates{Longest: latest}, 0.0
	for _, c := range carrierFaults {
		if !f.has(c.name) {
			continue
		}
		all.DelayHook += c.rates.DelayHook * likelier
		all.DuplicateHook += c.rates.DuplicateHook * likelier
		all.ReorderCallback += c.rates.ReorderCallback * likelier
		all.DropCallback += c.rates.DropCallback * likelier
		all.TooMany += c.rates.TooMany * likelier
		all.FailBefore += c.rates.FailBefore * likelier
		all.FailAfter += c.rates.FailAfter * likelier
		all.SlowReply += c.rates.SlowReply * likelier
		lost += c.lost * likelier
	}
	plan := simulator.RandomFaults(seed, all)
	plan.Rules = slices.DeleteFunc(plan.Rules, func(r simulator.Rule) bool { // each would keep a run open for ten minutes
		return r.Match.Kind == simulator.HookTranscription && r.Do == simulator.Drop
	})
	for i, rule := range plan.Rules {
		if rule.Do == simulator.Delay && rule.Match.Kind != simulator.HookDocument && rule.Match.Kind != simulator.HookWait {
			plan.Rules[i].Delay = latestCallback
		}
	}
	if lost > 0 {
		for _, kind := range []string{simulator.HookDocument, simulator.HookREST} {
			plan.Rules = append(plan.Rules, simulator.Rule{Match: simulator.Match{Kind: kind}, Do: simulator.LoseReply, Probability: lost})
		}
	}
	return plan
}
