package workflows

import (
	"context"
	"errors"
	"fmt"
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
	event models.AlertEvent
	alert models.Alert // as it stood then
	at    time.Time
}

// happens notes an event for whoever is told of the alert, who may not be known yet.
func (a *alert) happens(ctx workflow.Context, event models.AlertEvent) {
	if a.unheard {
		return
	}
	row := a.row
	row.Rings = append([]models.Ring(nil), a.row.Rings...) // which go on changing
	a.events = append(a.events, happened{event, row, workflow.Now(ctx)})
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
		if err := workflow.Await(ctx, func() bool { return len(a.events) >= nth || a.told }); err != nil || len(a.events) < nth {
			return
		}
		if e := a.events[nth-1]; r.Type.Wants(e.event) {
			deliver(ctx, r, models.Delivery{
				ID: models.DeliveryID(a.row.ID, r.ID, nth), AlertID: a.row.ID, ReceiverID: r.ID,
				Event: e.event, Alert: e.alert, At: e.at, Status: models.DeliveryPending,
			})
		}
	}
}

// deliver tells a receiver of one event. What it does not take within a day is a dead letter, and keeps
// nothing that comes after it.
func deliver(ctx workflow.Context, r models.ReceiverRef, d models.Delivery) {
	left := d.At.Add(models.DeliverWithin).Sub(workflow.Now(ctx))
	err := workflow.ExecuteActivity(delivering(ctx, "tell "+r.Name+": "+string(d.Event), left), alerts.Deliver, d).Get(ctx, nil)
	var refused *temporal.ApplicationError
	if err == nil || errors.As(err, &refused) && refused.NonRetryable() {
		return // a refusal is on the delivery's row
	}
	if err := workflow.ExecuteActivity(recording(ctx, "give up telling "+r.Name), alerts.GiveUp, d).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Error("give up a delivery", "delivery", d.ID, "cause", err)
	}
}

// RedeliverID is the workflow id of a delivery that is tried again.
func RedeliverID(deliveryID string) string { return "delivery/" + deliveryID }

// Redelivery is a delivery that somebody has tried again.
type Redelivery struct {
	Delivery models.Delivery    `json:"delivery"`
	Receiver models.ReceiverRef `json:"receiver"`
}

// Redeliver tries a delivery that failed once more, for a day from when that was asked for.
func Redeliver(ctx workflow.Context, in Redelivery) error {
	in.Delivery.At = workflow.Now(ctx)
	deliver(ctx, in.Receiver, in.Delivery)
	return nil
}

// StartRedelivery has a delivery tried again. It is safe to repeat: one that is being tried goes on.
func StartRedelivery(ctx context.Context, c client.Client, d models.Delivery, r models.ReceiverRef) error {
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: RedeliverID(d.ID), TaskQueue: CallQueue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary: "Tell " + r.Name + " again: " + string(d.Event),
	}, Redeliver, Redelivery{Delivery: d, Receiver: r})
	if err != nil {
		return fmt.Errorf("try delivery %s again: %w", d.ID, err)
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
