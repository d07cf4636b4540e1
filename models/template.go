package models

import (
	"regexp"
	"slices"
	"strings"
)

// Template is a text with placeholders such as {{call_route_name}}, one for each attribute of an
// alert. What stands in for them is text: a placeholder in it is not filled in.
type Template string

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// Fill puts the attributes of an alert in. What is empty reads as "unknown".
func (t Template) Fill(a Alert) string {
	filled := placeholder.ReplaceAllStringFunc(string(t), func(found string) string {
		name := Attribute(placeholder.FindStringSubmatch(found)[1])
		if value := a.Attribute(name); value != "" {
			return oneLine(value)
		}
		return "unknown"
	})
	return strings.TrimSpace(filled)
}

// validate reports an empty template, one that is too long, and placeholders that there are not.
func (t Template) validate(faults *Faults, place string, least, most int) {
	lines(faults, place, string(t), least, most)
	for _, found := range placeholder.FindAllStringSubmatch(string(t), -1) {
		if !slices.Contains(Attributes, Attribute(found[1])) {
			faults.Add(place, "there is no {{%s}}; placeholders are %s", found[1], listOf(Attributes))
		}
	}
	if rest := placeholder.ReplaceAllString(string(t), ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		faults.Add(place, "a placeholder is written {{name}}")
	}
}

// oneLine is a text without line breaks and control characters.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }), " ")
}
