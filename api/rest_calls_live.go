package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ringdown/ringdown/models"
)

const (
	// beatEvery is how often a quiet stream says that it is still there.
	beatEvery = 15 * time.Second
	// streamFor is how long a stream lasts. Clients come back by themselves, with a key that is looked
	// at anew.
	streamFor = 15 * time.Minute
)

func (c callsREST) mountLive() {
	end := operation(http.MethodPost, "/v1/calls/{id}/end", "end-call",
		"End a live call: everybody in it is hung up on, its alert resolves, its record is written",
		http.StatusNotFound, http.StatusConflict)
	end.DefaultStatus = http.StatusOK
	handle(c.rest, end, c.end)
	stream := operation(http.MethodGet, "/v1/calls/stream", "stream-calls", "Hear of live calls as they arrive, change and end")
	stream.Description = "Server-sent events. First `snapshot` for each live call and one `ready` with their number; then `arrived`, " +
		"`changed` (its stage, or a diversion) and `ended` (once more when its message was recorded). The data of each but `ready` is " +
		"the call as it is then, as in the list of calls. An event may come twice. Send `Last-Event-ID` to be told first of the calls " +
		"that ended since, of the last hour at most. A stream ends after a quarter of an hour, or when its client does not keep up: " +
		"connect again."
	stream.Responses = map[string]*huma.Response{"200": {
		Description: "Events, until the client leaves",
		Content:     map[string]*huma.MediaType{"text/event-stream": {}},
	}}
	handleLong(c.rest, stream, c.stream)
}

// asItStands is a live call as its run tells of it. While no run does, it is the row at the stage of its
// run, or the row alone.
func (c callsREST) asItStands(ctx context.Context, call models.Call) models.Call {
	if call.EndedAt != nil || !callSID.MatchString(call.CarrierCallID) {
		return call
	}
	told, err := c.runs.record(ctx, call.CarrierCallID)
	if ctx.Err() == nil && !errors.Is(err, models.ErrNotFound) {
		c.silent.note(c.log, err, recordsUnknown)
	}
	if err != nil {
		shown := []models.Call{call}
		c.stage(ctx, shown)
		return shown[0]
	}
	told.ID, told.StartedAt = call.ID, call.StartedAt // as the row keeps them when the record is written
	if call.DivertedAt != nil {
		told.DivertedAt = call.DivertedAt
	}
	return told
}

// endedByOperator is the reason on the record of a call whose run was cancelled.
const endedByOperator = "ended by an operator"

// end cancels the run of a call. It may be repeated, also once the call is over for that reason.
func (c callsREST) end(ctx context.Context, in *idInput) (*plain[models.Call], error) {
	call, err := c.store.Call(ctx, in.ID)
	if err == nil && call.EndedAt == nil {
		call, err = c.cancel(ctx, call)
	}
	if err != nil {
		return nil, err
	}
	if call.EndedAt != nil && call.Reason != endedByOperator {
		return nil, problem(http.StatusConflict, howItEnded(call))
	}
	if err := c.store.NoteEnd(ctx, call.ID); err != nil {
		return nil, err
	}
	return c.call(ctx, in)
}

// cancel gives the call as it is when its run has ended by itself.
func (c callsREST) cancel(ctx context.Context, call models.Call) (models.Call, error) {
	err := c.runs.end(ctx, call.CarrierCallID)
	switch {
	case err == nil:
		return call, nil
	case !errors.Is(err, models.ErrNotFound):
		away := problem(http.StatusServiceUnavailable, "Temporal, which runs the call, does not answer; try again in a moment.")
		return call, errors.Join(away, err)
	}
	call, err = c.store.Call(ctx, call.ID)
	if err == nil && call.EndedAt == nil {
		err = problem(http.StatusConflict, "Nothing runs this call any more. What is left of it is looked after each minute, "+
			"and its record closed when the caller's line is over.")
	}
	return call, err
}

// howItEnded is a sentence without numbers.
func howItEnded(call models.Call) string {
	how := fmt.Sprintf("The call ended at %s: %s", call.EndedAt.Format(time.RFC3339), call.Outcome)
	if call.Reason != "" {
		how += ", " + call.Reason
	}
	return how + "."
}

type streamInput struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"100" doc:"The id of the last event that was heard, after a stream broke off"`
}

// since is when the client last heard of something. One that it does not tell, or that we never gave,
// is none.
func (in *streamInput) since() (at time.Time, ok bool) {
	micros, err := strconv.ParseInt(in.LastEventID, 10, 64)
	return time.UnixMicro(micros), err == nil && micros > 0
}

// stream joins the feed, and answers once there is something to tell, so that what is wrong has a
// status of its own.
func (c callsREST) stream(ctx context.Context, in *streamInput) (*huma.StreamResponse, error) {
	l, err := c.feed.join()
	if err != nil {
		return nil, notHeard(err)
	}
	first, err := c.begin(ctx, l, in)
	if err != nil {
		c.feed.leave(l)
		return nil, notHeard(err)
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		defer c.feed.leave(l)
		c.feed.endWith(out.Context())
		newSSE(out).run(out.Context(), first, l)
	}}, nil
}

func notHeard(err error) error {
	switch {
	case errors.Is(err, errFeedFull):
		return problem(http.StatusServiceUnavailable, "As many listen to live calls here as may; try again in a while.")
	case errors.Is(err, errFeedOver):
		return problem(http.StatusServiceUnavailable, "This process is about to stop; connect again.")
	default:
		return err
	}
}

// begin waits for the snapshot. What ended since the client was last here is read after it, so that
// nothing is between the two, and told before it.
func (c callsREST) begin(ctx context.Context, l *listener, in *streamInput) (first []event, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	var snapshot []event
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case events, ok := <-l.events:
		if !ok {
			return nil, l.err
		}
		snapshot = events
	}
	if since, ok := in.since(); ok {
		if first, err = c.feed.missed(ctx, since); err != nil {
			return nil, err
		}
	}
	return append(first, snapshot...), nil
}

// sse writes server-sent events to one client.
type sse struct {
	patient
	shown func(models.Call) models.Call // as whoever listens may see it
}

func newSSE(out huma.Context) sse {
	out.SetHeader("Content-Type", "text/event-stream")
	out.SetHeader("Cache-Control", "no-store")
	out.SetHeader("X-Accel-Buffering", "no") // a proxy in between passes everything on at once
	return sse{newPatient(out), func(call models.Call) models.Call { return callFor(out.Context(), call) }}
}

// run writes until the client leaves, does not keep up, or has listened for long enough. A connection
// that knows no deadlines gets the first events alone: nobody could tell that its client is stuck.
func (s sse) run(ctx context.Context, first []event, l *listener) {
	if s.send(first) != nil {
		return
	}
	beat, enough := time.NewTicker(beatEvery), time.NewTimer(streamFor)
	defer beat.Stop()
	defer enough.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-enough.C:
			return
		case events, ok := <-l.events:
			if !ok {
				return
			}
			err = s.send(events)
		case <-beat.C:
			err = s.write([]byte(": still here\n\n"))
		}
		if err != nil {
			return
		}
	}
}

func (s sse) send(events []event) error {
	var text []byte
	for _, e := range events {
		told := e.data
		if call, ok := told.(models.Call); ok {
			told = s.shown(call)
		}
		data, err := json.Marshal(told)
		if err != nil {
			return err
		}
		text = fmt.Appendf(text, "id: %d\nevent: %s\ndata: %s\n\n", e.at.UnixMicro(), e.name, data)
	}
	return s.write(text)
}

func (s sse) write(text []byte) error {
	if _, err := s.Write(text); err != nil {
		return err
	}
	return errors.Join(s.endless, s.control.Flush())
}
