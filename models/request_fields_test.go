package models

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatAnAnswerChanges(t *testing.T) {
	for _, c := range []struct {
		name    string
		fields  string
		answers RequestForm
		want    func(*RequestForm)
	}{
		{"nothing", "", RequestForm{}, func(*RequestForm) {}},
		{"an e-mail", "email", RequestForm{Email: "bob@example.com"}, func(f *RequestForm) { f.Email = "bob@example.com" }},
		{"all wishes", "area_code locality contains", RequestForm{Wishes: Wishes{"40", "Hamburg", "55"}},
			func(f *RequestForm) { f.Wishes = Wishes{"40", "Hamburg", "55"} }},
		{"a wish is given up", "area_code", RequestForm{}, func(f *RequestForm) { f.AreaCode = "" }},
		{"words", "details exception", RequestForm{Details: "Later.", Exception: "Growth"},
			func(f *RequestForm) { f.Details, f.Exception = "Later.", "Growth" }},
		{"a part of the person", "person.first_name", RequestForm{Person: map[string]string{"first_name": "Bob"}},
			func(f *RequestForm) { f.Person["first_name"] = "Bob" }},
		{"a new part of the person", "person.last_name", RequestForm{Person: map[string]string{"last_name": "Adams"}},
			func(f *RequestForm) { f.Person["last_name"] = "Adams" }},
		{"a part of the person goes", "person.first_name", RequestForm{}, func(f *RequestForm) { delete(f.Person, "first_name") }},
		{"the person", "person", RequestForm{Person: map[string]string{"business_name": "Other"}},
			func(f *RequestForm) { f.Person = map[string]string{"business_name": "Other"} }},
		{"a town", "address.city", RequestForm{Address: &Address{City: "Hamburg"}}, func(f *RequestForm) { f.Address.City = "Hamburg" }},
		{"the address", "address", RequestForm{Address: &Address{City: "Hamburg"}}, func(f *RequestForm) { f.Address = &Address{City: "Hamburg"} }},
		{"a document", "documents.business_name_info", RequestForm{Documents: map[string]SubmittedDocument{"business_name_info": {Type: "other"}}},
			func(f *RequestForm) {
				f.Documents = map[string]SubmittedDocument{"business_name_info": {Type: "other"}}
			}},
		{"one more document", "documents.proof", RequestForm{Documents: map[string]SubmittedDocument{"proof": {Type: "bill"}}},
			func(f *RequestForm) { f.Documents["proof"] = SubmittedDocument{Type: "bill"} }},
		{"all documents", "documents", RequestForm{Documents: map[string]SubmittedDocument{"proof": {Type: "bill"}}},
			func(f *RequestForm) { f.Documents = map[string]SubmittedDocument{"proof": {Type: "bill"}} }},
		{"another kind of end user, and all that depends on it", "end_user",
			RequestForm{EndUser: Individual, Person: map[string]string{"first_name": "Bob"}, Address: &Address{City: "Hamburg"}},
			func(f *RequestForm) {
				f.EndUser, f.Person, f.Documents = Individual, map[string]string{"first_name": "Bob"}, nil
				f.Address = &Address{City: "Hamburg"}
			}},
		{"what is said again unchanged", "email", func() RequestForm {
			f := validRequest()
			f.Email = "bob@example.com"
			return f
		}(), func(f *RequestForm) { f.Email = "bob@example.com" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, want := validRequest(), validRequest()
			c.want(&want)
			got, err := before.With(c.answers, strings.Fields(c.fields))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(validRequest(), before); diff != "" {
				t.Errorf("the old form is another now:\n%s", diff)
			}
		})
	}
}

func TestAnAnswerToAFormWithoutPaperwork(t *testing.T) {
	got, err := RequestForm{}.With(RequestForm{
		Person: map[string]string{"first_name": "Bob"}, Address: &Address{City: "Hamburg"},
		Documents: map[string]SubmittedDocument{"proof": {File: uploaded}},
	}, []string{"person.first_name", "address.city", "documents.proof"})
	if err != nil || got.Person["first_name"] != "Bob" || got.Address.City != "Hamburg" || got.Documents["proof"].File != uploaded {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhatAnAnswerMayNotChange(t *testing.T) {
	for _, c := range []struct {
		name    string
		fields  string
		answers RequestForm
		want    string
	}{
		{"the name", "name", RequestForm{Name: "Other"}, "name"},
		{"the country", "country", RequestForm{}, "country"},
		{"the type", "email type", RequestForm{}, "type"},
		{"what there is not", "colour", RequestForm{}, "colour"},
		{"a part that no address has", "address.planet", RequestForm{}, "address.planet"},
		{"a part of what has none", "email.host", RequestForm{}, "email.host"},
		{"no part at all", "person.", RequestForm{}, "person."},
		{"no document at all", "documents.", RequestForm{}, "documents."},
		{"nothing", " ", RequestForm{Details: "New"}, "details"},
		{"another name, unasked", "email", RequestForm{Email: "bob@example.com", Name: "Other"}, "name"},
		{"a wish, unasked", "email", RequestForm{Wishes: Wishes{Contains: "55"}}, "contains"},
		{"another part than named", "person.first_name", RequestForm{Person: map[string]string{"business_name": "Other"}}, "person.business_name"},
		{"another town, unasked", "address.street", RequestForm{Address: &Address{City: "Hamburg"}}, "address.city"},
		{"another document, unasked", "email", RequestForm{Email: "bob@example.com", Documents: map[string]SubmittedDocument{"proof": {}}}, "documents.proof"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := validRequest().With(c.answers, strings.Fields(c.fields))
			var invalid *InvalidError
			if !errors.As(err, &invalid) || invalid.Field != c.want {
				t.Errorf("got %v, want a fault of %s", err, c.want)
			}
		})
	}
}
