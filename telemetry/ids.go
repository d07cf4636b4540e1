package telemetry

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// sidOfCall is the key of a context whose next trace is that of a call.
type sidOfCall struct{}

// OfCall has a trace that begins in ctx be that of a call. Each webhook of a call is a request of its own, which
// may reach another process each time: the SID is all that they have in common.
func OfCall(ctx context.Context, callSID string) context.Context {
	return context.WithValue(ctx, sidOfCall{}, callSID)
}

// TraceID is that of a call: the SID without its first two letters, which has 128 bits too. ok is false where the
// carrier would not name a call so.
func TraceID(callSID string) (id trace.TraceID, ok bool) {
	digits, ok := strings.CutPrefix(callSID, "CA")
	if !ok || len(digits) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(digits))
	return id, err == nil && id.IsValid()
}

// ids makes the ids of spans, and those of traces that are no call's, by chance.
type ids struct{}

// NewIDs are those of a span that begins a trace.
func (i ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	sid, _ := ctx.Value(sidOfCall{}).(string)
	id, ok := TraceID(sid)
	for !ok {
		binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
		binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
		ok = id.IsValid()
	}
	return id, i.NewSpanID(ctx, id)
}

// NewSpanID is that of a span within a trace.
func (ids) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	for !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:], rand.Uint64())
	}
	return id
}
