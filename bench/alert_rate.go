package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

const (
	alertsAtOnce   = 20
	alertsABlock   = 60
	alertRateRatio = 0.8  // of the floor's
	alertEvents    = 0.03 // how far the events of an alert may be from the floor's, as a share
)

// alertRate is how many alerts one worker manages.
type alertRate struct {
	Name      string  `json:"name"`
	Alerts    int     `json:"alerts"`
	PerSecond float64 `json:"per_second"`      // the median block
	Events    float64 `json:"events_an_alert"` // of its history, workflow tasks left out
	Ratio     float64 `json:"ratio,omitempty"` // to the floor
	Pass      bool    `json:"pass"`            // true where there is no target
}

// written says when something has been written of an alert.
type written struct{ callMap[chan struct{}] }

func (w *written) of(run string) chan struct{} {
	return w.getOr(run, func() chan struct{} { return make(chan struct{}, 100) }) // more than there are
}

// note is told of activities as they end. What receivers are told is nothing that is waited for.
func (w *written) note(info activity.Info) {
	if waits := w.get(info.WorkflowExecution.ID); waits != nil && info.TaskQueue != workflows.TellQueue {
		waits <- struct{}{}
	}
}

// raising is how alerts of a side are raised and told: by a client alone, without a call.
type raising struct {
	name    string
	engine  client.Client
	id      func(call string) string
	start   func(ctx context.Context, call string) (client.WorkflowRun, error)
	words   map[string]any // of each signal
	written *written

	rates []float64 // of blocks, alerts a second
	calls []string  // that were measured
}

// raisingOf raises alerts of ours as a call does.
func raisingOf(name string, o *ours, w *written) *raising {
	at := time.Now()
	ring := models.Ring{Attempt: "1", UserID: "person-1", Name: "Person 1", Label: "mobile", Level: 1, At: at, State: models.Ringing}
	over := ring
	over.State, over.Result, over.EndedAt = models.Ending, models.ResultHungUp, &at
	return &raising{
		name: name, engine: o.temporal, id: workflows.AlertID, written: w,
		words: map[string]any{
			workflows.SignalDialled:  models.Rung{UserID: ring.UserID, Rings: []models.Ring{ring}},
			workflows.SignalAnswered: ring.UserID,
			workflows.SignalEnded: models.CallEnd{
				Outcome: models.Connected, AnsweredBy: ring.UserID, AnsweredAt: &at, Dialled: []string{ring.UserID}, Whole: true, Rings: []models.Ring{over},
			},
		},
		start: func(ctx context.Context, call string) (client.WorkflowRun, error) {
			return o.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
				ID: workflows.AlertID(call), TaskQueue: workflows.CallQueue, StaticSummary: "Call to Support",
				TypedSearchAttributes: temporal.NewSearchAttributes(
					workflows.CallRoute.ValueSet("bench"), workflows.AlertStatus.ValueSet(string(models.AlertFiring))),
			}, workflows.Alert, models.Raised{
				AlertID: call, CallSID: call, CallID: call, RouteID: "bench", RouteName: "Support",
				Number: holdNumber, Caller: caller, Country: "GB", StartedAt: time.Now(), Route: true,
			})
		},
	}
}

// raisingOfFloor raises alerts of the floor.
func raisingOfFloor(f *floor, w *written) *raising {
	return &raising{
		name: "floor", engine: f.temporal, id: floorAlertID, written: w,
		words: map[string]any{workflows.SignalDialled: "word", workflows.SignalAnswered: "word", workflows.SignalEnded: "word"},
		start: func(ctx context.Context, call string) (client.WorkflowRun, error) {
			return f.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
				ID: floorAlertID(call), TaskQueue: floorQueue, StaticSummary: "Call to Support",
				TypedSearchAttributes: temporal.NewSearchAttributes(
					workflows.CallRoute.ValueSet("bench"), workflows.AlertStatus.ValueSet(string(models.AlertFiring))),
			}, floorAlert)
		},
	}
}

// one raises an alert, and tells it what a call does that somebody takes, each thing when the last is
// written. Between them it pauses.
func (r *raising) one(ctx context.Context, call string, pause time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	written := r.written.of(r.id(call))
	run, err := r.start(ctx, call)
	if err != nil {
		return err
	}
	for _, signal := range []string{workflows.SignalDialled, workflows.SignalAnswered, workflows.SignalEnded} {
		if signal != workflows.SignalAnswered { // to be dialled changes nothing that anybody waits for
			select {
			case <-written:
			case <-ctx.Done():
				return fmt.Errorf("alert %s is not written before it is %s: %w", r.id(call), signal, context.Cause(ctx))
			}
		}
		time.Sleep(pause)
		if err := r.engine.SignalWorkflow(ctx, r.id(call), "", signal, r.words[signal]); err != nil {
			return err
		}
	}
	return run.Get(ctx, nil)
}

// leave raises alerts whose calls have ended at once, and leaves them.
func (r *raising) leave(ctx context.Context, n int) error {
	_, err := atOnce(n, func(call string) error {
		if _, err := r.start(ctx, call); err != nil {
			return err
		}
		return r.engine.SignalWorkflow(ctx, r.id(call), "", workflows.SignalEnded, r.words[workflows.SignalEnded])
	})
	return err
}

// block raises some alerts, always so many at once, and notes how many a second that were.
func (r *raising) block(ctx context.Context, n int, counts bool) error {
	began := time.Now()
	calls, err := atOnce(n, func(call string) error { return r.one(ctx, call, 0) })
	if err == nil && counts {
		r.rates = append(r.rates, float64(n)/time.Since(began).Seconds())
		r.calls = append(r.calls, calls...)
	}
	return err
}

// atOnce does something for n calls, some at a time, and says which they were.
func atOnce(n int, do func(call string) error) (calls []string, err error) {
	for range n {
		calls = append(calls, newCallSID())
	}
	var next atomic.Int64
	faults := make([]error, alertsAtOnce)
	var all sync.WaitGroup
	for i := range alertsAtOnce {
		all.Go(func() {
			for faults[i] == nil {
				k := int(next.Add(1)) - 1
				if k >= n {
					return
				}
				faults[i] = do(calls[k])
			}
		})
	}
	all.Wait()
	return calls, errors.Join(faults...)
}

// events is how long a history is on average, workflow tasks left out. It looks at one in twenty.
func (r *raising) events(ctx context.Context) (float64, error) {
	total, looked := 0, 0
	for i := 0; i < len(r.calls); i += 20 {
		found, err := eventsOf(ctx, r.engine, r.id(r.calls[i]))
		if err != nil {
			return 0, err
		}
		for _, n := range found {
			total += n
		}
		looked++
	}
	return float64(total) / float64(max(looked, 1)), nil
}

// measureAlertRates raises alerts on both sides by turns, block by block; and some that make an incident
// and are told.
func measureAlertRates(ctx context.Context, n int, plain, told *ours, w *written, progress io.Writer) ([]alertRate, error) {
	f, err := startFloor(ctx, plain.address, w.note)
	if err != nil {
		return nil, err
	}
	defer f.stop()
	calls := &measurement{ours: plain, floor: f, progress: progress}
	if err := calls.compareCommands(ctx); err != nil {
		return nil, err
	}
	sides := []*raising{raisingOfFloor(f, w), raisingOf("ours", plain, w), raisingOf("ours, with an incident and a receiver", told, w)}
	if err := compareAlerts(ctx, sides[1], sides[0]); err != nil {
		return nil, err
	}
	blocks := max(n/30, 1)
	for i := range blocks + 1 { // the first only warms up
		_, _ = fmt.Fprintf(progress, "alerts alone, %d at once: %d of %d\n", alertsAtOnce, i+1, blocks+1)
		for k := range sides {
			if err := sides[(i+k)%len(sides)].block(ctx, alertsABlock, i > 0); err != nil {
				return nil, err
			}
			if err := wait(ctx, 4*rest); err != nil {
				return nil, err
			}
		}
	}
	return ratesOf(ctx, sides)
}

// compareAlerts holds that the history of an alert is that of the floor, when nothing of it happens at once.
func compareAlerts(ctx context.Context, ours, floor *raising) error {
	var seen [2]map[enums.EventType]int
	for i, side := range []*raising{ours, floor} {
		call := newCallSID()
		if err := side.one(ctx, call, rest); err != nil {
			return err
		}
		var err error
		if seen[i], err = eventsOf(ctx, side.engine, side.id(call)); err != nil {
			return err
		}
	}
	return alike("an alert", seen)
}

// ratesOf compares the first side, the floor, with the second; of the others it only tells.
func ratesOf(ctx context.Context, sides []*raising) (rates []alertRate, err error) {
	for i, side := range sides {
		slices.Sort(side.rates)
		r := alertRate{Name: side.name, Alerts: len(side.calls), PerSecond: side.rates[len(side.rates)/2], Pass: true}
		if r.Events, err = side.events(ctx); err != nil {
			return nil, err
		}
		if i > 0 {
			r.Ratio = r.PerSecond / rates[0].PerSecond
		}
		if i == 1 {
			if share := r.Events/rates[0].Events - 1; share < -alertEvents || share > alertEvents {
				return nil, fmt.Errorf("an alert has %.1f events, the floor's %.1f: they do not do the same", r.Events, rates[0].Events)
			}
			r.Pass = r.Ratio >= alertRateRatio
		}
		rates = append(rates, r)
	}
	return rates, nil
}
