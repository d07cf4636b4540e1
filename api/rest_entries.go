package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

type (
	windowInput struct {
		ID   string    `path:"id"`
		From time.Time `query:"from" doc:"Now when left out"`
		To   time.Time `query:"to" doc:"Exclusive; two weeks after from when left out, 366 days after it at most"`
	}
	previewInput struct {
		From    time.Time `query:"from" doc:"Now when left out"`
		To      time.Time `query:"to" doc:"Exclusive; two weeks after from when left out, 366 days after it at most"`
		RawBody []byte
	}
)

// twoWeeks is how far ahead is looked unless a client says otherwise.
const twoWeeks = 14 * 24 * time.Hour

// window is the stretch of time that a client asks about.
func (a *rest) window(from, to time.Time) (models.Stretch, error) {
	w := models.Stretch{From: a.instant(from), To: to.UTC()}
	if to.IsZero() {
		w.To = w.From.Add(twoWeeks)
	}
	return w, inQuery(errors.Join(inTime("from", w.From), inTime("to", w.To)))
}

// inTime refuses an instant in a year that JSON cannot write, or from which shifts reach such a year.
func inTime(field string, at time.Time) error {
	if at.Year() < 1 || at.Year() > 9900 {
		return &models.InvalidError{Field: field, Reason: "must be a year from 1 to 9900"}
	}
	return nil
}

// entries are who is on call in a window.
type entries struct {
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Scheduled []entry   `json:"scheduled" doc:"What the rotations say"`
	Overrides []entry   `json:"overrides" doc:"The parts of overrides that count"`
	Final     []entry   `json:"final" doc:"Who is on call in the end and can be rung"`
	Uncovered []entry   `json:"uncovered" doc:"When a seat has nobody who can be rung, with the reason"`
}

type entry struct {
	models.Entry
	Name string `json:"name,omitempty" doc:"The user's"`
}

// shifts are when one user is on call.
type shifts struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Shifts []shift   `json:"shifts" doc:"Over all schedules; with a reason where the user cannot be rung as things stand"`
}

type shift struct {
	models.Entry
	ScheduleID string `json:"schedule_id"`
	Schedule   string `json:"schedule" doc:"The schedule's name"`
}

// onCall is who is on call at an instant.
type onCall struct {
	At        time.Time `json:"at"`
	OnCall    []onDuty  `json:"on_call" doc:"Who can be rung, rotation by rotation and seat by seat; empty when nobody can"`
	Dropped   []onDuty  `json:"dropped" doc:"Who is on duty but cannot be rung, with the reason"`
	Next      []onDuty  `json:"next" doc:"Who takes over at the next handover; with a reason where they cannot be rung as things stand"`
	Uncovered []entry   `json:"uncovered" doc:"Each seat that nobody holds then who can be rung, with the reason, from then until two weeks later at most"`
}

type onDuty struct {
	UserID   string    `json:"user_id"`
	Name     string    `json:"name"`
	Rotation string    `json:"rotation"`
	Seat     int       `json:"seat" doc:"0 is the first"`
	Override bool      `json:"override" doc:"Named by an override, not by the rotation"`
	Until    time.Time `json:"until" doc:"The next handover, or the end of the override"`
	Reason   string    `json:"reason,omitempty" doc:"Why they cannot be rung, as in: has no phone"`
}

func (a *rest) mountEntries() {
	const path = "/v1/schedules"
	handle(a, operation(http.MethodGet, path+"/{id}/on-call", "get-on-call", "Show who is on call and who is next, now or at another time",
		http.StatusNotFound), a.onCall)
	handle(a, operation(http.MethodGet, path+"/{id}/entries", "list-schedule-entries", "Show who is on call in a stretch of time",
		http.StatusNotFound), a.entries)
	preview := roles(operation(http.MethodPost, path+"/preview", "preview-schedule", "Show who would be on call, and save nothing"),
		usualRoles(http.MethodGet)...)
	preview.DefaultStatus = http.StatusOK
	handleBody[scheduleRequest](a, preview, a.preview)
	handle(a, operation(http.MethodGet, "/v1/users/{id}/on-call", "list-user-shifts", "Show when a person is on call, over all schedules",
		http.StatusNotFound), a.shifts)
}

func (a *rest) onCall(ctx context.Context, in *atInput) (*plain[onCall], error) {
	return a.onCallIn(ctx, in, a.store.ScheduleDirectory)
}

// onCallIn tells who is on call in the schedule that read reads, with its users.
func (a *rest) onCallIn(ctx context.Context, in *atInput, read readSchedule) (*plain[onCall], error) {
	at := a.instant(in.At)
	if err := inTime("at", at); err != nil {
		return nil, inQuery(err)
	}
	directory, err := read(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	schedule := directory.Schedules[in.ID]
	on := each(schedule.OnCall(at), directoryDuty(directory))
	dropped := func(d onDuty) bool { return d.Reason != "" }
	body := onCall{At: at, Dropped: []onDuty{}, Next: each(schedule.NextOnCall(at), directoryDuty(directory))}
	for _, duty := range on {
		if dropped(duty) {
			body.Dropped = append(body.Dropped, duty)
		}
	}
	body.OnCall = slices.DeleteFunc(on, dropped)
	found, err := schedule.Entries(at, at.Add(twoWeeks), unable(directory))
	later := func(e models.Entry) bool { return e.From.After(at) }
	body.Uncovered = each(slices.DeleteFunc(found.Uncovered, later), named(directory))
	return &plain[onCall]{Body: body}, inQuery(err)
}

// named tells whose an entry is.
func named(d models.Directory) func(models.Entry) entry {
	return func(e models.Entry) entry { return entry{inUTC(e), d.Users[e.UserID].Name} }
}

// directoryDuty tells who has a duty, and why they cannot be rung.
func directoryDuty(d models.Directory) func(models.Duty) onDuty {
	return func(duty models.Duty) onDuty {
		return onDuty{
			UserID: duty.UserID, Name: d.Users[duty.UserID].Name, Rotation: duty.Rotation,
			Seat: duty.Seat, Override: duty.Override, Until: duty.Until.UTC(), Reason: unable(d)(duty.UserID),
		}
	}
}

// readSchedule reads the schedule with an id, and its users.
type readSchedule func(ctx context.Context, id string) (models.Directory, error)

// scheduleIn reads a schedule of ours and its users.
func (a *rest) scheduleIn(ctx context.Context, id string) (models.Directory, models.Schedule, error) {
	directory, err := a.store.ScheduleDirectory(ctx, id)
	return directory, directory.Schedules[id], err
}

func (a *rest) entries(ctx context.Context, in *windowInput) (*plain[entries], error) {
	return a.entriesIn(ctx, in, a.store.ScheduleDirectory)
}

// entriesIn tells who is on call when in the schedule that read reads.
func (a *rest) entriesIn(ctx context.Context, in *windowInput, read readSchedule) (*plain[entries], error) {
	directory, err := read(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.entriesOf(directory.Schedules[in.ID], directory, in.From, in.To)
}

func (a *rest) preview(ctx context.Context, in *previewInput) (*plain[entries], error) {
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	schedule, err := a.decodeSchedule(in.RawBody, known(directory))
	if err != nil {
		return nil, err
	}
	return a.entriesOf(schedule, directory, in.From, in.To)
}

func (a *rest) entriesOf(schedule models.Schedule, directory models.Directory, from, to time.Time) (*plain[entries], error) {
	w, err := a.window(from, to)
	if err != nil {
		return nil, err
	}
	found, err := schedule.Entries(w.From, w.To, unable(directory))
	if err != nil {
		return nil, inQuery(err)
	}
	shown := named(directory)
	return &plain[entries]{Body: entries{
		From: w.From, To: w.To,
		Scheduled: each(found.Scheduled, shown), Overrides: each(found.Overrides, shown),
		Final: each(found.Final, shown), Uncovered: each(found.Uncovered, shown),
	}}, nil
}

func (a *rest) shifts(ctx context.Context, in *windowInput) (*plain[shifts], error) {
	w, err := a.window(in.From, in.To)
	if err != nil {
		return nil, err
	}
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	if _, ok := directory.Users[in.ID]; !ok {
		return nil, fmt.Errorf("user %s: %w", in.ID, models.ErrNotFound)
	}
	body := shifts{From: w.From, To: w.To, Shifts: []shift{}}
	for _, schedule := range directory.Schedules {
		found, err := schedule.Entries(w.From, w.To, unable(directory))
		if err != nil {
			return nil, inQuery(err)
		}
		for _, e := range slices.Concat(found.Final, found.Uncovered) {
			if e.UserID == in.ID {
				body.Shifts = append(body.Shifts, shift{inUTC(e), schedule.ID, schedule.Name})
			}
		}
	}
	slices.SortFunc(body.Shifts, func(a, b shift) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Schedule, b.Schedule), strings.Compare(a.Rotation, b.Rotation), a.Seat-b.Seat)
	})
	return &plain[shifts]{Body: body}, nil
}

func inUTC(e models.Entry) models.Entry {
	e.From, e.To = e.From.UTC(), e.To.UTC()
	return e
}

// unable says why a user cannot be rung, and is empty when they can.
func unable(d models.Directory) func(userID string) string {
	return func(userID string) string {
		if user, ok := d.Users[userID]; ok {
			return user.Unreachable()
		}
		return "is no longer in the directory"
	}
}
