package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// texts are types that are written as text of a form.
var texts = map[reflect.Type]string{
	reflect.TypeFor[time.Time]():        "a time with its zone, as in 2026-03-02T09:00:00Z",
	reflect.TypeFor[models.LocalTime](): "a local date and time, as in 2026-03-02T09:00:00",
	reflect.TypeFor[models.ClockTime](): "a time of day, as in 09:00",
}

// checker notes what is wrong with one entry.
type checker struct {
	entry  *entry
	faults *Faults
}

// fault notes a fault at a path of the API, and marks what has it.
func (c checker) fault(n *node, path, format string, args ...any) {
	n.bad = true
	c.add(n.at, path, fmt.Sprintf(format, args...))
}

func (c checker) add(at Place, path, text string) {
	if path = asInFile(path); path != "" {
		text = path + ": " + text
	}
	c.faults.add(at, "%s: %s", c.entry.title(), text)
}

// sameName notes that another has the name of an entry, by which a target could mean either.
func (c checker) sameName(other string) {
	c.add(c.entry.api.get(c.entry.kind.key).at, c.entry.kind.key,
		fmt.Sprintf("the %s has this name too, and a target names either by it alone: give one of them another", other))
}

// reserved takes out the fields that only the API has.
func (c checker) reserved(n *node, path string) {
	for i, element := range n.list {
		c.reserved(element, fmt.Sprintf("%s[%d]", path, i))
	}
	n.fields = slices.DeleteFunc(n.fields, func(f field) bool {
		place := below(path, f.name)
		if instead := notInFiles[f.name]; instead != "" {
			c.faults.add(f.at, "%s: %s: has no place in a file; %s", c.entry.title(), place, instead)
			return true
		}
		c.reserved(f.value, place)
		return false
	})
}

func below(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// shape checks forms and fields against the type that they are read into.
func (c checker) shape(n *node, t reflect.Type, path string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	want := wanted(t)
	switch {
	case n.bad:
	case n.form == scalar && n.value == nil:
		c.fault(n, path, "is empty: write a value, or leave the line out")
	case want != n.form:
		c.fault(n, path, "must be %s, not %s", want, n.form)
	case want == scalar:
		c.scalar(n, t, path)
	case want == list:
		for i, element := range n.list {
			c.shape(element, t.Elem(), fmt.Sprintf("%s[%d]", path, i))
		}
	case t.Kind() == reflect.Map:
		for _, f := range n.fields {
			c.shape(f.value, t.Elem(), below(path, f.name))
		}
	default:
		c.structure(n, t, path)
	}
}

func wanted(t reflect.Type) form {
	switch {
	case texts[t] != "":
		return scalar
	case t.Kind() == reflect.Slice:
		return list
	case t.Kind() == reflect.Struct, t.Kind() == reflect.Map:
		return mapping
	default:
		return scalar
	}
}

func (c checker) structure(n *node, t reflect.Type, path string) {
	for _, f := range n.fields {
		if typ := fieldType(t, f.name); typ != nil {
			c.shape(f.value, typ, below(path, f.name))
		} else if !f.value.bad {
			f.value.bad = true
			c.add(f.at, below(path, f.name), "is no field; there are "+strings.Join(fieldsOf(t), ", "))
		}
	}
}

// fieldType is the type of a field of the API, nil when there is no such field.
func fieldType(t reflect.Type, name string) reflect.Type {
	for i := range t.NumField() {
		if jsonName(t.Field(i)) == name {
			return t.Field(i).Type
		}
	}
	return nil
}

// fieldsOf are the fields that a file may have.
func fieldsOf(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		name := asInFile(jsonName(t.Field(i)))
		if name != "-" && notInFiles[name] == "" {
			names = append(names, name)
		}
	}
	return names
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func (c checker) scalar(n *node, t reflect.Type, path string) {
	_, text := n.value.(string)
	form := texts[t]
	switch {
	case form != "" && !text, form != "" && !reads(n, t):
		c.fault(n, path, "must be %s", form)
	case form != "":
	case t == reflect.TypeFor[models.Phone]() && !text:
		c.fault(n, path, "write the number in quotes, %q: without them YAML reads it as a number and drops the +", n.written)
	case t.Kind() == reflect.String && !text:
		c.fault(n, path, "must be text: write it in quotes, %q", n.written)
	case t.Kind() == reflect.Bool && !reads(n, t):
		c.fault(n, path, "must be true or false")
	case t.Kind() == reflect.Int && !reads(n, t):
		c.fault(n, path, "must be a whole number, without quotes")
	}
}

func reads(n *node, t reflect.Type) bool {
	raw, err := json.Marshal(n)
	return err == nil && json.Unmarshal(raw, reflect.New(t).Interface()) == nil
}
