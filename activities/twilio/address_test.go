package twilio

import (
	"net/http"
	"reflect"
	"testing"
)

// creating answers that there is none, then that one was made.
func creating(list, created string) func(*carrier, http.ResponseWriter, *http.Request, int) {
	return func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		if r.Method == http.MethodGet {
			c.says(w, r, http.StatusOK, list)
			return
		}
		c.says(w, r, http.StatusCreated, created)
	}
}

func TestAnAddressIsSentWhole(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, creating(`{"addresses": []}`, `{"sid": "`+address1+`"}`))
	if _, err := client.EnsureAddress(t.Context(), aName, anAddress); err != nil {
		t.Fatal(err)
	}
	want := []asked{
		{http.MethodGet, addresses, map[string][]string{"FriendlyName": {aName}, "PageSize": {"100"}}, map[string][]string{}},
		{http.MethodPost, addresses, map[string][]string{}, map[string][]string{
			"FriendlyName": {aName}, "CustomerName": {"Example Ltd"}, "Street": {"1 High Street"}, "City": {"Berlin"},
			"Region": {"Berlin"}, "PostalCode": {"10115"}, "IsoCountry": {"DE"}, "AutoCorrectAddress": {"true"},
		}},
	}
	if got := carrier.got(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v\n want %v", got, want)
	}
}

func TestARegionThatIsGivenIsSent(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, creating(`{"addresses": []}`, `{"sid": "`+address1+`"}`))
	address := anAddress
	address.Region = "BE"
	if _, err := client.EnsureAddress(t.Context(), aName, address); err != nil {
		t.Fatal(err)
	}
	if got := carrier.got()[1].Form.Get("Region"); got != "BE" {
		t.Errorf("sent region %q", got)
	}
}
