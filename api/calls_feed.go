package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

const (
	// feedEvery is how often live calls are looked at while anybody listens.
	feedEvery = time.Second
	// feedWithin is how long one look may take.
	feedWithin = 5 * time.Second
	// feedCalls is how many live calls a look sees, and how many ended ones.
	feedCalls = 5000
	// endedLately is how far back a look sees ended calls: by so much, clocks may differ and records
	// be late.
	endedLately = time.Minute
	// missedSince is how far back a listener who was away is told of calls that ended meanwhile, and
	// mostMissed of how many.
	missedSince = time.Hour
	mostMissed  = 1000
	// mostListeners is how many listen to one process.
	mostListeners = 100
	// mostWaiting is how many looks a listener may be behind before it is dropped.
	mostWaiting = 16
)

var (
	errFeedFull = errors.New("as many listen as may")
	errFeedOver = errors.New("the feed is over")
)

// What an event tells of a call.
const (
	eventSnapshot = "snapshot" // it is live, as somebody begins to listen
	eventReady    = "ready"    // of no call: the snapshots were all
	eventArrived  = "arrived"
	eventChanged  = "changed" // its stage is another, or it was diverted
	eventEnded    = "ended"   // also once more, when its message has been recorded
)

// event is one thing that happened to a call.
type event struct {
	name string
	at   time.Time
	data any // the call as it is since, or liveNow
}

// liveNow tells with ready how many snapshots there were.
type liveNow struct {
	Live int `json:"live"`
}

// feed tells listeners of live calls. It looks at the database and at Temporal for all of them at
// once, and only while there are any, so that several processes can have one each.
type feed struct {
	store *store.Store
	runs  *runs
	log   *slog.Logger
	now   func() time.Time
	fault complaint // the database does not answer
	away  complaint // Temporal does not tell the stages of runs
	wake  chan struct{}
	stops sync.Once

	mu        sync.Mutex
	listeners map[*listener]bool
	stop      context.CancelFunc // of the looking; nil while nobody listens
	over      bool
}

// listener gets events look by look, first the snapshot, until its channel is closed.
type listener struct {
	events chan []event
	fresh  bool  // it has had no snapshot yet
	err    error // why it had none; to be read once events is closed
}

func newFeed(store *store.Store, runs *runs, log *slog.Logger, now func() time.Time) *feed {
	return &feed{store: store, runs: runs, log: log, now: now, wake: make(chan struct{}, 1), listeners: map[*listener]bool{}}
}

// join adds a listener, who leaves in the end.
func (f *feed) join() (*listener, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.over:
		return nil, errFeedOver
	case len(f.listeners) >= mostListeners:
		return nil, errFeedFull
	}
	l := &listener{events: make(chan []event, mostWaiting), fresh: true, err: errFeedOver}
	f.listeners[l] = true
	if f.stop == nil {
		var ctx context.Context
		ctx, f.stop = context.WithCancel(context.Background())
		go f.run(ctx)
	}
	select {
	case f.wake <- struct{}{}:
	default: // it is about to look
	}
	return l, nil
}

// leave may be repeated, and does nothing to a listener who was dropped.
func (f *feed) leave(l *listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(l)
}

// end drops everybody, and lets nobody in any more.
func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
	for l := range f.listeners {
		f.drop(l)
	}
}

// endWith ends the feed as soon as the HTTP server that a request came to begins to shut down: it
// waits for its requests, and streams would not end.
func (f *feed) endWith(ctx context.Context) {
	if server, ok := ctx.Value(http.ServerContextKey).(*http.Server); ok {
		f.stops.Do(func() { server.RegisterOnShutdown(f.end) })
	}
}

func (f *feed) drop(l *listener) {
	if !f.listeners[l] {
		return
	}
	delete(f.listeners, l)
	close(l.events)
	if len(f.listeners) == 0 {
		f.stop()
		f.stop = nil
	}
}

// run looks and tells until ctx ends.
func (f *feed) run(ctx context.Context) {
	for told := (view{}); ctx.Err() == nil; {
		at := f.now()
		now, news, err := f.look(ctx, told, at)
		if err == nil {
			told = now
		}
		if ctx.Err() == nil {
			f.fault.note(f.log, err, "live calls not looked at")
		}
		f.tell(ctx, told.snapshot(at), news, err)
		select {
		case <-ctx.Done():
		case <-f.wake:
		case <-time.After(feedEvery):
		}
	}
}

// tell gives everybody the news, and a snapshot to who is fresh. Who does not keep up is dropped.
// Those who wait for a first look that failed are told so; for others the next one will do.
func (f *feed) tell(ctx context.Context, snapshot, news []event, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ctx.Err() != nil {
		return // who listens now is another run's
	}
	for l := range f.listeners {
		batch := news
		switch {
		case l.fresh && err != nil:
			l.err = err
			f.drop(l)
			continue
		case l.fresh:
			l.fresh, batch = false, snapshot
		case len(news) == 0:
			continue
		}
		select {
		case l.events <- batch:
		default:
			f.drop(l)
		}
	}
}

// view is what has been told of calls, by their ids: of the live ones, and of those that ended lately.
type view map[string]models.Call

// snapshot tells of every live call, the oldest first, and that these are all.
func (v view) snapshot(at time.Time) (events []event) {
	live := slices.Collect(maps.Values(v))
	live = slices.DeleteFunc(live, func(c models.Call) bool { return c.EndedAt != nil })
	slices.SortFunc(live, func(a, b models.Call) int { return a.StartedAt.Compare(b.StartedAt) })
	for _, call := range live {
		events = append(events, event{eventSnapshot, at, call})
	}
	return append(events, event{eventReady, at, liveNow{len(live)}})
}

// add notes a call as it is now, and says what is new about it.
func (v view) add(told view, at time.Time, call models.Call) (news []event) {
	v[call.ID] = call
	before, known := told[call.ID]
	switch {
	case known && before.Stage == call.Stage && before.Outcome == call.Outcome &&
		(before.EndedAt == nil) == (call.EndedAt == nil) && (before.DivertedAt == nil) == (call.DivertedAt == nil):
		return nil
	case call.EndedAt != nil:
		return []event{{eventEnded, at, call}}
	case known:
		return []event{{eventChanged, at, call}}
	default:
		return []event{{eventArrived, at, call}}
	}
}

// look sees how the calls stand, and what is new since they were told of.
func (f *feed) look(ctx context.Context, told view, at time.Time) (now view, news []event, err error) {
	ctx, cancel := context.WithTimeout(ctx, feedWithin)
	defer cancel()
	calls, err := f.inView(ctx, told, at)
	if err != nil {
		return nil, nil, err
	}
	stages, err := f.runs.stages(ctx)
	if ctx.Err() == nil {
		f.away.note(f.log, err, stagesUnknown)
	}
	now = view{}
	for _, call := range calls {
		if call.EndedAt == nil {
			call.Stage = cmp.Or(stages[call.CarrierCallID], told[call.ID].Stage, call.Stage)
		}
		news = append(news, now.add(told, at, call)...)
	}
	return now, news, nil
}

// inView reads the live calls, and those that ended lately or were live when they were last told of. The
// live ones come first, so that of one that ends meanwhile the end is told last.
func (f *feed) inView(ctx context.Context, told view, at time.Time) ([]models.Call, error) {
	live, err := f.store.LiveCalls(ctx, at.Add(endedLately), feedCalls)
	if err != nil {
		return nil, err
	}
	ended, err := f.store.EndedCalls(ctx, at.Add(-endedLately), feedCalls)
	if err != nil {
		return nil, err
	}
	slices.Reverse(ended)
	calls := slices.Concat(live, ended)
	lost := maps.Clone(told)
	for _, call := range calls {
		delete(lost, call.ID)
	}
	maps.DeleteFunc(lost, func(_ string, call models.Call) bool { return call.EndedAt != nil })
	if len(lost) == 0 {
		return calls, nil
	}
	late, err := f.store.CallsByID(ctx, slices.Collect(maps.Keys(lost))) // their records took a while
	return slices.Concat(calls, late), err
}

// missed tells of the calls that ended since a time, the first ended first.
func (f *feed) missed(ctx context.Context, since time.Time) ([]event, error) {
	if earliest := f.now().Add(-missedSince); since.Before(earliest) {
		since = earliest
	}
	ended, err := f.store.EndedCalls(ctx, since.Add(-endedLately), mostMissed)
	var events []event
	for _, call := range slices.Backward(ended) {
		events = append(events, event{eventEnded, *call.EndedAt, call})
	}
	return events, err
}
