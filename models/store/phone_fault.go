package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// phoneFault is the row of a refusal, whoever has the phone.
type phoneFault struct {
	Number models.Phone `gorm:"primaryKey"`
	models.PhoneFault
}

// FlagPhone notes that the carrier refused to ring a phone, with the carrier's error code. Of
// several refusals the latest stands, in whatever order they are told. It is safe to repeat: a
// refusal for the same reason is no change to audit.
func (s *Store) FlagPhone(ctx context.Context, number models.Phone, code int, at time.Time) error {
	err := s.changeFaults(ctx, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "number"}},
			DoUpdates: clause.AssignmentColumns([]string{"code", "seen_at"}),
			Where:     clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "excluded.seen_at >= phone_faults.seen_at"}}},
		}).Create(&phoneFault{number, models.PhoneFault{Code: code, SeenAt: instant(at)}}).Error
	})
	return translate(fmt.Sprintf("flag phone %v", number), err)
}

// UnflagPhones forgets that the carrier refused these phones. It is safe to repeat.
func (s *Store) UnflagPhones(ctx context.Context, phones []models.UserPhone) error {
	numbers := make([]models.Phone, len(phones))
	for i, phone := range phones {
		numbers[i] = phone.Number
	}
	err := s.changeFaults(ctx, func(tx *gorm.DB) error {
		return tx.Delete(&phoneFault{}, "number IN ?", numbers).Error
	})
	return translate("unflag phones", err)
}

// changeFaults changes which phones are refused, and audits that of each user who has one of them.
func (s *Store) changeFaults(ctx context.Context, change func(tx *gorm.DB) error) error {
	return s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		before, err := readFaults(tx)
		if err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		after, err := readFaults(tx)
		if err != nil {
			return err
		}
		users, err := usersWith(tx, before.unlike(after))
		for _, user := range users {
			was, is := user, user
			was.Phones, is.Phones = slices.Clone(user.Phones), slices.Clone(user.Phones)
			before.show(was.Phones)
			after.show(is.Phones)
			if err := s.audited(ctx, tx, models.ActionUpdate, "user", user.ID, was, is); err != nil {
				return err
			}
		}
		return err
	})
}

// usersWith finds the users who have one of some phones.
func usersWith(tx *gorm.DB, numbers []models.Phone) (users []models.User, err error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	query := tx.Order("created_at, id")
	for _, number := range numbers {
		query = query.Or("CAST(phones AS text) LIKE ?", inJSON(string(number)))
	}
	err = query.Find(&users).Error
	return users, err
}

// inJSON is the pattern of LIKE for a column of JSON that holds a text of letters, digits and signs.
func inJSON(text string) string { return `%"` + text + `"%` }

// faults are the refusals that stand, by phone.
type faults map[models.Phone]models.PhoneFault

// readFaults reads all refusals: they are few, because looking at a user ends theirs, and a
// directory may have more phones than a query takes values.
func readFaults(query *gorm.DB) (faults, error) {
	var rows []phoneFault
	err := query.Find(&rows).Error
	all := make(faults, len(rows))
	for _, row := range rows {
		all[row.Number] = row.PhoneFault
	}
	return all, err
}

// show fills in which phones the carrier refused.
func (f faults) show(phones []models.UserPhone) {
	for i, phone := range phones {
		phones[i].Fault = nil
		if fault, refused := f[phone.Number]; refused {
			phones[i].Fault = &fault
		}
	}
}

// unlike lists the phones that are refused before or after alone, or for another reason.
func (f faults) unlike(after faults) []models.Phone {
	either := maps.Clone(f)
	maps.Copy(either, after)
	maps.DeleteFunc(either, func(number models.Phone, _ models.PhoneFault) bool { return f[number].Code == after[number].Code })
	return slices.Collect(maps.Keys(either))
}

// showFaults fills in which phones of users the carrier refused.
func (s *Store) showFaults(ctx context.Context, users []models.User) error {
	all, err := readFaults(s.reader.WithContext(ctx))
	for _, user := range users {
		all.show(user.Phones)
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
