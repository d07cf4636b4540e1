package api

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"golang.org/x/sync/singleflight"
)

const (
	// readWithin is how long a route may take to be read before its last good copy is used.
	readWithin = 700 * time.Millisecond
	// copiesGoodFor is the greatest age of a copy, since it was last read from the database.
	copiesGoodFor = 24 * time.Hour
)

// routes reads what a number does, and remembers it for when the database is away: in memory, and
// in files for a process that starts just then.
type routes struct {
	store      *store.Store
	files      *copyFiles
	background func(func(context.Context))
	now        func() time.Time
	log        *slog.Logger
	reads      singleflight.Group // by number: calls that come at one moment share a read
	fault      complaint

	mu     sync.Mutex
	copies map[models.Phone]routeCopy
}

// routeCopy is what a number did at a time.
type routeCopy struct {
	number    models.Phone
	route     models.Route
	directory models.Directory
	at        time.Time
}

// forNumber is the route of a number with what it refers to, models.ErrNotFound when it has none.
func (r *routes) forNumber(ctx context.Context, number models.Phone) (models.Route, models.Directory, error) {
	read, err := r.read(ctx, number)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		if last, ok := r.last(number); ok {
			return last.route, last.directory, nil
		}
	}
	return read.route, read.directory, err
}

// read asks the database what a number does, and remembers the answer.
func (r *routes) read(ctx context.Context, number models.Phone) (routeCopy, error) {
	shared, err, _ := r.reads.Do(string(number), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readWithin)
		defer cancel()
		route, directory, err := r.store.RouteForNumber(ctx, number)
		read := routeCopy{number, route.Defaults(), directory, r.now()}
		switch {
		case err == nil:
			r.remember(read)
			r.background(func(context.Context) { r.files.keep(read) })
		case errors.Is(err, models.ErrNotFound):
			r.forget(number)
			r.background(func(context.Context) { r.files.drop(number, read.at) })
		}
		return read, err
	})
	return shared.(routeCopy), err
}

// remember keeps a copy in memory, unless a later one is there.
func (r *routes) remember(c routeCopy) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !c.at.Before(r.copies[c.number].at) {
		r.copies[c.number] = c
	}
}

func (r *routes) forget(number models.Phone) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.copies, number)
}

// last is the last good copy of a number's route that is not too old.
func (r *routes) last(number models.Phone) (routeCopy, bool) {
	r.mu.Lock()
	last, ok := r.copies[number]
	r.mu.Unlock()
	if !ok {
		if last, ok = r.files.last(number); ok {
			r.remember(last)
		}
	}
	return last, ok && r.now().Sub(last.at) < copiesGoodFor
}

// copyAll reads the routes of all active numbers, so that also those that nobody has called yet
// are known when the database is away, and forgets all others.
func (r *routes) copyAll(ctx context.Context) error {
	err := r.copyActive(ctx)
	if ctx.Err() != nil { // we are stopping
		return err
	}
	r.fault.note(r.log, err, "routes not copied",
		"remedy", "bring the database back; until then calls are answered from the last good copies")
	return err
}

func (r *routes) copyActive(ctx context.Context) error {
	numbers, err := all(func(p store.Page) ([]models.PhoneNumber, string, error) { return r.store.Numbers(ctx, p) })
	if err != nil {
		return err
	}
	active := map[models.Phone]bool{}
	var faults []error
	for _, n := range numbers {
		if n.Status != models.NumberActive {
			continue
		}
		active[n.Number] = true
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := r.read(ctx, n.Number); !errors.Is(err, models.ErrNotFound) {
			faults = append(faults, err)
		}
	}
	r.mu.Lock()
	maps.DeleteFunc(r.copies, func(number models.Phone, _ routeCopy) bool { return !active[number] })
	r.mu.Unlock()
	r.files.dropOthers(active)
	return errors.Join(faults...)
}
