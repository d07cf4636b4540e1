package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ringdown/ringdown/models"
)

// references are the fields that name another entry in a file, and give its id in the API.
var references = map[string]struct{ api, noun string }{
	"user":         {"user_id", users.noun},
	"schedule":     {"schedule_id", schedules.noun},
	"phone_number": {"phone_number_id", numberNoun},
}

// meant lists what a name may mean: a target names an outside schedule as it names a schedule.
func meant(noun, name string) []ref {
	if noun == schedules.noun {
		return []ref{{noun, name}, {outsideSchedules.noun, name}}
	}
	return []ref{{noun, name}}
}

// twin is what must not have the same name, because meant could not tell them apart; it is empty
// for what has none.
func (r ref) twin() ref {
	switch r.noun {
	case schedules.noun:
		return ref{outsideSchedules.noun, r.name}
	case outsideSchedules.noun:
		return ref{schedules.noun, r.name}
	default:
		return ref{}
	}
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
			f.name = ref.api
			value.rename(ref.noun, id)
		}
		for _, element := range value.list {
			switch f.name {
			case "users":
				element.rename(users.noun, id)
			case "targets":
				element.addType()
			}
		}
		out.fields = append(out.fields, field{f.name, f.at, value})
	}
	return out
}

// addType says in a target whether it is a user or a schedule, as the API wants to be told.
func (n *node) addType() {
	for _, typ := range []string{models.TargetUser, models.TargetSchedule} {
		i := slices.IndexFunc(n.fields, func(f field) bool { return f.name == references[typ].api })
		if i >= 0 {
			at := n.fields[i].at
			n.fields = append(n.fields, field{"type", at, &node{form: scalar, value: typ, at: at}})
		}
	}
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
