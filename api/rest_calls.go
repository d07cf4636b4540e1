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
	Cursor  string    `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
	Route   string    `query:"route" maxLength:"100" doc:"The id of a route"`
	Outcome string    `query:"outcome" enum:"connected,unanswered,voicemail,forwarded,abandoned,refused,gate_failed,diverted,failed"`
	From    time.Time `query:"from" doc:"Started at this time or later"`
	To      time.Time `query:"to" doc:"Started before this time, which must be after from"`
	Caller  string    `query:"caller" maxLength:"20" doc:"The caller's number in E.164"`
	Number  string    `query:"number" maxLength:"20" doc:"The number of ours that was called, in E.164"`
	Live    string    `query:"live" enum:"true,false" doc:"true: in progress; false: ended"`
}

// filter is what a list is narrowed to. Its error names every fault.
func (in *callsInput) filter() (store.CallFilter, error) {
	var faults models.Faults
	filter := store.CallFilter{RouteID: in.Route, Outcome: models.Outcome(in.Outcome), From: in.From, To: in.To}
	if in.Live != "" {
		live := in.Live == "true"
		filter.Live = &live
	}
	if !in.From.IsZero() && !in.To.IsZero() && !in.From.Before(in.To) {
		faults.Add("to", "must be after from")
	}
	for _, phone := range []struct {
		field, given string
		read         *models.Phone
	}{{"caller", in.Caller, &filter.Caller}, {"number", in.Number, &filter.Number}} {
		if phone.given == "" {
			continue
		}
		var ok bool
		if *phone.read, ok = plusInQuery(phone.given); !ok {
			faults.Add(phone.field, "%s", notE164)
		}
	}
	if len(faults) > 0 {
		return filter, invalidProblem("query", faults)
	}
	return filter, nil
}

// callsREST answers about calls: settled ones from their records, and live ones from their runs too.
type callsREST struct {
	*rest
	feed   *feed
	away   *complaint // Temporal does not tell the stages of runs
	silent *complaint // runs do not tell of their calls
}

func (a *rest) mountCalls() {
	c := callsREST{rest: a, feed: newFeed(a.store, a.runs, a.log, a.now), away: &complaint{}, silent: &complaint{}}
	handle(a, operation(http.MethodGet, "/v1/calls", "list-calls", "List the calls, live and finished, the newest first"), c.calls)
	c.mountLive()
	handle(a, operation(http.MethodGet, "/v1/calls/{id}", "get-call",
		"Show a call with its plan, its attempts, its timeline and its incidents", http.StatusNotFound), c.linkedCall)
	recording := operation(http.MethodGet, "/v1/calls/{id}/recording", "get-call-recording",
		"Hear the message that the caller left, as WAV", http.StatusNotFound, http.StatusBadGateway)
	recording.Responses = map[string]*huma.Response{"200": {
		Description: "The recording, fetched from the carrier",
		Content:     map[string]*huma.MediaType{"audio/wav": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	handleLong(a, roles(recording, models.RoleAdmin, models.RoleReviewer), a.recording)
}

const notE164 = "must be E.164, as in +12025550123, its plus sent as %2B"

// phoneInQuery reads a number from a query.
func phoneInQuery(field, value string) (models.Phone, error) {
	phone, ok := plusInQuery(value)
	if !ok {
		return "", inQuery(&models.InvalidError{Field: field, Reason: notE164})
	}
	return phone, nil
}

// plusInQuery reads a number whose plus, when it is sent as it is, arrives as a space.
func plusInQuery(value string) (models.Phone, bool) {
	return models.ParsePhone(strings.Replace(value, " ", "+", 1))
}

func (c callsREST) calls(ctx context.Context, in *callsInput) (*plain[list[models.Call]], error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	calls, next, err := c.store.Calls(ctx, filter, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, inQuery(err)
	}
	c.stage(ctx, calls)
	return answerList(eachFor(ctx, calls, callFor), next), nil
}

func (c callsREST) call(ctx context.Context, in *idInput) (*plain[models.Call], error) {
	call, err := c.store.Call(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	call = callFor(ctx, c.asItStands(ctx, call))
	if call.Plan != nil {
		call.Plan.Allowlist.Callers = each(call.Plan.Allowlist.Callers, func(a models.AllowedCaller) models.AllowedCaller { return a })
	}
	return &plain[models.Call]{Body: call}, nil
}

// linkedCall is a call with what its alert is linked to.
type linkedCall struct {
	models.Call
	IncidentIDs []string `json:"incident_ids" doc:"Incidents that its alert is linked to"`
}

func (c callsREST) linkedCall(ctx context.Context, in *idInput) (*plain[linkedCall], error) {
	call, err := c.call(ctx, in)
	if err != nil {
		return nil, err
	}
	linked := linkedCall{Call: call.Body, IncidentIDs: []string{}}
	alert, err := c.store.AlertByCall(ctx, linked.CarrierCallID)
	if errors.Is(err, models.ErrNotFound) { // it raised none, or has not yet
		return &plain[linkedCall]{Body: linked}, nil
	}
	linked.IncidentIDs = append(linked.IncidentIDs, alert.IncidentIDs...)
	return &plain[linkedCall]{Body: linked}, err
}

// stage shows live calls at the stage of their runs, asked for in one request for all of them. While
// Temporal does not answer, they stay at that of their rows.
func (c callsREST) stage(ctx context.Context, calls []models.Call) {
	var live []string
	for _, call := range calls {
		if call.EndedAt == nil && callSID.MatchString(call.CarrierCallID) {
			live = append(live, call.CarrierCallID)
		}
	}
	if len(live) == 0 {
		return
	}
	stages, err := c.runs.stages(ctx, live...)
	if ctx.Err() == nil {
		c.away.note(c.log, err, stagesUnknown)
	}
	for i := range calls {
		if stage, ok := stages[calls[i].CarrierCallID]; ok && calls[i].EndedAt == nil {
			calls[i].Stage = stage
		}
	}
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
		if _, err := io.Copy(newPatient(out), sound); err != nil {
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
