package models

import (
	"maps"
	"slices"
)

// RequestForm is what a requester filled in. It is kept in histories: fields are added, never renamed or
// reused. Its JSON is what Form describes and what clients send.
type RequestForm struct {
	Name    string     `json:"name"`
	Country string     `json:"country"`           // ISO 3166-1 alpha-2, or OtherCountry
	Type    NumberType `json:"type,omitempty"`    // empty for OtherCountry
	Email   string     `json:"email"`             // of whoever is told how it goes on
	Details string     `json:"details,omitempty"` // anything else, in their own words
	Wishes

	Exception string `json:"exception,omitempty"` // why there should be more numbers than allotted

	EndUser   EndUserType                  `json:"end_user,omitempty"`
	Person    map[string]string            `json:"person,omitempty"` // fields of the business or person, by name
	Address   *Address                     `json:"address,omitempty"`
	Documents map[string]SubmittedDocument `json:"documents,omitempty"` // by the name of their rule
}

// Wishes narrow which numbers are looked for.
type Wishes struct {
	AreaCode string `json:"area_code,omitempty"` // without country code and leading zero, as in 415 or 30
	Locality string `json:"locality,omitempty"`
	Contains string `json:"contains,omitempty"` // digits that the number should have
}

// Address is a postal address.
type Address struct {
	CustomerName string `json:"customer_name"`
	Street       string `json:"street"`
	City         string `json:"city"`
	Region       string `json:"region"`
	PostalCode   string `json:"postal_code"`
	Country      string `json:"country"` // ISO 3166-1 alpha-2
}

// SubmittedDocument is a document that proves something.
type SubmittedDocument struct {
	Type   string            `json:"type"`             // as in commercial_registrar_excerpt
	Fields map[string]string `json:"fields,omitempty"` // what is in it, by name
	File   string            `json:"file,omitempty"`   // the id of what was uploaded; empty where the address is the document
}

// How long the texts of a form may be, in characters.
const (
	nameAtMost       = 100
	detailsAtMost    = 2000
	exceptionAtMost  = 500
	localityAtMost   = 100
	customerAtMost   = 64 // Source: Twilio, address validation for regulatory compliance
	postalCodeAtMost = 20
	partAtMost       = 200 // of whatever else a country asks
)

// Validate reports every fault of a form at once that its JSON Schema does not tell: above all, lines are lines.
func (f RequestForm) Validate() error {
	var faults Faults
	text(&faults, "name", f.Name, 1, nameAtMost)
	email(&faults, "email", f.Email)
	least := 0
	if f.Country == OtherCountry {
		least = 1 // words are all there is
	}
	lines(&faults, "details", f.Details, least, detailsAtMost)
	least = 0
	if f.Exception != "" {
		least = 1 // what is blank is no reason
	}
	lines(&faults, "exception", f.Exception, least, exceptionAtMost)
	text(&faults, "locality", f.Locality, 0, localityAtMost)
	texts(&faults, "person", f.Person)
	if f.Address != nil {
		f.Address.validate(&faults)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Documents)) {
		texts(&faults, "documents."+name+".fields", f.Documents[name].Fields)
	}
	return faults.Err()
}

// texts checks the values of what a country asks; which there must be, the form says.
func texts(faults *Faults, place string, values map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text(faults, place+"."+name, values[name], 1, partAtMost)
	}
}

func (a Address) validate(faults *Faults) {
	text(faults, "address.customer_name", a.CustomerName, 1, customerAtMost)
	text(faults, "address.street", a.Street, 1, partAtMost)
	text(faults, "address.city", a.City, 1, partAtMost)
	text(faults, "address.region", a.Region, 1, partAtMost)
	text(faults, "address.postal_code", a.PostalCode, 1, postalCodeAtMost)
	text(faults, "address.country", a.Country, 2, 2)
}

// Files are the ids of all files of a form.
func (f RequestForm) Files() []string {
	var ids []string
	for _, name := range slices.Sorted(maps.Keys(f.Documents)) {
		if id := f.Documents[name].File; id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
