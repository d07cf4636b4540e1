package twilio

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Search looks for numbers that can be called and are for sale at this moment; nothing is reserved by it. Nobody may
// sell one that fits: then the list is empty. models.ErrNotFound says that the carrier sells no such type there at all.
// It is safe to repeat.
func (c *Client) Search(ctx context.Context, search models.Search) ([]models.Candidate, error) {
	if err := checkSearch(search); err != nil {
		return nil, err
	}
	limit := cmp.Or(search.Limit, 20)
	filter, left := filterOf(search, limit)
	var found []models.Candidate
	err := c.ask(ctx, "search numbers", func(s *api.ApiService) error {
		sold, err := available(s, search, filter)
		if err != nil || sold == nil {
			return errors.Join(err, errNoAnswer)
		}
		for i := range sold {
			candidate := candidateOf(&sold[i], search)
			rest := strings.TrimPrefix(string(candidate.Number), beginning(search))
			if candidate.Voice && strings.Contains(rest, left) && len(found) < limit {
				found = append(found, candidate)
			}
		}
		return nil
	})
	return found, err
}

var (
	areaCode = regexp.MustCompile(`^[0-9]{0,6}$`)
	digits   = regexp.MustCompile(`^[0-9]{0,15}$`)
)

func checkSearch(search models.Search) error {
	var faults models.Faults
	if !countryCode.MatchString(search.Country) {
		faults.Add("country", "must be two capital letters of ISO 3166-1")
	}
	if _, known := spellings[search.Type]; !known {
		faults.Add("type", "must be local, mobile, toll_free or national")
	}
	if !areaCode.MatchString(search.AreaCode) {
		faults.Add("area_code", "must be up to six digits")
	}
	if !digits.MatchString(search.Contains) {
		faults.Add("contains", "must be up to 15 digits")
	}
	if search.Limit < 0 || search.Limit > 100 {
		faults.Add("limit", "must be 1 to 100")
	}
	return faults.Err()
}

// filterOf says what the carrier is asked, and which digits are left for us to look for. Area codes are known to the
// carrier in the US and Canada alone; elsewhere they are how numbers begin, and then it can look for no other digits:
// so it is asked for more than are wanted.
func filterOf(search models.Search, limit int) (filter *api.ListAvailablePhoneNumberLocalParams, left string) {
	filter = new(api.ListAvailablePhoneNumberLocalParams).SetVoiceEnabled(true).SetPageSize(limit)
	if search.Locality != "" {
		filter.SetInLocality(search.Locality)
	}
	left = search.Contains
	switch {
	case search.AreaCode == "":
	case search.Country == "US" || search.Country == "CA":
		code, _ := strconv.Atoi(search.AreaCode)
		filter.SetAreaCode(code)
	default:
		filter.SetContains(beginning(search))
		if left != "" {
			filter.SetPageSize(100)
		}
		return filter, left
	}
	if len(left) >= 2 { // fewer are too few for the carrier
		filter.SetContains(left)
		left = ""
	}
	return filter, left
}

// beginning is how the numbers begin that are looked for.
func beginning(search models.Search) string {
	return "+" + strconv.Itoa(phonenumbers.GetCountryCodeForRegion(search.Country)) + search.AreaCode
}

// available asks for a page of numbers. Each type has twilio-go's own types, alike in all but name.
func available(
	s *api.ApiService, search models.Search, filter *api.ListAvailablePhoneNumberLocalParams,
) ([]api.ApiV2010AvailablePhoneNumberLocal, error) {
	switch search.Type {
	case models.NumberMobile:
		page, err := s.PageAvailablePhoneNumberMobile(search.Country, (*api.ListAvailablePhoneNumberMobileParams)(filter), "", "")
		if err != nil {
			return nil, err
		}
		return alike(page.AvailablePhoneNumbers), nil
	case models.NumberTollFree:
		page, err := s.PageAvailablePhoneNumberTollFree(search.Country, (*api.ListAvailablePhoneNumberTollFreeParams)(filter), "", "")
		if err != nil {
			return nil, err
		}
		return alike(page.AvailablePhoneNumbers), nil
	case models.NumberNational:
		page, err := s.PageAvailablePhoneNumberNational(search.Country, (*api.ListAvailablePhoneNumberNationalParams)(filter), "", "")
		if err != nil {
			return nil, err
		}
		return alike(page.AvailablePhoneNumbers), nil
	default:
		page, err := s.PageAvailablePhoneNumberLocal(search.Country, filter, "", "")
		if err != nil {
			return nil, err
		}
		return page.AvailablePhoneNumbers, nil
	}
}

// alike is nil for nil, which is no answer.
func alike[T api.ApiV2010AvailablePhoneNumberMobile | api.ApiV2010AvailablePhoneNumberTollFree | api.ApiV2010AvailablePhoneNumberNational](
	page []T,
) []api.ApiV2010AvailablePhoneNumberLocal {
	if page == nil {
		return nil
	}
	numbers := make([]api.ApiV2010AvailablePhoneNumberLocal, len(page))
	for i := range page {
		numbers[i] = api.ApiV2010AvailablePhoneNumberLocal(page[i])
	}
	return numbers
}

func candidateOf(sold *api.ApiV2010AvailablePhoneNumberLocal, search models.Search) models.Candidate {
	candidate := models.Candidate{
		Number: models.Phone(text(sold.PhoneNumber)), Country: search.Country, Type: search.Type,
		Locality: text(sold.Locality), Region: text(sold.Region),
		Address: models.AddressNeed(text(sold.AddressRequirements)), Beta: truth(sold.Beta),
	}
	if sold.Capabilities != nil {
		candidate.Voice, candidate.SMS = sold.Capabilities.Voice, sold.Capabilities.Sms
	}
	return candidate
}
