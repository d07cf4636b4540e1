package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fixedFields are what a request is about: no answer changes them.
var fixedFields = []string{"name", "country", "type"}

// With is a form with what an answer says to the named fields, as in email, address or address.city. What the answer
// leaves empty of them is empty from then on. end_user stands for all that depends on it: person, address and
// documents. It is an *InvalidError when a field is none that can be asked, or when the answer says something new to
// another one. Whether the whole is a good answer, the form for it says.
func (f RequestForm) With(answers RequestForm, fields []string) (RequestForm, error) {
	for _, name := range fields {
		if !f.take(answers, name) {
			return RequestForm{}, &InvalidError{Field: name, Reason: notAsked(name)}
		}
	}
	said, kept := answers.values(), f.values()
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if said[name] != kept[name] {
			return RequestForm{}, &InvalidError{Field: name, Reason: "is not among the fields of the answer"}
		}
	}
	return f, nil
}

func notAsked(name string) string {
	if slices.Contains(fixedFields, name) {
		return "cannot be changed: the request is about it"
	}
	return "is no field of the form"
}

// take takes a field over from an answer; ok is false when it is none that can be asked.
func (f *RequestForm) take(answers RequestForm, name string) (ok bool) {
	if part, ok := strings.CutPrefix(name, "person."); ok {
		f.Person = replaced(f.Person, answers.Person, part)
		return part != ""
	}
	if part, ok := strings.CutPrefix(name, "documents."); ok {
		f.Documents = replaced(f.Documents, answers.Documents, part)
		return part != ""
	}
	if part, ok := strings.CutPrefix(name, "address."); ok {
		return f.takeAddress(answers.Address, part)
	}
	switch name {
	case "email":
		f.Email = answers.Email
	case "details":
		f.Details = answers.Details
	case "exception":
		f.Exception = answers.Exception
	case "area_code":
		f.AreaCode = answers.AreaCode
	case "locality":
		f.Locality = answers.Locality
	case "contains":
		f.Contains = answers.Contains
	case "person":
		f.Person = maps.Clone(answers.Person)
	case "address":
		f.Address = answers.Address
	case "documents":
		f.Documents = maps.Clone(answers.Documents)
	case "end_user":
		f.EndUser, f.Address = answers.EndUser, answers.Address
		f.Person, f.Documents = maps.Clone(answers.Person), maps.Clone(answers.Documents)
	default:
		return false
	}
	return true
}

// replaced is a map with another one's value of a key, without it where the other has none.
func replaced[V any](all, answers map[string]V, key string) map[string]V {
	all = maps.Clone(all)
	answer, ok := answers[key]
	switch {
	case !ok:
		delete(all, key)
	case all == nil:
		return map[string]V{key: answer}
	default:
		all[key] = answer
	}
	return all
}

func (f *RequestForm) takeAddress(answer *Address, part string) bool {
	var mine, theirs Address
	if f.Address != nil {
		mine = *f.Address
	}
	if answer != nil {
		theirs = *answer
	}
	field, ok := mine.parts()[part]
	if !ok {
		return false
	}
	*field = *theirs.parts()[part]
	f.Address = &mine
	return true
}

// parts are the parts of an address, by name.
func (a *Address) parts() map[string]*string {
	return map[string]*string{
		"customer_name": &a.CustomerName, "street": &a.Street, "city": &a.City,
		"region": &a.Region, "postal_code": &a.PostalCode, "country": &a.Country,
	}
}

// values are all that a form says, by field, what is empty left out.
func (f RequestForm) values() map[string]string {
	values := map[string]string{
		"name": f.Name, "country": f.Country, "type": string(f.Type), "email": f.Email, "details": f.Details,
		"exception": f.Exception, "area_code": f.AreaCode, "locality": f.Locality, "contains": f.Contains,
		"end_user": string(f.EndUser),
	}
	for _, name := range slices.Sorted(maps.Keys(f.Person)) {
		values["person."+name] = f.Person[name]
	}
	if f.Address != nil {
		parts := f.Address.parts()
		for _, name := range slices.Sorted(maps.Keys(parts)) {
			values["address."+name] = *parts[name]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Documents)) {
		values["documents."+name] = fmt.Sprintf("%#v", f.Documents[name])
	}
	maps.DeleteFunc(values, func(_, value string) bool { return value == "" })
	return values
}
