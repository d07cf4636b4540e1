package twilio

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringdown/ringdown/models"
)

const (
	// countriesAtOnce is how many countries are asked about at a time: the carrier allows few requests at once.
	countriesAtOnce = 4
	// askedAtMost is how often the carrier is asked one thing that it does not answer.
	askedAtMost = 3
	// askedAgainAfter is how long is waited before the second time, and twice as long before the third.
	askedAgainAfter = 250 * time.Millisecond
	// examples is how many numbers are looked at to see whether a type is sold only with an address.
	examples = 50
)

// Catalogue tells where the carrier sells numbers: the types of each country with their prices, whether one is sold
// only with an address, and what is asked of those who want one. What it does not tell of a country is left empty, but
// for the need of an address: where no number of a type is for sale today, that is as in known. It asks several things of
// each country and takes a minute or more; it is safe to repeat.
func (c *Client) Catalogue(ctx context.Context, known []models.Country) ([]models.Country, error) {
	offered, err := patiently(ctx, func() ([]OfferedCountry, error) { return c.OfferedCountries(ctx) })
	if err != nil {
		return nil, err
	}
	regulations, err := patiently(ctx, func() ([]Regulation, error) { return c.Regulations(ctx, "", "", "") })
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	countries := make([]models.Country, len(offered))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(countriesAtOnce)
	for i, o := range offered {
		group.Go(func() error {
			types, err := c.typesOf(ctx, o, knownNeeds(known, o.Code), regulations)
			countries[i] = models.Country{Code: o.Code, Name: o.Name, Types: types, Source: models.CatalogueCarrier, RefreshedAt: &now}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(countries, func(c models.Country) bool { return len(c.Types) == 0 }), nil
}

// knownNeeds are the needs of an address in a country, by type, as far as they are known.
func knownNeeds(known []models.Country, code string) map[models.NumberType]models.AddressNeed {
	needs := map[models.NumberType]models.AddressNeed{}
	for _, country := range known {
		for _, offer := range country.Types {
			if country.Code == code {
				needs[offer.Type] = offer.Address
			}
		}
	}
	return needs
}

// typesOf are the types of numbers in a country.
func (c *Client) typesOf(
	ctx context.Context, o OfferedCountry, known map[models.NumberType]models.AddressNeed, regulations []Regulation,
) (types []models.OfferedType, err error) {
	prices, err := patiently(ctx, func() (map[models.NumberType]models.Price, error) { return c.Prices(ctx, o.Code) })
	if lacks(err) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	for _, t := range o.Types {
		sold, err := patiently(ctx, func() ([]models.Candidate, error) {
			return c.Search(ctx, models.Search{Country: o.Code, Type: t, Limit: examples})
		})
		if errors.Is(err, models.ErrNotFound) {
			continue // it is sold to nobody after all
		}
		if err != nil && !lacks(err) {
			return nil, err
		}
		offer := models.OfferedType{Type: t, Price: prices[t], Address: needOf(sold, known[t]), Regulations: []models.Regulation{}}
		for _, r := range regulations {
			if r.Country == o.Code && r.Type == t {
				offer.Regulations = append(offer.Regulations, r.Regulation)
			}
		}
		types = append(types, offer)
	}
	return types, nil
}

// strictness has the needs of an address from the mildest to the strictest. One that nobody knows is the mildest.
var strictness = []models.AddressNeed{models.AddressNone, models.AddressAny, models.AddressForeign, models.AddressLocal}

// needOf is the strictest need among numbers that are sold, since nobody knows which of them it will be. Where none says
// anything, it is what is known.
func needOf(sold []models.Candidate, known models.AddressNeed) models.AddressNeed {
	var need models.AddressNeed
	for _, candidate := range sold {
		if need == "" || slices.Index(strictness, candidate.Address) > slices.Index(strictness, need) {
			need = candidate.Address
		}
	}
	return cmp.Or(need, known, models.AddressNone)
}

// lacks says whether an error means that the carrier does not tell something of a country, today or at all.
func lacks(err error) bool {
	return errors.Is(err, models.ErrNotFound) || ClassOf(err) == Refused || errors.As(err, new(models.Faults)) || errors.As(err, new(*models.InvalidError))
}

// patiently asks once more what the carrier was too busy to answer, or could not be heard on.
func patiently[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	for try := 1; ; try++ {
		answer, err := ask()
		if again := []Class{Busy, Unsent, Unknown}; try == askedAtMost || !slices.Contains(again, ClassOf(err)) {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return answer, ctx.Err()
		case <-time.After(askedAgainAfter << (try - 1)):
		}
	}
}
