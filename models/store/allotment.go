package store

import (
	"context"

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

// within is a *models.AllotmentError where as many are in use as are allotted. Zero allots without limit, and
// then nothing is counted.
func within(what string, allotted int, count func() (int, error)) error {
	if allotted <= 0 {
		return nil
	}
	used, err := count()
	if err == nil && used >= allotted {
		err = &models.AllotmentError{What: what, Used: used, Allotted: allotted}
	}
	return err
}

// numbersWithin counts numbers, and requests but one that are not over. It is one statement, in which a number
// that takes the place of its reservation is never seen twice and never missing.
func numbersWithin(tx *gorm.DB, allotted int, requests, besides string) error {
	return within("numbers", allotted, func() (used int, err error) {
		err = tx.Raw(`SELECT (SELECT COUNT(*) FROM phone_numbers WHERE status <> ?) +
			(SELECT COUNT(*) FROM number_requests WHERE `+requests+` AND status NOT IN ? AND id <> ?)`,
			models.NumberReleased, finals, besides).Scan(&used).Error
		return used, err
	})
}

// licencesWithin counts the users who may be rung.
func licencesWithin(tx *gorm.DB, allotted int) error {
	return within("licences", allotted, func() (int, error) {
		var used int64
		err := tx.Model(&models.User{}).Where("active AND on_call_licence").Count(&used).Error
		return int(used), err
	})
}

// licensed says whether a user takes a licence of the allotment.
func licensed(u models.User) bool { return u.Active && u.OnCallLicence }

// ReserveNumber sets a number of the allotment aside for a request, until the number is there or the request is
// over. Of all who reserve or add at once, as many succeed as are allotted; to the others it is a
// *models.AllotmentError, unless override says that there may be more. Zero allots without limit. It is safe to
// repeat.
func (s *Store) ReserveNumber(ctx context.Context, requestID string, allotted int, override bool) error {
	if !storable(requestID) {
		return translate("reserve number", gorm.ErrRecordNotFound)
	}
	if override {
		allotted = 0
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := ofNumbers.take(tx); err != nil {
			return err
		}
		row, err := lockedRequest(tx, requestID)
		if err != nil || row.Reserved {
			return err
		}
		if err := numbersWithin(tx, allotted, reservedRequests, requestID); err != nil {
			return err
		}
		return reserve(tx, requestID, true)
	})
	return translate("reserve number for request "+requestID, err)
}

func reserve(tx *gorm.DB, requestID string, reserved bool) error {
	return tx.Model(&numberRequest{}).Where("id = ?", requestID).UpdateColumn("reserved", reserved).Error
}
