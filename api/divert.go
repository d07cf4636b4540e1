package api

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"golang.org/x/sync/errgroup"
)

const (
	// watchEvery is how often the API looks whether anybody works for the callers on hold.
	watchEvery = 10 * time.Second
	// patienceOnHold is how long no worker may be alive before callers on hold are moved.
	patienceOnHold = 60 * time.Second
	// signOfLife is asked of a run as a sign of life: any worker answers it, no history grows by it.
	signOfLife = "__temporal_workflow_metadata"
	// signs is how many runs may stay silent before nobody is held to be at work.
	signs = 3
	// signWithin is how long a worker may take for it, and a run may take to be told.
	signWithin = 4 * time.Second
	// lookWithin is how long the database may take to say who is on hold, and moving one of them.
	lookWithin = 15 * time.Second
	// newestAtMost is how many calls may be asked for a sign of life, most of which have no run then.
	newestAtMost = 1000
	// heldPage is how many callers on hold are listed at once.
	heldPage = 200
	// movedAtOnce is how many callers are moved at a time, so that the last of several hundred is
	// moved seconds after the first.
	movedAtOnce = 8
	// tellPause is how soon a run that could not hear of a diversion on arrival is told again: Temporal may be back any moment.
	tellPause = 500 * time.Millisecond
	// tellAgainAfter is how old a diversion is before it is told again: until then who diverted the
	// caller is at it, and a start of the run may be on its way.
	tellAgainAfter = 15 * time.Second
)

// divertArriving notes that a caller whom no run could answer is sent to the emergency number. It is
// written to their row, so that the run is told when it can hear.
func (s *Server) divertArriving(in models.Inbound) {
	s.log.Error("call diverted to the emergency number", "call", in.CallSID, "route", in.Plan.RouteID, "form", divertedOnArrival)
	s.metrics.diverted(divertedOnArrival)
	call, now := arrival(in), s.now()
	call.DivertedAt = &now
	s.background(func(ctx context.Context) {
		written, cancel := context.WithTimeout(ctx, backgroundWithin/2) // the run is told all the same
		defer cancel()
		if err := s.store.Arrive(written, call); err != nil {
			s.log.Error("diversion not written", "call", in.CallSID, "cause", err)
			s.unwritten.add(call)
		}
		told, cancel := context.WithTimeout(ctx, s.paced(tellAgainAfter))
		defer cancel()
		s.tellDiverted(told, call, tellPause)
	})
}

// tellDiverted tells a run that its caller talks to the emergency number: with a pause again and again, for as long as ctx lets it,
// so that it knows before it hears that the caller has hung up; without one once. Where there is no run the
// row is closed; after a new diversion it is told again later, because a run may be about to start.
func (s *Server) tellDiverted(ctx context.Context, call models.Call, pause time.Duration) {
	err := s.signalDiverted(ctx, call)
	for again := pause > 0; again && err != nil && !gone(err); {
		select {
		case <-ctx.Done():
			again = false
		case <-time.After(s.paced(pause)):
			err = s.signalDiverted(ctx, call)
		}
	}
	noRun := gone(err)
	if err != nil && !noRun {
		s.log.Warn("run not told of its diversion yet", "call", call.CarrierCallID, "cause", err)
		return
	}
	err = nil
	if noRun {
		var closed bool
		closed, err = s.store.CloseCall(ctx, call.CarrierCallID, models.Diverted, "the caller was sent to the emergency number", s.now())
		if closed {
			s.metrics.closed(models.Diverted)
		}
	}
	if err == nil && (!noRun || s.settled(call)) {
		err = s.store.Told(ctx, call.CarrierCallID)
	}
	if err != nil {
		s.log.Warn("diversion not on record yet", "call", call.CarrierCallID, "cause", err)
	}
}

func (s *Server) signalDiverted(ctx context.Context, call models.Call) error {
	ctx, cancel := context.WithTimeout(ctx, signWithin)
	defer cancel()
	return s.tell(ctx, call.CarrierCallID, workflows.SignalDiverted, nil)
}

// settled says whether a diversion is so old that nobody is at it any more.
func (s *Server) settled(call models.Call) bool {
	return s.now().Sub(*call.DivertedAt) >= s.paced(tellAgainAfter)
}

// Watch looks after callers for whom no worker works, until ctx is done: it sends those who have
// been on hold for too long to the emergency number, and tells runs of diversions that they could
// not hear of. Any number of processes may do so at once.
func (s *Server) Watch(ctx context.Context) {
	watch := watch{Server: s}
	for ticks := time.NewTicker(s.paced(watchEvery)); ; {
		select {
		case <-ctx.Done():
			ticks.Stop()
			return
		case <-ticks.C:
			watch.look(ctx)
		}
	}
}

// paced is a wait at the pace of the calls.
func (s *Server) paced(d time.Duration) time.Duration {
	if s.pace == 0 {
		return d
	}
	return time.Duration(float64(d) / s.pace)
}

// watch remembers since when it has seen no worker, and which runs have none of their own.
type watch struct {
	*Server
	silent    time.Time       // when it first asked in vain; zero while a worker answers
	mutes     map[string]mute // by the call's SID
	askedLast models.Call     // whom nextOnHold looked at last
}

func (w *watch) look(ctx context.Context) {
	defer w.tellUntold(ctx) // who waits comes first
	defer w.writeLate(ctx)
	listCtx, cancel := context.WithTimeout(ctx, lookWithin)
	newest, err := w.store.NewestLiveCalls(listCtx, newestAtMost)
	cancel()
	if err != nil {
		w.log.Warn("callers on hold not looked after", "cause", err)
		return
	}
	switch {
	case w.abandoned(ctx, newest):
		w.divertAll(ctx)
	case w.silent.IsZero():
		w.moveForlorn(ctx)
		return
	}
	w.forgetMutes()
}

// divertAll moves everybody who is on hold, and only then tells their runs: that may take seconds
// each, which nobody is to wait for.
func (w *watch) divertAll(ctx context.Context) {
	var mu sync.Mutex
	var moved []models.Call
	w.eachHeld(ctx, func(call models.Call) {
		if diverted, ok := w.divertHeld(ctx, call); ok {
			mu.Lock()
			defer mu.Unlock()
			moved = append(moved, diverted)
		}
	})
	ctx, cancel := context.WithTimeout(ctx, lookWithin) // a later look tells the others
	defer cancel()
	atOnce(moved, func(call models.Call) { w.tellDiverted(ctx, call, 0) })
}

// eachHeld does something for every caller on hold, the oldest first.
func (w *watch) eachHeld(ctx context.Context, do func(models.Call)) {
	for last := (models.Call{}); ; {
		listCtx, cancel := context.WithTimeout(ctx, lookWithin)
		held, err := w.store.HeldCallsAfter(listCtx, last, heldPage)
		cancel()
		if err != nil {
			w.log.Warn("callers on hold not looked after", "cause", err)
			return
		}
		atOnce(held, do)
		if len(held) < heldPage {
			return
		}
		last = held[len(held)-1]
	}
}

// atOnce does something for each of some calls, for a few at a time.
func atOnce(calls []models.Call, do func(models.Call)) {
	var group errgroup.Group
	group.SetLimit(movedAtOnce)
	for _, call := range calls {
		group.Go(func() error {
			do(call)
			return nil
		})
	}
	_ = group.Wait() // none errs
}

// abandoned says whether nobody has worked for these calls for too long. Time in which it could
// not be asked does not count.
func (w *watch) abandoned(ctx context.Context, newest []models.Call) bool {
	began := w.now()
	if w.anybodyWorks(ctx, newest) {
		w.silent = time.Time{}
		return false
	}
	if w.silent.IsZero() {
		w.silent = began
	}
	away := w.now().Sub(w.silent)
	if away < w.paced(patienceOnHold) {
		w.log.Warn("no worker gives a sign of life", "for", away.String())
		return false
	}
	return true
}

// anybodyWorks asks some runs, the newest first, for a sign of life. Calls without a run say
// nothing either way; when there are no others, nobody waits for a worker. The newest may all be of
// a build that no worker has: then who is on hold for longest is asked.
func (w *watch) anybodyWorks(ctx context.Context, newest []models.Call) bool {
	silent, asked := 0, map[string]bool{}
	for some := range slices.Chunk(newest, signs) {
		for i, err := range w.askForSigns(ctx, some) {
			asked[some[i].CarrierCallID] = true
			switch {
			case err == nil:
				return true
			case !gone(err):
				silent++
			}
		}
		if silent >= signs {
			break
		}
	}
	return silent == 0 || w.oldestWork(ctx, asked)
}

// oldestWork says whether the run of any of the callers who are on hold for longest gives a sign of life, those left out who were
// asked before.
func (w *watch) oldestWork(ctx context.Context, asked map[string]bool) bool {
	listCtx, cancel := context.WithTimeout(ctx, lookWithin)
	held, err := w.store.HeldCallsAfter(listCtx, models.Call{}, forlornAtOnce)
	cancel()
	if err != nil {
		w.log.Warn("callers on hold not looked after", "cause", err)
		return false
	}
	held = slices.DeleteFunc(held, func(c models.Call) bool { return asked[c.CarrierCallID] })
	return slices.Contains(w.askForSigns(ctx, held), nil)
}

// askForSigns asks the runs of some calls at once, so that a look takes no longer than one of them.
func (w *watch) askForSigns(ctx context.Context, calls []models.Call) []error {
	ctx, cancel := context.WithTimeout(ctx, signWithin)
	defer cancel()
	answers := make([]error, len(calls))
	var asked sync.WaitGroup
	for i, call := range calls {
		asked.Go(func() {
			_, answers[i] = w.temporal.QueryWorkflow(ctx, workflows.CallID(call.CarrierCallID), "", signOfLife)
		})
	}
	asked.Wait()
	return answers
}

// divertHeld claims a caller who waits alone and moves them to the emergency number. Whoever talks
// is left alone. It reports whether they were moved, and the call as it is then.
func (w *watch) divertHeld(ctx context.Context, call models.Call) (models.Call, bool) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	route, _, err := w.routes.forNumber(ctx, call.Number)
	if err != nil || route.EmergencyNumber == "" {
		w.log.Error("caller on hold has no emergency number to go to", "call", call.CarrierCallID, "route", call.RouteID, "cause", err)
		return call, false
	}
	if waits, _, err := w.whereabouts(ctx, call); err != nil || !waits {
		return call, false
	}
	now := w.now()
	claimed, err := w.store.Divert(ctx, call.CarrierCallID, now)
	if err != nil {
		w.log.Error("caller on hold not claimed", "call", call.CarrierCallID, "cause", err)
	}
	if err != nil || !claimed {
		return call, false
	}
	call.DivertedAt = &now
	return call, w.moveHeld(ctx, call, route.Language)
}

// moveHeld moves a caller who was claimed, and reports whether their run is to be told. Until they
// are moved it is not, and a later look moves them.
func (w *watch) moveHeld(ctx context.Context, call models.Call, language string) (moved bool) {
	err := w.carrier.Move(ctx, call.CarrierCallID, w.links(call.CarrierCallID).Divert(language))
	switch {
	case errors.Is(err, twilio.ErrNotLive): // they have hung up, which their run hears as ever
		w.leave(ctx, call)
	case err != nil:
		w.log.Error("caller on hold not moved yet", "call", call.CarrierCallID, "cause", err)
	default:
		w.log.Error("call diverted to the emergency number", "call", call.CarrierCallID, "route", call.RouteID, "form", divertedFromHold)
		w.metrics.diverted(divertedFromHold)
	}
	return err == nil
}

// leave gives up a claim: the caller stays with their run.
func (w *watch) leave(ctx context.Context, call models.Call) {
	if err := w.store.Undivert(ctx, call.CarrierCallID); err != nil {
		w.log.Warn("claim of a caller on hold not given up yet", "call", call.CarrierCallID, "cause", err)
	}
}

// whereabouts asks the carrier whether a caller waits alone in their room, or talks there.
func (w *watch) whereabouts(ctx context.Context, call models.Call) (waits, talks bool, err error) {
	rooms, err := w.carrier.Rooms(ctx, call.Room)
	if err != nil {
		w.log.Error("room not looked at", "call", call.CarrierCallID, "cause", err)
	}
	return slices.ContainsFunc(rooms, twilio.Room.Waits), slices.ContainsFunc(rooms, twilio.Room.Talks), err
}

// tellUntold tells runs of diversions that they could not hear of.
func (w *watch) tellUntold(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	untold, err := w.store.Untold(ctx)
	if err != nil {
		w.log.Warn("diversions not looked at", "cause", err)
	}
	atOnce(untold, func(call models.Call) {
		if ctx.Err() == nil && w.settled(call) { // the others next time
			w.finish(ctx, call)
		}
	})
}

// finish brings a diversion to its end, whoever began it. A caller from hold may still be there,
// because the carrier was away, or the process that claimed them died.
func (w *watch) finish(ctx context.Context, call models.Call) {
	if call.DivertedAt.Sub(call.StartedAt) < w.paced(patienceOnHold) { // on arrival
		w.tellDiverted(ctx, call, 0)
		return
	}
	row, err := w.store.CallByCarrierID(ctx, call.CarrierCallID) // with its room
	if err != nil {
		w.log.Warn("diversion not looked at", "call", call.CarrierCallID, "cause", err)
		return
	}
	waits, talks, err := w.whereabouts(ctx, row)
	switch {
	case err != nil: // next time
	case talks: // somebody took the call before they could be moved
		w.leave(ctx, row)
	case waits:
		route, _, _ := w.routes.forNumber(ctx, row.Number)
		if w.moveHeld(ctx, row, route.Language) {
			w.tellDiverted(ctx, row, 0)
		}
	default:
		w.tellDiverted(ctx, row, 0)
	}
}

// divert connects a caller who was on hold to the emergency number.
func (s *Server) divert(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	route, _, err := s.routes.forNumber(w.ctx(), w.ours())
	if err != nil || route.EmergencyNumber == "" {
		s.log.Error("no emergency number", "call", w.Param("call"), "cause", err)
		return w.say(s.words(w).Goodbye(models.PhraseNobody))
	}
	return w.say(wordsOfRoute(route).Divert(route.EmergencyNumber, w.shown()))
}
