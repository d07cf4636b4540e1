package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

type callsInput struct {
	Limit   int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
	Cursor  string    `query:"cursor" doc:"next_cursor of the page before"`
	Route   string    `query:"route" doc:"The id of a route"`
	Outcome string    `query:"outcome" enum:"connected,unanswered,voicemail,forwarded,abandoned,refused,gate_failed,diverted,failed"`
	From    time.Time `query:"from" doc:"Started at this time or later"`
	To      time.Time `query:"to" doc:"Started before this time"`
	Caller  string    `query:"caller" doc:"The caller's number in E.164"`
	Live    string    `query:"live" enum:"true,false" doc:"true: in progress; false: ended"`
}

func (a *rest) mountCalls() {
	handle(a, operation(http.MethodGet, "/v1/calls", "list-calls", "List the calls, live and finished, the newest first"), a.calls)
	handle(a, operation(http.MethodGet, "/v1/calls/{id}", "get-call",
		"Show a call with its plan, its attempts and its timeline", http.StatusNotFound), a.call)
	recording := operation(http.MethodGet, "/v1/calls/{id}/recording", "get-call-recording",
		"Hear the message that the caller left, as WAV", http.StatusNotFound, http.StatusBadGateway)
	recording.Responses = map[string]*huma.Response{"200": {
		Description: "The recording, fetched from the carrier",
		Content:     map[string]*huma.MediaType{"audio/wav": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	handleLong(a, recording, a.recording)
}

// phoneInQuery reads a number from a query, in which a plus that is sent as it is arrives as a space.
func phoneInQuery(field, value string) (models.Phone, error) {
	phone, ok := models.ParsePhone(strings.Replace(value, " ", "+", 1))
	if !ok {
		return "", inQuery(&models.InvalidError{Field: field, Reason: "must be E.164, as in +12025550123, its plus sent as %2B"})
	}
	return phone, nil
}

func (a *rest) calls(ctx context.Context, in *callsInput) (*plain[list[models.Call]], error) {
	filter := store.CallFilter{RouteID: in.Route, Outcome: models.Outcome(in.Outcome), From: in.From, To: in.To}
	if in.Live != "" {
		live := in.Live == "true"
		filter.Live = &live
	}
	if in.Caller != "" {
		caller, err := phoneInQuery("caller", in.Caller)
		if err != nil {
			return nil, err
		}
		filter.Caller = caller
	}
	calls, next, err := a.store.Calls(ctx, filter, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	return answerList(calls, next), inQuery(err)
}

func (a *rest) call(ctx context.Context, in *idInput) (*plain[models.Call], error) {
	call, err := a.store.Call(ctx, in.ID)
	if call.Plan != nil {
		call.Plan.Allowlist.Callers = each(call.Plan.Allowlist.Callers, func(c models.AllowedCaller) models.AllowedCaller { return c })
	}
	return &plain[models.Call]{Body: call}, err
}

// recording passes the carrier's recording on as it comes, however long it is.
func (a *rest) recording(ctx context.Context, in *idInput) (*huma.StreamResponse, error) {
	found, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	call, err := a.store.Call(found, in.ID)
	if err != nil {
		return nil, err
	}
	if call.Voicemail == nil || call.Voicemail.Status != models.RecordingReady {
		return nil, fmt.Errorf("recording of call %s: %w", in.ID, models.ErrNotFound)
	}
	sound, stop, err := begin(ctx, func(ctx context.Context) (twilio.Sound, error) {
		return a.carrier.Listen(ctx, call.Voicemail.Recording)
	})
	if errors.Is(err, models.ErrNotFound) {
		err = models.ErrNotFound // the carrier has deleted it
	}
	if err != nil {
		return nil, fmt.Errorf("recording of call %s: %w", in.ID, err)
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		defer stop()
		defer func() { _ = sound.Close() }()
		out.SetHeader("Content-Type", "audio/wav")
		if sound.Length >= 0 {
			out.SetHeader("Content-Length", strconv.FormatInt(sound.Length, 10))
		}
		if _, err := io.Copy(out.BodyWriter(), sound); err != nil {
			a.log.Warn("recording broke off", "call", call.CarrierCallID, "cause", err)
		}
	}}, nil
}

// beginWithin is how long the carrier may take until a recording begins.
const beginWithin = 10 * time.Second

// begin opens a recording, unless that takes too long. Whoever gets it stops it in the end.
func begin(ctx context.Context, listen func(context.Context) (twilio.Sound, error)) (twilio.Sound, context.CancelFunc, error) {
	ctx, stop := context.WithCancel(ctx)
	late := time.AfterFunc(beginWithin, stop)
	defer late.Stop()
	sound, err := listen(ctx)
	if err != nil {
		stop()
	}
	return sound, stop, err
}
