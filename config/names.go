package config

import (
	"regexp"
	"strings"
)

// references are the fields that name another entry in a file, and give its id in the API.
var references = map[string]struct {
	api, noun string
	typed     bool // the API wants to be told the type, too
}{
	"user":         {"user_id", users.noun, true},
	"schedule":     {"schedule_id", schedules.noun, true},
	"phone_number": {"phone_number_id", "phone number", false},
}

// notInFiles are fields of the API that a file does without, and what to do instead.
var notInFiles = map[string]string{
	"id":              "the system gives ids: leave it out",
	"version":         "the system counts versions: leave it out",
	"created_at":      "the system keeps it: leave it out",
	"updated_at":      "the system keeps it: leave it out",
	"fault":           "the system notes what the carrier refuses: leave it out",
	"overrides":       "overrides come and go by the API alone: leave them out",
	"type":            "leave it out: write user: or schedule: with whom it names",
	"user_id":         "write user: with an e-mail address",
	"schedule_id":     "write schedule: with its name",
	"phone_number_id": "write phone_number: with the number",
}

// byName takes the name of another for its id. E-mail addresses are the same in any case of letters.
func byName(noun, name string) string {
	if noun == users.noun {
		return strings.ToLower(name)
	}
	return name
}

// toAPI is an entry of a file as the API takes it.
func toAPI(n *node, id func(noun, name string) string) *node {
	out := &node{form: n.form, value: n.value, at: n.at, written: n.written, bad: n.bad}
	for _, element := range n.list {
		out.list = append(out.list, toAPI(element, id))
	}
	for _, f := range n.fields {
		value := toAPI(f.value, id)
		if ref, ok := references[f.name]; ok {
			if ref.typed {
				out.fields = append(out.fields, field{"type", f.at, &node{form: scalar, value: f.name, at: f.at}})
			}
			f.name = ref.api
			value.rename(ref.noun, id)
		} else if f.name == "users" {
			for _, element := range value.list {
				element.rename(users.noun, id)
			}
		}
		out.fields = append(out.fields, field{f.name, f.at, value})
	}
	return out
}

// toFile is what the API shows, as a file has it.
func toFile(n *node, name func(noun, id string) string) *node {
	out := &node{form: n.form, value: n.value}
	for _, element := range n.list {
		out.list = append(out.list, toFile(element, name))
	}
	for _, f := range n.fields {
		value, called := toFile(f.value, name), f.name
		for inFile, ref := range references {
			if f.name == ref.api {
				called = inFile
				value.rename(ref.noun, name)
			}
		}
		if f.name == "users" {
			for _, element := range value.list {
				element.rename(users.noun, name)
			}
		}
		if notInFiles[called] == "" {
			out.fields = append(out.fields, field{name: called, value: value})
		}
	}
	return out
}

func (n *node) rename(noun string, other func(noun, name string) string) {
	if s, ok := n.value.(string); ok && s != "" {
		n.value = other(noun, s)
	}
}

var apiReference = regexp.MustCompile(`(^|\.)(user|schedule|phone_number)_id$`)

// asInFile is a path of the API as the file has it.
func asInFile(path string) string { return apiReference.ReplaceAllString(path, "$1$2") }
