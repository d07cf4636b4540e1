package activities_test

import (
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
)

// A dial may come to its end between its being given up and the end of its leg. Another call rings
// the same phone all the while, so that a look-up could not tell which leg is ours.
func TestHangingUpOnADialThatHasEndedSinceItWasGivenUp(t *testing.T) {
	const leg, another = "CA00000000000000000000000000000100", "CA00000000000000000000000000000777"
	for name, c := range map[string]struct {
		lasts  time.Duration   // until the dial times out
		ends   *models.Dialled // how it ends before; nil when it does not
		answer string          // what becomes of the leg then
		want   activities.HungUp
		after  string // how the leg is then
	}{
		"it timed out":      {time.Second, nil, "", activities.HungUp{Found: true, Leg: leg}, "canceled"},
		"nobody answered":   {20 * time.Second, &models.Dialled{Result: models.ResultNoAnswer, Leg: leg}, "no-answer", activities.HungUp{Found: true, Leg: leg}, "no-answer"},
		"it was picked up":  {20 * time.Second, &models.Dialled{Result: models.ResultPickedUp, Leg: leg}, "in-progress", activities.HungUp{Found: true, Leg: leg}, "completed"},
		"it was not placed": {20 * time.Second, &models.Dialled{Result: models.ResultRefused}, "ringing", activities.HungUp{}, "ringing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone, carrier := newCarrier(t)
			carrier.add(another, "ringing", string(alice), string(ours), time.Now())
			o := dialOf(c.lasts)
			o.HangUp, o.First = endOf(""), 2*time.Second
			o.HangUp.Pending = true
			s := onStage(t, phone, o).dials()
			until(t, "a leg", func() bool { return carrier.asked() == 1 && carrier.is(leg) == "ringing" })
			if c.ends != nil {
				carrier.set(leg, c.answer)
				if err := s.temporal.CompleteActivityByID(t.Context(), "default", s.run.GetID(), "", anAttempt().ID, *c.ends, nil); err != nil {
					t.Fatal(err)
				}
			}
			if c.answer == "in-progress" { // they hear a goodbye, and then the line ends by itself
				until(t, "a third look at the line", func() bool { return s.tries("HangUp") == 3 })
				carrier.set(leg, c.after)
			}
			if got := s.comesTo(); got.HungUp != c.want || carrier.is(leg) != c.after || carrier.is(another) != "ringing" {
				t.Errorf("came to %+v, want %+v; the leg is %s, want %s", got.HungUp, c.want, carrier.is(leg), c.after)
			}
		})
	}
	t.Run("it never had its turn", func(t *testing.T) {
		t.Parallel()
		phone, carrier := newCarrier(t)
		carrier.add(another, "ringing", string(alice), string(ours), time.Now())
		o := dialOf(20 * time.Second)
		o.HangUp, o.First = endOf(""), time.Second
		o.HangUp.Pending = true
		if got := onStage(t, phone, o).comesTo(); got.HungUp != (activities.HungUp{}) || carrier.is(another) != "ringing" {
			t.Errorf("came to %+v", got)
		}
	})
}

// A dial waits for its turn before it asks the carrier for a leg, which is made that much later than the dial was issued.
func TestALegIsFoundThoughItsDialHasWaitedForItsTurn(t *testing.T) {
	const leg = "CA00000000000000000000000000000777"
	for name, c := range map[string]struct {
		sent, made time.Duration // before now, as the dial was issued 60 s ago
		found      bool
	}{
		"asked for at once":                     {60 * time.Second, 55 * time.Second, true},
		"asked for at once, and made by others": {60 * time.Second, 30 * time.Second, false},
		"asked for late":                        {35 * time.Second, 30 * time.Second, true},
		"nobody knows when":                     {0, 30 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone, carrier := newCarrier(t)
			carrier.add(leg, "ringing", string(alice), string(ours), time.Now().Add(-c.made))
			o := order{HangUp: endOf("")}
			o.HangUp.Since, o.HangUp.Sent = time.Now().Add(-time.Minute), time.Now().Add(-c.sent)
			if got := onStage(t, phone, o).comesTo(); got.HungUp.Found != c.found || carrier.is(leg) == "ringing" == c.found {
				t.Errorf("came to %+v, the leg is %s", got.HungUp, carrier.is(leg))
			}
		})
	}
}

func TestADialThatIsGivenUpAndCannotEndItsLegLeavesThatToHangUp(t *testing.T) {
	t.Parallel()
	placing := make(chan struct{})
	phone, carrier := newCarrier(t, reply{wait: placing})
	carrier.busy = 1 // so that the dial asks in vain
	o := dialOf(20 * time.Second)
	o.HangUp, o.First = endOf(""), time.Second
	o.HangUp.Pending = true
	s := onStage(t, phone, o).dials()
	until(t, "an order to hang up", func() bool { return s.tries("HangUp") > 1 })
	close(placing)
	got := s.comesTo()
	if leg := carrier.placed[0]; got.HungUp != (activities.HungUp{Found: true, Leg: leg}) || carrier.is(leg) != "canceled" {
		t.Errorf("came to %+v, the leg is %s", got, carrier.is(leg))
	}
}

// tries is how often an activity that has not ended yet was begun.
func (s *stage) tries(name string) int32 {
	described, err := s.temporal.DescribeWorkflowExecution(s.t.Context(), s.run.GetID(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, pending := range described.GetPendingActivities() {
		if pending.GetActivityType().GetName() == name {
			return pending.GetAttempt()
		}
	}
	return 0
}
