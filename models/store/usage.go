package store

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/models"
)

const usage = `SELECT
	(SELECT count(*) FROM users WHERE active AND on_call_licence) AS licences,
	(SELECT count(*) FROM phone_numbers WHERE status <> @released) AS numbers,
	(SELECT count(*) FROM phone_numbers WHERE status <> @released AND exception <> '') AS exceptions,
	(SELECT count(*) FROM calls WHERE started_at >= @month) AS calls,
	(SELECT COALESCE(sum(calls), 0) FROM removed_calls WHERE month >= @removed) AS removed`

// monthly is a month as calls are counted that were removed.
const monthly = "2006-01"

// Usage counts what is in use, and the calls since the month began, in one round trip: also those that were removed
// since. What is allotted is left to the caller.
func (s *Store) Usage(ctx context.Context, month time.Time) (models.Usage, error) {
	var found struct{ Licences, Numbers, Exceptions, Calls, Removed int }
	err := s.reader.WithContext(ctx).Raw(usage, map[string]any{
		"released": models.NumberReleased, "month": instant(month), "removed": month.UTC().Format(monthly),
	}).Find(&found).Error
	return models.Usage{
		Licences: models.Share{Used: found.Licences}, Numbers: models.Share{Used: found.Numbers, Exceptions: found.Exceptions}, CallsThisMonth: found.Calls + found.Removed,
	}, translate("count what is in use", err)
}
