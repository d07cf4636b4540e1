package api

import (
	"context"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
)

// forlornAtOnce is how many callers on hold are looked at, at each look, for whether their own run lives.
const forlornAtOnce = 20

// mute is a run of a caller on hold that gives no sign of life although others do.
type mute struct {
	call  models.Call
	since time.Time // when it was first asked in vain
}

// moveForlorn moves callers on hold whose own run has given no sign of life for too long, though others have: it is pinned to
// a build of which no worker is left. Each look asks the next few, the oldest first, and whoever was mute before.
func (w *watch) moveForlorn(ctx context.Context) {
	asked := w.nextOnHold(ctx)
	for sid, m := range w.mutes {
		if !slices.ContainsFunc(asked, func(c models.Call) bool { return c.CarrierCallID == sid }) {
			asked = append(asked, m.call)
		}
	}
	if w.mutes == nil {
		w.mutes = map[string]mute{}
	}
	defer func() { w.metrics.mute.Set(float64(len(w.mutes))) }()
	began := w.now()
	for i, err := range w.askForSigns(ctx, asked) {
		call := asked[i]
		m, before := w.mutes[call.CarrierCallID]
		switch {
		case err == nil || gone(err):
			delete(w.mutes, call.CarrierCallID)
		case !before:
			w.log.Warn("a call's own run gives no sign of life, others do: is a worker of its build up, and can it go on?", "call", call.CarrierCallID)
			w.mutes[call.CarrierCallID] = mute{call, began}
		case began.Sub(m.since) >= w.paced(patienceOnHold):
			if diverted, moved := w.divertHeld(ctx, call); moved {
				w.tellDiverted(ctx, diverted, 0)
			}
			delete(w.mutes, call.CarrierCallID) // who was not moved is asked again
		}
	}
}

// forgetMutes is for when nobody can say that a run is mute while others are not.
func (w *watch) forgetMutes() {
	w.mutes = nil
	w.metrics.mute.Set(0)
}

// nextOnHold are the next few callers on hold, from the oldest again after the newest.
func (w *watch) nextOnHold(ctx context.Context) []models.Call {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	held, err := w.store.HeldCallsAfter(ctx, w.askedLast, forlornAtOnce)
	if err != nil {
		w.log.Warn("callers on hold not looked after", "cause", err)
		return nil
	}
	w.askedLast = models.Call{}
	if len(held) == forlornAtOnce {
		w.askedLast = held[len(held)-1]
	}
	return held
}
