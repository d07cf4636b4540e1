package api

import (
	"context"
	"errors"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

const (
	// watchEvery is how often the API looks whether anybody works for the callers on hold.
	watchEvery = 10 * time.Second
	// patienceOnHold is how long no worker may be alive before callers on hold are moved.
	patienceOnHold = 60 * time.Second
	// signOfLife is asked of a run as a sign of life: any worker answers it, no history grows by it.
	signOfLife = "__temporal_workflow_metadata"
	// signs is how many runs are asked, for some may have ended.
	signs = 3
	// signWithin is how long a worker may take for it.
	signWithin = 4 * time.Second
	// heldAtMost is how many calls are looked after at once.
	heldAtMost = 1000
)

// divertArriving notes that a caller whom no run could answer is sent to the emergency number. It is
// written to their row, so that the run is told when it can hear.
func (s *Server) divertArriving(in models.Inbound) {
	s.log.Error("call diverted to the emergency number", "call", in.CallSID, "route", in.Plan.RouteID, "form", divertedOnArrival)
	s.metrics.diverted(divertedOnArrival)
	call, now := arrival(in), s.now()
	call.DivertedAt = &now
	s.background(func(ctx context.Context) {
		if err := s.store.Arrive(ctx, call); err != nil {
			s.log.Error("diversion not written", "call", in.CallSID, "cause", err)
		}
		s.tellDiverted(ctx, call)
	})
}

// tellDiverted tells a run that its caller talks to the emergency number. Where there is no run the
// row is closed.
func (s *Server) tellDiverted(ctx context.Context, call models.Call) {
	err := s.temporal.SignalWorkflow(ctx, workflows.CallID(call.CarrierCallID), "", workflows.SignalDiverted, nil)
	if gone(err) {
		_, err = s.store.CloseCall(ctx, call.CarrierCallID, models.Diverted, "the caller was sent to the emergency number", s.now())
	}
	if err == nil {
		err = s.store.Told(ctx, call.CarrierCallID)
	}
	if err != nil {
		s.log.Warn("run not told of its diversion yet", "call", call.CarrierCallID, "cause", err)
	}
}

// Watch looks after callers for whom no worker works, until ctx is done: it sends those who have
// been on hold for too long to the emergency number, and tells runs of diversions that they could
// not hear of. Any number of processes may do so at once.
func (s *Server) Watch(ctx context.Context) {
	watch := watch{Server: s, alive: s.now()}
	for ticks := time.NewTicker(watchEvery); ; {
		select {
		case <-ctx.Done():
			ticks.Stop()
			return
		case <-ticks.C:
			watch.look(ctx)
		}
	}
}

// watch remembers when a worker last gave a sign of life.
type watch struct {
	*Server
	alive time.Time
}

func (w *watch) look(ctx context.Context) {
	untold, err := w.store.Untold(ctx)
	if err != nil {
		w.log.Warn("diversions not looked at", "cause", err)
	}
	for _, call := range untold {
		w.tellDiverted(ctx, call)
	}
	held, err := w.store.LiveCalls(ctx, w.now(), heldAtMost)
	if err != nil {
		w.log.Warn("callers on hold not looked after", "cause", err)
		return
	}
	if len(held) == 0 || w.anybodyWorks(ctx, held) {
		w.alive = w.now()
		return
	}
	if away := w.now().Sub(w.alive); away < patienceOnHold {
		w.log.Warn("no worker gives a sign of life", "for", away.String())
		return
	}
	for _, call := range held {
		if call.DivertedAt == nil && call.Room != "" {
			w.divertHeld(ctx, call)
		}
	}
}

// anybodyWorks asks some runs, the newest first, for a sign of life.
func (w *watch) anybodyWorks(ctx context.Context, held []models.Call) bool {
	asked := held[max(len(held)-signs, 0):]
	ended := 0
	for i := range asked {
		signCtx, cancel := context.WithTimeout(ctx, signWithin)
		_, err := w.temporal.QueryWorkflow(signCtx, workflows.CallID(asked[len(asked)-1-i].CarrierCallID), "", signOfLife)
		cancel()
		if err == nil {
			return true
		}
		if gone(err) {
			ended++
		}
	}
	return ended == len(asked)
}

// divertHeld moves a caller who waits alone to the emergency number. Whoever talks is left alone.
func (w *watch) divertHeld(ctx context.Context, call models.Call) {
	route, _, err := w.routes.forNumber(ctx, call.Number)
	if err != nil || route.EmergencyNumber == "" {
		w.log.Error("caller on hold has no emergency number to go to", "call", call.CarrierCallID, "route", call.RouteID, "cause", err)
		return
	}
	waits, err := w.waits(ctx, call.Room)
	if err != nil || !waits {
		return
	}
	if claimed, err := w.store.Divert(ctx, call.CarrierCallID, w.now()); err != nil || !claimed {
		return
	}
	w.log.Error("call diverted to the emergency number", "call", call.CarrierCallID, "route", call.RouteID, "form", divertedFromHold)
	w.metrics.diverted(divertedFromHold)
	if err := w.carrier.Move(ctx, call.CarrierCallID, w.links(call.CarrierCallID).Divert(route.Language)); err != nil && !errors.Is(err, twilio.ErrNotLive) {
		w.log.Error("caller on hold not moved", "call", call.CarrierCallID, "cause", err)
	}
	w.tellDiverted(ctx, call)
}

func (w *watch) waits(ctx context.Context, room string) (bool, error) {
	rooms, err := w.carrier.Rooms(ctx, room)
	if err != nil {
		w.log.Error("room not looked at", "cause", err)
	}
	for _, r := range rooms {
		if r.Waits() {
			return true, err
		}
	}
	return false, err
}

// divert connects a caller who was on hold to the emergency number.
func (s *Server) divert(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	number, _ := models.ParsePhone(w.form.Get("To"))
	route, _, err := s.routes.forNumber(w.ctx(), number)
	if err != nil || route.EmergencyNumber == "" {
		s.log.Error("no emergency number", "call", w.Param("call"), "cause", err)
		return w.say(twiml.Goodbye(w.language(), models.PhraseNobody))
	}
	return w.say(twiml.Divert(route.Language, route.EmergencyNumber))
}
