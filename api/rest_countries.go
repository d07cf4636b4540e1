package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/ringdown/ringdown/models"
)

// refreshWithin is how long the carrier may take to tell of all countries: it is asked several hundred things.
const refreshWithin = 10 * time.Minute

// refreshedAgainAfter is when whoever came while the catalogue was refreshed may try again.
const refreshedAgainAfter = time.Minute

// refreshed is what a refresh of the catalogue came to.
type refreshed struct {
	Countries int      `json:"countries" doc:"Of how many the carrier has told"`
	Added     []string `json:"added" doc:"The codes of those that are new in the catalogue"`
	Changed   []string `json:"changed" doc:"The codes of those of which the carrier tells something else than was known"`
}

func (a *rest) mountCountries() {
	listing := operation(http.MethodGet, "/v1/countries", "list-countries",
		"List where numbers may be asked for, with their types and what the form asks; other, which is any other country, comes last")
	handle(a, roles(listing, models.Roles...), a.countries)
	refreshing := operation(http.MethodPost, "/v1/catalogue/refresh", "refresh-catalogue",
		"Ask the carrier where it sells numbers, at what price, and what is asked of those who want one; takes a minute or more",
		http.StatusBadGateway)
	refreshing.Tags = []string{"countries"}
	refreshing.DefaultStatus = http.StatusOK
	handleLong(a, narrow(refreshing, 1, turnstile{
		after: refreshedAgainAfter, full: problem(http.StatusConflict, "The catalogue is being refreshed at this moment; it takes a minute or more."),
	}), a.refreshCatalogue)
}

func (a *rest) countries(ctx context.Context, _ *struct{}) (*plain[list[models.Country]], error) {
	countries, err := a.store.Countries(ctx)
	return answerList(each(append(countries, otherCountry), countryShown), ""), err
}

// refreshCatalogue may be repeated. What the carrier does not tell of any more stays.
func (a *rest) refreshCatalogue(ctx context.Context, _ *struct{}) (*plain[refreshed], error) {
	ctx, cancel := context.WithTimeout(ctx, refreshWithin)
	defer cancel()
	before, err := a.store.Countries(ctx)
	if err != nil {
		return nil, err
	}
	told, err := a.carrier.Catalogue(ctx, before)
	if err != nil {
		return nil, err
	}
	if err := a.store.KeepCountries(ctx, told); err != nil {
		return nil, err
	}
	after, err := a.store.Countries(ctx)
	changes := changesOf(before, after)
	changes.Countries = len(told)
	return &plain[refreshed]{Body: changes}, err
}

// changesOf tells two catalogues apart.
func changesOf(before, after []models.Country) refreshed {
	known := map[string]models.Country{}
	for _, country := range before {
		known[country.Code] = country
	}
	changes := refreshed{Added: []string{}, Changed: []string{}}
	for _, country := range after {
		was, ok := known[country.Code]
		switch {
		case !ok:
			changes.Added = append(changes.Added, country.Code)
		case !sameCountry(was, country):
			changes.Changed = append(changes.Changed, country.Code)
		}
	}
	return changes
}

// sameCountry says whether two entries differ in nothing but when the carrier was asked.
func sameCountry(a, b models.Country) bool {
	a.RefreshedAt, b.RefreshedAt = nil, nil
	return reflect.DeepEqual(countryShown(a), countryShown(b))
}
