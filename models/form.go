package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Form is what a request for a number is asked, step by step.
type Form struct {
	Country    string        `json:"country"`
	Type       NumberType    `json:"type,omitempty"`     // empty for OtherCountry
	EndUser    EndUserType   `json:"end_user,omitempty"` // whom the steps are for; empty where nobody asks, and while Incomplete
	EndUsers   []EndUserType `json:"end_users"`          // who may have such a number; empty where nobody asks
	Incomplete bool          `json:"incomplete"`         // an end user is chosen first: the form for them has the rest
	Steps      []FormStep    `json:"steps"`
}

// FormStep is a part of a form that is filled in at once.
type FormStep struct {
	ID     string         `json:"id"`
	Title  string         `json:"title"`
	Help   string         `json:"help"`   // may be empty
	Fields []string       `json:"fields"` // in their order; within one of them, "required" has the order
	Schema map[string]any `json:"schema"` // JSON Schema 2020-12 of the step's fields, as one object
}

// FormFor is the form for a type of number in a country. With an empty kind the only kind that may have such a number
// is taken; where there are several, the form is Incomplete. allotted says that as many numbers are in use as are
// allotted, so that an exception is asked for, and required: whoever checks a submission that brings one passes true.
// It is an *InvalidError where the country does not offer the type, or not to the kind.
func FormFor(country Country, t NumberType, kind EndUserType, allotted bool) (Form, error) {
	if country.Code == OtherCountry {
		return otherForm(t, kind, allotted)
	}
	offer, ok := country.Offer(t)
	if !ok {
		return Form{}, &InvalidError{Field: "type", Reason: "must be a type that is offered there: " + orNone(country.types())}
	}
	kinds := offer.EndUsers()
	if kind == "" && len(kinds) == 1 {
		kind = kinds[0]
	}
	regulation, ok := offer.For(kind)
	switch {
	case !ok && kind != "" && len(kinds) == 0:
		return Form{}, &InvalidError{Field: "end_user", Reason: "leave it out: nobody asks there who uses the number"}
	case !ok && kind != "":
		return Form{}, &InvalidError{Field: "end_user", Reason: "must be one who may have such a number: " + orNone(kinds)}
	}
	f := Form{
		Country: country.Code, Type: t, EndUser: kind, EndUsers: append([]EndUserType{}, kinds...),
		Incomplete: kind == "" && len(kinds) > 0,
		Steps:      []FormStep{numberStep(country, t), contactStep(allotted)},
	}
	if len(kinds) > 0 {
		f.Steps = append(f.Steps, endUserStep(kinds, kind, regulation))
	}
	if f.Incomplete {
		return f, nil
	}
	if offer.Address.Needed() || regulation.address() {
		f.Steps = append(f.Steps, addressStep(country, offer.Address, regulation))
	}
	if documents := documentProperties(regulation); len(documents) > 0 {
		f.Steps = append(f.Steps, documentsStep(documents))
	}
	return f, nil
}

// otherForm asks for words alone.
func otherForm(t NumberType, kind EndUserType, allotted bool) (Form, error) {
	switch {
	case t != "":
		return Form{}, &InvalidError{Field: "type", Reason: "must be left out: say in words what is wanted"}
	case kind != "":
		return Form{}, &InvalidError{Field: "end_user", Reason: "must be left out: say in words who it is for"}
	}
	return Form{
		Country: OtherCountry, EndUsers: []EndUserType{},
		Steps: []FormStep{otherStep(), contactStep(allotted)},
	}, nil
}

// types are those that a country offers.
func (c Country) types() []NumberType {
	types := make([]NumberType, len(c.Types))
	for i, offer := range c.Types {
		types[i] = offer.Type
	}
	return types
}

func orNone[T ~string](words []T) string {
	if len(words) == 0 {
		return "there is none"
	}
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}

// Schema is the JSON Schema of a whole submission, a RequestForm. Of a form that is Incomplete it says no more than
// that an end user is missing: a submission is checked against the form for the end user that it names.
func (f Form) Schema() map[string]any {
	properties, required := map[string]any{}, []any{}
	for _, step := range f.Steps {
		maps.Copy(properties, step.properties())
		required = append(required, step.Schema["required"].([]any)...)
	}
	return map[string]any{
		"$schema": schemaDialect, "type": "object", "title": "A request for a phone number",
		"properties": properties, "required": required, "additionalProperties": false,
	}
}

func (s FormStep) properties() map[string]any {
	return s.Schema["properties"].(map[string]any)
}

// AskableFields are the fields of a form that a requester may be asked to mend, in the order of the form: each as a
// whole, then its parts, as in address.city. Whoever asks for another end_user asks for all that depends on it. An address
// may be asked for as a whole where the form has none: the carrier may want one of which the catalogue does not know.
func AskableFields(f Form) []string {
	var askable []string
	for _, step := range f.Steps {
		for _, field := range step.Fields {
			if slices.Contains(fixedFields, field) || field == "end_user" && len(f.EndUsers) < 2 {
				continue
			}
			askable = append(askable, field)
			for _, part := range partsOf(step.properties()[field]) {
				askable = append(askable, fmt.Sprintf("%s.%s", field, part))
			}
		}
	}
	if !slices.Contains(askable, "address") {
		askable = append(askable, "address")
	}
	return askable
}
