package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// finals are the states of a request after which nothing follows.
var finals = []models.RequestStatus{models.RequestActive, models.RequestRejected, models.RequestWithdrawn}

// Which requests count as numbers, beside the numbers that are not released.
const (
	openRequests     = "TRUE"     // whoever asks for one more
	reservedRequests = "reserved" // whoever adds one
)

// numbersWithin is a *models.AllotmentError where as many numbers are in use as are allotted; zero allots without
// limit. It counts numbers, and requests but one that are not over; what is an exception counts as neither. It is
// one statement, in which a number that takes the place of its reservation is never seen twice and never missing.
func numbersWithin(tx *gorm.DB, allotted int, requests, besides string) error {
	if allotted <= 0 {
		return nil
	}
	var used struct{ Numbers, Requests int }
	err := tx.Raw(`SELECT (SELECT COUNT(*) FROM phone_numbers WHERE status <> ? AND exception = '') AS numbers,
		(SELECT COUNT(*) FROM number_requests WHERE `+requests+` AND NOT exceeds AND status NOT IN ? AND id <> ?) AS requests`,
		models.NumberReleased, finals, besides).Scan(&used).Error
	if all := used.Numbers + used.Requests; err == nil && all >= allotted {
		err = &models.AllotmentError{What: "numbers", Used: all, Requests: used.Requests, Allotted: allotted}
	}
	return err
}

// licencesWithin is a *models.AllotmentError where as many users may be rung as are allotted; zero allots without
// limit.
func licencesWithin(tx *gorm.DB, allotted int) error {
	if allotted <= 0 {
		return nil
	}
	var used int64
	err := tx.Model(&models.User{}).Where("active AND on_call_licence").Count(&used).Error
	if err == nil && int(used) >= allotted {
		err = &models.AllotmentError{What: "licences", Used: int(used), Allotted: allotted}
	}
	return err
}

// licensed says whether a user takes a licence of the allotment.
func licensed(u models.User) bool { return u.Active && u.OnCallLicence }

// ReserveNumber sets a number of the allotment aside for a request, until the number is there or the request is
// over. Of all who reserve or add at once, as many succeed as are allotted; to the others it is a
// *models.AllotmentError, unless override says that there may be more. exceeded says that this was needed: the number
// is one more than allotted, and counts for nobody else. Zero allots without limit. It is safe to repeat.
func (s *Store) ReserveNumber(ctx context.Context, requestID string, allotted int, override bool) (exceeded bool, err error) {
	if !storable(requestID) {
		return false, translate("reserve number", gorm.ErrRecordNotFound)
	}
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := ofNumbers.take(tx); err != nil {
			return err
		}
		row, err := lockedRequest(tx, requestID)
		if err != nil || row.Reserved {
			exceeded = row.Exceeds
			return err
		}
		err = numbersWithin(tx, allotted, reservedRequests, requestID)
		if exceeded = override && errors.As(err, new(*models.AllotmentError)); exceeded {
			err = nil
		}
		if err != nil {
			return err
		}
		return reserve(tx, requestID, true, exceeded)
	})
	return exceeded, translate("reserve number for request "+requestID, err)
}

func reserve(tx *gorm.DB, requestID string, reserved, exceeds bool) error {
	return tx.Model(&numberRequest{}).Where("id = ?", requestID).
		UpdateColumns(map[string]any{"reserved": reserved, "exceeds": exceeds}).Error
}
