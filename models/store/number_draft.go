package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// routeNameAtMost is how many characters the name of a route may have.
const routeNameAtMost = 100

// TakeInNumber makes the row of a number that was bought for a request, with its draft route and the alert source
// of its calls; what was set aside for the request is free again. The row of a released number is revived: its id
// stays. models.ErrTaken says that another row has the number, another number the id, or another request the
// number. It is safe to repeat: what is there is answered.
func (s *Store) TakeInNumber(ctx context.Context, n models.PhoneNumber, requestID string, draft models.Route) (models.PhoneNumber, models.Route, error) {
	var route models.Route
	n.Status = models.NumberActive
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
		if err := ofNumbers.take(tx); err != nil {
			return err
		}
		if !storable(requestID) {
			return gorm.ErrRecordNotFound
		}
		// The request is locked before the number, as by whoever writes the request.
		if _, err := lockedRequest(tx, requestID); err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			return err
		}
		if n, err = s.takeIn(ctx, tx, n); err != nil {
			return err
		}
		mine, err := claim(tx, n.ID, requestID)
		if err == nil && !mine {
			err = fmt.Errorf("number: %w", models.ErrTaken)
		}
		if err != nil {
			return err
		}
		if _, err := s.incomingCalls(ctx, tx); err != nil {
			return err
		}
		if route, err = s.draftRoute(ctx, tx, n.ID, draft); err != nil {
			return err
		}
		return reserve(tx, requestID, false, false)
	})
	return n, route, translate("take in phone number", err)
}

// takeIn finds, revives or makes the row of a number, and leaves it locked.
func (s *Store) takeIn(ctx context.Context, tx *gorm.DB, n models.PhoneNumber) (models.PhoneNumber, error) {
	var known models.PhoneNumber
	locked := clause.Locking{Strength: clause.LockingStrengthUpdate}
	err := tx.Clauses(locked).Take(&known, "number = ?", n.Number).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		err = s.insert(ctx, tx, "phone number", &n, numberStamp(&n))
		return n, err
	case err != nil:
		return n, err
	case known.Status == models.NumberReleased:
		n.ID = known.ID
		err = s.replace(ctx, tx, "phone number", &n, numberStamp(&n), 0, nil)
		return n, err
	case known.ID != n.ID:
		return n, fmt.Errorf("number: %w", models.ErrTaken)
	default:
		return known, nil
	}
}

// DraftRoute finds the route of a number, whichever it is, or makes the draft its route: switched off, and
// called NAME 2, NAME 3 and so on where others have the name. It is safe to repeat.
func (s *Store) DraftRoute(ctx context.Context, numberID string, draft models.Route) (models.Route, error) {
	var route models.Route
	if !storable(numberID) {
		return route, translate("draft route", gorm.ErrRecordNotFound)
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
		if _, err := held(tx, &models.PhoneNumber{}, numberID, 0); err != nil {
			return err
		}
		route, err = s.draftRoute(ctx, tx, numberID, draft)
		return err
	})
	return route, translate("draft route of phone number "+numberID, err)
}

// draftRoute is DraftRoute of a number that is locked. Somebody may take a name, or give the number another
// route, between two looks: the next look sees it.
func (s *Store) draftRoute(ctx context.Context, tx *gorm.DB, numberID string, draft models.Route) (models.Route, error) {
	name := draft.Name
	draft.Enabled, draft.PhoneNumberID = false, numberID
	routeStamp(&draft).begin()
	for n := 1; ; n++ {
		var there models.Route
		err := tx.Take(&there, "phone_number_id = ? OR id = ?", numberID, draft.ID).Error
		if !errors.Is(err, gorm.ErrRecordNotFound) {
			return there, err
		}
		draft.Name = nth(name, n)
		made := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&draft)
		if made.Error != nil {
			return draft, made.Error
		}
		if made.RowsAffected > 0 {
			return draft, s.audited(ctx, tx, models.ActionCreate, "call route", draft.ID, nil, draft)
		}
	}
}

// nth is the name of the nth route that is to be called so, cut where it would be too long.
func nth(name string, n int) string {
	suffix := ""
	if n > 1 {
		suffix = fmt.Sprintf(" %d", n)
	}
	letters := []rune(name)
	return string(letters[:min(len(letters), routeNameAtMost-len(suffix))]) + suffix
}
