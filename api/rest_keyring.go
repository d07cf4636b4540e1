package api

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ringdown/ringdown/models"
)

const (
	// keysLast is how long a copy of the keys is used: a key that another process revoked works
	// that much longer. Here it stops at once.
	keysLast = 5 * time.Second
	// keysAgain is how soon the keys may be read again: as often as that, at most, for keys that
	// the copy does not hold, and while the database is away.
	keysAgain = time.Second
	// keysWithin is how long reading them may take.
	keysWithin = 2 * time.Second
	// keysAtMost is how old a copy may become while the database is away.
	keysAtMost = 10 * time.Minute
	// useEvery is how often the use of a key is noted.
	useEvery = time.Minute
)

// keyring holds a copy of the keys that admins made, so that requests need not ask the database. It
// holds all of them, because a key that is not among them costs no query then.
type keyring struct {
	read  func(context.Context) ([]models.APIKey, error)
	now   func() time.Time
	log   *slog.Logger
	fault complaint

	reading sync.Mutex // is held by the one who reads

	mu      sync.Mutex
	keys    []models.APIKey
	at      time.Time // when they were asked for; zero: never
	tried   time.Time // when last, and in vain perhaps
	changes int       // how often they were changed here
	seen    int       // how many of the changes are in the copy
	used    map[string]time.Time
}

func newKeyring(read func(context.Context) ([]models.APIKey, error), now func() time.Time, log *slog.Logger) *keyring {
	return &keyring{read: read, now: now, log: log, used: map[string]time.Time{}}
}

// find is the key with a hash. Its errors are errWrongKey, and models.ErrAway when nobody can tell.
func (r *keyring) find(ctx context.Context, hash []byte) (models.APIKey, error) {
	for _, age := range []time.Duration{keysLast, keysAgain} { // a key that is not known may be new
		r.refresh(ctx, age)
		if key, ok := r.match(hash); ok {
			return key, nil
		}
	}
	if r.fault.remains() {
		return models.APIKey{}, fmt.Errorf("look for a key: %w", models.ErrAway)
	}
	return models.APIKey{}, errWrongKey
}

// match looks at every key, so that its time does not tell which one it is.
func (r *keyring) match(hash []byte) (found models.APIKey, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now().Sub(r.at) >= keysAtMost {
		return found, false
	}
	for _, key := range r.keys {
		if subtle.ConstantTimeCompare(key.Hash, hash) == 1 {
			found, ok = key, true
		}
	}
	return found, ok
}

// changed says that keys were changed by this process: requests that come from now on see it.
func (r *keyring) changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
}

// refresh reads the keys when the copy is of an age or lacks a change. One request reads, and
// others that come meanwhile wait for it.
func (r *keyring) refresh(ctx context.Context, age time.Duration) {
	if due, _ := r.due(age); !due {
		return
	}
	r.reading.Lock()
	defer r.reading.Unlock()
	due, changes := r.due(age)
	if !due {
		return
	}
	asked := r.now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysWithin) // it is read for others too
	defer cancel()
	keys, err := r.read(ctx)
	r.fault.note(r.log, err, "keys of the API not read")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried, r.seen = asked, changes
	if err == nil {
		r.keys, r.at = keys, asked
		r.forget()
	}
}

// due says whether the keys are to be read, and how many changes there were until now: a change
// that is made while they are read may be missing in what is read.
func (r *keyring) due(age time.Duration) (due bool, changes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	old := now.Sub(r.at) >= age && now.Sub(r.tried) >= keysAgain
	return old || r.seen != r.changes, r.changes
}

// worthNoting says whether the use of a key is to be noted, and takes it as noted.
func (r *keyring) worthNoting(key models.APIKey, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.used[key.ID]
	if key.LastUsedAt != nil && key.LastUsedAt.After(last) {
		last = *key.LastUsedAt
	}
	if now.Sub(last) < useEvery {
		return false
	}
	r.used[key.ID] = now
	return true
}

// forget drops what is known of keys that are gone.
func (r *keyring) forget() {
	there := map[string]bool{}
	for _, key := range r.keys {
		there[key.ID] = true
	}
	for id := range r.used {
		if !there[id] {
			delete(r.used, id)
		}
	}
}
