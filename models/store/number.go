package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// actionRelease is a number's own among the actions of the audit list.
const actionRelease = "release"

func numberStamp(n *models.PhoneNumber) stamp {
	return stamp{&n.ID, &n.Version, &n.CreatedAt, &n.UpdatedAt}
}

// CreateNumber adds a number, and with the first one the alert source of its calls. models.ErrTaken
// says that we have it already.
func (s *Store) CreateNumber(ctx context.Context, n models.PhoneNumber) (models.PhoneNumber, error) {
	return s.CreateNumberWithin(ctx, n, 0)
}

// CreateNumberWithin is CreateNumber where numbers are allotted; zero allots without limit. A
// *models.AllotmentError says that as many are there, or set aside for requests, already.
func (s *Store) CreateNumberWithin(ctx context.Context, n models.PhoneNumber, allotted int) (models.PhoneNumber, error) {
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := ofNumbers.take(tx); err != nil {
			return err
		}
		if err := numbersWithin(tx, allotted, reservedRequests, ""); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, "phone number", &n, numberStamp(&n)); err != nil {
			return err
		}
		_, err := s.incomingCalls(ctx, tx)
		return err
	})
	return n, translate("create phone number", err)
}

// Number finds a number by id.
func (s *Store) Number(ctx context.Context, id string) (models.PhoneNumber, error) {
	return one[models.PhoneNumber](s.reader.WithContext(ctx), "phone number", "id", id)
}

// NumberByPhone finds a number by its digits, also a released one.
func (s *Store) NumberByPhone(ctx context.Context, phone models.Phone) (models.PhoneNumber, error) {
	var number models.PhoneNumber
	err := s.reader.WithContext(ctx).Take(&number, "number = ?", phone).Error
	return number, translate(fmt.Sprintf("phone number %v", phone), err)
}

// NumberByCarrierID finds a number whose calls reach us by the carrier's id.
func (s *Store) NumberByCarrierID(ctx context.Context, carrierID string) (models.PhoneNumber, error) {
	if carrierID == "" { // that of numbers of which none is known
		return models.PhoneNumber{}, translate("phone number by the carrier's id", gorm.ErrRecordNotFound)
	}
	active := s.reader.WithContext(ctx).Where("status = ?", models.NumberActive)
	return one[models.PhoneNumber](active, "phone number", "carrier_id", carrierID)
}

// Numbers lists numbers, the oldest first.
func (s *Store) Numbers(ctx context.Context, page Page) ([]models.PhoneNumber, string, error) {
	numbers, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(n models.PhoneNumber) place { return place{n.CreatedAt, n.ID} })
	return numbers, next, translate("list phone numbers", err)
}

// UpdateNumber replaces a number whose version is ifVersion; zero means any. models.ErrStale
// says that it is another. What the nightly look found of it stays, unless it was released and is no
// longer.
func (s *Store) UpdateNumber(ctx context.Context, n models.PhoneNumber, ifVersion int) (models.PhoneNumber, error) {
	return s.UpdateNumberWithin(ctx, n, ifVersion, 0)
}

// UpdateNumberWithin is UpdateNumber where numbers are allotted; zero allots without limit. A
// *models.AllotmentError says that a released number cannot come back, because as many are there, or set
// aside for requests, already.
func (s *Store) UpdateNumberWithin(ctx context.Context, n models.PhoneNumber, ifVersion, allotted int) (models.PhoneNumber, error) {
	err := s.updating(ctx, "phone number", n.ID, func(tx *gorm.DB) error {
		if err := ofNumbers.take(tx); err != nil {
			return err
		}
		return s.replace(ctx, tx, "phone number", &n, numberStamp(&n), ifVersion, func(before any) error {
			was := before.(*models.PhoneNumber)
			if was.Status != models.NumberReleased || n.Status == models.NumberReleased {
				n.Check = was.Check
				return nil
			}
			n.Check = models.NumberCheck{}
			return numbersWithin(tx, allotted, reservedRequests, "")
		})
	})
	return n, err
}

// ReleaseNumber marks a number as one that is no longer ours, nor any request's. A route that is switched on keeps it,
// with a *models.InUseError. It is safe to repeat.
func (s *Store) ReleaseNumber(ctx context.Context, id string) (models.PhoneNumber, error) {
	var number models.PhoneNumber
	if !storable(id) {
		return number, translate("release phone number", gorm.ErrRecordNotFound)
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if _, err := held(tx, &number, id, 0); err != nil {
			return err
		}
		if err := tx.Take(&number, "id = ?", id).Error; err != nil || number.Status == models.NumberReleased {
			return err
		}
		if err := unused(tx, number); err != nil {
			return err
		}
		before := number
		number.Status, number.Version, number.UpdatedAt = models.NumberReleased, number.Version+1, instant(time.Now())
		if err := tx.Model(&number).Select("status", "version", "updated_at").UpdateColumns(&number).Error; err != nil {
			return err
		}
		if err := free(tx, "id = ?", id); err != nil {
			return err
		}
		return s.audited(ctx, tx, actionRelease, "phone number", id, before, number)
	})
	return number, translate("release phone number "+id, err)
}

// unused is a *models.InUseError where a route answers the calls of a number.
func unused(tx *gorm.DB, number models.PhoneNumber) error {
	var route models.Route
	err := tx.Select("id", "name").Take(&route, "phone_number_id = ? AND enabled", number.ID).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return nil
	case err != nil:
		return err
	}
	return &models.InUseError{
		What: "phone number " + strconv.Quote(number.Name), By: []string{"call route " + strconv.Quote(route.Name)},
		First: "switch the route off first, or take the number from it",
	}
}
