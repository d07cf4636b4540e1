package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/temporal"
)

// ErrDiverted is the type of the error of an activity that leaves the caller alone, because they talk
// to the emergency number and their run has not heard of it yet.
const ErrDiverted = "diverted"

// divertedWithin is how long the database may take to say so. Without it a caller is held for ours.
const divertedWithin = 500 * time.Millisecond

func (p *Phone) diverted(ctx context.Context, callSID string) bool {
	ctx, cancel := context.WithTimeout(ctx, divertedWithin)
	defer cancel()
	diverted, err := p.Diverted(ctx, callSID)
	if err != nil {
		p.Log.Warn("diversion not asked after", "call", callSID, "cause", err)
	}
	return diverted
}

func (p *Phone) notDiverted(ctx context.Context, callSID string) error {
	if p.diverted(ctx, callSID) {
		return temporal.NewNonRetryableApplicationError("the caller of call "+callSID+" talks to the emergency number", ErrDiverted, nil)
	}
	return nil
}

// TellNobody takes the caller out of the room, to hear that nobody takes the call. It reports
// false when the caller has left, and is safe to repeat. Its error is of type ErrDiverted for a caller
// who talks to the emergency number, who is left there.
func (p *Phone) TellNobody(ctx context.Context, callSID, language string) (bool, error) {
	if err := p.notDiverted(ctx, callSID); err != nil {
		return false, err
	}
	err := p.Carrier.Move(ctx, callSID, models.Links{Base: p.PublicURL, CallSID: callSID}.Nobody(language))
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, twilio.ErrNotLive) {
		return false, fmt.Errorf("move caller of call %s: %w", callSID, err)
	}
	caller, err := p.Carrier.State(ctx, callSID)
	switch {
	case err != nil:
		return false, fmt.Errorf("ask after caller of call %s: %w", callSID, err)
	case caller.Over:
		return false, nil
	default:
		return false, fmt.Errorf("move caller of call %s: refused while the call is %s", callSID, caller.Status)
	}
}

// EndCaller hangs up on the caller. It is safe to repeat. Its error is of type ErrDiverted for a
// caller who talks to the emergency number, who is left there.
func (p *Phone) EndCaller(ctx context.Context, callSID string) error {
	if err := p.notDiverted(ctx, callSID); err != nil {
		return err
	}
	if _, err := p.Carrier.End(ctx, callSID); err != nil {
		return fmt.Errorf("end call %s: %w", callSID, err)
	}
	return nil
}

// Standing is how a leg stands at the carrier.
type Standing struct {
	Over     bool `json:"over"`
	Answered bool `json:"answered"`
}

// AskCarrier says how legs stand, in the order of their ids. It is safe to repeat.
func (p *Phone) AskCarrier(ctx context.Context, legs []string) ([]Standing, error) {
	standings := make([]Standing, len(legs))
	for i, leg := range legs {
		state, err := p.Carrier.State(ctx, leg)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return nil, fmt.Errorf("ask after leg %s: %w", leg, err)
		}
		standings[i] = Standing{Over: state.Over || err != nil, Answered: state.Answered}
	}
	return standings, nil
}
