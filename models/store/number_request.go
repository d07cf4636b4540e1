package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// numberRequest is the row of a request.
type numberRequest struct {
	models.NumberRequest
	Reserved bool // a number of the allotment is set aside for it
}

// CreateNumberRequest adds a request of which no run knows yet, with the first line of its history and what
// people are told of that. Where numbers and open requests are as many as are allotted, and the requester asks for
// no exception, it is a *models.AllotmentError; zero allots without limit. The files of its form become its own:
// a *models.InvalidError says that one is not the requester's, gone, or another request's.
func (s *Store) CreateNumberRequest(ctx context.Context, r models.NumberRequest, allotted int) (models.NumberRequest, error) {
	r = keptRequest(r)
	r.Version = 0
	if r.Form.Exception != "" {
		allotted = 0
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := ofNumbers.take(tx); err != nil {
			return err
		}
		if err := numbersWithin(tx, allotted, openRequests, ""); err != nil {
			return err
		}
		if err := tx.Create(&numberRequest{NumberRequest: r}).Error; err != nil {
			return err
		}
		missing, err := attach(tx, r)
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			return &models.InvalidError{Field: "documents", Reason: "names a file that is gone, in another request, or somebody else's: upload it again"}
		}
		return s.happened(ctx, tx, models.NumberRequest{}, r)
	})
	return r, translate("create number request", err)
}

// KeepNumberRequest writes how far a request has come, unless the row is newer, and makes the row where there is
// none. What people are told of it, its history in the audit list and the files of its form are added where they
// are missing. Once it is over, its documents lose their content, and nothing is set aside for it. unsent is how
// many of its notices are neither told nor given up. It is safe to repeat and to come too late.
func (s *Store) KeepNumberRequest(ctx context.Context, r models.NumberRequest) (unsent int, err error) {
	r = keptRequest(r)
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		before, err := requestRow(tx, r)
		if err == nil && before.Version <= r.Version {
			err = s.keepRequest(ctx, tx, before, r)
		}
		if err != nil {
			return err
		}
		var n int64
		err = unsentOf(tx.Model(&models.Notice{}), r.ID).Count(&n).Error
		unsent = int(n)
		return err
	})
	return unsent, translate("keep number request "+r.ID, err)
}

func (s *Store) keepRequest(ctx context.Context, tx *gorm.DB, before numberRequest, r models.NumberRequest) error {
	if !before.CreatedAt.IsZero() {
		r.CreatedAt = before.CreatedAt
	}
	row := numberRequest{r, before.Reserved && !r.Status.Final()}
	if err := tx.Model(&row).Select("*").UpdateColumns(&row).Error; err != nil {
		return err
	}
	if _, err := attach(tx, r); err != nil { // a run cannot mend what is missing: the carrier's side says so
		return err
	}
	if r.Status.Final() {
		if err := s.emptyDocuments(ctx, tx, r.ID); err != nil {
			return err
		}
	}
	return s.happened(ctx, tx, before.NumberRequest, r)
}

// requestRow locks the row of a request, or makes it where there is none; the row as it was is empty then.
func requestRow(tx *gorm.DB, r models.NumberRequest) (before numberRequest, err error) {
	before, err = lockedRequest(tx, r.ID)
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return before, err
	}
	there := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: true}
	made := tx.Clauses(there).Create(&numberRequest{NumberRequest: r})
	if made.Error != nil || made.RowsAffected > 0 {
		return numberRequest{}, made.Error
	}
	return lockedRequest(tx, r.ID) // somebody else made it meanwhile
}

// lockedRequest reads a request and locks it until the transaction ends.
func lockedRequest(tx *gorm.DB, id string) (row numberRequest, err error) {
	locked := clause.Locking{Strength: clause.LockingStrengthUpdate}
	err = tx.Clauses(locked).Take(&row, "id = ?", id).Error
	return row, err
}

// happened writes what is told of a request, and audits the lines of its history that are new.
func (s *Store) happened(ctx context.Context, tx *gorm.DB, before, after models.NumberRequest) error {
	if err := addNotices(tx, after.Notices()); err != nil {
		return fmt.Errorf("write notices: %w", err)
	}
	var was any
	if before.ID != "" {
		was = requestChange{Name: before.Form.Name, Status: before.Status}
	}
	for _, event := range after.History {
		known := slices.ContainsFunc(before.History, func(e models.RequestEvent) bool { return e.Seq == event.Seq })
		if known {
			continue
		}
		is := requestChange{after.Form.Name, after.Status, &event}
		if err := s.audited(As(ctx, event.By), tx, string(event.Kind), "number request", after.ID, was, is); err != nil {
			return err
		}
	}
	return nil
}

// requestChange is what the audit list shows of a request. The form stays out of it: it is personal, and the
// list is kept for good.
type requestChange struct {
	Name   string               `json:"name"`
	Status models.RequestStatus `json:"status"`
	Event  *models.RequestEvent `json:"event,omitempty"`
}

// keptRequest is a request as both databases can hold it.
func keptRequest(r models.NumberRequest) models.NumberRequest {
	r.Since, r.CreatedAt, r.UpdatedAt, r.RemindAt = instant(r.Since), instant(r.CreatedAt), instant(r.UpdatedAt), instantOrNil(r.RemindAt)
	r.Reason = storableText(r.Reason)
	return r
}
