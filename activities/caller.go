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

// whereabouts says whether the caller talks, or is about to, on a line that a document has dialled for
// them: forwarded when it is the one to the route's fixed number. Any other leads to the emergency
// number: the API has sent them there, as their row says, or the carrier by itself while it could not
// reach us, as the carrier alone knows. The error is then of type ErrDiverted.
func (p *Phone) whereabouts(ctx context.Context, callSID string, fixed models.Phone) (forwarded bool, err error) {
	var to models.Phone
	diverted := p.diverted(ctx, callSID)
	if !diverted {
		if to, err = p.dialledTo(ctx, callSID); err != nil {
			return false, err
		}
	}
	if diverted || to != "" && to != fixed {
		return false, temporal.NewNonRetryableApplicationError("the caller of call "+callSID+" talks to the emergency number", ErrDiverted, nil)
	}
	return to != "", nil
}

// dialledTo is the number that a document has dialled for the caller and whose line is not over, empty
// when there is none.
func (p *Phone) dialledTo(ctx context.Context, callSID string) (models.Phone, error) {
	lines, err := p.Carrier.DialledBy(ctx, callSID)
	if err != nil {
		return "", fmt.Errorf("ask after the lines that call %s has dialled: %w", callSID, err)
	}
	for _, line := range lines {
		if !line.Over {
			return line.To, nil
		}
	}
	return "", nil
}

// TellNobody takes the caller out of the room, to hear that nobody takes the call. It reports
// false when the caller has left, and is safe to repeat: a caller whom it has sent to fixed, the
// route's number for them, stays there. fixed is empty where the route has none. Its error is of type
// ErrDiverted for a caller who talks to the emergency number, who is left there too.
func (p *Phone) TellNobody(ctx context.Context, callSID, language string, fixed models.Phone) (bool, error) {
	if forwarded, err := p.whereabouts(ctx, callSID, fixed); forwarded || err != nil {
		return forwarded, err
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

// EndCaller hangs up on the caller, also when they talk to fixed, the number that their run has sent
// them to; it is empty when the run has not. It is safe to repeat. Its error is of type ErrDiverted
// for a caller who talks to the emergency number, who is left there.
func (p *Phone) EndCaller(ctx context.Context, callSID string, fixed models.Phone) error {
	if _, err := p.whereabouts(ctx, callSID, fixed); err != nil {
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

	DialledTo models.Phone `json:"dialled_to,omitempty"` // of a caller: whose line a document has dialled for them, which is not over
}

// AskCarrier says how legs stand, in the order of their ids, the caller's first. It is safe to repeat.
func (p *Phone) AskCarrier(ctx context.Context, legs []string) ([]Standing, error) {
	standings := make([]Standing, len(legs))
	for i, leg := range legs {
		state, err := p.Carrier.State(ctx, leg)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return nil, fmt.Errorf("ask after leg %s: %w", leg, err)
		}
		standings[i] = Standing{Over: state.Over || err != nil, Answered: state.Answered}
	}
	if len(legs) == 0 || standings[0].Over {
		return standings, nil
	}
	to, err := p.dialledTo(ctx, legs[0])
	standings[0].DialledTo = to
	return standings, err
}
