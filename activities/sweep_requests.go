package activities

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// beginAfter is how long a request may be without a run: whoever took it in may be about to begin one.
	beginAfter = 10 * time.Second
	// begunAtMost is how many requests one sweep begins.
	begunAtMost = 200
)

// beginRequests has requests for numbers looked after that were taken in while Temporal was away.
func (sw *sweep) beginRequests(ctx context.Context) error {
	if sw.Begin == nil {
		return nil
	}
	requests, err := sw.Store.UnstartedRequests(ctx, time.Now().Add(-beginAfter), begunAtMost)
	if err != nil {
		return fmt.Errorf("look for number requests that nobody looks after: %w", err)
	}
	var faults []error
	for _, r := range requests {
		if err := sw.Begin(ctx, sw.Temporal, r); err != nil {
			faults = append(faults, err)
			continue
		}
		sw.count(func(s *Swept) { s.Begun++ })
	}
	return errors.Join(faults...)
}
