package workflows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// happened is something that receivers are told of an alert.
type happened struct {
	nth   int // from 1
	event models.AlertEvent
	alert models.Alert // as it stood then
	at    time.Time
}

// happens notes an event for whoever is told of the alert, who may not be known yet.
func (a *alert) happens(event models.AlertEvent, at time.Time) {
	if a.unheard {
		return
	}
	row := a.row
	row.Rings = slices.Clone(a.row.Rings) // which go on changing
	a.events = append(a.events, happened{len(a.events) + 1, event, row, at})
}

// deliveries are those of some events to every receiver that has a use for them.
func (a *alert) deliveries(events []happened) []models.Delivery {
	var all []models.Delivery
	for _, e := range events {
		for _, r := range a.routed.Receivers {
			if d, wanted := r.Delivery(e.nth, e.event, e.alert, e.at); wanted {
				all = append(all, d)
			}
		}
	}
	return all
}

// tellReceivers begins to tell each receiver what happens, whatever becomes of the alert. One that is slow,
// or away for hours, keeps no other waiting.
func (a *alert) tellReceivers(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	for _, r := range a.routed.Receivers {
		a.telling.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer a.telling.Done()
			a.keepTold(ctx, r)
		})
	}
}

// keepTold tells one receiver everything in its order, one after the other.
func (a *alert) keepTold(ctx workflow.Context, r models.ReceiverRef) {
	for nth := 1; ; nth++ {
		if err := workflow.Await(ctx, func() bool { return len(a.events) >= nth || a.settled }); err != nil || len(a.events) < nth {
			return
		}
		e := a.events[nth-1]
		if d, wanted := r.Delivery(nth, e.event, e.alert, e.at); wanted {
			deliver(ctx, r, d, d.At.Add(models.DeliverWithin).Sub(workflow.Now(ctx)))
		}
	}
}

// deliver tells a receiver of one event. What it does not take while time is left is a dead letter, and
// keeps nothing that comes after it.
func deliver(ctx workflow.Context, r models.ReceiverRef, d models.Delivery, left time.Duration) {
	err := workflow.ExecuteActivity(delivering(ctx, "tell "+r.Name+": "+string(d.Event), left), alerts.Deliver, d).Get(ctx, nil)
	var refused *temporal.ApplicationError
	if err == nil || errors.As(err, &refused) && refused.NonRetryable() {
		return // a refusal is on the delivery's row
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx) // whoever cancels leaves nothing pending
	if err := workflow.ExecuteActivity(recording(ctx, "give up telling "+r.Name), alerts.GiveUp, d).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Error("give up a delivery", "delivery", d.ID, "cause", err)
	}
}

// RedeliverID is the workflow id of telling a receiver again of an alert.
func RedeliverID(alertID, receiverID string) string { return "delivery/" + alertID + "/" + receiverID }

// Redelivery is what a receiver is told again. It is kept in histories: fields are added, never renamed or
// reused.
type Redelivery struct {
	AlertID  string             `json:"alert_id"`
	Receiver models.ReceiverRef `json:"receiver"`
}

// Redeliver tells a receiver everything of an alert again that it has not taken, in order and each for a day.
func Redeliver(ctx workflow.Context, in Redelivery) error {
	for tried := map[string]bool{}; ; {
		var undelivered []models.Delivery
		look := recording(ctx, "look what was not delivered")
		if err := workflow.ExecuteActivity(look, alerts.Undelivered, in.AlertID, in.Receiver.ID).Get(ctx, &undelivered); err != nil {
			return err
		}
		undelivered = slices.DeleteFunc(undelivered, func(d models.Delivery) bool { return tried[d.ID] })
		if len(undelivered) == 0 {
			return nil
		}
		for _, d := range undelivered {
			tried[d.ID] = true
			deliver(ctx, in.Receiver, d, models.DeliverWithin)
		}
	}
}

// StartRedelivery has a receiver told again of an alert what it has not taken. It is safe to repeat: whoever
// does so already goes on.
func StartRedelivery(ctx context.Context, c client.Client, alertID string, r models.ReceiverRef) error {
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: RedeliverID(alertID, r.ID), TaskQueue: CallQueue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary: "Tell " + r.Name + " again",
	}, Redeliver, Redelivery{AlertID: alertID, Receiver: r})
	if err != nil {
		return fmt.Errorf("tell receiver %s of alert %s again: %w", r.ID, alertID, err)
	}
	return nil
}

// latest is the last that happened, without a number or what the caller said.
func (a *alert) latest() string {
	latest := string(a.row.Status)
	for _, line := range a.row.Lines() {
		if line.Key != models.LineRaised && line.Key != models.LineTranscript {
			latest = line.Text
		}
	}
	return latest
}

// story is the alert so far, in Markdown and without a number or what the caller said.
func (a *alert) story() string {
	var b strings.Builder
	b.WriteString("**" + a.row.Title + "** · " + string(a.row.Status))
	if len(a.routed.Labels) > 0 {
		b.WriteString(" · " + strings.Join(a.routed.Labels, ", "))
	}
	b.WriteString("\n\n")
	for _, line := range a.row.Lines() {
		if line.Key != models.LineRaised && line.Key != models.LineTranscript {
			b.WriteString("- `" + line.At.UTC().Format("15:04:05") + "` " + line.Text + "\n")
		}
	}
	return b.String()
}
