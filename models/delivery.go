package models

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DeliveryStatus is what became of a delivery.
type DeliveryStatus string

// The states of a delivery.
const (
	DeliveryPending   DeliveryStatus = "pending"   // not yet tried, tried again later, or waiting for what comes before it
	DeliveryDelivered DeliveryStatus = "delivered" // the receiver took it
	DeliveryFailed    DeliveryStatus = "failed"    // the receiver refused it, or did not take it within DeliverWithin
	DeliverySkipped   DeliveryStatus = "skipped"   // the receiver was switched off or removed before
)

// DeliverWithin is how long a delivery is tried.
const DeliverWithin = 24 * time.Hour

// Delivery is one event of one alert on its way to one receiver.
type Delivery struct {
	ID           string         `json:"id" gorm:"primaryKey"` // see DeliveryID
	AlertID      string         `json:"alert_id"`
	ReceiverID   string         `json:"receiver_id"`
	Event        AlertEvent     `json:"event"`
	Alert        Alert          `json:"alert" gorm:"column:alert;serializer:json"` // as it stood then
	At           time.Time      `json:"at" gorm:"column:happened_at"`              // when it happened
	Status       DeliveryStatus `json:"status"`
	Tries        int            `json:"tries"`
	LastTriedAt  *time.Time     `json:"last_tried_at"`
	LastStatus   int            `json:"last_status"` // of HTTP; zero: no answer
	LastError    string         `json:"last_error"`  // empty: it was taken
	DeliveredAt  *time.Time     `json:"delivered_at"`
	ReceiverName string         `json:"receiver_name" gorm:"-"`
}

// DeliveryID names the nth event of an alert, from 1, on its way to a receiver. It is the same however
// often it is tried, and receivers that know such ids take it once.
func DeliveryID(alertID, receiverID string, nth int) string {
	return fmt.Sprintf("%s.%s.%d", alertID, receiverID, nth)
}

// Nth is which event of its alert a delivery is of, from 1.
func (d Delivery) Nth() int {
	nth, err := strconv.Atoi(d.ID[strings.LastIndexByte(d.ID, '.')+1:])
	if err != nil {
		return 0
	}
	return nth
}

// forgottenAfter is how long after the last that is known of a pending delivery nobody can be trying it any more:
// its run was ended from outside.
const forgottenAfter = DeliverWithin + time.Hour

// Undelivered says whether nobody tries a delivery any more that was not taken.
func (d Delivery) Undelivered(now time.Time) bool {
	last := d.At
	if d.LastTriedAt != nil {
		last = *d.LastTriedAt
	}
	return d.Status == DeliveryFailed || d.Status == DeliverySkipped || d.Status == DeliveryPending && now.Sub(last) > forgottenAfter
}

// Later says whether a receiver has been told later news of an alert than a delivery, given all that it is told of
// it: this would be undone, and an alert that is resolved there would fire anew.
func (d Delivery) Later(all []Delivery) bool {
	return slices.ContainsFunc(all, func(o Delivery) bool { return o.Status == DeliveryDelivered && o.Nth() > d.Nth() })
}

// Resendable says whether a delivery may be sent again, with whatever else of its alert its receiver has not
// taken since the last that it has, given all of both.
func (d Delivery) Resendable(all []Delivery, now time.Time) error {
	switch {
	case !d.Undelivered(now):
		return &ConflictError{Reason: fmt.Sprintf("the delivery is %s: only one that failed or was skipped is sent again", d.Status)}
	case d.Later(all):
		return &ConflictError{Reason: "the receiver has been told later news of the alert, which this would undo"}
	}
	for _, other := range all {
		if other.Status == DeliveryPending && !other.Undelivered(now) {
			return &ConflictError{Reason: fmt.Sprintf("the receiver is still being told that the alert is %s: wait until it has taken or refused that", other.Event)}
		}
	}
	return nil
}

// Untold are those of all deliveries of an alert to a receiver that may be sent again, in their order.
func Untold(all []Delivery, now time.Time) []Delivery {
	untold := slices.DeleteFunc(slices.Clone(all), func(d Delivery) bool { return !d.Undelivered(now) || d.Later(all) })
	slices.SortFunc(untold, func(a, b Delivery) int { return a.Nth() - b.Nth() })
	return untold
}

// ReceiverRef is a receiver that an alert is told to. It is kept in histories: fields are added, never
// renamed or reused.
type ReceiverRef struct {
	ID   string       `json:"id"`
	Name string       `json:"name"`
	Type ReceiverType `json:"type"`
}

// Delivery is the nth event of an alert on its way to a receiver, from 1. ok is false for an event of which
// its kind has no use.
func (r ReceiverRef) Delivery(nth int, event AlertEvent, a Alert, at time.Time) (d Delivery, ok bool) {
	return Delivery{
		ID: DeliveryID(a.ID, r.ID, nth), AlertID: a.ID, ReceiverID: r.ID, Event: event, Alert: a, At: at, Status: DeliveryPending,
	}, r.Type.Wants(event)
}

// Routed is what was decided about an alert when it was raised. It is kept in histories: fields are
// added, never renamed or reused.
type Routed struct {
	Incidents []string      `json:"incidents"` // ids of those that it is linked to
	Labels    []string      `json:"labels"`    // theirs, as in INC-12
	Receivers []ReceiverRef `json:"receivers"`
}
