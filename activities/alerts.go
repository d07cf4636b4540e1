package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// Alerts makes incidents of alerts, and tells outside systems of them.
type Alerts struct {
	Store     *store.Store
	Receivers *receivers.Client
	Channel   models.ChannelProvider // where the people of new incidents talk
	Log       *slog.Logger

	// Wake has somebody look after what the channel of an incident is to be told. It is safe to repeat.
	Wake func(ctx context.Context, c client.Client, incidentID string) error
}

// What is counted of deliveries, for Prometheus, by these names. See docs/metrics.md.
const (
	MetricDeliveries  = "ringdown_deliveries_total"     // with type and result
	MetricDeliveryLag = "ringdown_delivery_lag_seconds" // of those that were taken
)

// The results of a try to deliver, or to tell somebody.
const (
	TryTaken   = "taken"
	TryRefused = "refused" // and not repeated
	TryAway    = "away"    // and repeated
)

// ErrRefusedByReceiver is the type of the error of a delivery that is not tried again.
const ErrRefusedByReceiver = "refused_by_receiver"

// Raise writes an alert for the first time, declares the incidents that alert routes make of it, or joins it
// to those that are there, and says who is to be told of it. It is safe to repeat: what was decided once
// stands.
func (a *Alerts) Raise(ctx context.Context, alert models.Alert) (models.Routed, error) {
	routed, err := a.Store.RaiseAlert(ctx, alert, a.Channel)
	if err != nil {
		return models.Routed{}, fmt.Errorf("raise alert of call %s: %w", alert.CarrierCallID, err)
	}
	var expected []models.Delivery
	for _, r := range routed.Receivers {
		if d, wanted := r.Delivery(1, models.EventRaised, alert, alert.StartedAt); wanted {
			expected = append(expected, d)
		}
	}
	if err := a.Store.ExpectDeliveries(ctx, expected); err != nil || a.Channel == models.ChannelInternal {
		return routed, err
	}
	return routed, a.wake(ctx, routed.Incidents)
}

func (a *Alerts) wake(ctx context.Context, incidents []string) error {
	for _, id := range incidents {
		if err := a.Wake(ctx, activity.GetClient(ctx), id); err != nil {
			return err
		}
	}
	return nil
}

// RecordAlert writes an alert as it stands, and tells its incidents. expected are the deliveries that are to
// come of what is new. It is safe to repeat, and a resolved alert never fires again.
func (a *Alerts) RecordAlert(ctx context.Context, alert models.Alert, expected []models.Delivery) error {
	pending, err := a.Store.RecordAlert(ctx, alert)
	if err == nil {
		err = a.Store.ExpectDeliveries(ctx, expected)
	}
	if err != nil {
		return fmt.Errorf("record alert of call %s: %w", alert.CarrierCallID, err)
	}
	return a.wake(ctx, pending)
}

// Undelivered lists what a receiver may be told again of an alert, in order. It is safe to repeat.
func (a *Alerts) Undelivered(ctx context.Context, alertID, receiverID string) ([]models.Delivery, error) {
	all, err := a.Store.DeliveriesTo(ctx, alertID, receiverID)
	return models.Untold(all, time.Now()), err
}

// Deliver tells a receiver of one event, unless the alert's caller was erased. It is safe to repeat as far as the receiver is: each try has the
// same id and the same key. What came of each try is on the delivery's row.
func (a *Alerts) Deliver(ctx context.Context, d models.Delivery) error {
	alert, err := a.Store.Alert(ctx, d.AlertID)
	if err == nil && alert.ErasedAt != nil {
		d.Alert = d.Alert.Erased(*alert.ErasedAt)
		return a.skip(ctx, d, "the caller was erased")
	}
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return databaseAway(d, err)
	}
	r, err := a.Store.Receiver(ctx, d.ReceiverID)
	if errors.Is(err, models.ErrNotFound) || err == nil && !r.Enabled {
		return a.skip(ctx, d, "the receiver was switched off or removed")
	}
	if err != nil {
		return databaseAway(d, err)
	}
	again := d.Status != models.DeliveryPending // the alert's own run tells it for the first time
	if again {
		all, err := a.Store.DeliveriesTo(ctx, d.AlertID, d.ReceiverID)
		if err != nil {
			return databaseAway(d, err)
		}
		if d.Later(all) {
			d.Status, d.LastError = models.DeliveryFailed, "the receiver was told later news of the alert meanwhile"
			return a.Store.KeepDelivery(ctx, d)
		}
	}
	defer alive(ctx)()
	now := time.Now()
	d.Tries, d.LastTriedAt = d.Tries+int(activity.GetInfo(ctx).Attempt), &now
	refused := a.send(ctx, r, &d)
	if refused == nil && !again {
		activity.GetMetricsHandler(ctx).Timer(MetricDeliveryLag).Record(max(d.DeliveredAt.Sub(d.At), 0))
	}
	if err := a.Store.KeepDelivery(context.WithoutCancel(ctx), d); err != nil {
		return fmt.Errorf("deliver %s: %w", d.ID, err) // less and less often: the receiver was asked
	}
	return refused
}

// skip notes that a receiver is not told, or not any more.
func (a *Alerts) skip(ctx context.Context, d models.Delivery, why string) error {
	d.Status, d.LastError, d.Tries = models.DeliverySkipped, why, d.Tries+int(activity.GetInfo(ctx).Attempt)-1
	if err := a.Store.KeepDelivery(ctx, d); err != nil {
		return databaseAway(d, err)
	}
	return nil
}

// soonAgain is how soon a delivery is tried again that our own database kept from its receiver.
const soonAgain = 5 * time.Second

func databaseAway(d models.Delivery, err error) error {
	return temporal.NewApplicationErrorWithOptions(fmt.Sprintf("deliver %s: %v", d.ID, err), "database_away",
		temporal.ApplicationErrorOptions{NextRetryDelay: soonAgain})
}

// send tries once, notes what came of it, and says as what Temporal is to take it.
func (a *Alerts) send(ctx context.Context, r models.Receiver, d *models.Delivery) error {
	status, err := a.Receivers.Send(ctx, r, *d)
	d.LastStatus, d.LastError = status, ""
	if err == nil {
		now := time.Now()
		d.Status, d.DeliveredAt = models.DeliveryDelivered, &now
		count(ctx, r.Type, TryTaken)
		return nil
	}
	d.Status = models.DeliveryPending
	d.LastError, _ = models.RedactionOf(d.Alert.Caller, d.Alert.CallerName).Text(err.Error()) // a receiver may repeat what it is told
	var refused *receivers.Error
	if errors.As(err, &refused) && refused.Final {
		d.Status = models.DeliveryFailed
		count(ctx, r.Type, TryRefused)
		a.Log.WarnContext(ctx, "receiver refuses an alert", "receiver", r.ID, "type", string(r.Type), "delivery", d.ID, "status", status)
		return temporal.NewNonRetryableApplicationError(err.Error(), ErrRefusedByReceiver, nil)
	}
	count(ctx, r.Type, TryAway)
	options := temporal.ApplicationErrorOptions{}
	if refused != nil {
		options.NextRetryDelay = refused.RetryAfter
	}
	return temporal.NewApplicationErrorWithOptions(err.Error(), "receiver_away", options)
}

func count(ctx context.Context, kind models.ReceiverType, result string) {
	activity.GetMetricsHandler(ctx).WithTags(map[string]string{"type": string(kind), "result": result}).Counter(MetricDeliveries).Inc(1)
}

// GiveUp makes a dead letter of a delivery for which no time is left. It is safe to repeat.
func (a *Alerts) GiveUp(ctx context.Context, d models.Delivery) error {
	tried, err := a.Store.Delivery(ctx, d.ID)
	switch {
	case errors.Is(err, models.ErrNotFound):
	case err != nil:
		return fmt.Errorf("give up delivery %s: %w", d.ID, err)
	case tried.Status != models.DeliveryPending:
		return nil
	default:
		d = tried
	}
	if d.Status = models.DeliveryFailed; d.LastTriedAt == nil {
		d.LastError = "it was never tried: no worker was there"
	}
	a.Log.WarnContext(ctx, "receiver did not take an alert in time", "receiver", d.ReceiverID, "delivery", d.ID)
	return a.Store.KeepDelivery(ctx, d)
}
