package workflows_test

import (
	"errors"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// ringing is how a dialled phone behaves.
type ringing func(*carrier, *dial) (models.Dialled, error)

// rings is a phone that nobody picks up; the carrier ends it as it was asked to.
func rings(c *carrier, d *dial) (models.Dialled, error) {
	return comes(models.ResultNoAnswer, float64(d.Timeout))(c, d)
}

// comes is a dial that the carrier tells the end of, so many seconds later.
func comes(result models.Result, after float64) ringing {
	return func(c *carrier, d *dial) (models.Dialled, error) {
		c.later(after, func() { c.settle(d, models.Dialled{Result: result, Leg: d.leg}, nil) })
		return models.Dialled{}, activity.ErrResultPending
	}
}

// returns is a dial that is over at once.
func returns(result models.Result, code int) ringing {
	return func(*carrier, *dial) (models.Dialled, error) {
		return models.Dialled{Result: result, Code: code}, nil
	}
}

// breaks is a dial that fails in a way that nobody foresaw.
func breaks(*carrier, *dial) (models.Dialled, error) {
	return models.Dialled{}, errors.New("something nobody foresaw")
}

// ringsOn is a phone of which no end is told: the dial times out, and tells the leg it placed.
func ringsOn(after float64) ringing {
	return func(c *carrier, d *dial) (models.Dialled, error) {
		return timesOut(c, d, after, enums.TIMEOUT_TYPE_START_TO_CLOSE, d.leg)
	}
}

// lostDial is a dial that times out and told of no leg.
func lostDial(c *carrier, d *dial) (models.Dialled, error) {
	return timesOut(c, d, 32, enums.TIMEOUT_TYPE_START_TO_CLOSE)
}

// queued is a dial that never had its turn.
func queued(c *carrier, d *dial) (models.Dialled, error) {
	return timesOut(c, d, 60, enums.TIMEOUT_TYPE_SCHEDULE_TO_START)
}

func timesOut(c *carrier, d *dial, after float64, kind enums.TimeoutType, details ...any) (models.Dialled, error) {
	c.later(after, func() { c.settle(d, nil, temporal.NewTimeoutError(kind, nil, details...)) })
	return models.Dialled{}, activity.ErrResultPending
}

// pends is a dial that waits for its turn for as long as nobody gives it up.
func pends(*carrier, *dial) (models.Dialled, error) {
	return models.Dialled{}, activity.ErrResultPending
}
