package outside

import (
	"context"
	"errors"
	"time"

	"github.com/ringdown/ringdown/models"
)

// A copy begins a little before it is read, for the shift that is about to end, and reaches as far
// as warnings look, and a day.
const (
	copyBefore = time.Hour
	copyAfter  = 8 * 24 * time.Hour
)

// Copy reads a schedule as it is at an instant, for these users.
func (c *Client) Copy(ctx context.Context, o models.OutsideSchedule, users []models.User, at time.Time) (models.OutsideCopy, error) {
	at = at.UTC().Truncate(time.Second)
	within := models.Stretch{From: at.Add(-copyBefore), To: at.Add(copyAfter)}
	shifts, err := c.Shifts(ctx, o.Provider, o.Reference, within)
	if err != nil {
		return models.OutsideCopy{}, err
	}
	return o.Copied(shifts, users, at, within), nil
}

// Failed is the copy that is kept when a schedule could not be read: the last good one, with why,
// and when the provider lets itself be asked again.
func Failed(o models.OutsideSchedule, err error, at time.Time) models.OutsideCopy {
	kept := o.Copy()
	kept.LastError, kept.RetryAt = err.Error(), nil
	var refused *Error
	if errors.As(err, &refused) && refused.Class == Busy {
		again := at.Add(refused.RetryAfter)
		kept.RetryAt = &again
	}
	return kept
}
