package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"golang.org/x/sync/errgroup"
)

// How the waiting is watched.
const (
	waitingFor   = 6 * time.Second
	stillFor     = 2 * time.Second // without a workflow task, and all that was begun is done
	settledAfter = 2 * time.Second // the server is done with the looks at histories, and has counted them
)

// waiting is what requests take that all wait for a reviewer.
type waiting struct {
	Requests int     `json:"requests"`
	Held     int64   `json:"held"`              // runs in the worker's memory
	Resident float64 `json:"resident_mib"`      // of the process with API and worker
	CPU      float64 `json:"percent_of_a_core"` // of the same
	Server   float64 `json:"server_percent_of_a_core"`
	Asked    float64 `json:"server_requests_a_second"`          // by us
	Rows     float64 `json:"server_database_requests_a_second"` // that it made
	Tasks    float64 `json:"workflow_tasks"`                    // while they were watched
	Events   int     `json:"events"`                            // in all histories, as the watch began
	New      int     `json:"new_events"`                        // as it ended
	Timers   int     `json:"timers"`                            // that are pending, of a day each
}

// leaveWaiting has so many requests wait, and watches.
func (d *desk) leaveWaiting(ctx context.Context, count int) (w waiting, err error) {
	_, _ = fmt.Fprintf(d.progress, "requests: %d wait\n", count)
	if err := d.file(ctx, count); err != nil {
		return w, err
	}
	if err := d.untilStill(ctx); err != nil {
		return w, err
	}
	before, err := d.look(ctx)
	if err != nil {
		return w, err
	}
	if err := wait(ctx, settledAfter); err != nil {
		return w, err
	}
	w, err = d.watch(ctx)
	if err != nil {
		return w, err
	}
	after, err := d.look(ctx)
	w.Requests, w.Events, w.New, w.Timers = count, before.events, after.events-before.events, after.timers
	return w, err
}

// watch lets time pass in which nothing happens.
func (d *desk) watch(ctx context.Context) (w waiting, err error) {
	ours, err := askUsage(ctx, d.address)
	if err != nil {
		return w, err
	}
	server, err := d.engine.load(ctx)
	if err != nil {
		return w, err
	}
	if server.cpu, err = d.engine.cpu(); err != nil { // without the question itself
		return w, err
	}
	if err := wait(ctx, waitingFor); err != nil {
		return w, err
	}
	cpu, err := d.engine.cpu()
	if err != nil {
		return w, err
	}
	oursAfter, err := askUsage(ctx, d.address)
	if err != nil {
		return w, err
	}
	serverAfter, err := d.engine.load(ctx)
	percent := func(used time.Duration) float64 { return float64(used) / float64(waitingFor) * 100 }
	return waiting{
		Held: oursAfter.Held, Resident: float64(oursAfter.Resident) / (1 << 20), CPU: percent(oursAfter.CPU - ours.Answered),
		Server: percent(cpu - server.cpu), Tasks: serverAfter.tasks - server.tasks,
		Asked: (serverAfter.asked - server.asked) / waitingFor.Seconds(), Rows: (serverAfter.rows - server.rows) / waitingFor.Seconds(),
	}, err
}

// untilStill waits until no run does anything any more.
func (d *desk) untilStill(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*patience, errors.New("the runs do not come to rest"))
	defer cancel()
	for last := -1.0; ; {
		now, err := d.engine.load(ctx)
		if err != nil {
			return err
		}
		if now.tasks == last {
			return nil
		}
		last = now.tasks
		if err := wait(ctx, stillFor); err != nil {
			return context.Cause(ctx)
		}
	}
}

// histories are how much has happened in runs of requests.
type histories struct{ events, timers int }

// look reads the histories of all requests.
func (d *desk) look(ctx context.Context) (histories, error) {
	found := make([]histories, len(d.requests))
	reading, ctx := errgroup.WithContext(ctx)
	reading.SetLimit(requestsAtOnce)
	for i, id := range d.requests {
		reading.Go(func() (err error) {
			found[i], err = d.lookAt(ctx, id)
			return err
		})
	}
	err := reading.Wait()
	var all histories
	for _, h := range found {
		all.events += h.events
		all.timers += h.timers
	}
	return all, err
}

// lookAt counts the events of a request, and its timers of a day that are neither over nor given up.
func (d *desk) lookAt(ctx context.Context, id string) (h histories, err error) {
	pending := map[int64]bool{} // by the event that started it
	events := d.temporal.GetWorkflowHistory(ctx, workflows.RequestID(id), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return h, err
		}
		h.events++
		if started := e.GetTimerStartedEventAttributes(); started != nil {
			lasts := started.GetStartToFireTimeout().AsDuration()
			pending[e.GetEventId()] = lasts > 23*time.Hour && lasts <= 24*time.Hour
		}
		delete(pending, e.GetTimerFiredEventAttributes().GetStartedEventId())
		delete(pending, e.GetTimerCanceledEventAttributes().GetStartedEventId())
	}
	for _, day := range pending {
		if day {
			h.timers++
		}
	}
	return h, nil
}
