package models

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestOurCatalogueCanBeRead(t *testing.T) {
	decoder := json.NewDecoder(bytes.NewReader(countriesFile))
	decoder.DisallowUnknownFields()
	var file []Country
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	if got := SeedCountries(); len(got) != len(file) || len(got) < 60 {
		t.Errorf("%d countries of %d", len(got), len(file))
	}
}

func TestOurCatalogueIsSound(t *testing.T) {
	countries := SeedCountries()
	if !slices.IsSortedFunc(countries, func(a, b Country) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("it is not by name")
	}
	seen := map[string]bool{}
	for _, country := range countries {
		if !regexp.MustCompile(`^[A-Z]{2}$`).MatchString(country.Code) || seen[country.Code] || country.Name == "" {
			t.Errorf("%q (%s) is no country, or listed twice", country.Code, country.Name)
		}
		seen[country.Code] = true
		if country.Source != CatalogueOurs || country.RefreshedAt != nil || len(country.Types) == 0 {
			t.Errorf("%s: %+v", country.Code, country)
		}
		types := map[NumberType]bool{}
		for _, offer := range country.Types {
			if !slices.Contains(NumberTypes, offer.Type) || types[offer.Type] {
				t.Errorf("%s: %q is no type, or listed twice", country.Code, offer.Type)
			}
			types[offer.Type] = true
			checkOffer(t, country.Code+" "+string(offer.Type), offer)
		}
	}
}

func checkOffer(t *testing.T, place string, offer OfferedType) {
	t.Helper()
	if !slices.Contains([]AddressNeed{AddressNone, AddressAny, AddressLocal, AddressForeign}, offer.Address) || offer.Regulations == nil {
		t.Errorf("%s: address %q, regulations %v", place, offer.Address, offer.Regulations)
	}
	if len(offer.Regulations) != len(offer.EndUsers()) {
		t.Errorf("%s: %d regulations for %v", place, len(offer.Regulations), offer.EndUsers())
	}
	for _, r := range offer.Regulations {
		if r.CarrierID != "" || r.Fields == nil || r.Documents == nil {
			t.Errorf("%s: %+v", place, r)
		}
		for _, rule := range r.Documents {
			if rule.Name == "" || rule.Label == "" || len(rule.Accepted) == 0 {
				t.Errorf("%s: %+v", place, rule)
			}
			for _, accepted := range rule.Accepted {
				if accepted.Label == "" || accepted.Fields == nil || accepted.Name == AddressDocument && !accepted.Address {
					t.Errorf("%s: %+v", place, accepted)
				}
			}
		}
	}
}

func TestEachHasItsOwnCopyOfOurCatalogue(t *testing.T) {
	SeedCountries()[0].Types[0].Type = "carrier pigeon"
	if got := SeedCountries()[0].Types[0].Type; got == "carrier pigeon" {
		t.Error("somebody else's change is seen")
	}
}

// seeded is a country of our catalogue.
func seeded(t *testing.T, code string) Country {
	t.Helper()
	countries := SeedCountries()
	i := slices.IndexFunc(countries, func(c Country) bool { return c.Code == code })
	if i < 0 {
		t.Fatalf("%s is not in the catalogue", code)
	}
	return countries[i]
}

func TestWhatOurCatalogueAsksOfWhom(t *testing.T) {
	for _, c := range []struct {
		country string
		kind    NumberType
		address AddressNeed
		users   []EndUserType
	}{
		{"US", NumberLocal, AddressNone, nil},
		{"US", NumberTollFree, AddressNone, nil},
		{"CA", NumberLocal, AddressNone, nil},
		{"CA", NumberTollFree, AddressNone, nil},
		{"GB", NumberLocal, AddressAny, []EndUserType{Business, Individual}},
		{"GB", NumberNational, AddressAny, []EndUserType{Business, Individual}},
		{"DE", NumberLocal, AddressLocal, []EndUserType{Business, Individual}},
		{"FR", NumberLocal, AddressLocal, []EndUserType{Business}},
		{"AU", NumberMobile, AddressAny, []EndUserType{Business, Individual}},
	} {
		offer, ok := seeded(t, c.country).Offer(c.kind)
		if !ok || offer.Address != c.address || !slices.Equal(offer.EndUsers(), c.users) {
			t.Errorf("%s %s: %v, address %s, for %v", c.country, c.kind, ok, offer.Address, offer.EndUsers())
		}
	}
}
