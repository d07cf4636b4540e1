package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
)

// Waker looks for channels of incidents that nobody looks after any more, because whoever was to wake those who
// do could not.
type Waker struct {
	Store   *store.Store
	Channel models.ChannelProvider // where the people of new incidents talk; none but Slack is looked after

	// Wake has somebody look after what the channel of an incident is to be told. It is safe to repeat.
	Wake func(ctx context.Context, c client.Client, incidentID string) error
}

// mostBehind is how many participants, messages and incidents one look sees of each.
const mostBehind = 5000

// Woken counts what became of one look. It is kept in histories: fields are added, never renamed or reused.
type Woken struct {
	Behind int `json:"behind"` // channels that are still to be told something
	Woken  int `json:"woken"`  // those that it was time to look after
}

// WakeBehind has every channel looked after that is behind, the less often the longer it is. One that cannot be
// woken stops no other. It is safe to repeat: whoever looks after a channel already looks once more.
func (w *Waker) WakeBehind(ctx context.Context) (Woken, error) {
	if w.Channel != models.ChannelSlack {
		return Woken{}, nil
	}
	minute := time.Now().Truncate(time.Minute) // looks are a minute apart, and each sees a minute of its own
	behind, err := w.Store.ChannelsBehind(ctx, minute.Add(-models.BehindFor), mostBehind)
	if err != nil {
		return Woken{}, fmt.Errorf("look for channels that are behind: %w", err)
	}
	woken, faults := Woken{Behind: len(behind)}, []error(nil)
	for _, b := range behind {
		if !b.Due(minute) {
			continue
		}
		if err := w.Wake(ctx, activity.GetClient(ctx), b.IncidentID); err != nil {
			faults = append(faults, err)
			continue
		}
		woken.Woken++
	}
	return woken, errors.Join(faults...)
}
