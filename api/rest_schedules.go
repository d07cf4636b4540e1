package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
)

// scheduleRequest is what a client may set of a schedule.
type scheduleRequest struct {
	Name      string            `json:"name" minLength:"1" maxLength:"100" example:"Primary"`
	TimeZone  string            `json:"time_zone" doc:"IANA name; everything in the schedule is local time there" example:"Europe/London"`
	Rotations []rotationRequest `json:"rotations" minItems:"1" maxItems:"1000" doc:"At most 50; several of one name are versions of it"`
}

type rotationRequest struct {
	Name             string            `json:"name" minLength:"1" maxLength:"100" example:"weekly"`
	Users            []string          `json:"users" minItems:"1" maxItems:"200" doc:"User ids in the order of duty"`
	Handover         handoverRequest   `json:"handover"`
	Seats            int               `json:"seats,omitempty" minimum:"1" maximum:"200" default:"1" doc:"How many are on call at once"`
	WorkingIntervals []intervalRequest `json:"working_intervals,omitempty" maxItems:"100" doc:"None means always"`
	EffectiveFrom    *time.Time        `json:"effective_from,omitempty" doc:"When this version takes effect; since ever when left out"`
	EffectiveUntil   *time.Time        `json:"effective_until,omitempty" doc:"When this version ends; with the next one, or never, when left out"`
	TimeZone         string            `json:"time_zone,omitempty" doc:"IANA name; the schedule's when left out"`
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
	return models.Rotation{
		Name: r.Name, Users: r.Users, Seats: max(r.Seats, 1),
		Handover: models.Handover{
			StartsAt: r.Handover.StartsAt,
			Every:    each(r.Handover.Every, func(c cadenceRequest) models.Cadence { return models.Cadence(c) }),
		},
		WorkingIntervals: each(r.WorkingIntervals, func(i intervalRequest) models.WorkingInterval { return models.WorkingInterval(i) }),
		EffectiveFrom:    utc(r.EffectiveFrom), EffectiveUntil: utc(r.EffectiveUntil), TimeZone: r.TimeZone,
	}
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	there := t.UTC()
	return &there
}

func (a *rest) mountSchedules() {
	const path = "/v1/schedules"
	handleBody[scheduleRequest](a, operation(http.MethodPost, path, "create-schedule", "Add a schedule", http.StatusConflict), a.createSchedule)
	handle(a, operation(http.MethodGet, path, "list-schedules", "List the schedules, the oldest first"), a.schedules)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-schedule", "Show a schedule", http.StatusNotFound), a.schedule)
	handleBody[scheduleRequest](a, operation(http.MethodPut, path+"/{id}", "update-schedule", "Change a schedule as a whole; its overrides stay, and so does who was on call before",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.updateSchedule)
	handle(a, operation(http.MethodDelete, path+"/{id}", "delete-schedule", "Remove a schedule that no call route names, with its overrides",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.deleteSchedule)
}

func (a *rest) createSchedule(ctx context.Context, in *createInput) (*made[models.Schedule], error) {
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	schedule, err := a.decodeSchedule(in.RawBody, known(directory))
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

// updateSchedule changes who is on call from now on; who was on call before stays as it was.
func (a *rest) updateSchedule(ctx context.Context, in *updateInput) (*one[models.Schedule], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	for {
		schedule, err := a.amended(ctx, in.ID, version, in.RawBody)
		if err != nil {
			return nil, err
		}
		saved, err := a.store.UpdateSchedule(ctx, schedule, schedule.Version)
		if version == 0 && errors.Is(err, models.ErrStale) {
			continue // another edit was faster: this one comes on top of it
		}
		return show(saved, saved.Version), err
	}
}

// amended is a schedule of a version, zero means any, as a body edits it now.
func (a *rest) amended(ctx context.Context, id string, version int, body []byte) (models.Schedule, error) {
	directory, schedule, err := a.scheduleIn(ctx, id)
	if err != nil {
		return schedule, err
	}
	if version != 0 && version != schedule.Version {
		return schedule, fmt.Errorf("schedule %s: %w", id, models.ErrStale)
	}
	edited, err := a.decodeSchedule(body, func(user string) bool { return known(directory)(user) || names(schedule, user) })
	if err != nil {
		return schedule, err
	}
	return schedule.Amend(edited, a.now()), nil
}

// names says whether a version of a schedule names a user, who may be gone since.
func names(s models.Schedule, userID string) bool {
	return slices.ContainsFunc(s.Rotations, func(r models.Rotation) bool { return slices.Contains(r.Users, userID) })
}

func (a *rest) deleteSchedule(ctx context.Context, in *deleteInput) (*struct{}, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return nil, a.store.DeleteSchedule(ctx, in.ID, version)
}

func (a *rest) decodeSchedule(raw []byte, known func(userID string) bool) (models.Schedule, error) {
	return decode(a, raw, scheduleRequest.schedule, func(s models.Schedule) error {
		err := s.Validate(known)
		for i, r := range s.Rotations {
			for field, at := range map[string]*time.Time{"effective_from": r.EffectiveFrom, "effective_until": r.EffectiveUntil} {
				if at != nil {
					err = errors.Join(err, inTime(fmt.Sprintf("rotations[%d].%s", i, field), *at))
				}
			}
		}
		return err
	})
}

func known(d models.Directory) func(userID string) bool {
	return func(userID string) bool {
		_, ok := d.Users[userID]
		return ok
	}
}

// instant is the time that a client asks about, now when it does not say.
func (a *rest) instant(asked time.Time) time.Time {
	if asked.IsZero() {
		asked = a.now()
	}
	return asked.UTC()
}
