package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func country(code, name string, types ...models.OfferedType) models.Country {
	return models.Country{Code: code, Name: name, Types: types, Source: models.CatalogueOurs}
}

// local is a local number with paperwork.
func local(amount string) models.OfferedType {
	return models.OfferedType{
		Type: models.NumberLocal, Price: models.Price{Amount: amount, Currency: "USD"}, Address: models.AddressLocal,
		Regulations: []models.Regulation{{
			EndUser: models.Business, Fields: []models.Field{{Name: "business_name", Label: "Name\x00", Choices: []string{"a"}}},
			Documents: []models.DocumentRule{{Name: "proof", Accepted: []models.DocumentType{{Name: models.AddressDocument, Address: true}}}},
		}},
	}
}

func TestTheCatalogueBeginsWithOursAndGoesOnWithTheCarriers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		germany, austria, france := country("DE", "Germany", local("1.15")), country("AT", "Austria"), country("FR", "France")
		if err := s.SeedCountries(ctx, []models.Country{germany, austria}); err != nil {
			t.Fatal(err)
		}
		same(t, germany, must[models.Country](t)(s.Country(ctx, "DE")))
		if changes := audit(t, s, store.ChangeFilter{}); len(changes) != 0 {
			t.Errorf("audited %v", changes)
		}

		dearer := country("DE", "Deutschland", local("2.50"))
		dearer.RefreshedAt = &noon
		for range 2 {
			if err := s.KeepCountries(store.As(ctx, operator), []models.Country{dearer, france}); err != nil {
				t.Fatal(err)
			}
		}
		dearer.Source = models.CatalogueCarrier
		france = must[models.Country](t)(s.Country(ctx, "FR"))
		if france.Source != models.CatalogueCarrier || france.RefreshedAt == nil {
			t.Errorf("France is %+v", france)
		}
		for range 2 {
			if err := s.SeedCountries(ctx, []models.Country{germany, austria, country("FR", "Gaul"), country("ES", "Spain")}); err != nil {
				t.Fatal(err)
			}
		}
		same(t, []models.Country{austria, dearer, france, country("ES", "Spain")}, must[[]models.Country](t)(s.Countries(ctx)))

		changes := audit(t, s, store.ChangeFilter{})
		if len(changes) != 1 || changes[0].By != operator || changes[0].Noun != "catalogue" || string(changes[0].After) != `{"countries":["DE","FR"]}` {
			t.Errorf("audited %v", changes)
		}
		if err := s.KeepCountries(ctx, nil); err != nil {
			t.Error(err)
		}
		if err := s.SeedCountries(ctx, nil); err != nil {
			t.Error(err)
		}
		for _, missing := range []string{"", "XX", "a\x00b"} {
			if _, err := s.Country(ctx, missing); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("country %q: %v", missing, err)
			}
		}
	})
}

func TestOurOwnEntriesFollowOurFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.SeedCountries(ctx, []models.Country{country("DE", "Germany"), country("AT", "Austria")}); err != nil {
			t.Fatal(err)
		}
		if err := s.KeepCountries(ctx, []models.Country{country("AT", "Österreich")}); err != nil {
			t.Fatal(err)
		}
		if err := s.SeedCountries(ctx, []models.Country{country("DE", "Federal Germany", local("1.15")), country("AT", "Austria", local("1.15"))}); err != nil {
			t.Fatal(err)
		}
		same(t, country("DE", "Federal Germany", local("1.15")), must[models.Country](t)(s.Country(ctx, "DE")))
		if austria := must[models.Country](t)(s.Country(ctx, "AT")); austria.Name != "Österreich" || len(austria.Types) > 0 {
			t.Errorf("what the carrier has told is written over: %+v", austria)
		}
	})
}

func TestTheCatalogueIsSeededAndKeptByManyAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		all := models.SeedCountries()
		atOnce(t, 6, func(i int) error {
			if i%2 == 0 {
				return s.SeedCountries(ctx, all)
			}
			return s.KeepCountries(ctx, all)
		})
		kept := must[[]models.Country](t)(s.Countries(ctx))
		if len(kept) != len(all) {
			t.Errorf("%d countries, want %d", len(kept), len(all))
		}
		for _, c := range kept {
			if c.Source != models.CatalogueCarrier {
				t.Errorf("%s is %s again", c.Code, c.Source)
			}
		}
	})
}
