package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
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
	createdOverride struct {
		Location string `header:"Location"`
		Body     models.Override
	}
)

func (a *rest) mountOverrides() {
	const path = "/v1/schedules/{id}/overrides"
	handleBody[overrideRequest](a, operation(http.MethodPost, path, "create-override",
		"Put somebody, or nobody, on a seat for a while; of two that overlap the later made counts", http.StatusNotFound), a.createOverride)
	handle(a, operation(http.MethodGet, path, "list-overrides", "List the overrides of a schedule as they were made", http.StatusNotFound), a.overrides)
	handle(a, operation(http.MethodDelete, path+"/{override}", "delete-override", "Remove an override", http.StatusNotFound), a.deleteOverride)
}

func (a *rest) createOverride(ctx context.Context, in *createOverrideInput) (*createdOverride, error) {
	schedule, err := a.store.Schedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	override, err := decode(a, in.RawBody, overrideRequest.override,
		func(o models.Override) error { return o.Validate(schedule, known(directory)) })
	if err != nil {
		return nil, err
	}
	override.ScheduleID = schedule.ID
	override, err = a.store.CreateOverride(ctx, override)
	return &createdOverride{Location: "/v1/schedules/" + schedule.ID + "/overrides/" + override.ID, Body: override}, err
}

func (a *rest) overrides(ctx context.Context, in *idInput) (*plain[list[models.Override]], error) {
	schedule, err := a.store.Schedule(ctx, in.ID)
	return answerList(schedule.Overrides, ""), err
}

func (a *rest) deleteOverride(ctx context.Context, in *overrideInput) (*struct{}, error) {
	return nil, a.store.DeleteOverride(ctx, in.ID, in.Override)
}
