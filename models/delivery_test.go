package models

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// toldNth is the nth delivery of an alert to a receiver.
func toldNth(nth int, status DeliveryStatus) Delivery {
	return Delivery{ID: DeliveryID("alert", "receiver", nth), Event: EventResolved, Status: status, At: atNoon.Add(time.Duration(nth) * time.Minute)}
}

func TestWhichDeliveriesAreSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		all  []Delivery // the first is to be sent again
		now  time.Duration
		want bool
	}{
		"one that failed":                         {[]Delivery{toldNth(1, DeliveryFailed)}, 0, true},
		"one before others that failed":           {[]Delivery{toldNth(1, DeliveryFailed), toldNth(2, DeliveryFailed)}, 0, true},
		"one before another that is under way":    {[]Delivery{toldNth(1, DeliveryFailed), toldNth(2, DeliveryPending)}, time.Hour, false},
		"one before another that was forgotten":   {[]Delivery{toldNth(1, DeliveryFailed), toldNth(2, DeliveryPending)}, 26 * time.Hour, true},
		"one before another that was delivered":   {[]Delivery{toldNth(1, DeliveryFailed), toldNth(2, DeliveryDelivered)}, 0, false},
		"the ninth before the tenth that was":     {[]Delivery{toldNth(9, DeliveryFailed), toldNth(10, DeliveryDelivered)}, 0, false},
		"the last, after one that was delivered":  {[]Delivery{toldNth(2, DeliveryFailed), toldNth(1, DeliveryDelivered)}, 0, true},
		"one that was delivered":                  {[]Delivery{toldNth(1, DeliveryDelivered)}, 0, false},
		"one that is under way":                   {[]Delivery{toldNth(1, DeliveryPending)}, time.Hour, false},
		"one that was under way and is forgotten": {[]Delivery{toldNth(1, DeliveryPending)}, 26 * time.Hour, true},
		"one whose receiver was switched off":     {[]Delivery{toldNth(1, DeliverySkipped)}, 0, true},
	} {
		err := c.all[0].Resendable(c.all, atNoon.Add(c.now))
		var conflict *ConflictError
		if c.want != (err == nil) || err != nil && !errors.As(err, &conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyWhatComesAfterTheLastThatWasDeliveredIsSentAgain(t *testing.T) {
	all := []Delivery{toldNth(10, DeliveryFailed), toldNth(1, DeliveryFailed), toldNth(2, DeliveryDelivered), toldNth(9, DeliverySkipped), toldNth(11, DeliveryPending)}
	if diff := cmp.Diff([]Delivery{toldNth(9, DeliverySkipped), toldNth(10, DeliveryFailed)}, Untold(all, atNoon)); diff != "" {
		t.Error(diff)
	}
}
