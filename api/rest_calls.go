package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

type callsInput struct {
	Limit   int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
	Cursor  string    `query:"cursor" doc:"next_cursor of the page before"`
	Route   string    `query:"route" doc:"The id of a route"`
	Outcome string    `query:"outcome" enum:"connected,unanswered,abandoned,refused,gate_failed,diverted,failed"`
	From    time.Time `query:"from" doc:"Started at this time or later"`
	To      time.Time `query:"to" doc:"Started before this time"`
	Caller  string    `query:"caller" doc:"The caller's number in E.164"`
	Live    string    `query:"live" enum:"true,false" doc:"true: in progress; false: ended"`
}

func (a *rest) mountCalls() {
	handle(a, operation(http.MethodGet, "/v1/calls", "list-calls", "List the calls, live and finished, the newest first"), a.calls)
	handle(a, operation(http.MethodGet, "/v1/calls/{id}", "get-call",
		"Show a call with its plan, its attempts and its timeline", http.StatusNotFound), a.call)
}

func (a *rest) calls(ctx context.Context, in *callsInput) (*plain[list[models.Call]], error) {
	filter := store.CallFilter{RouteID: in.Route, Outcome: models.Outcome(in.Outcome), From: in.From, To: in.To}
	if in.Live != "" {
		live := in.Live == "true"
		filter.Live = &live
	}
	if in.Caller != "" {
		caller, ok := models.ParsePhone(strings.Replace(in.Caller, " ", "+", 1)) // a plus sent as it is arrives as a space
		if !ok {
			return nil, inQuery(&models.InvalidError{Field: "caller", Reason: "must be E.164, as in +12025550123, its plus sent as %2B"})
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
