package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

type deliveriesInput struct {
	Limit      int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
	Cursor     string    `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
	AlertID    string    `query:"alert_id" maxLength:"100" doc:"The id of an alert"`
	ReceiverID string    `query:"receiver_id" maxLength:"100" doc:"The id of a receiver"`
	Status     string    `query:"status" enum:"pending,delivered,failed,skipped"`
	From       time.Time `query:"from" doc:"Happened at this time or later"`
	To         time.Time `query:"to" doc:"Happened before this time, which must be after from"`
}

// filter is what a list is narrowed to.
func (in *deliveriesInput) filter() (store.DeliveryFilter, error) {
	var faults models.Faults
	inOrder(&faults, in.From, in.To)
	filter := store.DeliveryFilter{
		AlertID: in.AlertID, ReceiverID: in.ReceiverID, Status: models.DeliveryStatus(in.Status), From: in.From, To: in.To,
	}
	if len(faults) > 0 {
		return filter, invalidProblem("query", faults)
	}
	return filter, nil
}

// sentDelivery is a delivery without the alert that it tells of.
type sentDelivery struct {
	ID           string                `json:"id"`
	AlertID      string                `json:"alert_id"`
	ReceiverID   string                `json:"receiver_id"`
	ReceiverName string                `json:"receiver_name" doc:"Empty where the receiver was removed"`
	Event        models.AlertEvent     `json:"event"`
	At           time.Time             `json:"at" doc:"When it happened"`
	Status       models.DeliveryStatus `json:"status"`
	Tries        int                   `json:"tries"`
	LastTriedAt  *time.Time            `json:"last_tried_at"`
	LastStatus   int                   `json:"last_status" doc:"Of HTTP; 0: no answer"`
	LastError    string                `json:"last_error" doc:"Why it was not taken; empty: it was, or was not tried"`
	DeliveredAt  *time.Time            `json:"delivered_at"`
}

func sentOf(d models.Delivery) sentDelivery {
	return sentDelivery{
		ID: d.ID, AlertID: d.AlertID, ReceiverID: d.ReceiverID, ReceiverName: d.ReceiverName, Event: d.Event, At: d.At,
		Status: d.Status, Tries: d.Tries, LastTriedAt: d.LastTriedAt, LastStatus: d.LastStatus, LastError: d.LastError, DeliveredAt: d.DeliveredAt,
	}
}

func (a *rest) mountDeliveries() {
	const path = "/v1/deliveries"
	handle(a, operation(http.MethodGet, path, "list-deliveries", "List what receivers were told, what happened last at the front"), a.deliveries)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-delivery",
		"Show a delivery with the alert as it stood then", http.StatusNotFound), a.delivery)
	resend := operation(http.MethodPost, path+"/{id}/resend", "resend-delivery",
		"Tell a receiver again, in order, what it has not taken of the alert of a delivery that failed or was skipped; each for a day from now",
		http.StatusNotFound, http.StatusConflict)
	resend.DefaultStatus = http.StatusAccepted
	handle(a, resend, a.resend)
}

func (a *rest) deliveries(ctx context.Context, in *deliveriesInput) (*plain[list[sentDelivery]], error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	deliveries, next, err := a.store.Deliveries(ctx, filter, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	return answerList(each(deliveries, sentOf), next), inQuery(err)
}

func (a *rest) delivery(ctx context.Context, in *idInput) (*plain[models.Delivery], error) {
	delivery, err := a.store.Delivery(ctx, in.ID)
	delivery.Alert = alertFor(ctx, delivery.Alert)
	return &plain[models.Delivery]{Body: delivery}, err
}

// resend starts to tell the receiver again. Once the first of it has been tried, asking again is a conflict until
// that is settled.
func (a *rest) resend(ctx context.Context, in *idInput) (*plain[sentDelivery], error) {
	delivery, err := a.store.Delivery(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	all, err := a.store.DeliveriesTo(ctx, delivery.AlertID, delivery.ReceiverID)
	if err != nil {
		return nil, err
	}
	if err := delivery.Resendable(all, a.now()); err != nil {
		return nil, err
	}
	receiver, err := a.store.Receiver(ctx, delivery.ReceiverID)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, &models.ConflictError{Reason: "its receiver was removed"}
	case err != nil:
		return nil, err
	case !receiver.Enabled:
		return nil, &models.ConflictError{Reason: "its receiver is switched off: switch it on first"}
	}
	if err := a.redeliver(ctx, delivery.AlertID, models.ReceiverRef{ID: receiver.ID, Name: receiver.Name, Type: receiver.Type}); err != nil {
		away := problem(http.StatusServiceUnavailable, "Temporal, which tries deliveries, does not answer; try again in a moment.")
		return nil, errors.Join(away, err)
	}
	return &plain[sentDelivery]{Body: sentOf(delivery)}, nil
}
