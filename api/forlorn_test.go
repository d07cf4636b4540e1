package api

import (
	"testing"

	"github.com/ringdown/ringdown/workflows"
)

func TestACallerWhoseOwnRunIsMuteIsMovedThoughOthersLive(t *testing.T) {
	const other = "CA0000000000000000000000000000beef"
	mixed := func(ht *heldTest) {
		ht.holds(other, "init")
		ht.temporal.fails = nil
		ht.temporal.runs = map[string]error{workflows.CallID(callerLeg): errAway, workflows.CallID(other): nil}
	}
	held(t, "after a minute, and the others stay", func(ht *heldTest) {
		mixed(ht)
		ht.looksAt(0, 10, 20, 30, 40, 50, 59)
		ht.moves()
		ht.looksAt(60)
		ht.moves(movedOut)
		ht.diverted(true, 1)
		ht.looksAt(70, 80, 140)
		ht.moves()
	})
	held(t, "but a sign of life is a new minute", func(ht *heldTest) {
		mixed(ht)
		ht.looksAt(0, 10, 20, 30, 40, 50)
		ht.temporal.runs[workflows.CallID(callerLeg)] = nil
		ht.looksAt(55)
		ht.temporal.runs[workflows.CallID(callerLeg)] = errAway
		ht.looksAt(60, 70, 119)
		ht.moves()
		ht.looksAt(120)
		ht.moves(movedOut)
	})
}
