package models

import (
	"strings"
	"testing"
)

// TestWhatFormsTake changes one thing of a submission that says what must be said.
func TestWhatFormsTake(t *testing.T) {
	for _, c := range []struct {
		name   string
		form   Form
		change func(*RequestForm)
		takes  bool
	}{
		{"an area code", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.AreaCode = "415" }, true},
		{"an area code that is none", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.AreaCode = "115" }, false},
		{"a short area code", formFor(t, "CA", NumberLocal, "", false), func(f *RequestForm) { f.AreaCode = "41" }, false},
		{"a short area code elsewhere", formFor(t, "CH", NumberMobile, "", false), func(f *RequestForm) { f.AreaCode = "79" }, true},
		{"a long area code elsewhere", formFor(t, "CH", NumberMobile, "", false), func(f *RequestForm) { f.AreaCode = "7912345" }, false},
		{"an area code in words", formFor(t, "CH", NumberMobile, "", false), func(f *RequestForm) { f.AreaCode = "any" }, false},
		{"a town", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.Locality = "Boston" }, true},
		{"the town of what belongs to none", formFor(t, "US", NumberTollFree, "", false), func(f *RequestForm) { f.Locality = "Boston" }, false},
		{"digits", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.Contains = "555" }, true},
		{"letters", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.Contains = "HELP" }, false},
		{"details of several lines", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.Details = "Please\nsoon" }, true},
		{"another country than the form's", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.Country = "CA" }, false},
		{"another type than the form's", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.Type = NumberTollFree }, false},
		{"an exception that nobody asks for", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.Exception = "Growth" }, false},
		{"no exception where it is needed", formFor(t, "US", NumberLocal, "", true), func(*RequestForm) {}, false},
		{"the exception", formFor(t, "US", NumberLocal, "", true), func(f *RequestForm) { f.Exception = "Growth" }, true},
		{"the exception in words", formFor(t, OtherCountry, "", "", true), func(f *RequestForm) { f.Exception = "Growth" }, true},
		{"an end user where nobody asks", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.EndUser = Business }, false},
		{"another end user than the form's", formFor(t, "GB", NumberLocal, Business, false), func(f *RequestForm) { f.EndUser = Individual }, false},
		{"an address elsewhere", formFor(t, "GB", NumberLocal, Business, false), func(f *RequestForm) { f.Address.Country = "FR" }, true},
		{"an address in no country", formFor(t, "GB", NumberLocal, Business, false), func(f *RequestForm) { f.Address.Country = "Mars" }, false},
		{"an address far from the number", formFor(t, "DE", NumberLocal, Business, false), func(f *RequestForm) { f.Address.Country = "FR" }, false},
		{"an address without a region", formFor(t, "GB", NumberLocal, Business, false), func(f *RequestForm) { f.Address.Region = "" }, false},
		{"a wish in another country", formFor(t, OtherCountry, "", "", false), func(f *RequestForm) { f.AreaCode = "30" }, false},
		{"a passport", formFor(t, "DE", NumberLocal, Individual, false), func(f *RequestForm) { identify(f, "passport", uploaded) }, true},
		{"a library card", formFor(t, "DE", NumberLocal, Individual, false), func(f *RequestForm) { identify(f, "library_card", uploaded) }, false},
		{"a file of no name", formFor(t, "DE", NumberLocal, Individual, false), func(f *RequestForm) { identify(f, "passport", "passport.pdf") }, false},
		{"no file", formFor(t, "DE", NumberLocal, Individual, false), func(f *RequestForm) { identify(f, "passport", "") }, false},
		{"an e-mail that is none", formFor(t, "US", NumberLocal, "", false), func(f *RequestForm) { f.Email = "alice" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			filled := filledIn(t, c.form)
			c.change(&filled)
			err := compiled(t, c.form.Schema()).Validate(decoded(t, filled))
			if (err == nil) != c.takes {
				t.Errorf("takes it: %v, %v", err == nil, err)
			}
		})
	}
}

func identify(f *RequestForm, kind, file string) {
	d := f.Documents["name_info"]
	d.Type, d.File = kind, file
	f.Documents["name_info"] = d
}

// mixed is a country whose rules have what ours have not.
var mixed = Country{Code: "XX", Name: "Nowhere", Types: []OfferedType{{
	Type: NumberLocal, Address: AddressForeign,
	Regulations: []Regulation{{
		EndUser: Individual,
		Fields: []Field{
			{Name: "title", Choices: []string{"Dr", "none"}},
			{Name: "code", Pattern: "^[0-9]+$"},
			{Name: "broken", Pattern: "(?<=a"},
		},
		Documents: []DocumentRule{
			{Name: "home", Accepted: []DocumentType{
				{Name: AddressDocument, Address: true},
				{Name: "bill", Address: true},
				{Name: "deed", Fields: []Field{{Name: "owner"}}, Address: true},
			}},
			{Name: "identity", Accepted: []DocumentType{
				{Name: "passport", Fields: []Field{{Name: "number"}}},
				{Name: "photo"},
			}},
		},
	}},
}}}

func TestRulesOfManyKinds(t *testing.T) {
	form, err := FormFor(mixed, NumberLocal, "", false)
	if err != nil {
		t.Fatal(err)
	}
	checkExplained(t, "form", form.Schema())
	schema := compiled(t, form.Schema())
	passport := SubmittedDocument{Type: "passport", Fields: map[string]string{"number": "1"}, File: uploaded}
	for _, c := range []struct {
		name   string
		change func(*RequestForm)
		takes  bool
	}{
		{"what must be there", func(*RequestForm) {}, true},
		{"an address at home", func(f *RequestForm) { f.Address.Country = "XX" }, false},
		{"a choice that is none", func(f *RequestForm) { f.Person["title"] = "King" }, false},
		{"what does not fit its pattern", func(f *RequestForm) { f.Person["code"] = "a" }, false},
		{"a photo, of which nothing is said", func(f *RequestForm) { f.Documents["identity"] = SubmittedDocument{Type: "photo", File: uploaded} }, true},
		{"a photo with a number", func(f *RequestForm) {
			f.Documents["identity"] = SubmittedDocument{Type: "photo", Fields: map[string]string{"number": "1"}, File: uploaded}
		}, false},
		{"a passport without its number", func(f *RequestForm) { f.Documents["identity"] = SubmittedDocument{Type: "passport", File: uploaded} }, false},
		{"no identity", func(f *RequestForm) {
			delete(f.Documents, "identity")
			f.Documents["home"] = SubmittedDocument{Type: "bill", File: uploaded}
		}, false},
		{"a bill beside the address", func(f *RequestForm) { f.Documents["home"] = SubmittedDocument{Type: "bill", File: uploaded} }, true},
		{"an address as a file", func(f *RequestForm) { f.Documents["home"] = SubmittedDocument{Type: AddressDocument, File: uploaded} }, false},
		{"a deed without its owner", func(f *RequestForm) { f.Documents["home"] = SubmittedDocument{Type: "deed", File: uploaded} }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			filled := RequestForm{
				Name: "Support", Country: "XX", Type: NumberLocal, Email: "alice@example.com", EndUser: Individual,
				Person:    map[string]string{"title": "Dr", "code": "12", "broken": "anything"},
				Address:   &Address{CustomerName: "Alice", Street: "Main Street 1", City: "Town", Region: "Region", PostalCode: "1", Country: "GB"},
				Documents: map[string]SubmittedDocument{"identity": passport},
			}
			c.change(&filled)
			if err := schema.Validate(decoded(t, filled)); (err == nil) != c.takes {
				t.Errorf("takes it: %v, %v", err == nil, err)
			}
		})
	}
}

// twice is a country whose rules name everything twice.
var twice = Country{Code: "XX", Name: "Nowhere", Types: []OfferedType{{
	Type: NumberLocal, Address: AddressNone,
	Regulations: []Regulation{{
		EndUser: Business,
		Fields:  []Field{{Name: "form", Choices: []string{"AG", "AG"}}, {Name: "form"}},
		Documents: []DocumentRule{
			{Name: "proof", Accepted: []DocumentType{
				{Name: "deed", Fields: []Field{{Name: "owner"}, {Name: "owner"}}}, {Name: "deed"}, {Name: "bill"}, {Name: "bill"}}},
			{Name: "proof", Accepted: []DocumentType{{Name: "photo"}}},
		},
	}},
}}}

func TestWhatRulesNameTwiceIsAskedOnce(t *testing.T) {
	form, err := FormFor(twice, NumberLocal, "", false)
	if err != nil {
		t.Fatal(err)
	}
	filled := RequestForm{
		Name: "Support", Country: "XX", Type: NumberLocal, Email: "alice@example.com", EndUser: Business, Person: map[string]string{"form": "AG"},
		Documents: map[string]SubmittedDocument{"proof": {Type: "deed", Fields: map[string]string{"owner": "Alice"}, File: uploaded}},
	}
	if err := compiled(t, form.Schema()).Validate(decoded(t, filled)); err != nil {
		t.Error(err)
	}
	for _, step := range form.Steps {
		compiled(t, step.Schema)
	}
	filled.Documents["proof"] = SubmittedDocument{Type: "photo", File: uploaded}
	if compiled(t, form.Schema()).Validate(decoded(t, filled)) == nil {
		t.Error("the second rule counts")
	}
	want := "area_code locality contains details email person person.form documents documents.proof address"
	if got := strings.Join(AskableFields(form), " "); got != want {
		t.Errorf("one may ask for %s", got)
	}
}
