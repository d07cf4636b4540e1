package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
)

// Sweeper looks after calls that no run owns.
type Sweeper struct {
	Store     *store.Store
	Carrier   *twilio.Client
	PublicURL string                  // where the carrier reaches our webhooks, without a trailing slash
	Converter converter.DataConverter // the one of every client and worker
	Log       *slog.Logger

	CallID  func(callSID string) string // the workflow id of a call
	AlertID func(callSID string) string // that of its alert
	Ended   string                      // the signal that tells an alert of its call's end
}

// Swept counts what a sweep did.
type Swept struct {
	Looked int `json:"looked"` // at calls whose row is not ended
	Closed int `json:"closed"` // rows
	Moved  int `json:"moved"`  // callers who waited for nobody
	Legs   int `json:"legs"`   // ended
}

const (
	// youngest is how long a call is left alone: its run may be about to begin, or just ending.
	youngest = time.Minute
	// sweepAtMost is how many calls one sweep looks at.
	sweepAtMost = 2000
)

// Sweep looks once. It is safe to repeat, and never touches a call whose run is open, nor a talk.
func (s *Sweeper) Sweep(ctx context.Context) (Swept, error) {
	var swept Swept
	calls, err := s.Store.LiveCalls(ctx, time.Now().Add(-youngest), sweepAtMost)
	if err != nil {
		return swept, err
	}
	var faults []error
	var orphans []orphan
	busy := map[models.Phone]bool{} // numbers of ours that are in a call with a run
	for _, call := range calls {
		swept.Looked++
		owned, began, err := s.owned(ctx, call.CarrierCallID)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("ask after call %s: %w", call.CarrierCallID, err))
		case owned:
			busy[call.Number] = true
		default:
			orphans = append(orphans, orphan{call, began})
		}
	}
	for _, call := range orphans {
		if err := s.lookAfter(ctx, call, !busy[call.Number], &swept); err != nil {
			faults = append(faults, fmt.Errorf("look after call %s: %w", call.CarrierCallID, err))
		}
	}
	return swept, errors.Join(faults...)
}

// owned says whether the run of a call is open, and whether there ever was one.
func (s *Sweeper) owned(ctx context.Context, callSID string) (open, began bool, err error) {
	described, err := activity.GetClient(ctx).DescribeWorkflowExecution(ctx, s.CallID(callSID), "")
	if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
		return false, false, nil
	}
	return described.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING, true, err
}

// orphan is a call that no open run owns.
type orphan struct {
	models.Call
	began bool // its run was terminated; else none ever began
}

// endedAs says how a call ended that no run tells of, whose caller's line is over.
func (o orphan) endedAs(caller twilio.State) (models.Outcome, string) {
	switch {
	case o.DivertedAt != nil:
		return models.Diverted, "the caller was sent to the emergency number"
	case !o.began && !caller.Answered:
		return models.Abandoned, "the caller left while it rang, before anything could answer"
	case !o.began:
		return models.Failed, "no run ever began"
	default:
		return models.Failed, "its run was terminated"
	}
}

// lookAfter does for a call what its run no longer can. alone says that no other call uses its
// number, so that any leg between the number and a phone is this call's.
func (s *Sweeper) lookAfter(ctx context.Context, call orphan, alone bool, swept *Swept) error {
	caller, err := s.Carrier.State(ctx, call.CarrierCallID)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	over := caller.Over || err != nil
	rooms, err := s.Carrier.Rooms(ctx, call.Room)
	if err != nil {
		return err
	}
	if over || !slices.ContainsFunc(rooms, twilio.Room.Talks) {
		if err := s.endLegs(ctx, call.Call, alone, swept); err != nil {
			return err
		}
	}
	if !over {
		if slices.ContainsFunc(rooms, twilio.Room.Waits) {
			return s.move(ctx, call.Call, swept)
		}
		return nil // they talk, or hear something that ends by itself
	}
	outcome, reason := call.endedAs(caller)
	if err := s.tellAlert(ctx, call.Call, outcome); err != nil {
		return err
	}
	closed, err := s.Store.CloseCall(ctx, call.CarrierCallID, outcome, reason, time.Now())
	if closed {
		swept.Closed++
		s.Log.Warn("row of a call closed that no run owned", "call", call.CarrierCallID, "outcome", outcome)
	}
	return err
}

// move sends a caller who waits for nobody to the emergency number, or has them told that nobody
// takes the call.
func (s *Sweeper) move(ctx context.Context, call models.Call, swept *Swept) error {
	route, _, err := s.Store.RouteForNumber(ctx, call.Number)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	links := models.Links{Base: s.PublicURL, CallSID: call.CarrierCallID}
	to := links.Nobody(route.Language)
	if route.EmergencyNumber != "" {
		if _, err := s.Store.Divert(ctx, call.CarrierCallID, time.Now()); err != nil {
			return err
		}
		// No run is left to be told. The row stays open until the caller's line is over.
		if err := s.Store.Told(ctx, call.CarrierCallID); err != nil {
			return err
		}
		to = links.Divert(route.Language)
	}
	if err := s.Carrier.Move(ctx, call.CarrierCallID, to); err != nil && !errors.Is(err, twilio.ErrNotLive) {
		return err
	}
	swept.Moved++
	s.Log.Warn("caller moved who waited for nobody", "call", call.CarrierCallID, "diverted", route.EmergencyNumber != "")
	return nil
}

func (s *Sweeper) tellAlert(ctx context.Context, call models.Call, outcome models.Outcome) error {
	err := activity.GetClient(ctx).SignalWorkflow(ctx, s.AlertID(call.CarrierCallID), "", s.Ended, models.CallEnd{Outcome: outcome})
	if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
		return nil // it raised none, or it is resolved
	}
	return err
}

// endLegs ends what a terminated run has left ringing or listening. Its history tells what it
// dialled; a leg that never told its id is looked for by its numbers, or rings out where these may
// be another call's.
func (s *Sweeper) endLegs(ctx context.Context, call models.Call, alone bool, swept *Swept) error {
	dials, err := s.dialsOf(ctx, call.CarrierCallID)
	if err != nil {
		return err
	}
	phone := Phone{Carrier: s.Carrier}
	for _, d := range dials {
		leg := d.leg
		if leg == "" && d.open && alone {
			found, err := phone.find(ctx, d.Attempt.Number, d.at, d.From, d.Ours)
			if err != nil {
				return err
			}
			leg = only(found)
		}
		if leg == "" {
			continue
		}
		state, err := s.Carrier.State(ctx, leg)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return err
		}
		if err == nil && !state.Over {
			if _, err := s.Carrier.End(ctx, leg); err != nil {
				return err
			}
			swept.Legs++
			s.Log.Warn("leg ended that no run owned", "call", call.CarrierCallID, "leg", leg)
		}
	}
	return nil
}

// dialled is a dial as a history tells of it.
type dialled struct {
	DialRequest
	leg  string // empty when it never told
	at   time.Time
	open bool // it had not come to an end
}

// dialsOf reads the history of the last run of a call.
func (s *Sweeper) dialsOf(ctx context.Context, callSID string) ([]*dialled, error) {
	var dials []*dialled
	byEvent := map[int64]*dialled{}
	history := activity.GetClient(ctx).GetWorkflowHistory(ctx, s.CallID(callSID), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
			return nil, nil // there never was a run
		}
		if err != nil {
			return nil, err
		}
		if scheduled := event.GetActivityTaskScheduledEventAttributes(); scheduled.GetActivityType().GetName() == "Dial" {
			d := &dialled{at: event.GetEventTime().AsTime(), open: true}
			if err := s.Converter.FromPayloads(scheduled.GetInput(), &d.DialRequest); err != nil {
				return nil, fmt.Errorf("read a dial: %w", err)
			}
			dials = append(dials, d)
			byEvent[event.GetEventId()] = d
		}
		if completed := event.GetActivityTaskCompletedEventAttributes(); completed != nil && byEvent[completed.GetScheduledEventId()] != nil {
			var result models.Dialled
			if err := s.Converter.FromPayloads(completed.GetResult(), &result); err != nil {
				return nil, fmt.Errorf("read the end of a dial: %w", err)
			}
			d := byEvent[completed.GetScheduledEventId()]
			d.leg, d.open = result.Leg, false
		}
	}
	return dials, nil
}
