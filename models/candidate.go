package models

import "strings"

// Candidate is a number that the carrier sells at this moment. Nothing is reserved by a look.
type Candidate struct {
	Number   Phone       `json:"number"`
	Country  string      `json:"country"`
	Type     NumberType  `json:"type"`
	Locality string      `json:"locality"` // empty when unknown
	Region   string      `json:"region"`
	Address  AddressNeed `json:"address"`
	Voice    bool        `json:"voice"`
	SMS      bool        `json:"sms"`
	Beta     bool        `json:"beta"`  // new at the carrier, who does not vouch for it
	Price    Price       `json:"price"` // a month; zero when unknown
}

// Alike says whether one number serves as well as another that was approved: the same country and type, in the
// same place, with no more paperwork.
func (c Candidate) Alike(other Candidate) bool {
	return c.Country == other.Country && c.Type == other.Type && c.Voice &&
		strings.EqualFold(c.Locality, other.Locality) && strings.EqualFold(c.Region, other.Region) &&
		(c.Address == other.Address || !c.Address.Needed())
}

// Search says which numbers are looked for at the carrier.
type Search struct {
	Country string // ISO 3166-1 alpha-2
	Type    NumberType
	Wishes
	Limit int // how many at most, from 1 to 100; zero means 20
}
