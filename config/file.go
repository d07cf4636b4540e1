// Package config keeps users, schedules, outside schedules, call routes and blocked callers in YAML
// files. It reads such files and checks every line, compares them with a running system, and brings
// that to the state in the files; and it writes such a file of a running system. In a file entries
// refer to each other by name, never by id. Nothing here reads a clock, a file or the network.
package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// Source is a file to read.
type Source struct {
	Name string // as faults name it
	Text []byte
}

// Files are what several files say together.
type Files struct {
	entries []*entry
	named   map[*kind]bool // the sections that the files have, also empty ones
	faults  Faults
}

// entry is a user, a schedule, an outside schedule, a call route or a blocked caller.
type entry struct {
	kind *kind
	name string // its e-mail address, name or number
	at   Place  // in a file

	api   *node // as the API has it, with names for ids
	model any   // read from api
	tree  *node // as a file has it, with every default

	id      string // in the system; empty for one that is to be made
	version int
}

func (e *entry) title() string { return strings.TrimSpace(e.kind.noun + " " + e.name) }

// key tells entries of one kind apart.
func (e *entry) key() string { return byName(e.kind.noun, e.name) }

// Read reads files. What is wrong with their lines is told by Check, or by Plan along with what is
// wrong in view of the system.
func Read(sources []Source) *Files {
	f := &Files{named: map[*kind]bool{}}
	for _, source := range sources {
		documents, faults := readYAML(source.Name, source.Text)
		f.faults = append(f.faults, faults...)
		for _, document := range documents {
			f.document(document)
		}
	}
	return f
}

// Check reports what is wrong with the files whatever the system holds, as Faults.
func (f *Files) Check() error { return f.faults.Err() }

func (f *Files) document(n *node) {
	if n.form != mapping {
		f.refuse(n, "must have sections: %s", sections())
		return
	}
	for _, section := range n.fields {
		kind := kindOf(section.name)
		switch {
		case kind == nil:
			f.faults.add(section.at, "%s: is no section; there are %s", section.name, sections())
		case section.value.form != list:
			f.refuse(section.value, "%s: must be a list; write [] for none", section.name)
		default:
			f.named[kind] = true
			for i, element := range section.value.list {
				f.entry(kind, element, fmt.Sprintf("%s[%d]", section.name, i))
			}
		}
	}
}

// refuse notes a fault, unless it is a consequence of another.
func (f *Files) refuse(n *node, format string, args ...any) {
	if !n.bad {
		f.faults.add(n.at, format, args...)
	}
}

func (f *Files) entry(kind *kind, n *node, place string) {
	if n.form != mapping {
		f.refuse(n, "%s: must be fields, among them %s", place, kind.key)
		return
	}
	e := &entry{kind: kind, name: n.get(kind.key).text(), at: n.at}
	check := checker{entry: e, faults: &f.faults}
	check.reserved(n, "")
	e.api = toAPI(n, byName)
	check.shape(e.api, kind.model, "")
	if e.name == "" {
		if key := n.get(kind.key); key == nil || key.text() == "" && key.value == "" {
			check.add(n.at, kind.key, "is required")
		}
		return
	}
	for _, earlier := range f.entries {
		if earlier.kind == kind && earlier.key() == e.key() {
			check.add(e.at, "", "is listed twice; it is at "+earlier.at.String()+" too")
			return
		}
	}
	if twin := f.find(e.ref().twin()); twin != nil {
		check.sameName(twin.title() + " at " + twin.at.String())
	}
	if err := e.read(); err != nil {
		check.add(e.at, "", err.Error())
		return
	}
	f.entries = append(f.entries, e)
}

// read turns what was written into a model.
func (e *entry) read() error {
	raw, err := json.Marshal(e.api)
	if err != nil {
		return err
	}
	e.model, err = e.kind.read(raw)
	return err
}

// settle sees what of a model counts at an instant or later, as a file has it.
func (e *entry) settle(model any, at time.Time) error {
	if schedule, ok := model.(models.Schedule); ok {
		model = toCome(schedule, at)
	}
	n, err := nodeOf(model)
	if err == nil {
		e.tree = toFile(n, byName).bare()
	}
	return err
}

// toCome is a schedule without the versions of rotations that are past. The one in force at an
// instant has no beginning: a file that says when it began would say so for ever.
func toCome(s models.Schedule, at time.Time) models.Schedule {
	past := func(t *time.Time) bool { return t != nil && !t.After(at) }
	all := s.Rotations
	s.Rotations = nil
	for _, r := range all {
		begun := r.EffectiveFrom == nil || past(r.EffectiveFrom)
		replaced := slices.ContainsFunc(all, func(o models.Rotation) bool {
			return o.Name == r.Name && past(o.EffectiveFrom) && (r.EffectiveFrom == nil || o.EffectiveFrom.After(*r.EffectiveFrom))
		})
		switch {
		case begun && (replaced || past(r.EffectiveUntil)):
			continue
		case begun:
			r.EffectiveFrom = nil
		}
		s.Rotations = append(s.Rotations, r)
	}
	return s
}
