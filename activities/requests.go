package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
)

// Requests writes requests for numbers to the database, and sees that each open one is looked after.
type Requests struct {
	Store   *store.Store
	Notices *Notices

	// Begin has a request looked after. It is safe to repeat.
	Begin func(ctx context.Context, c client.Client, r models.NumberRequest) error
}

// Kept is what came of writing a request.
type Kept struct {
	Unsent int `json:"unsent"` // notices that are still to be sent
}

// KeepRequest writes a request, unless a newer copy is there, with what people are to be told of it. It is safe to
// repeat.
func (a *Requests) KeepRequest(ctx context.Context, r models.NumberRequest) (Kept, error) {
	unsent, err := a.Store.KeepNumberRequest(ctx, r)
	if err != nil {
		return Kept{}, fmt.Errorf("write number request %s: %w", r.ID, err)
	}
	if unsent == 0 {
		return Kept{}, nil
	}
	untold, err := a.Notices.untold(ctx, r.ID)
	return Kept{Unsent: len(untold)}, err
}

// openPage is how many requests are listed at once.
const openPage = 100

// ReviveRequests has every open request looked after whose run was terminated, from the newest copy in the database. One
// that cannot be begun stops no other. It is safe to repeat: a run that is there goes on. It returns how many are open.
func (a *Requests) ReviveRequests(ctx context.Context) (open int, err error) {
	var faults []error
	page := store.Page{Limit: openPage}
	for {
		requests, next, err := a.Store.NumberRequests(ctx, store.NumberRequestFilter{Open: true}, page)
		if err != nil {
			return open, fmt.Errorf("list the open requests for numbers: %w", err)
		}
		for _, r := range requests {
			open++
			if err := a.Begin(ctx, activity.GetClient(ctx), r); err != nil && len(faults) < faultsAtMost {
				faults = append(faults, err)
			}
			activity.RecordHeartbeat(ctx)
		}
		if next == "" {
			return open, errors.Join(faults...)
		}
		page.Cursor = next
	}
}
