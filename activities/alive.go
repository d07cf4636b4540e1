package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
)

// aliveEvery is how often a slow request says that it goes on. Most are over before, and cost no heartbeat.
const aliveEvery = 3 * time.Second

// alive says that an activity goes on until stop is called, so that another worker takes over within
// seconds when this one dies, however slow the other side may be.
func alive(ctx context.Context) (stop func()) {
	return beating(ctx, func(ctx context.Context) { activity.RecordHeartbeat(ctx) })
}

// beating calls beat from time to time until stop is called.
func beating(ctx context.Context, beat func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(aliveEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				beat(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}
