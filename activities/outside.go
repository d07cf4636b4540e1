package activities

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// Outside reads the schedules that other services keep, so that no call waits for them.
type Outside struct {
	Store  *store.Store
	Client *outside.Client
	Log    *slog.Logger
}

// Refreshed counts what became of the outside schedules.
type Refreshed struct {
	Read    int `json:"read"`
	Failed  int `json:"failed"`  // their last good copies stay
	Waiting int `json:"waiting"` // for as long as the provider asked to be left alone
}

const (
	readWithin   = 10 * time.Second // one schedule, all its pages
	readsAtOnce  = 8
	copiesWithin = 45 * time.Second // all of them; those that it does not reach are the first next time
)

// Refresh reads each outside schedule once and keeps what it says. One that cannot be read stops no
// other. It is safe to repeat. Its error is the database's.
func (o *Outside) Refresh(ctx context.Context) (Refreshed, error) {
	ctx, cancel := context.WithTimeout(ctx, copiesWithin)
	defer cancel()
	schedules, err := o.Store.AllOutsideSchedules(ctx)
	if err != nil || len(schedules) == 0 {
		return Refreshed{}, err
	}
	directory, err := o.Store.Directory(ctx)
	if err != nil {
		return Refreshed{}, err
	}
	r := refresh{Outside: o, users: slices.Collect(maps.Values(directory.Users))}
	var reading sync.WaitGroup
	turns := make(chan struct{}, readsAtOnce)
	for _, schedule := range schedules {
		turns <- struct{}{}
		reading.Go(func() {
			r.one(ctx, schedule)
			<-turns
		})
	}
	reading.Wait()
	return r.done, errors.Join(r.faults...)
}

// refresh is one turn of all schedules.
type refresh struct {
	*Outside
	users []models.User

	mu     sync.Mutex
	done   Refreshed
	faults []error
}

func (r *refresh) one(ctx context.Context, schedule models.OutsideSchedule) {
	now, before := time.Now(), schedule.Copy()
	if before.RetryAt != nil && now.Before(*before.RetryAt) {
		r.note(&r.done.Waiting, nil)
		return
	}
	reading, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	kept, err := r.Client.Copy(reading, schedule, r.users, now)
	count := &r.done.Read
	if err != nil {
		if ctx.Err() != nil {
			return // its turn never came
		}
		count, kept = &r.done.Failed, outside.Failed(schedule, err, now)
		if kept.LastError != before.LastError { // once while it lasts
			r.Log.Warn("outside schedule not read", "schedule", schedule.ID, "provider", string(schedule.Provider), "cause", err)
		}
	}
	err = r.Store.KeepOutsideCopy(ctx, kept, schedule.Version)
	if errors.Is(err, models.ErrStale) || errors.Is(err, models.ErrNotFound) {
		err = nil // somebody has edited or removed it meanwhile
	}
	r.note(count, err)
}

func (r *refresh) note(count *int, fault error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*count++
	if fault != nil {
		r.faults = append(r.faults, fault)
	}
}
