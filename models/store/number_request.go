package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// numberRequest is the row of a request.
type numberRequest struct {
	models.NumberRequest
	Reserved bool // a number of the allotment is set aside for it
	Exceeds  bool // that one is an exception beside the allotment
}

// CreateNumberRequest adds a request of which no run knows yet, with the first line of its history and what
// people are told of that. Where numbers and open requests are as many as are allotted, and the requester asks for
// no exception, it is a *models.AllotmentError; zero allots without limit. The files of its form become its own:
// a *models.InvalidError says that one is not the requester's, gone, or another request's.
func (s *Store) CreateNumberRequest(ctx context.Context, r models.NumberRequest, allotted int) (models.NumberRequest, error) {
	r = keptRequest(r)
	r.Version = 0
	if strings.TrimSpace(r.Form.Exception) != "" {
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
// none. A request that is over stays as it ended, and of two copies of one version that differ in their state the
// first stays. What people are told of it, its history in the audit list and the files of its form are added where
// they are missing; a file that the form does not name any more loses its content. Once it is over, its documents
// lose theirs, nothing is set aside for it, and of the numbers that it has claimed the one that it ended with alone
// is its own. unsent is how many of its notices are neither told nor given up. It is safe to repeat and to come too
// late.
func (s *Store) KeepNumberRequest(ctx context.Context, r models.NumberRequest) (unsent int, err error) {
	r = keptRequest(r)
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		before, err := requestRow(tx, r)
		if err == nil && goesOn(before.NumberRequest, r) {
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

// goesOn says whether a request may be written over what is known of it. One that was emptied stays so.
func goesOn(before, after models.NumberRequest) bool {
	if before.EmptiedAt != nil {
		return false
	}
	if before.Status.Final() || before.Version == after.Version && before.ID != "" {
		return before.Status == after.Status && before.Version <= after.Version
	}
	return before.Version <= after.Version
}

func (s *Store) keepRequest(ctx context.Context, tx *gorm.DB, before numberRequest, r models.NumberRequest) error {
	if !before.CreatedAt.IsZero() {
		r.CreatedAt = before.CreatedAt
	}
	row := numberRequest{r, before.Reserved && !r.Status.Final(), before.Exceeds && !r.Status.Final()}
	if err := tx.Model(&row).Select("*").UpdateColumns(&row).Error; err != nil {
		return err
	}
	if _, err := attach(tx, r); err != nil { // a run cannot mend what is missing: the carrier's side says so
		return err
	}
	if err := s.tidyUp(ctx, tx, before.NumberRequest, r); err != nil {
		return err
	}
	return s.happened(ctx, tx, before.NumberRequest, r)
}

// tidyUp takes from a request what it needs no more: files that were replaced, and once it is over all of them and
// the numbers that it did not end with.
func (s *Store) tidyUp(ctx context.Context, tx *gorm.DB, before, after models.NumberRequest) error {
	if after.Status.Final() {
		if err := s.emptyDocuments(ctx, tx, "request_id = ?", after.ID); err != nil || before.Status.Final() {
			return err
		}
		return settleNumbers(tx, after)
	}
	named := after.Form.Files()
	replaced := slices.DeleteFunc(before.Form.Files(), func(id string) bool { return slices.Contains(named, id) || !storable(id) })
	if len(replaced) == 0 {
		return nil
	}
	return s.emptyDocuments(ctx, tx, "request_id = ? AND id IN ?", after.ID, replaced)
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
		is := requestChange{after.Form.Name, after.Status, &lineOfHistory{event.Seq, event.Kind, event.Fields}}
		if err := s.audited(As(ctx, event.By), tx, string(event.Kind), "number request", after.ID, was, is); err != nil {
			return err
		}
	}
	return nil
}

// requestChange is what the audit list shows of a request. The form stays out of it, and what people write: it is
// personal, and the list is kept for good.
type requestChange struct {
	Name   string               `json:"name"`
	Status models.RequestStatus `json:"status"`
	Event  *lineOfHistory       `json:"event,omitempty"`
}

// lineOfHistory says which line of the history a change is.
type lineOfHistory struct {
	Seq    int                `json:"seq"`
	Kind   models.HistoryKind `json:"kind"`
	Fields []string           `json:"fields,omitempty"`
}

// keptRequest is a request as both databases can hold it.
func keptRequest(r models.NumberRequest) models.NumberRequest {
	r.Since, r.CreatedAt, r.UpdatedAt, r.RemindAt = instant(r.Since), instant(r.CreatedAt), instant(r.UpdatedAt), instantOrNil(r.RemindAt)
	r.Reason = storableText(r.Reason)
	return r
}
