package api

import (
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// turnstileField marks an operation of which few requests are at work at once.
const turnstileField = "turnstile"

// turnstile lets as many requests of an operation in as it has places, before their bodies are read.
type turnstile struct {
	places chan struct{}
	wait   time.Duration    // for a place
	after  time.Duration    // when whoever got none may try again
	full   *huma.ErrorModel // what they are told
}

// narrow puts a turnstile before an operation.
func narrow(op huma.Operation, places int, t turnstile) huma.Operation {
	t.places = make(chan struct{}, places)
	op.Metadata = map[string]any{turnstileField: &t}
	op.Errors = append(op.Errors, t.full.Status)
	return op
}

// enter waits for a place.
func (t *turnstile) enter(ctx context.Context) bool {
	select {
	case t.places <- struct{}{}:
		return true
	default:
	}
	waited := time.NewTimer(t.wait)
	defer waited.Stop()
	select {
	case t.places <- struct{}{}:
		return true
	case <-waited.C:
	case <-ctx.Done():
	}
	return false
}

// through lets a request in as soon as there is a place for it. One that got none was not begun: its Idempotency-Key
// is good for the next try.
func (a *rest) through(ctx huma.Context, next func(huma.Context)) {
	t, ok := ctx.Operation().Metadata[turnstileField].(*turnstile)
	if !ok {
		next(ctx)
		return
	}
	if !t.enter(ctx.Context()) {
		ctx.SetHeader("Retry-After", strconv.Itoa(int(t.after.Seconds())))
		a.refuse(ctx, t.full)
		return
	}
	defer func() { <-t.places }()
	next(ctx)
}
