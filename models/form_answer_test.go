package models

import (
	"slices"
	"strings"
	"testing"
)

func formForAnswer(t *testing.T, country string, kind NumberType, user EndUserType, asked ...string) Form {
	t.Helper()
	c := Country{Code: OtherCountry, Name: "Other"}
	if country != OtherCountry {
		c = seeded(t, country)
	}
	form, err := FormForAnswer(c, kind, user, false, asked)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

func TestAnAnswerMayGiveWhateverWasAsked(t *testing.T) {
	anAddress := func(f *RequestForm) {
		f.Address = &Address{CustomerName: "Alice", Street: "Main Street 1", City: "Town", Region: "Region", PostalCode: "12345", Country: "US"}
	}
	aPerson := func(f *RequestForm) { f.Person = map[string]string{"first_name": "Alice"} }
	aDocument := func(f *RequestForm) {
		f.Documents = map[string]SubmittedDocument{"proof": {Type: "bill", File: uploaded, Fields: map[string]string{"number": "1"}}}
	}
	for _, c := range []struct {
		name   string
		form   Form
		change func(*RequestForm)
		takes  bool
	}{
		{"an address that nobody asked for", formForAnswer(t, "US", NumberLocal, ""), anAddress, false},
		{"an address that was asked for", formForAnswer(t, "US", NumberLocal, "", "address"), anAddress, true},
		{"a part of an address", formForAnswer(t, "US", NumberLocal, "", "email", "address.city"), anAddress, true},
		{"no address although it was asked for", formForAnswer(t, "US", NumberLocal, "", "address"), func(*RequestForm) {}, false},
		{"an address in words", formForAnswer(t, OtherCountry, "", "", "address"), anAddress, true},
		{"a person that nobody asked for", formForAnswer(t, "US", NumberLocal, ""), aPerson, false},
		{"a person that was asked for", formForAnswer(t, "US", NumberLocal, "", "person"), aPerson, true},
		{"a name that was asked for", formForAnswer(t, "US", NumberLocal, "", "person.first_name"), aPerson, true},
		{"another part of a person", formForAnswer(t, "US", NumberLocal, "", "person.last_name"), aPerson, false},
		{"one of two parts", formForAnswer(t, "US", NumberLocal, "", "person.first_name", "person.last_name"), aPerson, false},
		{"a person without a word", formForAnswer(t, "US", NumberLocal, "", "person"), func(f *RequestForm) { f.Person = map[string]string{} }, false},
		{"a part that the country does not ask for", formForAnswer(t, "DE", NumberLocal, Business, "person.tax_id"),
			func(f *RequestForm) { f.Person["tax_id"] = "1" }, true},
		{"a person without that part", formForAnswer(t, "DE", NumberLocal, Business, "person.tax_id"), func(*RequestForm) {}, false},
		{"a document that nobody asked for", formForAnswer(t, "US", NumberLocal, ""), aDocument, false},
		{"a document that was asked for", formForAnswer(t, "US", NumberLocal, "", "documents.proof"), aDocument, true},
		{"any document", formForAnswer(t, "US", NumberLocal, "", "documents"), aDocument, true},
		{"a document without a file", formForAnswer(t, "US", NumberLocal, "", "documents"),
			func(f *RequestForm) { f.Documents = map[string]SubmittedDocument{"proof": {Type: "bill"}} }, false},
		{"what the form asks anyway", formForAnswer(t, "DE", NumberLocal, Business, "address", "person.business_name", "documents.business_name_info"), func(*RequestForm) {}, true},
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

func TestAnAnswerHasNoStepTwice(t *testing.T) {
	for _, c := range []struct {
		name    string
		country string
		kind    NumberType
		user    EndUserType
		asked   string
		steps   string
	}{
		{"nothing asked", "US", NumberLocal, "", "", "number contact"},
		{"an address, twice", "US", NumberLocal, "", "address address.city", "number contact address"},
		{"all of it", "US", NumberLocal, "", "email address person person.name documents.a documents.b", "number contact address person documents"},
		{"what is asked anyway", "DE", NumberLocal, Individual, "address person documents", "number contact end_user address documents"},
		{"before the kind is chosen", "DE", NumberLocal, "", "end_user address", "number contact end_user address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := formForAnswer(t, c.country, c.kind, c.user, strings.Fields(c.asked)...)
			var steps []string
			for _, step := range f.Steps {
				steps = append(steps, step.ID)
				compiled(t, step.Schema)
			}
			if got := strings.Join(steps, " "); got != c.steps {
				t.Errorf("got %s, want %s", got, c.steps)
			}
		})
	}
}

func TestAnAddressMayAlwaysBeAsked(t *testing.T) {
	for _, form := range []Form{
		formForAnswer(t, "US", NumberTollFree, ""), formForAnswer(t, OtherCountry, "", ""), formForAnswer(t, "DE", NumberLocal, ""),
		formForAnswer(t, "DE", NumberLocal, Business), formForAnswer(t, "US", NumberLocal, "", "address"),
	} {
		askable := AskableFields(form)
		if !slices.Contains(askable, "address") {
			t.Errorf("%s: one may ask for %v", form.Country, askable)
		}
		asked := formForAnswer(t, form.Country, form.Type, form.EndUser, askable...)
		if asked.property("address") == nil {
			t.Errorf("%s: what was asked cannot be answered", form.Country)
		}
	}
	if _, err := FormForAnswer(seeded(t, "US"), NumberMobile, "", false, []string{"address"}); err == nil {
		t.Error("a type that is not sold there has a form")
	}
}
