package api

import (
	"context"
	"sync"

	"github.com/ringdown/ringdown/models"
)

// unwrittenAtMost is how many calls are remembered that came while the database was away.
const unwrittenAtMost = 10_000

// unwritten are the rows of calls that came while the database was away. A call whose run has begun is recorded by it all the
// same; of one that was diverted, or whose caller left before there was a run, nobody else knows.
type unwritten struct {
	mu    sync.Mutex
	calls []models.Call
}

// add remembers a row until Watch has written it. The oldest are forgotten where there are too many.
func (u *unwritten) add(call models.Call) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls = append(u.calls, call)
	u.calls = u.calls[max(len(u.calls)-unwrittenAtMost, 0):]
}

// take is all that is remembered, which it forgets.
func (u *unwritten) take() []models.Call {
	u.mu.Lock()
	defer u.mu.Unlock()
	calls := u.calls
	u.calls = nil
	return calls
}

// writeLate writes the rows of calls that came while the database was away. What cannot be written yet is kept for the next time.
func (s *Server) writeLate(ctx context.Context) {
	calls := s.unwritten.take()
	for i, call := range calls {
		ctx, cancel := context.WithTimeout(ctx, lookWithin)
		err := s.store.Arrive(ctx, call)
		cancel()
		if err == nil {
			continue
		}
		s.log.Warn("arrivals not written yet", "calls", len(calls)-i, "cause", err)
		for _, left := range calls[i:] {
			s.unwritten.add(left)
		}
		return
	}
}
