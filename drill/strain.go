package drill

import (
	"context"
	"slices"
	"time"
)

// A drill is no test of how many calls a machine can take: where more begin than it can, they queue, and all that is promised in
// seconds is broken for no other reason. So calls are held back while answers are slow, and nothing is broken before what was is made
// up for.
const (
	// strainedFrom is how slow half of the answers of the last strainFor must be, of at least strainFew.
	strainedFrom, strainFor, strainFew = 300 * time.Millisecond, 5 * time.Second, 8
	strainMost                         = 64 // answers that are remembered
	holdFor                            = 250 * time.Millisecond
)

// answer is how long we took for a document, and when.
type answer struct {
	at   time.Time
	took time.Duration
}

// strained says whether half of the last answers were slow.
func (e *ear) strained(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	var took []time.Duration
	for _, a := range e.recent {
		if now.Sub(a.at) < strainFor {
			took = append(took, a.took)
		}
	}
	if len(took) < strainFew {
		return false
	}
	slices.Sort(took)
	return took[len(took)/2] > strainedFrom
}

// holdBack waits while the machine is strained, unless nothing can be decided just now: then all answers are slow.
func (d *drill) holdBack(ctx context.Context) {
	began := time.Now()
	for d.ear.strained(time.Now()) && !d.breaks.undecided() && pause(ctx, holdFor) {
	}
	if held := time.Since(began); held > holdFor/2 {
		d.report.heldBack(held)
	}
}
