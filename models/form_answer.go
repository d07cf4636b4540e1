package models

import (
	"cmp"
	"strings"
)

// FormForAnswer is the form as an answer may fill it in: FormFor, with a place for all that was asked, as in address or
// person.first_name, also where the form does not ask it by itself because the catalogue knows of no such need.
func FormForAnswer(country Country, t NumberType, kind EndUserType, allotted bool, asked []string) (Form, error) {
	f, err := FormFor(country, t, kind, allotted)
	if err != nil {
		return Form{}, err
	}
	for _, field := range asked {
		switch whole, part, _ := strings.Cut(field, "."); whole {
		case "address":
			f.askAddress(country)
		case "person":
			f.ask(whole, part, written(cmp.Or(part, "Field"), asOnPaper, partAtMost))
		case "documents":
			f.ask(whole, part, anyDocument(part))
		}
	}
	return f, nil
}

// property is the schema of a field of a form, nil when it does not ask for it.
func (f *Form) property(field string) map[string]any {
	for _, step := range f.Steps {
		if schema, ok := step.properties()[field].(map[string]any); ok {
			return schema
		}
	}
	return nil
}

func (f *Form) askAddress(country Country) {
	if f.property("address") != nil {
		return
	}
	offer, _ := country.Offer(f.Type)
	regulation, _ := offer.For(f.EndUser)
	f.Steps = append(f.Steps, addressStep(country, offer.Address, regulation))
}

// ask asks for a part of a field. Without a part, a field that the form does not have may have any; each is like one.
func (f *Form) ask(field, part string, one map[string]any) {
	const title, help = "What is missing", "As it was asked."
	schema := f.property(field)
	if schema == nil {
		schema = described(title, help, object())
		if part == "" {
			schema["additionalProperties"], schema["minProperties"] = one, 1
		}
		f.Steps = append(f.Steps, step(field, title, help, must(field, schema)))
	}
	properties := schema["properties"].(map[string]any)
	if properties[part] == nil && part != "" {
		properties[part] = one
		schema["required"] = append(schema["required"].([]any), part)
	}
}

// anyDocument asks for a document of which no rule is known.
func anyDocument(name string) map[string]any {
	fields := described(contentTitle, contentHelp, object())
	fields["additionalProperties"] = written("Field", asOnPaper, partAtMost)
	return described(cmp.Or(name, "Document"), "The document that was asked for.", object(
		must("type", written("Kind", "Which one it is, as it was asked.", partAtMost)), must("file", fileSchema()), may("fields", fields)))
}
