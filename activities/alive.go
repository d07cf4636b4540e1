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
	ctx, cancel := context.WithCancel(ctx)
	var beating sync.WaitGroup
	beating.Go(func() {
		beat := time.NewTicker(aliveEvery)
		defer beat.Stop()
		for {
			select {
			case <-beat.C:
				activity.RecordHeartbeat(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		beating.Wait()
	}
}
