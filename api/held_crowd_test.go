package api

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

func TestOfTwoProcessesOneMovesACaller(t *testing.T) {
	held(t, "who both have seen waiting", func(ht *heldTest) {
		const callers = 10
		ht.holdMore(callers - 1)
		ht.looksAt(0)
		other := &watch{Server: ht.Server, silent: ht.watch.silent}
		ht.now = func() time.Time { return ht.began.Add(time.Minute) }
		ht.carrier.asked = rendezvous(2 * movedAtOnce)
		var both sync.WaitGroup
		for _, w := range []*watch{ht.watch, other} {
			both.Go(func() { w.look(context.Background()) })
		}
		both.Wait()
		ht.diverted(true, callers)
		ht.movedOnce(callers)
	})
}

// holdMore makes more calls like the first.
func (ht *heldTest) holdMore(callers int) {
	ht.Helper()
	for i := range callers {
		ht.holds(fmt.Sprintf("CA%032d", i), "init")
	}
}

// movedOnce checks that so many callers were moved, each once.
func (ht *heldTest) movedOnce(callers int) {
	ht.Helper()
	seen := map[string]bool{}
	for _, moved := range ht.carrier.moved {
		if seen[moved] {
			ht.Errorf("moved twice: %s", moved)
		}
		seen[moved] = true
	}
	if len(seen) != callers {
		ht.Errorf("moved %d of %d", len(seen), callers)
	}
}

// rendezvous lets nobody through before so many visitors have come.
func rendezvous(visitors int) func() {
	var here atomic.Int32
	all := make(chan struct{})
	return func() {
		if here.Add(1) == int32(visitors) {
			close(all)
		}
		<-all
	}
}

func TestEverybodyOnHoldIsMovedHoweverManyTheyAre(t *testing.T) {
	held(t, "a few at a time", func(ht *heldTest) {
		ht.holdMore(movedAtOnce - 1)
		ht.carrier.asked = rendezvous(movedAtOnce) // one after another they would wait for ever
		ht.looksAt(0, 60)
		ht.movedOnce(movedAtOnce)
	})
	held(t, "page by page, also behind those who were diverted before", func(ht *heldTest) {
		ht.holdMore(heldPage + 20)
		for i := range 15 {
			_, err := ht.store.Divert(context.Background(), fmt.Sprintf("CA%032d", i), ht.began)
			ht.must(err)
			ht.must(ht.store.Told(context.Background(), fmt.Sprintf("CA%032d", i)))
		}
		ht.looksAt(0, 60)
		ht.movedOnce(heldPage + 21 - 15)
	})
	held(t, "before any run is told, which may take seconds each", func(ht *heldTest) {
		ht.holdMore(2 * movedAtOnce)
		ht.temporal.onAsk = func(request string) {
			ht.carrier.mu.Lock()
			defer ht.carrier.mu.Unlock()
			if n := len(ht.carrier.moved); request == "signal" && n != 2*movedAtOnce+1 {
				ht.Errorf("a run is told when %d are moved", n)
			}
		}
		ht.looksAt(0, 60)
		ht.movedOnce(2*movedAtOnce + 1)
	})
}

func TestASignOfLifeIsAskedOfTheNewestRunsThatThereAre(t *testing.T) {
	sid := func(i int) string { return fmt.Sprintf("CA%032d", i) }
	ends := func(ht *heldTest, err error, calls ...int) {
		ht.temporal.runs = map[string]error{}
		for _, i := range calls {
			ht.temporal.runs[workflows.CallID(sid(i))] = err
		}
	}
	// The caller of held came first; four more followed, a second apart.
	crowd := func(ht *heldTest) {
		for i := range 4 {
			ht.must(ht.store.Arrive(context.Background(), models.Call{
				CarrierCallID: sid(i), RouteID: "support", Number: ourNumber, Stage: models.StageArriving,
				StartedAt: ht.began.Add(time.Duration(i-10) * time.Second),
			}))
		}
	}
	held(t, "three at once, and when they are silent, who has been on hold for longest", func(ht *heldTest) {
		crowd(ht)
		ht.looksAt(0)
		ht.queries(sid(1), sid(2), sid(3), callerLeg)
	})
	held(t, "and no more when one has answered", func(ht *heldTest) {
		crowd(ht)
		ends(ht, nil, 2)
		ht.temporal.runs[workflows.CallID(callerLeg)] = nil // who is on hold is asked for themselves
		ht.looksAt(0, 60)
		ht.queries(sid(1), sid(1), sid(2), sid(2), sid(3), sid(3), callerLeg, callerLeg)
		ht.moves()
	})
	held(t, "and others for those that are gone", func(ht *heldTest) {
		crowd(ht)
		ends(ht, errGone, 1, 3)
		ht.looksAt(0)
		ht.queries(sid(0), sid(1), sid(2), sid(3), callerLeg)
	})
	held(t, "so that calls without a run speak for nobody", func(ht *heldTest) {
		crowd(ht)
		ends(ht, errGone, 0, 1, 2, 3)
		ht.looksAt(0, 60)
		ht.moves(movedOut)
	})
	held(t, "and where no call has one, nobody waits for a worker", func(ht *heldTest) {
		ht.temporal.fails["query"] = errGone
		ht.looksAt(0, 60, 120)
		ht.moves()
	})
}
