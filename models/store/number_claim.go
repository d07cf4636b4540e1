package store

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// phoneNumber is the row of a number.
type phoneNumber struct {
	models.PhoneNumber
	NumberRequestID *string // of the request that it is for; null for none
}

// ClaimNumber makes a number that was arranged by hand a request's own, before the request is fulfilled with it. Of all
// requests that claim one number at once, one gets it. fresh says that it was not the request's before.
// models.ErrNotFound says that there is no such number, a *models.InvalidError that it was released, a
// *models.ConflictError that it is another request's. It is safe to repeat.
func (s *Store) ClaimNumber(ctx context.Context, numberID, requestID string) (fresh bool, err error) {
	if !storable(numberID) || !storable(requestID) {
		return false, translate("claim phone number", gorm.ErrRecordNotFound)
	}
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := ofNumbers.take(tx); err != nil {
			return err
		}
		var row phoneNumber
		locked := clause.Locking{Strength: clause.LockingStrengthUpdate}
		if err := tx.Clauses(locked).Take(&row, "id = ?", numberID).Error; err != nil {
			return err
		}
		if row.Status != models.NumberActive {
			return &models.InvalidError{Field: "phone_number_id", Reason: "is a number that was released; import it again first"}
		}
		owner, err := ownerOf(tx, row, requestID)
		switch {
		case err != nil, owner == requestID:
			return err
		case owner != "":
			return &models.ConflictError{Reason: "the number is for another request: " + owner}
		}
		fresh = true
		_, err = claim(tx, numberID, requestID)
		return err
	})
	return fresh, translate("claim phone number "+numberID, err)
}

// ownerOf is the request that a number is for, empty for none: the one that has claimed it, or another one than that
// which asks, at work, for which it was bought.
func ownerOf(tx *gorm.DB, row phoneNumber, asks string) (string, error) {
	if row.NumberRequestID != nil {
		return *row.NumberRequestID, nil
	}
	query := tx.Model(&models.NumberRequest{}).Select("id").Where("status NOT IN ? AND id <> ?", finals, asks)
	bought := "CAST(provisioning AS text) LIKE ?"
	if row.CarrierID == "" {
		query = query.Where(bought, inJSON(row.ID))
	} else {
		query = query.Where(bought+" OR "+bought, inJSON(row.ID), inJSON(row.CarrierID))
	}
	var found struct{ ID string }
	err := query.Order("id").Take(&found).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "", nil
	}
	return found.ID, err
}

// claim makes a number a request's, unless it is another one's.
func claim(tx *gorm.DB, numberID, requestID string) (mine bool, err error) {
	made := tx.Model(&phoneNumber{}).Where("id = ? AND (number_request_id IS NULL OR number_request_id = ?)", numberID, requestID).
		UpdateColumn("number_request_id", requestID)
	return made.RowsAffected > 0, made.Error
}

// FreeNumber gives a claim up, unless the request was fulfilled with the number. It is safe to repeat.
func (s *Store) FreeNumber(ctx context.Context, numberID, requestID string) error {
	if !storable(numberID) || !storable(requestID) {
		return nil // no claim is like that
	}
	err := free(s.writer.WithContext(ctx), "id = ? AND number_request_id = ? AND NOT EXISTS "+
		"(SELECT 1 FROM number_requests r WHERE r.id = ? AND r.phone_number_id = ?)", numberID, requestID, requestID, numberID)
	return translate("free phone number "+numberID, err)
}

func free(tx *gorm.DB, condition string, values ...any) error {
	return tx.Model(&phoneNumber{}).Where(condition, values...).UpdateColumn("number_request_id", nil).Error
}

// settleNumbers leaves a request that is over the number that it ended with, and no other.
func settleNumbers(tx *gorm.DB, r models.NumberRequest) error {
	if err := free(tx, "number_request_id = ? AND id <> ?", r.ID, r.PhoneNumberID); err != nil || r.PhoneNumberID == "" {
		return err
	}
	_, err := claim(tx.Where("status = ?", models.NumberActive), r.PhoneNumberID, r.ID)
	return err
}
