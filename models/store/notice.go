package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// NoticeFilter narrows a list of notices. Its zero value lets all pass.
type NoticeFilter struct {
	RequestID      string
	To             models.Party
	RequesterKeyID *string // of the request; nil: whoever's
}

// told are the columns that say when a notice was told, by the way in which it was.
var told = map[string]string{"mail": "mailed_at", "slack": "slacked_at"}

// Notices lists what people are told of requests, the newest first.
func (s *Store) Notices(ctx context.Context, filter NoticeFilter, page Page) ([]models.Notice, string, error) {
	query := narrow(s.reader.WithContext(ctx), "created_at", time.Time{}, time.Time{},
		wanted{"request_id", filter.RequestID}, wanted{"told_party", string(filter.To)})
	query = ofKey(query, "request_id IN (SELECT id FROM number_requests WHERE by_key_id = ?)", filter.RequesterKeyID)
	notices, next, err := list(query, page, lastCreated, func(n models.Notice) place { return place{n.CreatedAt, n.ID} })
	return notices, next, translate("list notices", err)
}

// UnsentNotices lists the notices of a request that lack a way in which they are told, and are not given up, the
// oldest first.
func (s *Store) UnsentNotices(ctx context.Context, requestID string) ([]models.Notice, error) {
	notices := []models.Notice{}
	if !storable(requestID) {
		return notices, nil
	}
	err := unsentOf(s.reader.WithContext(ctx), requestID).Order("created_at, id").Find(&notices).Error
	return notices, translate("unsent notices of number request "+requestID, err)
}

func unsentOf(query *gorm.DB, requestID string) *gorm.DB {
	return query.Where("request_id = ? AND given_up_at IS NULL AND (mailed_at IS NULL OR slacked_at IS NULL)", requestID)
}

// NoticeTold notes that a notice was told by a way, mail or slack. The first time stands, so it is safe to
// repeat.
func (s *Store) NoticeTold(ctx context.Context, id, way string, at time.Time) error {
	column, ok := told[way]
	if !ok {
		return fmt.Errorf("notice %s is told by %q: only mail and slack are known", id, way)
	}
	return s.noteOnNotice(ctx, id, map[string]any{column: first(column, at)})
}

// NoticeFailed notes why a notice could not be told, and that nobody tries any more where it is given up. It is
// safe to repeat.
func (s *Store) NoticeFailed(ctx context.Context, id, why string, givenUp bool) error {
	noted := map[string]any{"last_error": storableText(why)}
	if givenUp {
		noted["given_up_at"] = first("given_up_at", time.Now())
	}
	return s.noteOnNotice(ctx, id, noted)
}

// first keeps the time that a column has, and is at where it has none.
func first(column string, at time.Time) clause.Expr {
	return gorm.Expr("COALESCE("+column+", ?)", instant(at))
}

func (s *Store) noteOnNotice(ctx context.Context, id string, columns map[string]any) error {
	if !storable(id) {
		return translate("notice", gorm.ErrRecordNotFound)
	}
	noted := s.writer.WithContext(ctx).Model(&models.Notice{}).Where("id = ?", id).UpdateColumns(columns)
	err := noted.Error
	if err == nil && noted.RowsAffected == 0 {
		err = gorm.ErrRecordNotFound
	}
	return translate("notice "+id, err)
}

// AddNotice adds what people are told of something else than a request, unless one of its key is there already. It is
// safe to repeat.
func (s *Store) AddNotice(ctx context.Context, n models.Notice) error {
	return translate("add notice "+n.Key, addNotices(s.writer.WithContext(ctx), []models.Notice{n}))
}

// addNotices adds what people are told and is not there yet.
func addNotices(tx *gorm.DB, notices []models.Notice) error {
	if len(notices) == 0 {
		return nil
	}
	for i := range notices {
		n := &notices[i]
		fill(&n.ID, newID)
		fill(&n.CreatedAt, time.Now)
		n.CreatedAt = instant(n.CreatedAt)
		n.Subject, n.Text = storableText(n.Subject), storableText(n.Text)
	}
	there := clause.OnConflict{Columns: []clause.Column{{Name: "request_id"}, {Name: "key"}}, DoNothing: true}
	return tx.Clauses(there).CreateInBatches(&notices, atATime).Error
}
