package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Difference is one field that changes. Old and New are as a file would have them, and empty for
// what is not there.
type Difference struct{ Field, Old, New string }

// differences compares two nodes of a file; either may be nil.
func differences(path string, was, is *node) []Difference {
	switch {
	case was == nil && is == nil:
		return nil
	case was == nil || is == nil || was.form != is.form:
		return []Difference{{path, inline(was), inline(is)}}
	case was.form == mapping:
		return fieldDifferences(path, was, is)
	case was.form == list:
		return listDifferences(path, was, is)
	case inline(was) != inline(is):
		return []Difference{{path, inline(was), inline(is)}}
	}
	return nil
}

func fieldDifferences(path string, was, is *node) (found []Difference) {
	for _, f := range is.fields {
		found = append(found, differences(below(path, f.name), was.get(f.name), f.value)...)
	}
	for _, f := range was.fields {
		if is.get(f.name) == nil {
			found = append(found, differences(below(path, f.name), f.value, nil)...)
		}
	}
	return found
}

// listDifferences compares the elements by what tells them apart, or else by their places.
func listDifferences(path string, was, is *node) (found []Difference) {
	if simple(was) && simple(is) {
		if inline(was) != inline(is) {
			found = append(found, Difference{path, inline(was), inline(is)})
		}
		return found
	}
	before, after := labels(was.list), labels(is.list)
	at := func(label string) string { return fmt.Sprintf("%s[%s]", path, label) }
	var stayed, added []string
	for i, label := range after {
		var old *node
		if j := slices.Index(before, label); j >= 0 {
			old = was.list[j]
		} else {
			added = append(added, label)
		}
		found = append(found, differences(at(label), old, is.list[i])...)
	}
	for j, label := range before {
		if slices.Contains(after, label) {
			stayed = append(stayed, label)
		} else {
			found = append(found, differences(at(label), was.list[j], nil)...)
		}
	}
	if !slices.Equal(after, append(stayed, added...)) {
		found = append(found, Difference{path + ", order", strings.Join(before, ", "), strings.Join(after, ", ")})
	}
	return found
}

func simple(n *node) bool {
	return !slices.ContainsFunc(n.list, func(e *node) bool { return e.form != scalar })
}

// labels tell the elements of a list apart: by number, name, who they are elsewhere or whom they name, where each has its
// own, or else by place.
func labels(elements []*node) []string {
	found := make([]string, 0, len(elements))
	for _, e := range elements {
		label := cmp.Or(e.get("number").text(), e.get("name").text(), e.get("outside").text(), e.get("user").text(), e.get("schedule").text())
		if from := e.get("effective_from").text(); from != "" {
			label += " from " + from
		}
		if label == "" || slices.Contains(found, label) {
			return places(len(elements))
		}
		found = append(found, label)
	}
	return found
}

func places(n int) []string {
	found := make([]string, n)
	for i := range found {
		found[i] = fmt.Sprint(i)
	}
	return found
}

// inline is a node in one line, as YAML in flow style.
func inline(n *node) string {
	if n == nil {
		return ""
	}
	var parts []string
	switch n.form {
	case list:
		for _, element := range n.list {
			parts = append(parts, inline(element))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case mapping:
		for _, f := range n.fields {
			parts = append(parts, f.name+": "+inline(f.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return scalarText(n.value)
	}
}
