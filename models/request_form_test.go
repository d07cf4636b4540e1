package models

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func validRequest() RequestForm {
	return RequestForm{
		Name: "Support", Country: "DE", Type: NumberLocal, Email: "alice@example.com", Details: "Soon.\nThank you.",
		Wishes:  Wishes{AreaCode: "30", Locality: "Berlin"},
		EndUser: Business, Person: map[string]string{"business_name": "Example", "first_name": "Alice"},
		Address: &Address{CustomerName: "Example", Street: "Main Street 1", City: "Berlin", Region: "Berlin", PostalCode: "10115", Country: "DE"},
		Documents: map[string]SubmittedDocument{"business_name_info": {
			Type: "commercial_registrar_excerpt", Fields: map[string]string{"business_name": "Example"}, File: uploaded,
		}},
	}
}

func TestRequestFormValidate(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(*RequestForm)
		want  []string
	}{
		{"nothing is wrong", func(*RequestForm) {}, nil},
		{"no name", func(f *RequestForm) { f.Name = " " }, []string{"name"}},
		{"a long name", func(f *RequestForm) { f.Name = strings.Repeat("ü", 101) }, []string{"name"}},
		{"no e-mail", func(f *RequestForm) { f.Email = "" }, []string{"email"}},
		{"an e-mail to two", func(f *RequestForm) { f.Email = "alice@example.com\r\nbob@example.com" }, []string{"email"}},
		{"details as long as may be", func(f *RequestForm) { f.Details = strings.Repeat("ü", 2000) }, nil},
		{"long details", func(f *RequestForm) { f.Details = strings.Repeat("ü", 2001) }, []string{"details"}},
		{"details that ring a bell", func(f *RequestForm) { f.Details = "\a" }, []string{"details"}},
		{"no details", func(f *RequestForm) { f.Details = "" }, nil},
		{"no details of another country", func(f *RequestForm) { f.Country, f.Details = OtherCountry, "\n" }, []string{"details"}},
		{"a long exception", func(f *RequestForm) { f.Exception = strings.Repeat("a", 501) }, []string{"exception"}},
		{"a blank exception", func(f *RequestForm) { f.Exception = " \n" }, []string{"exception"}},
		{"a town of two lines", func(f *RequestForm) { f.Locality = "Ber\nlin" }, []string{"locality"}},
		{"a name of spaces", func(f *RequestForm) { f.Person["first_name"] = "  " }, []string{"person.first_name"}},
		{"a person of two lines", func(f *RequestForm) { f.Person["first_name"] = "A\nB" }, []string{"person.first_name"}},
		{"a street of two lines", func(f *RequestForm) { f.Address.Street = "A\nB" }, []string{"address.street"}},
		{"a long name at the door", func(f *RequestForm) { f.Address.CustomerName = strings.Repeat("a", 65) }, []string{"address.customer_name"}},
		{"an empty address", func(f *RequestForm) { f.Address = &Address{} }, []string{
			"address.customer_name", "address.street", "address.city", "address.region", "address.postal_code", "address.country",
		}},
		{"a document of two lines", func(f *RequestForm) { f.Documents["business_name_info"].Fields["business_name"] = "A\nB" },
			[]string{"documents.business_name_info.fields.business_name"}},
		{"no paperwork", func(f *RequestForm) { f.Person, f.Address, f.Documents = nil, nil, nil }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := validRequest()
			c.fault(&f)
			if diff := cmp.Diff(c.want, faulty(f.Validate())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFilesOfAForm(t *testing.T) {
	f := RequestForm{Documents: map[string]SubmittedDocument{"b": {File: "2"}, "a": {File: "1"}, "c": {Type: AddressDocument}}}
	if got := f.Files(); !cmp.Equal(got, []string{"1", "2"}) {
		t.Errorf("got %v", got)
	}
}
