package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
)

// Keeper removes what is not to be kept any longer: what has become too old, and what somebody has asked to be removed.
type Keeper struct {
	Store     *store.Store
	Carrier   *twilio.Client
	Temporal  client.Client
	Retention models.Retention
	Log       *slog.Logger

	CallID     func(callSID string) string             // the workflow id of a call
	AlertID    func(callSID string) string             // that of its alert
	DeliveryID func(alertID, receiverID string) string // that of telling a receiver again of an alert

	// Wake has somebody look after what the channel of an incident is to be told. It is safe to repeat.
	Wake func(ctx context.Context, c client.Client, incidentID string) error
	// Resume has an erasure go on. It is safe to repeat.
	Resume func(ctx context.Context, c client.Client, erasureID string) error
}

const (
	// batch is how many rows one transaction removes or empties: it takes some milliseconds, in which nobody else writes
	// where there is one writer.
	batch = 50
	// linesAtOnce is the same of lines of the audit list, about which nothing else is to be removed.
	linesAtOnce = 500
	// deletedAtOnce is how many recordings the carrier is asked to delete at a time.
	deletedAtOnce = 4
)

var errStopping = errors.New("this worker stops: another goes on")

// inBatches removes until nothing is left, and rests between batches for as long as each has taken, so that whoever
// writes calls waits for one batch at most. The next try of an activity that was broken off goes on counting.
func inBatches(ctx context.Context, remove func() (int, error)) (removed int, err error) {
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &removed); err != nil {
			removed = 0
		}
	}
	for {
		began := time.Now()
		n, err := remove()
		removed += n
		if err != nil || n == 0 {
			return removed, err
		}
		activity.RecordHeartbeat(ctx, removed)
		if err := rest(ctx, time.Since(began)); err != nil {
			return removed, err
		}
	}
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-activity.GetWorkerStopChannel(ctx):
		return errStopping
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RemoveCalls removes calls that are older than they are kept, with everything that is about them alone. It is safe to
// repeat, and returns how many went.
func (k *Keeper) RemoveCalls(ctx context.Context) (removed int, err error) {
	since, ok := models.KeptSince(k.Retention.Calls, time.Now())
	if !ok {
		return 0, nil
	}
	return inBatches(ctx, func() (int, error) { return k.Store.RemoveCalls(ctx, since, batch) })
}

// EmptyTranscripts removes what callers have said, in words, from messages that are older than it is kept. It is safe to
// repeat, and returns how many messages had any.
func (k *Keeper) EmptyTranscripts(ctx context.Context) (emptied int, err error) {
	return k.eachVoicemail(ctx, store.Words, k.Retention.Transcripts, func(calls []models.Call, since time.Time) (int, error) {
		return len(calls), k.Store.EmptyTranscripts(ctx, calls, since)
	})
}

// DeleteRecordings has the carrier delete recordings that are older than they are kept, with their transcripts there. One
// that it refuses to delete stops no other, and is tried again the next night. It is safe to repeat, and returns how many
// were deleted.
func (k *Keeper) DeleteRecordings(ctx context.Context) (deleted int, err error) {
	defer alive(ctx)() // a page of recordings may take longer than a heartbeat where the carrier is slow
	return k.eachVoicemail(ctx, store.Sound, k.Retention.Recordings, func(calls []models.Call, since time.Time) (int, error) {
		gone, err := k.deleteRecordings(ctx, calls)
		return len(gone), errors.Join(err, k.Store.RecordingsDeleted(ctx, gone, time.Now(), since))
	})
}

// eachVoicemail goes through all messages that are older than so many days and of which a part is there still, page by
// page.
func (k *Keeper) eachVoicemail(ctx context.Context, part store.MessagePart, days int, change func(calls []models.Call, since time.Time) (int, error)) (changed int, err error) {
	since, ok := models.KeptSince(days, time.Now())
	if !ok {
		return 0, nil
	}
	last, all := models.Call{}, 0
	_, err = inBatches(ctx, func() (int, error) {
		calls, err := k.Store.Voicemails(ctx, part, since, last, batch)
		if err != nil || len(calls) == 0 {
			return 0, err
		}
		last = calls[len(calls)-1]
		n, err := change(calls, since)
		all += n
		return len(calls), err
	})
	return all, err
}

// deleteRecordings asks the carrier to delete the recordings of some calls. Its error says that the carrier is away, so
// that nothing else needs to be tried.
func (k *Keeper) deleteRecordings(ctx context.Context, calls []models.Call) (gone []models.Call, err error) {
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(deletedAtOnce)
	for _, call := range calls {
		group.Go(func() error {
			err := k.Carrier.DeleteRecording(ctx, call.Voicemail.Recording)
			var none *models.InvalidError
			if twilio.ClassOf(err) == twilio.Refused {
				k.Log.WarnContext(ctx, "the carrier does not delete a recording", "call", call.CarrierCallID, "cause", err)
				return nil
			}
			if err != nil && !errors.As(err, &none) { // no recording has such an id
				return fmt.Errorf("delete the recording of call %s: %w", call.CarrierCallID, err)
			}
			mu.Lock()
			defer mu.Unlock()
			gone = append(gone, call)
			return nil
		})
	}
	err = group.Wait()
	return gone, err
}

// EmptyRequests takes from requests for numbers what people have written, once they have been over for longer than it is
// kept. It is safe to repeat, and returns how many were emptied.
func (k *Keeper) EmptyRequests(ctx context.Context) (emptied int, err error) {
	since, ok := models.KeptSince(k.Retention.Requests, time.Now())
	if !ok {
		return 0, nil
	}
	return inBatches(ctx, func() (int, error) { return k.Store.EmptyRequests(ctx, since, batch) })
}

// RemoveChanges removes lines of the audit list that are older than they are kept, and replies that are kept for requests
// which nobody repeats any more. It is safe to repeat, and returns how many lines went.
func (k *Keeper) RemoveChanges(ctx context.Context) (removed int, err error) {
	if err := k.Store.ForgetReplies(ctx, time.Now().Add(-models.RepliesLast)); err != nil {
		return 0, err
	}
	since, ok := models.KeptSince(k.Retention.Audit, time.Now())
	if !ok {
		return 0, nil
	}
	return inBatches(ctx, func() (int, error) { return k.Store.RemoveChanges(ctx, since, linesAtOnce) })
}
