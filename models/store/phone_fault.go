package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// phoneFault is the row of a refusal, whoever has the phone.
type phoneFault struct {
	Number models.Phone `gorm:"primaryKey"`
	models.PhoneFault
}

// FlagPhone notes that the carrier refused to ring a phone, with the carrier's error code. Of
// several refusals the latest stands, in whatever order they are told. It is safe to repeat.
func (s *Store) FlagPhone(ctx context.Context, number models.Phone, code int, at time.Time) error {
	err := s.writer.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "number"}},
		DoUpdates: clause.AssignmentColumns([]string{"code", "seen_at"}),
		Where:     clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "excluded.seen_at >= phone_faults.seen_at"}}},
	}).Create(&phoneFault{number, models.PhoneFault{Code: code, SeenAt: instant(at)}}).Error
	return translate(fmt.Sprintf("flag phone %v", number), err)
}

// UnflagPhones forgets that the carrier refused these phones. It is safe to repeat.
func (s *Store) UnflagPhones(ctx context.Context, phones []models.UserPhone) error {
	numbers := make([]models.Phone, len(phones))
	for i, phone := range phones {
		numbers[i] = phone.Number
	}
	err := s.writer.WithContext(ctx).Delete(&phoneFault{}, "number IN ?", numbers).Error
	return translate("unflag phones", err)
}

// showFaults fills in which phones of users the carrier refused. It reads all refusals: they are
// few, because looking at a user ends theirs, and a directory may have more phones than a query
// takes values.
func (s *Store) showFaults(ctx context.Context, users []models.User) error {
	var faults []phoneFault
	err := s.reader.WithContext(ctx).Find(&faults).Error
	of := make(map[models.Phone]*models.PhoneFault, len(faults))
	for i := range faults {
		of[faults[i].Number] = &faults[i].PhoneFault
	}
	for _, user := range users {
		for i, phone := range user.Phones {
			user.Phones[i].Fault = of[phone.Number]
		}
	}
	return translate("faults of phones", err)
}

// withoutFaults is a list of phones as a user's row keeps it.
func withoutFaults(phones []models.UserPhone) []models.UserPhone {
	phones = slices.Clone(phones)
	for i := range phones {
		phones[i].Fault = nil
	}
	return phones
}
