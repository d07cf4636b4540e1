package drill

import (
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// inPeace holds that whoever pressed the key in time, undisturbed by any fault, took the call, unless another did, the caller
// left, or they hung up at once.
func (y *story) inPeace() {
	states := map[string]models.AttemptState{}
	for _, a := range y.record.Attempts {
		if a.State == models.Accepted {
			return
		}
		states[a.Leg] = a.State
	}
	for _, l := range y.rung {
		key := y.chose(l)
		inTime := !key.IsZero() && key.Sub(l.answered) < models.AcceptWindow-keyTakes && key.Before(y.caller.ended.Add(-keyTakes))
		stayed := l.ended.Sub(key) > keyTakes // for us to answer the key
		if inTime && stayed && y.undecided(l.dialled, l.ended) == nil && !y.struckBy(l.phone, y.from) {
			y.wrong(notInVain, "%s pressed the key %s after they picked up, and is recorded as %s", y.name(l.phone), seconds(key.Sub(l.answered)), states[l.sid])
		}
	}
}

// chose is when the key that takes the call was told to us, zero when it never was.
func (y *story) chose(l *leg) time.Time {
	for _, e := range y.told() {
		if e.Kind == simulator.EventWebhook && e.Call == l.sid && e.Digits == y.route.Accept.Key {
			return e.At
		}
	}
	return time.Time{}
}
