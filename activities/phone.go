// Package activities holds the side effects of a call, one a method: ring a phone, end a leg,
// move the caller, ask the carrier how things stand, write the record.
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
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// Phone does what a call needs of the carrier.
type Phone struct {
	Carrier   *twilio.Client
	PublicURL string                                                  // where the carrier reaches our webhooks, without a trailing slash
	Diverted  func(ctx context.Context, callSID string) (bool, error) // whether a caller was sent to the emergency number: store.Diverted
	Converter converter.DataConverter                                 // the one of every client and worker
	Log       *slog.Logger

	// Alone says whether no other call of a number goes on, whose legs look like those of this one: store.AloneOn
	Alone func(ctx context.Context, callSID string, number models.Phone) (bool, error)
}

// DialRequest asks for one phone to be rung.
type DialRequest struct {
	CallSID  string         `json:"call_sid"`
	Attempt  models.Attempt `json:"attempt"`
	From     models.Phone   `json:"from"`                // the number that the responder sees
	Ours     models.Phone   `json:"ours"`                // the number that was called; shown instead where the carrier refuses From
	Language string         `json:"language"`            // of a goodbye, should the run be gone when the phone is picked up
	Timeout  int            `json:"timeout"`             // how long the carrier is asked to ring, in seconds
	AskFirst bool           `json:"ask_first,omitempty"` // whether the caller is still there, of whom nothing was heard for long

	CallToken string `json:"call_token,omitempty"` // the carrier's leave to show the caller's number; empty shows one of ours
}

// lateStart is how long a dial may have waited for its turn before the caller must be asked after.
const lateStart = 3 * time.Second

// Dial rings one phone and leaves its completion to whoever hears how it went: the webhook of
// the leg, or the activity's own time-out. It is not safe to repeat, because a lost reply may be
// a ringing phone; it never asks the carrier twice unless the first request surely did nothing.
// Its heartbeat carries the leg's id, which a time-out hands to the workflow.
func (p *Phone) Dial(ctx context.Context, r DialRequest) (models.Dialled, error) {
	info := activity.GetInfo(ctx)
	if r.AskFirst || info.StartedTime.Sub(info.ScheduledTime) > lateStart {
		if caller, err := p.Carrier.State(ctx, r.CallSID); err == nil && caller.Over {
			return models.Dialled{Result: models.ResultGone}, nil
		}
	}
	if p.diverted(ctx, r.CallSID) {
		return models.Dialled{Result: models.ResultDiverted}, nil
	}
	asked := time.Now()
	links := models.Links{Base: p.PublicURL, CallSID: r.CallSID}
	wanted := twilio.Leg{
		To: r.Attempt.Number, From: r.From, CallToken: r.CallToken, Timeout: r.Timeout,
		URL:            links.Leg(r.Attempt.ID, r.Language),
		FallbackURL:    links.Leg(r.Attempt.ID, r.Language), // the same once more: we may be back by then
		StatusCallback: links.LegStatus(r.Attempt.ID),
	}
	leg, err := p.Carrier.Place(ctx, wanted)
	if err != nil && r.CallToken != "" && twilio.ClassOf(err) == twilio.Refused && !twilio.BadNumber(err) {
		wanted.From, wanted.CallToken = r.Ours, "" // nothing was placed: the caller's number may not be shown
		leg, err = p.Carrier.Place(ctx, wanted)
	}
	if err != nil {
		var known bool
		if leg, known = p.adopt(ctx, r, asked, err); !known {
			return p.unplaced(r, err), nil
		}
	}
	if leg == "" {
		return models.Dialled{}, activity.ErrResultPending
	}
	activity.RecordHeartbeat(ctx, leg)
	if asksToCancel(ctx) && p.end(leg) {
		return models.Dialled{}, ctx.Err()
	}
	return models.Dialled{}, activity.ErrResultPending
}

// unplaced is the result of a dial that rang no phone, as far as anybody can tell.
func (p *Phone) unplaced(r DialRequest, err error) models.Dialled {
	d := models.Dialled{Result: models.ResultUnknown}
	var carrier *twilio.CarrierError
	if errors.As(err, &carrier) {
		d.Code = carrier.Code
		switch {
		case twilio.BadNumber(err):
			d.Result = models.ResultBadNumber
		case carrier.Class != twilio.Unknown:
			d.Result = models.ResultRefused
		}
	}
	p.Log.Warn("dial not placed", "call", r.CallSID, "attempt", r.Attempt.ID, "result", d.Result, "code", d.Code, "cause", err)
	return d
}

// adopt looks for the leg that a request made although its reply was lost. known is false when
// there is none. A leg that cannot be told from another call's is known without an id: it tells
// its own when it is picked up.
func (p *Phone) adopt(ctx context.Context, r DialRequest, asked time.Time, err error) (leg string, known bool) {
	if carrier := (*twilio.CarrierError)(nil); errors.As(err, &carrier) && carrier.Class != twilio.Unknown {
		return "", false
	}
	for _, pause := range []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second} {
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		found, err := p.find(ctx, r.Attempt.Number, asked, asked, r.From, r.Ours)
		if err == nil && len(found) > 0 {
			return p.ours(ctx, r.CallSID, r.Ours, found), true
		}
	}
	return "", false
}

// asksToCancel says whether the workflow gave the dial up. A dial that was completed meanwhile,
// because the phone was picked up at once, is not given up.
func asksToCancel(ctx context.Context) bool {
	var canceled *temporal.CanceledError
	return errors.As(context.Cause(ctx), &canceled)
}

// end ends a leg although the activity's own context is over. It reports false when the carrier
// would not; then HangUp does, which knows the leg from the heartbeat.
func (p *Phone) end(leg string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := p.Carrier.End(ctx, leg)
	if err != nil {
		p.Log.Warn("cancelled leg not ended yet", "leg", leg, "cause", err)
	}
	return err == nil
}

// HangUpRequest names a leg by its id, or by what else is known of it.
type HangUpRequest struct {
	CallSID string         `json:"call_sid"`
	Attempt models.Attempt `json:"attempt"`
	From    models.Phone   `json:"from"`
	Ours    models.Phone   `json:"ours"`    // shown instead of From where the carrier refused that
	Leg     string         `json:"leg"`     // empty when the dial never told
	Since   time.Time      `json:"since"`   // when the dial was issued
	Sent    time.Time      `json:"sent"`    // by when the carrier was asked for the leg, if it was; zero means at Since
	Pending bool           `json:"pending"` // the dial was not over when it was given up: it ends a leg that it makes yet
}

// HungUp is what became of a leg that had to end.
type HungUp struct {
	Found bool   `json:"found"`          // false: the carrier surely knows of no such leg
	Leg   string `json:"leg"`            // empty when it cannot be told which one it is
	Over  bool   `json:"over,omitempty"` // whichever it is, it was over already
}

// HangUp ends the leg of an attempt, whatever state it is in, and settles its dial as cancelled.
// It is safe to repeat. Where the leg is not known it is looked for by its numbers, which may be
// those of another call's leg too; not so while the dial itself will tell.
func (p *Phone) HangUp(ctx context.Context, r HangUpRequest) (HungUp, error) {
	leg := r.Leg
	if leg == "" {
		told, pending, err := p.dialOf(ctx, r.Attempt.ID)
		switch {
		case err != nil:
			return HungUp{}, err
		case told != "":
			leg = told
		case pending:
			return HungUp{}, fmt.Errorf("end the leg of attempt %s: its dial has not told it yet", r.Attempt.ID)
		case r.Pending: // it has come to its end since
			return p.hangUpAfter(ctx, r)
		}
	}
	return p.endLeg(ctx, r, leg)
}

// endLeg ends a leg, which it looks for when it is not known.
func (p *Phone) endLeg(ctx context.Context, r HangUpRequest, leg string) (HungUp, error) {
	if leg == "" {
		sent := r.Sent
		if sent.Before(r.Since) {
			sent = r.Since
		}
		found, err := p.find(ctx, r.Attempt.Number, r.Since, sent, r.From, r.Ours)
		if err != nil {
			return HungUp{}, fmt.Errorf("look for the leg of attempt %s: %w", r.Attempt.ID, err)
		}
		if leg = p.ours(ctx, r.CallSID, r.Ours, found); leg == "" {
			live := slices.ContainsFunc(found, func(leg twilio.State) bool { return !leg.Over })
			return HungUp{Found: len(found) > 0, Over: len(found) > 0 && !live}, nil
		}
	}
	if _, err := p.Carrier.End(ctx, leg); err != nil {
		return HungUp{}, fmt.Errorf("end leg %s: %w", leg, err)
	}
	return HungUp{Found: true, Leg: leg}, settle(ctx, r.Attempt.ID)
}

// settle completes a dial that is still pending; one that is over already is left as it is.
func settle(ctx context.Context, attempt string) error {
	info := activity.GetInfo(ctx)
	err := activity.GetClient(ctx).CompleteActivityByID(ctx, info.Namespace, info.WorkflowExecution.ID,
		info.WorkflowExecution.RunID, attempt, models.Dialled{Result: models.ResultCanceled}, nil)
	if notFound := (*serviceerror.NotFound)(nil); err != nil && !errors.As(err, &notFound) {
		return fmt.Errorf("settle dial %s: %w", attempt, err)
	}
	return nil
}

// dialOf is the leg that a dial of this workflow has told while it is pending, empty when it has
// not.
func (p *Phone) dialOf(ctx context.Context, attempt string) (leg string, pending bool, err error) {
	info := activity.GetInfo(ctx)
	described, err := activity.GetClient(ctx).DescribeWorkflowExecution(ctx, info.WorkflowExecution.ID, info.WorkflowExecution.RunID)
	if err != nil {
		return "", false, fmt.Errorf("ask after dial %s: %w", attempt, err)
	}
	for _, dial := range described.GetPendingActivities() {
		if dial.GetActivityId() != attempt {
			continue
		}
		if dial.GetHeartbeatDetails() != nil {
			err = p.Converter.FromPayloads(dial.GetHeartbeatDetails(), &leg)
		}
		return leg, true, err
	}
	return "", false, nil
}

// placedWithin is how long after it was asked a carrier may still make a leg.
const placedWithin = 12 * time.Second

// find lists the legs that a request with a lost reply may have made, whichever number it showed. It was sent between since and sent.
func (p *Phone) find(ctx context.Context, to models.Phone, since, sent time.Time, shown ...models.Phone) ([]twilio.State, error) {
	slices.Sort(shown)
	var legs []twilio.State
	for _, from := range slices.Compact(shown) {
		if from == "" {
			continue
		}
		found, err := p.Carrier.Find(ctx, to, from, since)
		if err != nil {
			return nil, err
		}
		legs = append(legs, found...)
	}
	return slices.DeleteFunc(legs, func(leg twilio.State) bool {
		return leg.Created.After(sent.Add(placedWithin))
	}), nil
}

// ours is the leg to take for this call's among candidates. While another call of the number goes on, it may be that call's, and
// its responder just about to talk: then it is none.
func (p *Phone) ours(ctx context.Context, callSID string, number models.Phone, found []twilio.State) string {
	leg := only(found)
	if leg == "" {
		return ""
	}
	alone, err := p.Alone(ctx, callSID, number)
	if err != nil {
		p.Log.Warn("other calls of the number not looked for", "call", callSID, "cause", err)
	}
	if !alone {
		return ""
	}
	return leg
}

// only is the leg to end among candidates: a single one that still rings. An answered one may be
// somebody's talk, and of two one belongs to another call.
func only(found []twilio.State) string {
	if len(found) != 1 || found[0].Over || found[0].Answered {
		return ""
	}
	return found[0].SID
}
