package models

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
)

const schemaDialect = "https://json-schema.org/draft/2020-12/schema"

// property is a property of an object in a JSON Schema.
type property struct {
	name     string
	required bool
	schema   map[string]any
}

// object is the JSON Schema of an object with these properties and no others. Of those of one name it has the first: a
// name that is required twice would make it no JSON Schema.
func object(properties ...property) map[string]any {
	all, required := map[string]any{}, []any{}
	for _, p := range properties {
		if _, twice := all[p.name]; twice {
			continue
		}
		all[p.name] = p.schema
		if p.required {
			required = append(required, p.name)
		}
	}
	return map[string]any{"type": "object", "properties": all, "required": required, "additionalProperties": false}
}

// must is a property that has to be there, and may one that does not.
func must(name string, schema map[string]any) property { return property{name, true, schema} }
func may(name string, schema map[string]any) property  { return property{name, false, schema} }

// described is a JSON Schema with what people read.
func described(title, help string, schema map[string]any) map[string]any {
	schema["title"], schema["description"] = title, help
	return schema
}

// written is text of 1 to so many characters. What it may not hold, RequestForm.Validate says.
func written(title, help string, most int) map[string]any {
	return described(title, help, map[string]any{"type": "string", "minLength": 1, "maxLength": most})
}

// pattern is text after a regular expression.
func pattern(title, help, expression string) map[string]any {
	return described(title, help, map[string]any{"type": "string", "pattern": expression})
}

// constant is what is known already.
func constant[T ~string](title, help string, value T) map[string]any {
	return described(title, help, map[string]any{"type": "string", "const": string(value)})
}

// step is a step that asks for the properties, in their order.
func step(id, title, help string, properties ...property) FormStep {
	s := FormStep{ID: id, Title: title, Help: help, Schema: object(properties...)}
	for _, p := range properties {
		s.Fields = append(s.Fields, p.name)
	}
	s.Schema["$schema"], s.Schema["title"] = schemaDialect, title
	return s
}

// partsOf names the properties of what may be an object, in the order in which it requires them, the others last.
func partsOf(schema any) []string {
	parent, _ := schema.(map[string]any)
	properties, _ := parent["properties"].(map[string]any)
	required, _ := parent["required"].([]any)
	parts := make([]string, 0, len(properties))
	for _, name := range required {
		parts = append(parts, name.(string))
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !slices.Contains(parts, name) {
			parts = append(parts, name)
		}
	}
	return parts
}

// asOnPaper is the help for what the carrier only names.
const asOnPaper = "As it is in official papers."

// property asks for a field. A pattern that is none is left out: the carrier looks at what it gets.
func (f Field) property() property {
	schema := written(f.label(), cmp.Or(f.Help, asOnPaper), partAtMost)
	if len(f.Choices) > 0 {
		choices := make([]any, len(f.Choices))
		for i, choice := range f.Choices {
			choices[i] = choice
		}
		schema["enum"] = choices
	}
	if _, err := regexp.Compile(f.Pattern); f.Pattern != "" && err == nil {
		schema["pattern"] = f.Pattern
	}
	return must(f.Name, schema)
}

func (f Field) label() string { return cmp.Or(f.Label, f.Name) }

// fieldsSchema asks for all fields, in one object.
func fieldsSchema(title, help string, fields []Field) map[string]any {
	properties := make([]property, len(fields))
	for i, field := range fields {
		properties[i] = field.property()
	}
	return described(title, help, object(properties...))
}
