package store

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// ofCountry is the column that tells the entries of the catalogue apart.
var ofCountry = []clause.Column{{Name: "code"}}

// SeedCountries adds the countries that the catalogue lacks, and writes over those of which the carrier has told
// nothing yet. It is safe to repeat.
func (s *Store) SeedCountries(ctx context.Context, countries []models.Country) error {
	if len(countries) == 0 {
		return nil
	}
	ours := clause.OnConflict{
		Columns: ofCountry, DoUpdates: clause.AssignmentColumns([]string{"name", "types"}),
		Where: clause.Where{Exprs: []clause.Expression{clause.Eq{Column: "countries.source", Value: models.CatalogueOurs}}},
	}
	rows := slices.Clone(countries)                                        // gorm writes into them
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error { // all or none
		if err := ofCountries.take(tx); err != nil {
			return err
		}
		return tx.Clauses(ours).CreateInBatches(&rows, atATime).Error
	})
	return translate("seed countries", err)
}

// KeepCountries writes what the carrier tells of countries over what the catalogue says of them; others stay. The
// countries that are now others make one line of the audit list. It is safe to repeat.
func (s *Store) KeepCountries(ctx context.Context, countries []models.Country) error {
	if len(countries) == 0 {
		return nil
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := ofCountries.take(tx); err != nil {
			return err
		}
		before, err := catalogue(tx)
		if err != nil {
			return err
		}
		kept, others := make([]models.Country, len(countries)), []string{}
		for i, c := range countries {
			kept[i] = toldByCarrier(c)
			if same, err := sameCountry(before[c.Code], kept[i]); err != nil {
				return err
			} else if !same {
				others = append(others, c.Code)
			}
		}
		if err := tx.Clauses(clause.OnConflict{Columns: ofCountry, UpdateAll: true}).CreateInBatches(&kept, atATime).Error; err != nil {
			return err
		}
		if len(others) == 0 {
			return nil
		}
		return s.audited(ctx, tx, models.ActionUpdate, "catalogue", "countries", nil, map[string][]string{"countries": others})
	})
	return translate("keep countries", err)
}

// catalogue is what is known of each country, by its code.
func catalogue(query *gorm.DB) (map[string]models.Country, error) {
	var countries []models.Country
	err := query.Find(&countries).Error
	known := make(map[string]models.Country, len(countries))
	for _, c := range countries {
		known[c.Code] = c
	}
	return known, err
}

func toldByCarrier(c models.Country) models.Country {
	c.Source, c.RefreshedAt = models.CatalogueCarrier, instantOrNil(c.RefreshedAt)
	if c.RefreshedAt == nil {
		now := instant(time.Now())
		c.RefreshedAt = &now
	}
	return c
}

// sameCountry says whether the carrier tells nothing new.
func sameCountry(a, b models.Country) (bool, error) {
	a.RefreshedAt, b.RefreshedAt = nil, nil
	before, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	after, err := json.Marshal(b)
	return bytes.Equal(before, after), err
}

// Countries lists the countries of the catalogue by name.
func (s *Store) Countries(ctx context.Context) ([]models.Country, error) {
	countries := []models.Country{}
	err := s.reader.WithContext(ctx).Order("name, code").Find(&countries).Error
	return countries, translate("list countries", err)
}

// Country finds a country of the catalogue by its code.
func (s *Store) Country(ctx context.Context, code string) (models.Country, error) {
	return one[models.Country](s.reader.WithContext(ctx), "country", "code", code)
}
