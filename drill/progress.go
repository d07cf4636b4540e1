package drill

import (
	"context"
	"sync/atomic"
	"time"
)

// tallies are for who watches.
type tallies struct {
	begun, hungUp, closed, judged, wrong atomic.Int64 // calls; wrong counts what was not kept
}

// progressEvery is how often a line of progress is printed.
const progressEvery = 10 * time.Second

// showProgress prints a line now and then, until ctx ends.
func (d *drill) showProgress(ctx context.Context) {
	for ticks := time.NewTicker(progressEvery); ; {
		select {
		case <-ctx.Done():
			ticks.Stop()
			return
		case <-ticks.C:
			t := &d.tallies
			begun, hungUp, judged := t.begun.Load(), t.hungUp.Load(), t.judged.Load()
			d.say("%s  %d s: %d calls begun, %d on the line, %d being settled, %d judged, %d violations", time.Now().Format(time.TimeOnly),
				int(time.Since(d.begun).Seconds()), begun, begun-hungUp, hungUp-judged, judged, t.wrong.Load())
		}
	}
}
