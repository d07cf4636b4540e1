package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// overrideRequest is what a client may set of an override.
type overrideRequest struct {
	Rotation string    `json:"rotation" doc:"The name of a rotation of the schedule" example:"weekly"`
	Seat     int       `json:"seat,omitempty" minimum:"0" maximum:"199" default:"0" doc:"0 is the first"`
	UserID   string    `json:"user_id,omitempty" doc:"Who is on call; nobody when left out"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to" doc:"Exclusive"`
}

func (r overrideRequest) override() models.Override {
	return models.Override{Rotation: r.Rotation, Seat: r.Seat, UserID: r.UserID, From: r.From.UTC(), To: r.To.UTC()}
}

type (
	createOverrideInput struct {
		ID      string `path:"id" doc:"The schedule"`
		RawBody []byte
	}
	overrideInput struct {
		ID       string `path:"id" doc:"The schedule"`
		Override string `path:"override"`
	}
	overridesInput struct {
		ID     string    `path:"id" doc:"The schedule"`
		Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
		Cursor string    `query:"cursor" doc:"next_cursor of the page before"`
		From   time.Time `query:"from" doc:"Those that end later than this time"`
		To     time.Time `query:"to" doc:"Those that begin before this time"`
	}
	createdOverride struct {
		Location string `header:"Location"`
		Body     madeOverride
	}
)

// madeOverride is an override as it was made.
type madeOverride struct {
	models.Override
	Supersedes []string `json:"supersedes" doc:"The ids of the overrides whose time it takes, wholly or in part"`
}

func (a *rest) mountOverrides() {
	const path = "/v1/schedules/{id}/overrides"
	handleBody[overrideRequest](a, operation(http.MethodPost, path, "create-override",
		"Put somebody, or nobody, on a seat for a while; of two that overlap the later made counts", http.StatusNotFound), a.createOverride)
	handle(a, operation(http.MethodGet, path, "list-overrides", "List the overrides of a schedule as they were made", http.StatusNotFound), a.overrides)
	handle(a, operation(http.MethodGet, path+"/{override}", "get-override", "Show an override", http.StatusNotFound), a.override)
	handle(a, operation(http.MethodDelete, path+"/{override}", "delete-override", "Remove an override", http.StatusNotFound), a.deleteOverride)
}

func (a *rest) createOverride(ctx context.Context, in *createOverrideInput) (*createdOverride, error) {
	directory, schedule, err := a.scheduleIn(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	override, err := decode(a, in.RawBody, overrideRequest.override,
		func(o models.Override) error {
			return errors.Join(o.Validate(schedule, known(directory)), inTime("from", o.From), inTime("to", o.To))
		})
	if err != nil {
		return nil, err
	}
	override.ScheduleID = schedule.ID
	override, err = a.store.CreateOverride(ctx, override)
	return &createdOverride{
		Location: "/v1/schedules/" + schedule.ID + "/overrides/" + override.ID,
		Body:     madeOverride{override, schedule.Supersedes(override)},
	}, err
}

func (a *rest) overrides(ctx context.Context, in *overridesInput) (*plain[list[models.Override]], error) {
	overrides, next, err := a.store.Overrides(ctx, in.ID, store.OverrideFilter{From: in.From, To: in.To}, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	return answerList(overrides, next), inQuery(err)
}

func (a *rest) override(ctx context.Context, in *overrideInput) (*plain[models.Override], error) {
	override, err := a.store.Override(ctx, in.ID, in.Override)
	return &plain[models.Override]{Body: override}, err
}

func (a *rest) deleteOverride(ctx context.Context, in *overrideInput) (*struct{}, error) {
	return nil, a.store.DeleteOverride(ctx, in.ID, in.Override)
}
