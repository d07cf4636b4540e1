package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// offer is the type of a country in a catalogue.
func offer(t *testing.T, catalogue []models.Country, code string, kind models.NumberType) models.OfferedType {
	t.Helper()
	i := slices.IndexFunc(catalogue, func(c models.Country) bool { return c.Code == code })
	if i < 0 {
		t.Fatalf("%s is not in the catalogue", code)
	}
	offered, ok := catalogue[i].Offer(kind)
	if !ok {
		t.Fatalf("%s does not offer %s numbers", code, kind)
	}
	return offered
}

func TestTheCatalogueHasWhatTheCarrierSellsAndAsks(t *testing.T) {
	t.Parallel()
	client, _ := simulated(t)
	catalogue, err := client.Catalogue(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, country := range catalogue {
		if country.Source != models.CatalogueCarrier || country.RefreshedAt == nil || country.Name == "" || len(country.Types) == 0 {
			t.Errorf("%+v", country)
		}
	}
	american := offer(t, catalogue, "US", models.NumberTollFree)
	if american.Address != models.AddressNone || american.Regulations == nil || len(american.Regulations) > 0 || american.Price.Amount != "2.15" {
		t.Errorf("American toll-free numbers are %+v", american)
	}
	german := offer(t, catalogue, "DE", models.NumberLocal)
	if german.Address != models.AddressLocal || len(german.EndUsers()) != 2 {
		t.Errorf("German numbers are %+v", german)
	}
	business, _ := german.For(models.Business)
	if business.CarrierID == "" || len(business.Fields) == 0 || len(business.Documents) == 0 {
		t.Errorf("of German businesses it asks %+v", business)
	}
}

func TestTheCatalogueLeavesOutWhatTheCarrierDoesNotTell(t *testing.T) {
	t.Parallel()
	const countries = `{"countries": [
		{"country_code": "AA", "country": "First", "beta": false, "subresource_uris": {"local": "x", "mobile": "x"}},
		{"country_code": "BB", "country": "Second", "beta": false, "subresource_uris": {"local": "x"}},
		{"country_code": "CC", "country": "Third", "beta": false, "subresource_uris": {"local": "x"}}]}`
	var busy atomic.Bool
	busy.Store(true)
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/AvailablePhoneNumbers.json"):
			_, _ = w.Write([]byte(countries))
		case strings.HasSuffix(path, "/Regulations"):
			_, _ = w.Write([]byte(`{"results": [], "meta": {}}`))
		case strings.HasSuffix(path, "/AA/Local.json"): // nothing in stock
			_, _ = w.Write([]byte(selling()))
		case strings.HasSuffix(path, "/CC/Local.json") && busy.Swap(false):
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"code": 20429, "message": "x", "status": 429}`))
		case strings.HasSuffix(path, "/CC/Local.json"):
			_, _ = w.Write([]byte(selling(sold("+12025550123", "Town", "any"))))
		default: // no prices, and no mobile numbers after all
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"code": 20404, "message": "x", "status": 404}`))
		}
	})
	catalogue, err := client.Catalogue(t.Context(), nil)
	if err != nil || len(catalogue) != 2 {
		t.Fatalf("the catalogue is %+v, %v", catalogue, err)
	}
	if first := catalogue[0]; first.Code != "AA" || len(first.Types) != 1 || first.Types[0].Price != (models.Price{}) || first.Types[0].Address != models.AddressNone {
		t.Errorf("the first country is %+v", first)
	}
	if third := offer(t, catalogue, "CC", models.NumberLocal); third.Address != models.AddressAny {
		t.Errorf("the third country offers %+v", third)
	}
}

func TestTheCatalogueTellsTheStrictestNeedOfAnAddress(t *testing.T) {
	t.Parallel()
	const none, anywhere, local = "none", "any", "local"
	for name, c := range map[string]struct {
		sold  []string // their needs
		known models.AddressNeed
		want  models.AddressNeed
	}{
		"all alike":                        {[]string{anywhere, anywhere}, "", models.AddressAny},
		"the first asks nothing":           {[]string{none, none, anywhere}, "", models.AddressAny},
		"the strictest is in the middle":   {[]string{anywhere, local, none}, "", models.AddressLocal},
		"local before foreign":             {[]string{local, "foreign"}, "", models.AddressLocal},
		"nothing for sale":                 {nil, models.AddressLocal, models.AddressLocal},
		"nothing for sale and known":       {nil, "", models.AddressNone},
		"what is for sale is known better": {[]string{none}, models.AddressLocal, models.AddressNone},
		"a word that nobody knows":         {[]string{"lunar", anywhere}, "", models.AddressAny},
		"a number that does not say":       {[]string{""}, models.AddressAny, models.AddressAny},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var numbers []string
			for i, need := range c.sold {
				numbers = append(numbers, sold(fmt.Sprintf("+1202555010%d", i), "Town", need))
			}
			client := answering(t, func(w http.ResponseWriter, r *http.Request) {
				switch path := r.URL.Path; {
				case strings.HasSuffix(path, "/AvailablePhoneNumbers.json"):
					_, _ = w.Write([]byte(`{"countries": [{"country_code": "AA", "country": "First", "beta": false, "subresource_uris": {"local": "x"}}]}`))
				case strings.HasSuffix(path, "/Regulations"):
					_, _ = w.Write([]byte(`{"results": [], "meta": {}}`))
				case strings.HasSuffix(path, "/AA/Local.json"):
					_, _ = w.Write([]byte(selling(numbers...)))
				default:
					w.WriteHeader(http.StatusNotFound)
					_, _ = w.Write([]byte(refusal(404, 20404)))
				}
			})
			catalogue, err := client.Catalogue(t.Context(), []models.Country{
				{Code: "BB", Types: []models.OfferedType{{Type: models.NumberLocal, Address: models.AddressForeign}}},
				{Code: "AA", Types: []models.OfferedType{{Type: models.NumberMobile, Address: models.AddressForeign}, {Type: models.NumberLocal, Address: c.known}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := offer(t, catalogue, "AA", models.NumberLocal).Address; got != c.want {
				t.Errorf("the need is %q, want %q", got, c.want)
			}
		})
	}
}

func answering(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return newClient(t, server.URL)
}

func TestTheCatalogueIsNoneWhileTheCarrierDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"it is broken": http.StatusServiceUnavailable, "the token is wrong": http.StatusUnauthorized} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := simulated(t)
			carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Do: simulator.ReplyStatus, Status: status}}})
			catalogue, err := client.Catalogue(t.Context(), nil)
			var refused *CarrierError
			if len(catalogue) > 0 || !errors.As(err, &refused) {
				t.Errorf("%+v, %v", catalogue, err)
			}
		})
	}
}
