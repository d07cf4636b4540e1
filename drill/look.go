package drill

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
)

// judge gathers what there is of a call, and holds everything against it.
func (d *drill) judge(ctx context.Context, y *story) {
	y.read()
	until := y.run.closed
	if until.IsZero() {
		until = time.Now()
	}
	y.outages = d.breaks.between(y.caller.dialled, until)
	if view, err := d.carrier.Call(ctx, y.callSID()); err != nil {
		y.wrong(notLost, "the carrier does not know the call: %v", err)
	} else {
		y.heard = view.Heard
	}
	if err := d.look(ctx, y); err != nil {
		y.wrong(notLost, "its record cannot be read: %v", err)
	}
	y.judge()
}

// recordWithin is how long after its end a call's record may be written where no run does it: a sweep does, each minute.
const recordWithin = 3 * time.Minute

// look reads record and alert of a call, and waits for both to be complete.
func (d *drill) look(ctx context.Context, y *story) error {
	since := y.caller.dialled.Add(-time.Minute).UTC().Format(time.RFC3339)
	for until := time.Now().Add(recordWithin); ; {
		calls, err := all[models.Call](ctx, d.rest, pathCalls, url.Values{"number": {y.number}, "from": {since}})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(calls, func(c models.Call) bool { return c.CarrierCallID == y.callSID() })
		if i >= 0 && calls[i].EndedAt != nil {
			return d.lookAt(ctx, y, calls[i].ID)
		}
		if i >= 0 {
			y.record = calls[i]
		}
		if time.Now().After(until) || !pause(ctx, lookEvery) {
			return nil
		}
	}
}

// lookAt reads a record that is complete, and its alerts: the run of an alert resolves it a moment after its call's has closed.
func (d *drill) lookAt(ctx context.Context, y *story, id string) error {
	if err := d.rest.get(ctx, idOf(pathCalls, id), &y.record); err != nil {
		return err
	}
	since := y.caller.dialled.Add(-time.Minute).UTC().Format(time.RFC3339)
	for until := time.Now().Add(recordWithin); ; {
		alerts, err := all[models.Alert](ctx, d.rest, pathAlerts, url.Values{"call_route_id": {y.record.RouteID}, "from": {since}})
		y.alerts = slices.DeleteFunc(alerts, func(a models.Alert) bool { return a.CarrierCallID != y.callSID() })
		fires := slices.ContainsFunc(y.alerts, func(a models.Alert) bool { return a.Status != models.AlertResolved })
		if err != nil || !fires || time.Now().After(until) || !pause(ctx, lookEvery) {
			return err
		}
	}
}
