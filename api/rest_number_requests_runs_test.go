package api

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/secrets"
)

// requestRuns stand in for the runs of requests for numbers: they decide as these do, one action after the other, and
// do each update once.
type requestRuns struct {
	now  func() time.Time
	away error // what comes of asking for anything
	deaf bool  // what is asked for is done, but nobody hears of it

	mu      sync.Mutex
	runs    map[string]models.NumberRequest
	done    map[string]models.NumberRequest // by id of the update
	started []string                        // ids of requests
	asked   []string                        // names of updates
}

func (rr *requestRuns) start(_ context.Context, r models.NumberRequest) error {
	rr.mu.Lock()
	defer rr.mu.Unlock()
	if rr.away != nil {
		return rr.away
	}
	rr.started = append(rr.started, r.ID)
	rr.runs[r.ID] = r.Begin(rr.now())
	return nil
}

func (rr *requestRuns) act(_ context.Context, r models.NumberRequest, update, updateID string, payload any) (models.NumberRequest, error) {
	rr.mu.Lock()
	defer rr.mu.Unlock()
	if rr.away != nil {
		return r, rr.away
	}
	rr.asked = append(rr.asked, update)
	if after, ok := rr.done[r.ID+updateID]; ok {
		return after, nil
	}
	if run, ok := rr.runs[r.ID]; ok {
		r = run
	}
	after, err := acted(r, payload, rr.now())
	if err == nil {
		rr.runs[r.ID], rr.done[r.ID+updateID] = after, after
	}
	if rr.deaf {
		return r, models.ErrAway
	}
	return after, err
}

func (rr *requestRuns) did(_ context.Context, requestID, updateID string) (after models.NumberRequest, ok bool, err error) {
	rr.mu.Lock()
	defer rr.mu.Unlock()
	after, ok = rr.done[requestID+updateID]
	return after, ok, rr.away
}

func acted(r models.NumberRequest, payload any, now time.Time) (models.NumberRequest, error) {
	switch to := payload.(type) {
	case models.ToApprove:
		return r.Approve(to, now)
	case models.ToReject:
		return r.Reject(to, now)
	case models.ToAsk:
		return r.Ask(to, now)
	case models.ToAnswer:
		return r.Answer(to, now)
	case models.ToFulfil:
		return r.Fulfil(to, now)
	case models.ToWithdraw:
		return r.Withdraw(to, now)
	case models.ToRetry:
		return r.Retry(to, now)
	case models.ToComment:
		return r.Comment(to, now)
	case models.ToAssign:
		return r.Assign(to, now)
	}
	return r, fmt.Errorf("no run knows a %T", payload)
}

// becomes is a change that a run makes by itself.
func (rr *requestRuns) becomes(id string, change func(r models.NumberRequest) models.NumberRequest) models.NumberRequest {
	rr.mu.Lock()
	defer rr.mu.Unlock()
	rr.runs[id] = change(rr.runs[id])
	return rr.runs[id]
}

func sealingKeys(t *testing.T) *secrets.Keys {
	t.Helper()
	keys, err := secrets.ParseKeys(secrets.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}
