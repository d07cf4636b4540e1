package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Place is where something is written. Line and Column count from 1; both are 0 for what concerns
// no single line.
type Place struct {
	File         string
	Line, Column int
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// form is what a node is.
type form string

const (
	scalar  form = "a single value"
	list    form = "a list"
	mapping form = "fields"
)

// node is a value of YAML or JSON. Its fields keep their order.
type node struct {
	form   form
	value  any // of a scalar: string, bool, json.Number, float64 or nil
	list   []*node
	fields []field

	at      Place  // zero for what was not read from a file
	written string // a scalar as it is written, without quotes
	bad     bool   // has a fault, and is left out of JSON
}

type field struct {
	name  string
	at    Place
	value *node
}

// get is the value of a field, nil when there is none.
func (n *node) get(name string) *node {
	if i := slices.IndexFunc(n.fields, func(f field) bool { return f.name == name }); i >= 0 {
		return n.fields[i].value
	}
	return nil
}

// text is a scalar of text; it is empty for anything else.
func (n *node) text() string {
	if n == nil {
		return ""
	}
	s, _ := n.value.(string)
	return s
}

// bare drops null, empty texts, lists and maps, which say nothing in a file. It is nil when
// nothing is left.
func (n *node) bare() *node {
	kept := &node{form: n.form, value: n.value}
	for _, element := range n.list {
		if e := element.bare(); e != nil {
			kept.list = append(kept.list, e)
		}
	}
	for _, f := range n.fields {
		if v := f.value.bare(); v != nil {
			kept.fields = append(kept.fields, field{name: f.name, value: v})
		}
	}
	empty := n.form == scalar && (n.value == nil || n.value == "") || n.form != scalar && len(kept.list)+len(kept.fields) == 0
	if empty {
		return nil
	}
	return kept
}

// without drops what is the same in a blank of defaults. The first element of a list in the blank
// stands for each element.
func (n *node) without(blank *node) *node {
	kept := &node{form: n.form, value: n.value, list: slices.Clone(n.list)}
	if n.form == list && len(blank.list) > 0 {
		for i, element := range n.list {
			kept.list[i] = element.without(blank.list[0])
		}
	}
	for _, f := range n.fields {
		v := f.value
		if usual := blank.get(f.name); usual != nil {
			if v = v.without(usual); v.same(usual) || v.form == mapping && len(v.fields) == 0 {
				continue
			}
		}
		kept.fields = append(kept.fields, field{name: f.name, value: v})
	}
	return kept
}

func (n *node) same(other *node) bool { return len(differences("", n, other)) == 0 }

// find follows a path as faults name it, levels[0].targets, as far as it exists. within says that
// it crossed something bad.
func (n *node) find(path string) (found *node, whole, within bool) {
	steps := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	for _, step := range steps {
		next := n.get(step)
		if i, err := strconv.Atoi(step); err == nil && n.form == list && i < len(n.list) {
			next = n.list[i]
		}
		if next == nil {
			return n, false, within
		}
		n, within = next, within || next.bad
	}
	return n, true, within
}

// spoilt says that something bad is in it.
func (n *node) spoilt() bool {
	return n.bad || slices.ContainsFunc(n.list, (*node).spoilt) ||
		slices.ContainsFunc(n.fields, func(f field) bool { return f.value.spoilt() })
}

// MarshalJSON leaves out what is bad; in a list null takes its place.
func (n *node) MarshalJSON() ([]byte, error) { return json.Marshal(n.plain()) }

func (n *node) plain() any {
	switch {
	case n.bad:
		return nil
	case n.form == list:
		values := make([]any, len(n.list))
		for i, element := range n.list {
			values[i] = element.plain()
		}
		return values
	case n.form == mapping:
		values := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			if !f.value.bad {
				values[f.name] = f.value.plain()
			}
		}
		return values
	default:
		return n.value
	}
}

// nodeOf is a value as its JSON has it.
func nodeOf(value any) (*node, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	return decodeNode(decoder)
}

func decodeNode(decoder *json.Decoder) (*node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return &node{form: scalar, value: token}, nil
	}
	n := &node{form: list}
	if delim == '{' {
		n.form = mapping
	}
	for decoder.More() {
		var name string
		if n.form == mapping {
			token, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			name, _ = token.(string)
		}
		value, err := decodeNode(decoder)
		if err != nil {
			return nil, err
		}
		if n.form == mapping {
			n.fields = append(n.fields, field{name: name, value: value})
		} else {
			n.list = append(n.list, value)
		}
	}
	if _, err := decoder.Token(); err != nil && !errors.Is(err, io.EOF) { // the closing bracket
		return nil, err
	}
	return n, nil
}
