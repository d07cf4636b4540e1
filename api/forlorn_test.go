package api

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ringdown/ringdown/workflows"
)

// countsMute checks how many calls are counted whose own run is mute.
func (ht *heldTest) countsMute(want int) {
	ht.Helper()
	if lines := scrape(ht.T, ht.metrics.mute); !slices.Equal(lines, []string{fmt.Sprintf("ringdown_calls_mute %d", want)}) {
		ht.Errorf("counted %q, want %d", lines, want)
	}
}

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
		ht.countsMute(1)
		ht.looksAt(60)
		ht.moves(movedOut)
		ht.diverted(true, 1)
		ht.looksAt(70, 80, 140)
		ht.moves()
		ht.countsMute(0)
	})
	held(t, "and so are those of the newest build, however many, when the others are older", func(ht *heldTest) {
		ht.temporal.fails = nil
		ht.temporal.runs = map[string]error{workflows.CallID(callerLeg): nil}
		for i := range signs + 1 {
			sid := fmt.Sprintf("CA%032d", i)
			ht.holds(sid, "init")
			ht.temporal.runs[workflows.CallID(sid)] = errAway
		}
		ht.looksAt(0, 10, 20, 30, 40, 50, 59)
		ht.moves()
		ht.countsMute(signs + 1)
		ht.looksAt(60)
		ht.diverted(false, signs+1) // ours, whose own run lives, is left where it is
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
