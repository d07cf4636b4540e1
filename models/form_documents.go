package models

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
)

// addressAlone says whether an address proves a rule with no document.
func (r DocumentRule) addressAlone() bool {
	return slices.ContainsFunc(r.Accepted, func(t DocumentType) bool { return !t.File() })
}

// files are the documents that a rule accepts as a file. Of those of one name it has the first: of a choice with two that
// are alike, neither could be taken.
func (r DocumentRule) files() []DocumentType {
	var files []DocumentType
	for _, t := range r.Accepted {
		if t.File() && !slices.ContainsFunc(files, func(other DocumentType) bool { return other.Name == t.Name }) {
			files = append(files, t)
		}
	}
	return files
}

// documentProperties are one for each rule that a file may prove.
func documentProperties(regulation Regulation) []property {
	var properties []property
	for _, rule := range regulation.Documents {
		if files := rule.files(); len(files) > 0 {
			properties = append(properties, property{rule.Name, !rule.addressAlone(), rule.schema(files)})
		}
	}
	return properties
}

// documentsStep asks for the documents. Where an address proves everything, nothing need be uploaded.
func documentsStep(documents []property) FormStep {
	const help = "Each is uploaded first; its id stands here."
	needed := slices.ContainsFunc(documents, func(p property) bool { return p.required })
	return step("documents", "Documents", help, property{"documents", needed, described("Documents", help, object(documents...))})
}

// schema asks for one of the files: its type, what is in it, and the file. Where what is in them differs, the type
// decides.
func (r DocumentRule) schema(files []DocumentType) map[string]any {
	help := cmp.Or(r.Help, "Any of the documents that are accepted.")
	if r.addressAlone() {
		help += " It may be left out where the address alone proves it."
	}
	properties := []property{must("type", typeSchema(files)), must("file", fileSchema())}
	alike := !slices.ContainsFunc(files, func(t DocumentType) bool { return !reflect.DeepEqual(t.content(), files[0].content()) })
	switch {
	case !alike:
		properties = append(properties, may("fields", described(contentTitle, contentHelp, map[string]any{"type": "object"})))
	case len(files[0].Fields) > 0:
		properties = append(properties, must("fields", files[0].content()))
	}
	schema := described(cmp.Or(r.Label, r.Name), help, object(properties...))
	if !alike {
		schema["allOf"] = ifThen(files)
	}
	return schema
}

const (
	contentTitle = "What is in it"
	contentHelp  = "Exactly as the document says."
)

func typeSchema(files []DocumentType) map[string]any {
	if len(files) == 1 {
		return constant("Document", files[0].label()+".", files[0].Name)
	}
	choices := make([]any, len(files))
	for i, t := range files {
		choices[i] = map[string]any{"const": t.Name, "title": t.label()}
	}
	return described("Document", "Which of these it is.", map[string]any{"type": "string", "oneOf": choices})
}

func (t DocumentType) label() string { return cmp.Or(t.Label, t.Name) }

// content asks for what is in a document.
func (t DocumentType) content() map[string]any {
	return fieldsSchema(contentTitle, contentHelp, t.Fields)
}

func fileSchema() map[string]any {
	help := fmt.Sprintf("The id of what was uploaded: a PDF, JPEG or PNG of %d MB at most.", DocumentAtMost>>20)
	schema := pattern("File", help, "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")
	schema["format"] = "uuid"
	return schema
}

// ifThen says for each type of document what is in it.
func ifThen(files []DocumentType) []any {
	all := make([]any, len(files))
	for i, t := range files {
		required := []any{}
		if len(t.Fields) > 0 {
			required = []any{"fields"}
		}
		all[i] = map[string]any{
			"if":   map[string]any{"properties": map[string]any{"type": map[string]any{"const": t.Name}}, "required": []any{"type"}},
			"then": map[string]any{"properties": map[string]any{"fields": t.content()}, "required": required},
		}
	}
	return all
}
