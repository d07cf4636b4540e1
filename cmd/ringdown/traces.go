package main

import (
	"context"
	"time"
)

// closeTracing sends the last traces, for three seconds at most: nothing waits for a collector that is away.
func (p parts) closeTracing() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := p.tracing.Close(ctx); err != nil {
		p.log.Warn("last traces not sent", "cause", err)
	}
}
