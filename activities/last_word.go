package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
)

// goodbyeWithin is how long somebody who picked up in the moment in which they were given up may hear
// what became of the call.
const goodbyeWithin = 8 * time.Second

// hangUpAfter ends the leg of a dial that came to its end between its being given up and now.
func (p *Phone) hangUpAfter(ctx context.Context, r HangUpRequest) (HungUp, error) {
	last, err := p.lastWord(ctx, r.Attempt.ID)
	switch {
	case err != nil:
		return HungUp{}, fmt.Errorf("read how dial %s ended: %w", r.Attempt.ID, err)
	case !last.placed:
		return HungUp{}, nil // it never had its turn, or has ended its leg
	case last.Result == models.ResultPickedUp && time.Since(activity.GetInfo(ctx).ScheduledTime) < goodbyeWithin:
		leg, err := p.Carrier.State(ctx, last.Leg)
		if err != nil || !leg.Over {
			return HungUp{}, errors.Join(fmt.Errorf("end leg %s: it may hear a goodbye", last.Leg), err)
		}
	}
	return p.endLeg(ctx, r, last.Leg)
}

// lastWord is how a dial came to its end. A dial that timed out may have told its leg before.
type lastWord struct {
	models.Dialled
	placed bool // there is a leg, or may be one
}

var errNotWritten = errors.New("that is not written yet")

// lastWord reads how a dial of this workflow came to its end.
func (p *Phone) lastWord(ctx context.Context, attempt string) (lastWord, error) {
	info, dial := activity.GetInfo(ctx), int64(0)
	events := activity.GetClient(ctx).GetWorkflowHistory(ctx, info.WorkflowExecution.ID, info.WorkflowExecution.RunID,
		false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return lastWord{}, err
		}
		if event.GetActivityTaskScheduledEventAttributes().GetActivityId() == attempt {
			dial = event.GetEventId()
		}
		if last, ended, err := p.endOf(dial, event); ended || err != nil {
			return last, err
		}
	}
	return lastWord{}, errNotWritten
}

// endOf reads the end of a dial from an event, if it is that.
func (p *Phone) endOf(dial int64, event *history.HistoryEvent) (last lastWord, ended bool, err error) {
	canceled, failed := event.GetActivityTaskCanceledEventAttributes(), event.GetActivityTaskFailedEventAttributes()
	completed, out := event.GetActivityTaskCompletedEventAttributes(), event.GetActivityTaskTimedOutEventAttributes()
	switch {
	case canceled != nil && canceled.GetScheduledEventId() == dial:
		return lastWord{}, true, nil
	case failed != nil && failed.GetScheduledEventId() == dial:
		return lastWord{placed: true}, true, nil
	case completed != nil && completed.GetScheduledEventId() == dial:
		err = p.Converter.FromPayloads(completed.GetResult(), &last.Dialled)
		last.placed = last.Leg != ""
		return last, true, err
	case out != nil && out.GetScheduledEventId() == dial:
		how := out.GetFailure().GetTimeoutFailureInfo()
		last.placed = how.GetTimeoutType() == enums.TIMEOUT_TYPE_START_TO_CLOSE
		if how.GetLastHeartbeatDetails() != nil {
			err = p.Converter.FromPayloads(how.GetLastHeartbeatDetails(), &last.Leg)
		}
		return last, true, err
	default:
		return lastWord{}, false, nil
	}
}
