package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
)

// scheduleRequest is what a client may set of a schedule.
type scheduleRequest struct {
	Name      string            `json:"name" minLength:"1" maxLength:"100" example:"Primary"`
	TimeZone  string            `json:"time_zone" doc:"IANA name; everything in the schedule is local time there" example:"Europe/London"`
	Rotations []rotationRequest `json:"rotations" minItems:"1" maxItems:"50" doc:"Several of one name are versions of it"`
}

type rotationRequest struct {
	Name             string            `json:"name" minLength:"1" maxLength:"100" example:"weekly"`
	Users            []string          `json:"users" minItems:"1" maxItems:"200" doc:"User ids in the order of duty"`
	Handover         handoverRequest   `json:"handover"`
	Seats            int               `json:"seats,omitempty" minimum:"1" maximum:"200" default:"1" doc:"How many are on call at once"`
	WorkingIntervals []intervalRequest `json:"working_intervals,omitempty" maxItems:"100" doc:"None means always"`
	EffectiveFrom    *time.Time        `json:"effective_from,omitempty" doc:"When this version takes effect; since ever when left out"`
}

type handoverRequest struct {
	StartsAt models.LocalTime `json:"starts_at" doc:"The first handover, in the schedule's time zone"`
	Every    []cadenceRequest `json:"every" minItems:"1" maxItems:"20" doc:"Duty passes on after each of these in turn, for ever"`
}

type cadenceRequest struct {
	Unit  string `json:"unit" enum:"hours,days,weeks"`
	Count int    `json:"count" minimum:"1" maximum:"1000"`
}

type intervalRequest struct {
	Weekday string           `json:"weekday" enum:"monday,tuesday,wednesday,thursday,friday,saturday,sunday"`
	From    models.ClockTime `json:"from"`
	To      models.ClockTime `json:"to" doc:"Later than from; a night is two intervals"`
}

func (r scheduleRequest) schedule() models.Schedule {
	return models.Schedule{Name: r.Name, TimeZone: r.TimeZone, Rotations: each(r.Rotations, rotationRequest.rotation)}
}

func (r rotationRequest) rotation() models.Rotation {
	rotation := models.Rotation{
		Name: r.Name, Users: r.Users, Seats: max(r.Seats, 1),
		Handover: models.Handover{
			StartsAt: r.Handover.StartsAt,
			Every:    each(r.Handover.Every, func(c cadenceRequest) models.Cadence { return models.Cadence(c) }),
		},
		WorkingIntervals: each(r.WorkingIntervals, func(i intervalRequest) models.WorkingInterval { return models.WorkingInterval(i) }),
	}
	if r.EffectiveFrom != nil {
		from := r.EffectiveFrom.UTC()
		rotation.EffectiveFrom = &from
	}
	return rotation
}

// onCall is who is on call at an instant.
type onCall struct {
	At     time.Time `json:"at"`
	OnCall []onDuty  `json:"on_call" doc:"Rotation by rotation and seat by seat; empty when nobody is"`
}

type onDuty struct {
	UserID   string    `json:"user_id"`
	Name     string    `json:"name"`
	Rotation string    `json:"rotation"`
	Seat     int       `json:"seat" doc:"0 is the first"`
	Override bool      `json:"override" doc:"Named by an override, not by the rotation"`
	Until    time.Time `json:"until" doc:"The next handover, or the end of the override"`
}

func (a *rest) mountSchedules() {
	const path = "/v1/schedules"
	handleBody[scheduleRequest](a, operation(http.MethodPost, path, "create-schedule", "Add a schedule", http.StatusConflict), a.createSchedule)
	handle(a, operation(http.MethodGet, path, "list-schedules", "List the schedules, the oldest first"), a.schedules)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-schedule", "Show a schedule", http.StatusNotFound), a.schedule)
	handleBody[scheduleRequest](a, operation(http.MethodPut, path+"/{id}", "update-schedule", "Change a schedule as a whole; its overrides stay",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.updateSchedule)
	handle(a, operation(http.MethodGet, path+"/{id}/on-call", "get-on-call", "Show who is on call, now or at another time",
		http.StatusNotFound), a.onCall)
}

func (a *rest) createSchedule(ctx context.Context, in *createInput) (*made[models.Schedule], error) {
	schedule, err := a.decodeSchedule(ctx, in.RawBody)
	if err != nil {
		return nil, err
	}
	schedule, err = a.store.CreateSchedule(ctx, schedule)
	return create("/v1/schedules", schedule.ID, schedule, schedule.Version), err
}

func (a *rest) schedules(ctx context.Context, in *pageInput) (*plain[list[models.Schedule]], error) {
	schedules, next, err := a.store.Schedules(ctx, in.page())
	return answerList(schedules, next), inQuery(err)
}

func (a *rest) schedule(ctx context.Context, in *idInput) (*one[models.Schedule], error) {
	schedule, err := a.store.Schedule(ctx, in.ID)
	return show(schedule, schedule.Version), err
}

func (a *rest) updateSchedule(ctx context.Context, in *updateInput) (*one[models.Schedule], error) {
	schedule, err := a.decodeSchedule(ctx, in.RawBody)
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	schedule.ID = in.ID
	schedule, err = a.store.UpdateSchedule(ctx, schedule, version)
	return show(schedule, schedule.Version), err
}

func (a *rest) decodeSchedule(ctx context.Context, raw []byte) (models.Schedule, error) {
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return models.Schedule{}, err
	}
	return decode(a, raw, scheduleRequest.schedule, func(s models.Schedule) error { return s.Validate(known(directory)) })
}

func known(d models.Directory) func(userID string) bool {
	return func(userID string) bool {
		_, ok := d.Users[userID]
		return ok
	}
}

func (a *rest) onCall(ctx context.Context, in *atInput) (*plain[onCall], error) {
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	schedule, ok := directory.Schedules[in.ID]
	if !ok {
		return nil, fmt.Errorf("schedule %s: %w", in.ID, models.ErrNotFound)
	}
	at := a.instant(in.At)
	return &plain[onCall]{Body: onCall{At: at, OnCall: each(schedule.OnCall(at), func(d models.Duty) onDuty {
		return onDuty{
			UserID: d.UserID, Name: directory.Users[d.UserID].Name, Rotation: d.Rotation,
			Seat: d.Seat, Override: d.Override, Until: d.Until.UTC(),
		}
	})}}, nil
}

// instant is the time that a client asks about, now when it does not say.
func (a *rest) instant(asked time.Time) time.Time {
	if asked.IsZero() {
		asked = a.now()
	}
	return asked.UTC()
}
