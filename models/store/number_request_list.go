package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// NumberRequestFilter narrows a list of requests. Its zero value lets all pass.
type NumberRequestFilter struct {
	Status         models.RequestStatus
	ActsNext       models.Party
	RequesterKeyID *string   // nil: whoever's; the key of the environment has an empty id
	SinceBefore    time.Time // whoever acts next does since before then
	Open           bool      // somebody acts next
	Brief          bool      // without their histories, which may be long
}

// lastCreated is an order with the newest first.
var lastCreated = sorting{"created_at", "<"}

// NumberRequest finds a request by id.
func (s *Store) NumberRequest(ctx context.Context, id string) (models.NumberRequest, error) {
	return one[models.NumberRequest](s.reader.WithContext(ctx), "number request", "id", id)
}

// NumberRequests lists requests, the newest first.
func (s *Store) NumberRequests(ctx context.Context, filter NumberRequestFilter, page Page) ([]models.NumberRequest, string, error) {
	query := filter.narrow(s.reader.WithContext(ctx))
	if filter.Brief {
		query = query.Omit("history")
	}
	requests, next, err := list(query, page, lastCreated,
		func(r models.NumberRequest) place { return place{r.CreatedAt, r.ID} })
	return requests, next, translate("list number requests", err)
}

func (f NumberRequestFilter) narrow(query *gorm.DB) *gorm.DB {
	query = narrow(query, "acts_since", time.Time{}, f.SinceBefore, wanted{"status", string(f.Status)}, wanted{"acts_next", string(f.ActsNext)})
	if f.Open {
		query = query.Where("acts_next <> ''")
	}
	return ofKey(query, "by_key_id = ?", f.RequesterKeyID)
}

// ofKey keeps the rows that a condition finds of a key. A nil one lets all pass.
func ofKey(query *gorm.DB, condition string, keyID *string) *gorm.DB {
	switch {
	case keyID == nil:
		return query
	case !storable(*keyID):
		return query.Where("1 = 0") // no row has it
	default:
		return query.Where(condition, *keyID)
	}
}

// UnstartedRequests lists requests that were made before an instant and of which no run knows yet, the oldest
// first.
func (s *Store) UnstartedRequests(ctx context.Context, before time.Time, limit int) ([]models.NumberRequest, error) {
	var requests []models.NumberRequest
	err := s.reader.WithContext(ctx).Order("created_at, id").Limit(limit).
		Find(&requests, "version = 0 AND created_at < ?", instant(before)).Error
	return requests, translate("list number requests without a run", err)
}
