package twilio

import (
	"errors"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"testing"

	"github.com/ringdown/ringdown/models"
)

const forSale = "/2010-04-01/Accounts/" + account + "/AvailablePhoneNumbers"

func TestOfferedCountriesAreThoseWithTypesThatWeOffer(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, says(`{"countries": [
		{"country_code": "US", "country": "United States", "beta": false, "subresource_uris": {"toll_free": "/x", "local": "/x", "voip": "/x"}},
		{"country_code": "DE", "country": "Germany", "beta": true, "subresource_uris": {"national": "/x", "mobile": "/x"}},
		{"country_code": "AT", "country": "Austria", "beta": false, "subresource_uris": {"shared_cost": "/x"}},
		{"country_code": "BE", "country": "Belgium", "subresource_uris": null}]}`))
	got, err := client.OfferedCountries(t.Context())
	want := []OfferedCountry{
		{"DE", "Germany", []models.NumberType{models.NumberMobile, models.NumberNational}, true},
		{"US", "United States", []models.NumberType{models.NumberLocal, models.NumberTollFree}, false},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("OfferedCountries = %v, %v", got, err)
	}
	if asked := carrier.got(); len(asked) != 1 || asked[0].Path != forSale+".json" || asked[0].Query.Encode() != "PageSize=1000" {
		t.Errorf("asked %v", asked)
	}
	client, _ = newCarrier(t, always(http.StatusOK, "", "{}"))
	if got, err := client.OfferedCountries(t.Context()); ClassOf(err) != Unknown || len(got) > 0 {
		t.Errorf("OfferedCountries = %v, %v", got, err)
	}
}

func TestPricesAreTheCarriersOwnDecimals(t *testing.T) {
	t.Parallel()
	numbers := `{"country": "United Kingdom", "iso_country": "GB", "price_unit": "usd", "phone_number_prices": [
		{"number_type": "local", "base_price": 1.15, "current_price": 1.15},
		{"number_type": "mobile", "base_price": 3, "current_price": 2.5},
		{"number_type": "toll free", "base_price": 2, "current_price": 2},
		{"number_type": "national", "base_price": 0.125, "current_price": 0.125},
		{"number_type": "shared cost", "base_price": 9, "current_price": 9}]}`
	// The carrier describes numbers, and shows texts in its examples.
	texts := regexp.MustCompile(`price": ([0-9.]+)`).ReplaceAllString(numbers, `price": "$1"`)
	want := map[models.NumberType]models.Price{
		models.NumberLocal: {Amount: "1.15", Currency: "USD"}, models.NumberMobile: {Amount: "2.50", Currency: "USD"},
		models.NumberTollFree: {Amount: "2.00", Currency: "USD"}, models.NumberNational: {Amount: "0.125", Currency: "USD"},
	}
	for name, answer := range map[string]func(*carrier, http.ResponseWriter, *http.Request, int){
		"as numbers": says(numbers), "as texts": always(http.StatusOK, "", texts),
	} {
		client, carrier := newCarrier(t, answer)
		got, err := client.Prices(t.Context(), "GB")
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if asked := carrier.got()[0]; asked.Path != "/v1/PhoneNumbers/Countries/GB" {
			t.Errorf("asked %v", asked)
		}
	}
}

func TestPricesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   Class
	}{
		"the carrier sells nothing there": {http.StatusNotFound, refusal(404, 20404), NotFound},
		"a stranger":                      {http.StatusOK, "{}", Unknown},
		"no price in it":                  {http.StatusOK, `{"phone_number_prices": [{"number_type": "local", "current_price": null}]}`, Unknown},
		"an error without words":          {http.StatusBadGateway, "<html>", Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, always(c.status, "", c.body))
			got, err := client.Prices(t.Context(), "GB")
			if ClassOf(err) != c.want || got != nil || errors.Is(err, models.ErrNotFound) != (c.want == NotFound) {
				t.Errorf("Prices = %v, %v", got, err)
			}
			if n := len(carrier.got()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
	client, carrier := newCarrier(t, always(http.StatusOK, "", "{}"))
	var invalid *models.InvalidError
	for _, country := range []string{"", "gb", "GBR", "G/"} {
		if _, err := client.Prices(t.Context(), country); !errors.As(err, &invalid) {
			t.Errorf("%q: %v", country, err)
		}
	}
	if got := carrier.got(); len(got) > 0 {
		t.Errorf("asked %v", got)
	}
}
