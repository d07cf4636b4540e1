package api

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"golang.org/x/sync/singleflight"
)

const (
	// readWithin is how long a route may take to be read before its last good copy is used.
	readWithin = 700 * time.Millisecond
	// copiesGoodFor is the greatest age of a copy.
	copiesGoodFor = 24 * time.Hour
)

// routes reads what a number does, and remembers it for when the database is away.
type routes struct {
	store *store.Store
	now   func() time.Time
	reads singleflight.Group // by number: calls that come at one moment share a read

	mu     sync.Mutex
	copies map[models.Phone]routeCopy
}

type routeCopy struct {
	route     models.Route
	directory models.Directory
	at        time.Time
}

// forNumber is the route of a number with what it refers to, models.ErrNotFound when it has none.
func (r *routes) forNumber(ctx context.Context, number models.Phone) (models.Route, models.Directory, error) {
	shared, err, _ := r.reads.Do(string(number), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readWithin)
		defer cancel()
		route, directory, err := r.store.RouteForNumber(ctx, number)
		return routeCopy{route.Defaults(), directory, r.now()}, err
	})
	read := shared.(routeCopy)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.copies[number] = read
	case errors.Is(err, models.ErrNotFound):
		delete(r.copies, number)
	default:
		if last, ok := r.copies[number]; ok && r.now().Sub(last.at) < copiesGoodFor {
			return last.route, last.directory, nil
		}
	}
	return read.route, read.directory, err
}
