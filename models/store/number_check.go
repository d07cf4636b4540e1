package store

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// actionCheck is a number's own among the actions of the audit list: the nightly look found something.
const actionCheck = "check"

// worthTelling are the results of a check that the audit list tells of.
var worthTelling = []models.CheckResult{models.CheckRepaired, models.CheckBroken, models.CheckGone}

// NumberChecked notes what was found of a number at the carrier. It is no new version of the number, and a change
// to audit only where something else than the last time is amiss. It is safe to repeat.
func (s *Store) NumberChecked(ctx context.Context, id string, check models.NumberCheck) error {
	if !storable(id) {
		return translate("note check of phone number", gorm.ErrRecordNotFound)
	}
	check.At, check.Detail = instantOrNil(check.At), storableText(check.Detail)
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if _, err := held(tx, &models.PhoneNumber{}, id, 0); err != nil {
			return err
		}
		var number models.PhoneNumber
		if err := tx.Take(&number, "id = ?", id).Error; err != nil {
			return err
		}
		before := number
		number.Check = check
		if err := tx.Model(&number).Select("check_at", "check_result", "check_detail").UpdateColumns(&number).Error; err != nil {
			return err
		}
		if check.Result == before.Check.Result || !slices.Contains(worthTelling, check.Result) {
			return nil
		}
		return s.audited(ctx, tx, actionCheck, "phone number", id, before, number)
	})
	return translate("note check of phone number "+id, err)
}

// ActiveNumbers lists numbers whose calls reach us in the order of their ids, from the one after an id on.
func (s *Store) ActiveNumbers(ctx context.Context, after string, limit int) ([]models.PhoneNumber, error) {
	var numbers []models.PhoneNumber
	if !storable(after) {
		return nil, nil
	}
	err := s.reader.WithContext(ctx).Order("id").Limit(limit).
		Find(&numbers, "status = ? AND id > ?", models.NumberActive, after).Error
	return numbers, translate("list active phone numbers", err)
}
