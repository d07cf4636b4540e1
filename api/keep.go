package api

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// keepEvery is how often everything is published and copied anew, because another process may
	// have changed it.
	keepEvery = 10 * time.Minute
	// keepAgain is the same while something fails.
	keepAgain = 30 * time.Second
)

// Keep prepares for the time when our site or the database is away: it publishes the emergency
// documents and copies every route, now and every ten minutes, or half a minute after a failure,
// until ctx ends. Failures are logged.
func (s *Server) Keep(ctx context.Context) {
	for last := (time.Time{}); ; {
		if time.Since(last) >= keepEvery || s.emergency.fault.remains() || s.routes.fault.remains() {
			last = time.Now()
			_ = s.emergency.publish(ctx)
			_ = s.routes.copyAll(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(keepAgain):
		}
	}
}

// complaint logs a fault that lasts once, and when it is over.
type complaint struct {
	mu    sync.Mutex
	lasts bool
}

// remains says whether the last try failed.
func (c *complaint) remains() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lasts
}

// note takes what came of another try.
func (c *complaint) note(log *slog.Logger, err error, message string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil && !c.lasts:
		log.Error(message, append(args, "cause", err)...)
	case err == nil && c.lasts:
		log.Info("over: " + message)
	}
	c.lasts = err != nil
}
