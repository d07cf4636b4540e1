package twilio

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// OfferedCountry is a country in which the carrier sells numbers.
type OfferedCountry struct {
	Code  string // ISO 3166-1 alpha-2
	Name  string // in English
	Types []models.NumberType
	Beta  bool // all of its numbers are new at the carrier, who does not vouch for them
}

// OfferedCountries lists where the carrier sells numbers, by name; types that we do not offer are left out, and
// with them countries that have no other. It is safe to repeat.
func (c *Client) OfferedCountries(ctx context.Context) (countries []OfferedCountry, err error) {
	err = c.ask(ctx, "list countries", func(s *api.ApiService) error {
		// There are fewer countries than the longest page has lines.
		page, err := s.PageAvailablePhoneNumberCountry(new(api.ListAvailablePhoneNumberCountryParams).SetPageSize(longPage), "", "")
		if err != nil || page.Countries == nil {
			return errors.Join(err, errNoAnswer)
		}
		for i := range page.Countries {
			if country := countryOf(&page.Countries[i]); len(country.Types) > 0 {
				countries = append(countries, country)
			}
		}
		return nil
	})
	slices.SortFunc(countries, func(a, b OfferedCountry) int { return cmp.Compare(a.Name, b.Name) })
	return countries, err
}

func countryOf(found *api.ApiV2010AvailablePhoneNumberCountry) OfferedCountry {
	country := OfferedCountry{Code: text(found.CountryCode), Name: text(found.Country), Beta: truth(found.Beta)}
	if found.SubresourceUris == nil {
		return country
	}
	for _, t := range models.NumberTypes {
		if _, sold := (*found.SubresourceUris)[spellings[t].countries]; sold {
			country.Types = append(country.Types, t)
		}
	}
	return country
}

func truth(b *bool) bool { return b != nil && *b }
