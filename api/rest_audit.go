package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

type auditInput struct {
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
	Cursor string    `query:"cursor" doc:"next_cursor of the page before"`
	Noun   string    `query:"noun" doc:"What was changed, as in: call route"`
	NounID string    `query:"noun_id" doc:"The id of what was changed"`
	Key    string    `query:"key" doc:"The id of the key that changed it"`
	From   time.Time `query:"from" doc:"Changed at this time or later"`
	To     time.Time `query:"to" doc:"Changed before this time"`
}

// mountAudit is for admins alone: the list tells of keys too, and of what is gone.
func (a *rest) mountAudit() {
	const path = "/v1/audit"
	listing := operation(http.MethodGet, path, "list-changes", "List who changed what, the newest first")
	handle(a, roles(listing, models.RoleAdmin), a.changes)
	showing := operation(http.MethodGet, path+"/{id}", "get-change",
		"Show a change with what was there before and after", http.StatusNotFound)
	handle(a, roles(showing, models.RoleAdmin), a.change)
}

func (a *rest) changes(ctx context.Context, in *auditInput) (*plain[list[models.Change]], error) {
	filter := store.ChangeFilter{Noun: in.Noun, NounID: in.NounID, KeyID: in.Key, From: in.From, To: in.To}
	changes, next, err := a.store.Changes(ctx, filter, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	return answerList(changes, next), inQuery(err)
}

func (a *rest) change(ctx context.Context, in *idInput) (*plain[models.Change], error) {
	change, err := a.store.Change(ctx, in.ID)
	return &plain[models.Change]{Body: change}, err
}
