package drill

import (
	"context"
	"time"
)

const (
	// wakesEvery is how often the drill looks whether the machine lets it, and standsStill how late it must be to be told.
	wakesEvery, standsStill = 100 * time.Millisecond, 700 * time.Millisecond
	machineKind             = "machine"
)

// watchMachine notes when the machine stood still, until ctx ends: what took long then is no fault of the system's, but it is counted
// all the same.
func (d *drill) watchMachine(ctx context.Context) {
	for last := time.Now(); ; {
		if !pause(ctx, wakesEvery) {
			return
		}
		now := time.Now()
		if late := now.Sub(last) - wakesEvery; late > standsStill {
			d.breaks.note(outage{kind: machineKind, parts: []string{"the machine"}, how: "stood still", from: last, until: now})
		}
		last = now
	}
}
