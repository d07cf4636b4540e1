package store

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/models"
)

// OpenRequests counts the requests on which somebody acts next, by their state; one without any is left out. overdue are
// those that wait for a reviewer since before an instant.
func (s *Store) OpenRequests(ctx context.Context, before time.Time) (open map[models.RequestStatus]int, overdue int, err error) {
	var counted []struct {
		Status        models.RequestStatus
		Open, Overdue int
	}
	err = s.reader.WithContext(ctx).Raw(`SELECT status, COUNT(*) AS open,
		SUM(CASE WHEN acts_next = ? AND acts_since < ? THEN 1 ELSE 0 END) AS overdue
		FROM number_requests WHERE acts_next <> '' GROUP BY status`, models.PartyReviewer, instant(before)).Scan(&counted).Error
	open = map[models.RequestStatus]int{}
	for _, c := range counted {
		open[c.Status] = c.Open
		overdue += c.Overdue
	}
	return open, overdue, translate("count open number requests", err)
}
