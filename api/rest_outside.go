package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/models"
)

// outsideScheduleRequest is what a client may set of an outside schedule.
type outsideScheduleRequest struct {
	Name      string                 `json:"name" minLength:"1" maxLength:"100" example:"Platform"`
	Provider  string                 `json:"provider" enum:"incident_io,pagerduty" doc:"The service that keeps it"`
	Reference string                 `json:"reference" minLength:"1" maxLength:"100" doc:"The provider's id of the schedule" example:"PABC123"`
	People    []outsidePersonRequest `json:"people,omitempty" maxItems:"1000" doc:"Who is who, where e-mail addresses differ"`
}

type outsidePersonRequest struct {
	Outside string `json:"outside" minLength:"1" maxLength:"254" doc:"Their id or e-mail address at the provider"`
	UserID  string `json:"user_id"`
}

func (r outsideScheduleRequest) schedule() models.OutsideSchedule {
	return models.OutsideSchedule{
		Name: r.Name, Provider: models.Provider(r.Provider), Reference: r.Reference,
		People: each(r.People, func(p outsidePersonRequest) models.OutsidePerson { return models.OutsidePerson(p) }),
	}
}

// outsideSchedule is an outside schedule with what is known of it.
type outsideSchedule struct {
	models.OutsideSchedule
	FetchedAt  *time.Time `json:"fetched_at" doc:"When it was last read; null: never yet"`
	AgeSeconds *int       `json:"age_seconds" doc:"How old what is known of it is; null: nothing is"`
	ReachesTo  *time.Time `json:"reaches_to" doc:"Nothing is known of later shifts"`
	LastError  string     `json:"last_error" doc:"Why it could not be read last; empty: it could"`
	Unmatched  []string   `json:"unmatched" doc:"Who has shifts there and is no user here, so that they are never rung"`
	OnCall     []entry    `json:"on_call" doc:"Who is on call now, with a reason where they cannot be rung"`
}

// outsideWithin is how long a client waits for a provider.
const outsideWithin = 5 * time.Second

func (a *rest) mountOutside() {
	const path = "/v1/outside-schedules"
	handleBody[outsideScheduleRequest](a, operation(http.MethodPost, path, "create-outside-schedule",
		"Add a schedule that another service keeps; it is read at once", http.StatusConflict, http.StatusBadGateway), a.createOutside)
	handle(a, operation(http.MethodGet, path, "list-outside-schedules", "List the outside schedules, the oldest first"), a.outsides)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-outside-schedule",
		"Show an outside schedule, how old its copy is, and who is on call", http.StatusNotFound), a.outsideByID)
	handleBody[outsideScheduleRequest](a, operation(http.MethodPut, path+"/{id}", "update-outside-schedule",
		"Change an outside schedule as a whole; it is read at once",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusBadGateway), a.updateOutside)
	handle(a, operation(http.MethodDelete, path+"/{id}", "delete-outside-schedule", "Remove an outside schedule that no call route names",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.deleteOutside)
	handle(a, operation(http.MethodGet, path+"/{id}/on-call", "get-outside-on-call",
		"Show who is on call and who is next in an outside schedule, as far as it is known, now or at another time",
		http.StatusNotFound), a.outsideOnCall)
	handle(a, operation(http.MethodGet, path+"/{id}/entries", "list-outside-schedule-entries",
		"Show who is on call in a stretch of time in an outside schedule; what is not known of it is uncovered",
		http.StatusNotFound), a.outsideEntries)
}

func (a *rest) createOutside(ctx context.Context, in *createInput) (*made[outsideSchedule], error) {
	schedule, users, err := a.decodeOutside(ctx, in.RawBody)
	if err != nil {
		return nil, err
	}
	read, err := a.readOutside(ctx, schedule, users)
	if err != nil {
		return nil, outsideProblem(err)
	}
	schedule, err = a.store.CreateOutsideSchedule(ctx, schedule)
	if err != nil {
		return nil, err
	}
	schedule = a.keepOutside(ctx, schedule, read)
	return create("/v1/outside-schedules", schedule.ID, a.shownOutside(schedule, users), schedule.Version), nil
}

func (a *rest) outsides(ctx context.Context, in *pageInput) (*plain[list[outsideSchedule]], error) {
	schedules, next, err := a.store.OutsideSchedules(ctx, in.page())
	if err != nil {
		return nil, inQuery(err)
	}
	directory, err := a.store.Directory(ctx)
	show := func(o models.OutsideSchedule) outsideSchedule { return a.shownOutside(o, directory.Users) }
	return answerList(each(schedules, show), next), err
}

func (a *rest) outsideByID(ctx context.Context, in *idInput) (*one[outsideSchedule], error) {
	schedule, err := a.store.OutsideSchedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	directory, err := a.store.Directory(ctx)
	return show(a.shownOutside(schedule, directory.Users), schedule.Version), err
}

// updateOutside refuses what the provider refuses. While the provider is away, what is still the
// same schedule is saved all the same.
func (a *rest) updateOutside(ctx context.Context, in *updateInput) (*one[outsideSchedule], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	schedule, users, err := a.decodeOutside(ctx, in.RawBody)
	if err != nil {
		return nil, err
	}
	before, err := a.store.OutsideSchedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if version != 0 && version != before.Version {
		return nil, fmt.Errorf("outside schedule %s: %w", in.ID, models.ErrStale)
	}
	schedule.ID = in.ID
	read, err := a.readOutside(ctx, schedule, users)
	if err != nil {
		if before.Provider != schedule.Provider || before.Reference != schedule.Reference {
			return nil, outsideProblem(err)
		}
		read = outside.Failed(before, err, a.now())
	}
	schedule, err = a.store.UpdateOutsideSchedule(ctx, schedule, version)
	if err != nil {
		return nil, err
	}
	schedule = a.keepOutside(ctx, schedule, read)
	return show(a.shownOutside(schedule, users), schedule.Version), nil
}

func (a *rest) deleteOutside(ctx context.Context, in *deleteInput) (*struct{}, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return nil, a.store.DeleteOutsideSchedule(ctx, in.ID, version)
}

func (a *rest) outsideOnCall(ctx context.Context, in *atInput) (*plain[onCall], error) {
	return a.onCallIn(ctx, in, a.store.OutsideScheduleDirectory)
}

func (a *rest) outsideEntries(ctx context.Context, in *windowInput) (*plain[entries], error) {
	return a.entriesIn(ctx, in, a.store.OutsideScheduleDirectory)
}

// decodeOutside reads a body. A provider for which there is no key is a fault of it.
func (a *rest) decodeOutside(ctx context.Context, raw []byte) (models.OutsideSchedule, map[string]models.User, error) {
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return models.OutsideSchedule{}, nil, err
	}
	schedule, err := decode(a, raw, outsideScheduleRequest.schedule, func(o models.OutsideSchedule) error {
		var faults models.Faults
		if err := o.Validate(known(directory)); err != nil && !errors.As(err, &faults) {
			return err
		}
		if why := a.outside.Unable(o.Provider); why != "" && (o.Provider == models.IncidentIO || o.Provider == models.PagerDuty) {
			faults.Add("provider", "%v %s", o.Provider, why)
		}
		return faults.Err()
	})
	return schedule, directory.Users, err
}

// readOutside asks the provider whether the schedule is there, and reads it.
func (a *rest) readOutside(ctx context.Context, o models.OutsideSchedule, users map[string]models.User) (models.OutsideCopy, error) {
	ctx, cancel := context.WithTimeout(ctx, outsideWithin)
	defer cancel()
	if err := a.outside.Check(ctx, o.Provider, o.Reference); err != nil {
		return models.OutsideCopy{}, err
	}
	return a.outside.Copy(ctx, o, slices.Collect(maps.Values(users)), a.now())
}

// keepOutside keeps what was read of a schedule that is saved. That this fails is no fault of the
// client's: it is read again within a minute.
func (a *rest) keepOutside(ctx context.Context, o models.OutsideSchedule, read models.OutsideCopy) models.OutsideSchedule {
	read.ScheduleID = o.ID
	if err := a.store.KeepOutsideCopy(ctx, read, o.Version); err != nil {
		a.log.WarnContext(ctx, "copy of an outside schedule not kept", "schedule", o.ID, "cause", err)
		return o
	}
	o.Kept = &read
	return o
}

// outsideProblem says which field to mend, or that the provider is to be asked again later.
func outsideProblem(err error) error {
	var refused *outside.Error
	switch {
	case !errors.As(err, &refused):
		return err
	case refused.Class == outside.Refused:
		return &models.InvalidError{Field: "reference", Reason: refused.Error()}
	case refused.Class == outside.Credentials:
		return &models.InvalidError{Field: "provider", Reason: refused.Error()}
	default:
		return problem(http.StatusBadGateway, sentence(refused.Error())+" Nothing was saved; try again in a moment.")
	}
}

func (a *rest) shownOutside(o models.OutsideSchedule, users map[string]models.User) outsideSchedule {
	if o.People == nil {
		o.People = []models.OutsidePerson{}
	}
	kept, now := o.Copy(), a.now().UTC()
	shown := outsideSchedule{
		OutsideSchedule: o, FetchedAt: kept.FetchedAt, ReachesTo: kept.ReachesTo, LastError: kept.LastError, Unmatched: kept.Unmatched, OnCall: []entry{},
	}
	if kept.FetchedAt != nil {
		age := max(int(now.Sub(*kept.FetchedAt)/time.Second), 0)
		shown.AgeSeconds = &age
	}
	cannot := unable(models.Directory{Users: users})
	for _, e := range kept.Entries {
		if now.Before(e.From) || !now.Before(e.To) {
			continue
		}
		if e.UserID != "" {
			e.Reason = cannot(e.UserID)
		}
		shown.OnCall = append(shown.OnCall, entry{inUTC(e), users[e.UserID].Name})
	}
	return shown
}
