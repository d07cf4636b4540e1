package simulator

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// postalAddress is a postal address of a customer, as REST shows it.
type postalAddress struct {
	AccountSID       string  `json:"account_sid"`
	City             string  `json:"city"`
	CustomerName     string  `json:"customer_name"`
	DateCreated      string  `json:"date_created"`
	DateUpdated      string  `json:"date_updated"`
	EmergencyEnabled bool    `json:"emergency_enabled"`
	FriendlyName     string  `json:"friendly_name"`
	ISOCountry       string  `json:"iso_country"`
	PostalCode       string  `json:"postal_code"`
	Region           string  `json:"region"`
	SID              string  `json:"sid"`
	Street           string  `json:"street"`
	StreetSecondary  *string `json:"street_secondary"`
	URI              string  `json:"uri"`
	Validated        bool    `json:"validated"` // by the carrier, which never does
	Verified         bool    `json:"verified"`  // by the government, which never does
}

// addressFields are what a new address must have.
var addressFields = []string{"CustomerName", "Street", "City", "Region", "PostalCode", "IsoCountry"}

// change sets what a request gives. The country of an address stays.
func (a *postalAddress) change(f url.Values) error {
	for name, field := range map[string]*string{
		"CustomerName": &a.CustomerName, "Street": &a.Street, "City": &a.City, "Region": &a.Region,
		"PostalCode": &a.PostalCode, "FriendlyName": &a.FriendlyName,
	} {
		if !f.Has(name) {
			continue
		}
		if *field = f.Get(name); *field == "" && name != "FriendlyName" {
			return missing(name)
		}
	}
	if f.Has("StreetSecondary") {
		a.StreetSecondary = optional(f.Get("StreetSecondary"))
	}
	if _, _, err := flag(f, "AutoCorrectAddress"); err != nil { // nothing is ever corrected
		return err
	}
	enabled, given, err := flag(f, "EmergencyEnabled")
	if given {
		a.EmergencyEnabled = enabled
	}
	a.DateUpdated = stamp(time.Now())
	return err
}

// missing is the error for a parameter that must be given.
func missing(name string) error {
	return fault(400, 20001, "Missing required parameter "+name+" in the post body")
}

// inTown reports whether the address is in a town. Twilio's towns go by their first name: Frankfurt, whatever follows.
func (a *postalAddress) inTown(iso, locality string) bool {
	return a.ISOCountry == iso && strings.HasPrefix(strings.ToLower(a.City), strings.ToLower(locality))
}

func (o *office) address(sid string) *postalAddress {
	i := slices.IndexFunc(o.addresses, func(a *postalAddress) bool { return a.SID == sid })
	if i < 0 {
		return nil
	}
	return o.addresses[i]
}
