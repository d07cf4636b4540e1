package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ringdown/ringdown/models"
)

type candidatesInput struct {
	ID       string `path:"id"`
	Limit    int    `query:"limit" minimum:"1" maximum:"50" default:"20" doc:"How many at most"`
	AreaCode string `query:"area_code" pattern:"^[0-9]{1,6}$" doc:"Instead of the one that is wished for"`
	Locality string `query:"locality" maxLength:"100" doc:"Instead of the one that is wished for"`
	Contains string `query:"contains" pattern:"^[0-9]{2,10}$" doc:"Digits, instead of those that are wished for"`
}

// candidates are numbers for sale.
type candidates struct {
	Items []models.Candidate `json:"items"`
}

func (a *rest) mountCandidates() {
	op := operation(http.MethodGet, requestsPath+"/{id}/candidates", "get-number-request-candidates",
		"Ask the carrier which numbers that fit a request are for sale at this moment; none is reserved by that",
		http.StatusNotFound, http.StatusConflict, http.StatusBadGateway)
	handle(a, roles(op, reviewerRoles...), a.candidates)
}

func (a *rest) candidates(ctx context.Context, in *candidatesInput) (*plain[candidates], error) {
	r, err := a.requestOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if r.Form.Country == models.OtherCountry {
		return nil, &models.ConflictError{Reason: "a number of another country is arranged by hand: import it, and fulfil the request with it"}
	}
	if err := a.areaCode(ctx, r, in.AreaCode); err != nil {
		return nil, inQuery(err)
	}
	found, err := a.forSale(ctx, models.Search{
		Country: r.Form.Country, Type: r.Form.Type, Limit: in.Limit,
		Wishes: models.Wishes{
			AreaCode: cmp.Or(in.AreaCode, r.Form.AreaCode), Locality: cmp.Or(in.Locality, r.Form.Locality),
			Contains: cmp.Or(in.Contains, r.Form.Contains),
		},
	})
	return &plain[candidates]{Body: candidates{append([]models.Candidate{}, found...)}}, err
}

// areaCode checks an area code as the form for a request does. What the catalogue does not offer any more has no form:
// the carrier knows.
func (a *rest) areaCode(ctx context.Context, r models.NumberRequest, code string) error {
	if code == "" {
		return nil
	}
	form, err := a.formOf(ctx, r)
	if errors.As(err, new(*models.ConflictError)) {
		return nil
	}
	if err != nil {
		return err
	}
	properties, _ := form.Schema()["properties"].(map[string]any)
	rule, _ := properties["area_code"].(map[string]any)
	schema, err := compiled(rule)
	if err != nil {
		return fmt.Errorf("schema of the area codes of %s: %w", r.Form.Country, err)
	}
	var found *jsonschema.ValidationError
	var faults models.Faults
	if errors.As(schema.Validate(code), &found) {
		collect(&faults, found)
	}
	for _, fault := range faults {
		return &models.InvalidError{Field: "area_code", Reason: fault.Reason}
	}
	return nil
}

// forSale are numbers for sale, with their prices where these are known. Where the carrier sells no such type there
// is none.
func (a *rest) forSale(ctx context.Context, search models.Search) ([]models.Candidate, error) {
	found, err := a.carrier.Search(ctx, search)
	if errors.Is(err, models.ErrNotFound) || err == nil && len(found) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	prices, err := a.carrier.Prices(ctx, search.Country)
	if err != nil && !errors.Is(err, models.ErrNotFound) { // what they cost can be looked up elsewhere
		a.log.WarnContext(ctx, "numbers for sale without their prices", "country", search.Country, "cause", err)
	}
	for i := range found {
		found[i].Price = prices[search.Type]
	}
	return found, nil
}

// candidate is a number as the carrier sells it now. A *models.ConflictError says that it does not.
func (a *rest) candidate(ctx context.Context, r models.NumberRequest, number models.Phone) (models.Candidate, error) {
	found, err := a.forSale(ctx, models.Search{
		Country: r.Form.Country, Type: r.Form.Type, Wishes: models.Wishes{Contains: strings.TrimPrefix(string(number), "+")},
	})
	for _, candidate := range found {
		if candidate.Number == number {
			return candidate, err
		}
	}
	if err == nil {
		err = &models.ConflictError{Reason: "the carrier does not sell this number as one of the request's country and type, or not any more: choose another"}
	}
	return models.Candidate{}, err
}
