package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
)

// blockedCallerRequest is what a client may set of a blocked caller.
type blockedCallerRequest struct {
	Number models.Phone `json:"number"`
	Reason string       `json:"reason,omitempty" maxLength:"200" doc:"For people; never said to the caller" example:"Silent calls at night"`
	Until  *time.Time   `json:"until,omitempty" doc:"Exclusive; for ever when left out"`
}

func (r blockedCallerRequest) caller() models.BlockedCaller {
	return models.BlockedCaller{Number: r.Number, Reason: r.Reason, Until: r.Until}
}

func (a *rest) mountBlockedCallers() {
	const path = "/v1/blocked-callers"
	handleBody[blockedCallerRequest](a, operation(http.MethodPost, path, "create-blocked-caller",
		"Refuse a number's calls on every route", http.StatusConflict), a.createBlockedCaller)
	handle(a, operation(http.MethodGet, path, "list-blocked-callers",
		"List the blocked callers, the oldest entry first, also those whose block is over"), a.blockedCallers)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-blocked-caller", "Show a blocked caller", http.StatusNotFound), a.blockedCaller)
	handleBody[blockedCallerRequest](a, operation(http.MethodPut, path+"/{id}", "update-blocked-caller", "Change a blocked caller as a whole",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.updateBlockedCaller)
	handle(a, operation(http.MethodDelete, path+"/{id}", "delete-blocked-caller", "Let a caller call again",
		http.StatusNotFound, http.StatusPreconditionFailed), a.deleteBlockedCaller)
}

func (a *rest) createBlockedCaller(ctx context.Context, in *createInput) (*made[models.BlockedCaller], error) {
	caller, err := decode(a, in.RawBody, blockedCallerRequest.caller, models.BlockedCaller.Validate)
	if err != nil {
		return nil, err
	}
	caller, err = a.store.CreateBlockedCaller(ctx, caller)
	return create("/v1/blocked-callers", caller.ID, caller, caller.Version), err
}

func (a *rest) blockedCallers(ctx context.Context, in *pageInput) (*plain[list[models.BlockedCaller]], error) {
	callers, next, err := a.store.BlockedCallers(ctx, in.page())
	return answerList(callers, next), inQuery(err)
}

func (a *rest) blockedCaller(ctx context.Context, in *idInput) (*one[models.BlockedCaller], error) {
	caller, err := a.store.BlockedCaller(ctx, in.ID)
	return show(caller, caller.Version), err
}

func (a *rest) updateBlockedCaller(ctx context.Context, in *updateInput) (*one[models.BlockedCaller], error) {
	caller, err := decode(a, in.RawBody, blockedCallerRequest.caller, models.BlockedCaller.Validate)
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	caller.ID = in.ID
	caller, err = a.store.UpdateBlockedCaller(ctx, caller, version)
	return show(caller, caller.Version), err
}

func (a *rest) deleteBlockedCaller(ctx context.Context, in *deleteInput) (*struct{}, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return nil, a.store.DeleteBlockedCaller(ctx, in.ID, version)
}
