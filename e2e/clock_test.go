package e2e

import (
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// At life's own pace: whatever the carrier does with its time-out, the next phone's request
// leaves 28 to 33 s after the last one's.
func TestTheNextPhoneIsAskedForInTimeWhateverTheCarrierDoes(t *testing.T) {
	for name, carrier := range map[string]simulator.Script{
		"a carrier that honours its time-out": {Answer: simulator.NoAnswer},
		"a carrier that rings 5 s longer":     {Answer: simulator.NoAnswer, RingsOver: true},
		"a carrier that never calls back":     {Answer: simulator.NoAnswer, NoCallbacks: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sharedSystem(t, "real-time")
			l := s.line(t, "Alice Bob Carol")
			for _, phone := range l.people {
				s.carrier.Script(phone.number, carrier)
			}
			caller := l.calls()
			first := l.rung("Alice").askedFor()
			second := l.rung("Bob").askedFor()
			third := l.rung("Carol").askedFor()
			caller.hangsUp()
			l.ended(models.Abandoned)
			for _, gap := range []time.Duration{second.Sub(first), third.Sub(second)} {
				if gap < 28*time.Second || gap > 33*time.Second {
					t.Errorf("the next phone's request left after %s", gap)
				}
			}
		})
	}
}

// askedFor is when the carrier was asked to ring this phone.
func (p *phone) askedFor() time.Time {
	p.t.Helper()
	for _, e := range p.s.carrier.History() {
		if e.Kind == simulator.EventDialled && e.Call == p.leg.SID {
			return e.At
		}
	}
	p.t.Fatalf("no request for leg %s", p.leg.SID)
	return time.Time{}
}
