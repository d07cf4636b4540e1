package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"
)

// Sweeper looks after calls that no run owns.
type Sweeper struct {
	Temporal  client.Client // with Converter
	Store     *store.Store
	Carrier   *twilio.Client
	PublicURL string                  // where the carrier reaches our webhooks, without a trailing slash
	Converter converter.DataConverter // the one of every client and worker
	Log       *slog.Logger

	CallID  func(callSID string) string // the workflow id of a call
	AlertID func(callSID string) string // that of its alert
	Ended   string                      // the signal that tells an alert of its call's end

	// Begin has a request for a number looked after. It is safe to repeat. nil: nobody looks after requests.
	Begin func(ctx context.Context, c client.Client, r models.NumberRequest) error
}

// Swept counts what a sweep did.
type Swept struct {
	Looked int `json:"looked"` // at calls whose row is not ended
	Closed int `json:"closed"` // rows
	Moved  int `json:"moved"`  // callers who waited for nobody
	Legs   int `json:"legs"`   // ended
	Begun  int `json:"begun"`  // requests for numbers that nobody looked after
}

// What is counted of calls that no run counts, for Prometheus, by these names. See docs/metrics.md.
const (
	MetricCalls      = "ringdown_calls_total"      // with outcome
	MetricDiversions = "ringdown_diversions_total" // with form
	FormSweep        = "sweep"
)

const (
	// youngest is how long a call is left alone: its run may be about to begin, or just ending.
	youngest = time.Minute
	// sweepPage is how many calls are listed at once.
	sweepPage = 500
	// askedAtOnce is how many runs Temporal is asked after at a time: of a thousand live calls it is
	// known within a second or two which have none.
	askedAtOnce = 16
	// lookedAfterAtOnce is how many calls without a run are looked after at a time.
	lookedAfterAtOnce = 4
	// faultsAtMost is how many faults a sweep tells of: what is away fails for every call alike.
	faultsAtMost = 10
)

// Sweep looks once. It is safe to repeat, and never touches a call whose run is open, nor a talk.
func (s *Sweeper) Sweep(ctx context.Context) (Swept, error) {
	sw := sweep{Sweeper: s, busy: map[models.Phone]bool{}}
	if err := sw.beginRequests(ctx); err != nil {
		sw.fault(err)
	}
	if err := sw.askAfterAll(ctx); err != nil {
		return sw.swept, errors.Join(append(sw.faults, err)...)
	}
	var group errgroup.Group
	group.SetLimit(lookedAfterAtOnce)
	for _, call := range sw.orphans {
		group.Go(func() error {
			if err := sw.lookAfter(ctx, call, !sw.busy[call.Number]); err != nil {
				sw.fault(fmt.Errorf("look after call %s: %w", call.CarrierCallID, err))
			}
			return nil
		})
	}
	_ = group.Wait() // the faults are kept
	return sw.swept, errors.Join(sw.faults...)
}

// sweep is one look at all live calls.
type sweep struct {
	*Sweeper

	mu      sync.Mutex
	swept   Swept
	orphans []orphan
	busy    map[models.Phone]bool // numbers of ours that are, or may be, in a call with a run
	faults  []error
}

// count changes the counts.
func (sw *sweep) count(change func(*Swept)) {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	change(&sw.swept)
}

// fault keeps an error that leaves a call for the next sweep.
func (sw *sweep) fault(err error) {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	if len(sw.faults) < faultsAtMost {
		sw.faults = append(sw.faults, err)
	}
}

// askAfterAll finds out which of all live calls have no run.
func (sw *sweep) askAfterAll(ctx context.Context) error {
	old := time.Now().Add(-youngest)
	for last := (models.Call{}); ; {
		page, err := sw.Store.LiveCallsAfter(ctx, last, sweepPage)
		if err != nil {
			return err
		}
		var group errgroup.Group
		group.SetLimit(askedAtOnce)
		for _, call := range page {
			group.Go(func() error {
				sw.askAfter(ctx, call, call.StartedAt.Before(old))
				return nil
			})
		}
		_ = group.Wait() // the faults are kept
		if len(page) < sweepPage {
			return nil
		}
		last = page[len(page)-1]
	}
}

// askAfter finds out whether a call has a run. One that is not old counts as having one, and so does
// one that cannot be asked after.
func (sw *sweep) askAfter(ctx context.Context, call models.Call, old bool) {
	owned, began := true, false
	var err error
	if old {
		sw.count(func(swept *Swept) { swept.Looked++ })
		if owned, began, err = sw.owned(ctx, call.CarrierCallID); err != nil {
			sw.fault(fmt.Errorf("ask after call %s: %w", call.CarrierCallID, err))
		}
	}
	sw.mu.Lock()
	defer sw.mu.Unlock()
	if owned || err != nil {
		sw.busy[call.Number] = true
		return
	}
	sw.orphans = append(sw.orphans, orphan{call, began})
}

// owned says whether the run of a call is open, and whether there ever was one.
func (s *Sweeper) owned(ctx context.Context, callSID string) (open, began bool, err error) {
	described, err := s.Temporal.DescribeWorkflowExecution(ctx, s.CallID(callSID), "")
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
func (sw *sweep) lookAfter(ctx context.Context, call orphan, alone bool) error {
	caller, err := sw.Carrier.State(ctx, call.CarrierCallID)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	over := caller.Over || err != nil
	rooms, err := sw.Carrier.Rooms(ctx, call.Room)
	if err != nil {
		return err
	}
	if over || !slices.ContainsFunc(rooms, twilio.Room.Talks) {
		if err := sw.endLegs(ctx, call.Call, alone); err != nil {
			return err
		}
	}
	if !over {
		if slices.ContainsFunc(rooms, twilio.Room.Waits) {
			return sw.move(ctx, call.Call)
		}
		return nil // they talk, or hear something that ends by itself
	}
	outcome, reason := call.endedAs(caller)
	return sw.close(ctx, call.Call, outcome, reason)
}

// close ends the row of a call whose caller is gone. A row that is ended already was ended by its own
// run, a moment ago, which has told the alert what to tell.
func (sw *sweep) close(ctx context.Context, call models.Call, outcome models.Outcome, reason string) error {
	closed, err := sw.Store.CloseCall(ctx, call.CarrierCallID, outcome, reason, time.Now())
	if err != nil || !closed {
		return err
	}
	sw.count(func(swept *Swept) { swept.Closed++ })
	report(ctx, MetricCalls, "outcome", string(outcome))
	sw.Log.Warn("row of a call closed that no run owned", "call", call.CarrierCallID, "outcome", outcome)
	return sw.tellAlert(ctx, call, outcome) // where it fails, the alert asks by itself whether its call lives
}

// move sends a caller who waits for nobody to the emergency number, or has them told that nobody
// takes the call.
func (sw *sweep) move(ctx context.Context, call models.Call) error {
	route, _, err := sw.Store.RouteForNumber(ctx, call.Number)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	links := models.Links{Base: sw.PublicURL, CallSID: call.CarrierCallID}
	moved, diverts := false, route.EmergencyNumber != ""
	if diverts {
		moved, err = sw.divert(ctx, call, links.Divert(route.Language))
	} else {
		moved, err = sw.moveTo(ctx, call, links.Nobody(route.Language))
	}
	if moved {
		sw.count(func(swept *Swept) { swept.Moved++ })
		sw.Log.Warn("caller moved who waited for nobody", "call", call.CarrierCallID, "diverted", diverts)
	}
	return err
}

// moveTo reports false for a caller who has hung up.
func (sw *sweep) moveTo(ctx context.Context, call models.Call, to string) (moved bool, err error) {
	err = sw.Carrier.Move(ctx, call.CarrierCallID, to)
	if errors.Is(err, twilio.ErrNotLive) {
		return false, nil
	}
	return err == nil, err
}

// divert sends a caller to the emergency number, unless somebody else does. A claim whose caller is
// not known to have been moved is brought to its end by the API, as any other.
func (sw *sweep) divert(ctx context.Context, call models.Call, to string) (moved bool, err error) {
	claimed, err := sw.Store.Divert(ctx, call.CarrierCallID, time.Now())
	if err != nil || !claimed {
		return false, err
	}
	moved, err = sw.moveTo(ctx, call, to)
	switch {
	case err != nil:
		return false, err
	case !moved: // they have hung up, which is no diversion
		return false, sw.Store.Undivert(ctx, call.CarrierCallID)
	}
	report(ctx, MetricDiversions, "form", FormSweep)
	// No run is left to be told. The row stays open until the caller's line is over.
	return true, sw.Store.Told(ctx, call.CarrierCallID)
}

// report counts one for Prometheus.
func report(ctx context.Context, name, label, value string) {
	activity.GetMetricsHandler(ctx).WithTags(map[string]string{label: value}).Counter(name).Inc(1)
}

func (s *Sweeper) tellAlert(ctx context.Context, call models.Call, outcome models.Outcome) error {
	err := s.Temporal.SignalWorkflow(ctx, s.AlertID(call.CarrierCallID), "", s.Ended, models.CallEnd{Outcome: outcome})
	if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
		return nil // it raised none, or it is resolved
	}
	return err
}

// endLegs ends what a terminated run has left ringing or listening. Its history tells what it
// dialled; a leg that never told its id is looked for by its numbers, or rings out where these may
// be another call's.
func (sw *sweep) endLegs(ctx context.Context, call models.Call, alone bool) error {
	dials, err := sw.dialsOf(ctx, call.CarrierCallID)
	if err != nil {
		return err
	}
	phone := Phone{Carrier: sw.Carrier}
	for _, d := range dials {
		leg := d.leg
		if leg == "" && d.open && alone {
			found, err := phone.find(ctx, d.Attempt.Number, d.at, d.at, d.From, d.Ours)
			if err != nil {
				return err
			}
			leg = only(found)
		}
		if leg == "" {
			continue
		}
		state, err := sw.Carrier.State(ctx, leg)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return err
		}
		if err == nil && !state.Over {
			if _, err := sw.Carrier.End(ctx, leg); err != nil {
				return err
			}
			sw.count(func(swept *Swept) { swept.Legs++ })
			sw.Log.Warn("leg ended that no run owned", "call", call.CarrierCallID, "leg", leg)
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
	history := s.Temporal.GetWorkflowHistory(ctx, s.CallID(callSID), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
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
