package models

import (
	"errors"
	"testing"
	"time"
)

func TestWhichDeliveriesAreSentAgain(t *testing.T) {
	first := Delivery{ID: "1", Event: EventRaised, Status: DeliveryFailed, At: atNoon}
	later := func(status DeliveryStatus) Delivery {
		return Delivery{ID: "2", Event: EventResolved, Status: status, At: atNoon.Add(time.Minute)}
	}
	for name, c := range map[string]struct {
		delivery Delivery
		all      []Delivery
		want     bool
	}{
		"one that failed":                        {first, []Delivery{first}, true},
		"one before others that failed":          {first, []Delivery{first, later(DeliveryFailed)}, true},
		"one before another that is under way":   {first, []Delivery{first, later(DeliveryPending)}, false},
		"one before another that was delivered":  {first, []Delivery{later(DeliveryDelivered), first}, false},
		"the last, after one that was delivered": {later(DeliveryFailed), []Delivery{{ID: "1", Status: DeliveryDelivered, At: atNoon}}, true},
		"one that was delivered":                 {later(DeliveryDelivered), nil, false},
		"one that is under way":                  {later(DeliveryPending), nil, false},
		"one whose receiver was switched off":    {later(DeliverySkipped), nil, true},
	} {
		err := c.delivery.Resendable(c.all)
		var conflict *ConflictError
		if c.want != (err == nil) || err != nil && !errors.As(err, &conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
