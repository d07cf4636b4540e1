package models

import (
	_ "embed" // for our own catalogue
	"encoding/json"
)

// countriesFile is where the carrier was known to sell numbers that take calls when this was written, by name. It is a
// beginning and no promise: it was not asked of the carrier, may be wrong in types and paperwork, and has no prices.
// Where nothing was known, it asks nothing. Once the carrier is asked, its own answer counts.
//
//go:embed countries.json
var countriesFile []byte

// SeedCountries are the countries with which every catalogue begins, by name.
func SeedCountries() []Country {
	var countries []Country
	if err := json.Unmarshal(countriesFile, &countries); err != nil {
		return nil // a test reads the file
	}
	for i, country := range countries {
		countries[i].Source = CatalogueOurs
		for j := range country.Types {
			country.Types[j].fillIn()
		}
	}
	return countries
}

// fillIn sets what the file leaves out.
func (o *OfferedType) fillIn() {
	if o.Address == "" {
		o.Address = AddressNone
	}
	if o.Regulations == nil {
		o.Regulations = []Regulation{}
	}
}
