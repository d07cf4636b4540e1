package models

import (
	"reflect"
	"slices"
	"time"
)

// NumberType is a kind of phone number, as the form and the carrier tell them apart.
type NumberType string

// The types of numbers.
const (
	NumberLocal    NumberType = "local"
	NumberMobile   NumberType = "mobile"
	NumberTollFree NumberType = "toll_free"
	NumberNational NumberType = "national"
)

// NumberTypes are all types, in the order in which the form offers them.
var NumberTypes = []NumberType{NumberLocal, NumberMobile, NumberTollFree, NumberNational}

// OtherCountry is the country of a request that no list foresees: it is told in words, and a person arranges
// the number.
const OtherCountry = "other"

// Country is one of the catalogue: where a number may be asked for, and what the form then asks.
type Country struct {
	Code        string          `json:"code" gorm:"primaryKey"` // ISO 3166-1 alpha-2
	Name        string          `json:"name"`                   // in English
	Types       []OfferedType   `json:"types" gorm:"serializer:json"`
	Source      CatalogueSource `json:"source"`
	RefreshedAt *time.Time      `json:"refreshed_at"` // when the carrier was asked; null while it is our own file
}

// CatalogueSource says where an entry of the catalogue is from.
type CatalogueSource string

// The sources of the catalogue.
const (
	CatalogueOurs    CatalogueSource = "ours"    // the file that every system begins with
	CatalogueCarrier CatalogueSource = "carrier" // asked of the carrier since
)

// OfferedType is a type of number in a country.
type OfferedType struct {
	Type        NumberType   `json:"type"`
	Price       Price        `json:"price"`       // a month; zero when unknown
	Address     AddressNeed  `json:"address"`     // what the carrier wants to know for any such number
	Regulations []Regulation `json:"regulations"` // one for each kind of end user; empty: no paperwork
}

// Price is an amount of money as the carrier writes it, as in 1.15 USD. Its zero value is unknown.
type Price struct {
	Amount   string `json:"amount"` // decimal, as in 1.15
	Currency string `json:"currency"`
}

// AddressNeed says whether a number is sold only with an address. Empty means none.
type AddressNeed string

// The needs of an address.
const (
	AddressNone    AddressNeed = "none"
	AddressAny     AddressNeed = "any"     // anywhere
	AddressLocal   AddressNeed = "local"   // in the locality of the number
	AddressForeign AddressNeed = "foreign" // outside its country
)

// Needed says whether there must be an address.
func (n AddressNeed) Needed() bool { return n != "" && n != AddressNone }

// EndUserType is whom a number is for.
type EndUserType string

// The kinds of end users.
const (
	Business   EndUserType = "business"
	Individual EndUserType = "individual"
)

// Regulation is what a country asks of those who want a number of a type.
type Regulation struct {
	CarrierID string         `json:"carrier_id"` // RN…; empty in our own file
	EndUser   EndUserType    `json:"end_user"`
	Fields    []Field        `json:"fields"` // of the business or person
	Documents []DocumentRule `json:"documents"`
}

// Field is one thing that the form asks.
type Field struct {
	Name  string `json:"name"` // as the carrier knows it, as in business_registration_number
	Label string `json:"label"`
	Help  string `json:"help"`

	Choices []string `json:"choices,omitempty"` // empty: any text
	Pattern string   `json:"pattern,omitempty"` // a regular expression of JSON Schema; empty: any text
}

// DocumentRule is something that must be proved by one of several documents.
type DocumentRule struct {
	Name     string         `json:"name"` // as the carrier knows it, as in proof_of_address
	Label    string         `json:"label"`
	Help     string         `json:"help"`
	Accepted []DocumentType `json:"accepted"`
}

// AddressDocument is the type of a document that is an address alone, with no file.
const AddressDocument = "address"

// DocumentType is a kind of document that the carrier accepts.
type DocumentType struct {
	Name    string  `json:"name"` // as the carrier knows it, as in commercial_registrar_excerpt
	Label   string  `json:"label"`
	Fields  []Field `json:"fields"`  // what is in it, the address left out
	Address bool    `json:"address"` // it proves the address of the request
}

// File says whether the document is a file that must be uploaded.
func (t DocumentType) File() bool { return t.Name != AddressDocument }

// Offer is what a country offers of a type; ok is false when it offers none.
func (c Country) Offer(t NumberType) (offer OfferedType, ok bool) {
	for _, offer := range c.Types {
		if offer.Type == t {
			return offer, true
		}
	}
	return OfferedType{}, false
}

// For is what a type asks of a kind of end user; ok is false where it asks nothing of them. Where a country
// asks something of the other kind alone, numbers are not for this one: see EndUsers.
func (o OfferedType) For(kind EndUserType) (regulation Regulation, ok bool) {
	for _, r := range o.Regulations {
		if r.EndUser == kind {
			return r, true
		}
	}
	return Regulation{}, false
}

// EndUsers are the kinds of end users who may have a number of a type, as the form offers them. It is empty
// where nobody asks.
func (o OfferedType) EndUsers() []EndUserType {
	var kinds []EndUserType
	for _, kind := range []EndUserType{Business, Individual} {
		if _, ok := o.For(kind); ok {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// With is a country of which something of one type is known better; news is false when it was known already.
func (c Country) With(t NumberType, change func(known *OfferedType)) (better Country, news bool) {
	c.Types = slices.Clone(c.Types)
	i := slices.IndexFunc(c.Types, func(o OfferedType) bool { return o.Type == t })
	if i < 0 {
		i, c.Types = len(c.Types), append(c.Types, OfferedType{Type: t})
	}
	before := c.Types[i]
	change(&c.Types[i])
	return c, !reflect.DeepEqual(before, c.Types[i])
}
