package config

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// reader turns the YAML of one file into nodes, and notes what is wrong with it.
type reader struct {
	file    string
	anchors map[string]*node
	faults  Faults
}

// readYAML reads the documents of a file. An empty one is left out.
func readYAML(file string, text []byte) ([]*node, Faults) {
	r := &reader{file: file, anchors: map[string]*node{}}
	parsed, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.refuse(err)
		return nil, r.faults
	}
	var documents []*node
	for _, document := range parsed.Docs {
		if document.Body != nil && document.Body.Type() != ast.NullType {
			documents = append(documents, r.node(document.Body))
		}
	}
	return documents, r.faults
}

// refuse notes that a file is no YAML. A reader of YAML stops at the first such fault.
func (r *reader) refuse(err error) {
	at, text := Place{File: r.file}, err.Error()
	var placed yaml.Error
	if errors.As(err, &placed) {
		text = placed.GetMessage()
		if t := placed.GetToken(); t != nil {
			at = r.place(t)
		}
	}
	r.faults.add(at, "no YAML: %s", text)
}

func (r *reader) place(t *token.Token) Place {
	return Place{File: r.file, Line: t.Position.Line, Column: t.Position.Column}
}

// bad notes a fault and stands for what has it.
func (r *reader) bad(at ast.Node, format string, args ...any) *node {
	n := &node{form: scalar, at: r.place(at.GetToken()), bad: true}
	r.faults.add(n.at, format, args...)
	return n
}

func (r *reader) node(at ast.Node) *node {
	switch from := at.(type) {
	case ast.MapNode:
		return r.mapping(from, r.place(at.GetToken()))
	case *ast.SequenceNode:
		n := &node{form: list, at: r.place(from.GetToken())}
		for _, element := range from.Values {
			n.list = append(n.list, r.node(element))
		}
		return n
	case *ast.AnchorNode:
		n := r.node(from.Value)
		r.anchors[from.Name.GetToken().Value] = n
		return n
	case *ast.AliasNode:
		name := from.Value.GetToken().Value
		if n := r.anchors[name]; n != nil {
			return n
		}
		return r.bad(from, "*%s: nothing before it is called &%s", name, name)
	case *ast.LiteralNode:
		return &node{form: scalar, at: r.place(from.GetToken()), value: from.Value.Value}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.StringNode:
		t := at.GetToken()
		return &node{form: scalar, at: r.place(t), written: t.Value, value: from.(ast.ScalarNode).GetValue()}
	default:
		return r.bad(at, "%s has no meaning here: write the value plainly", at.Type().YAMLName())
	}
}

// mapping begins at its first field.
func (r *reader) mapping(from ast.MapNode, at Place) *node {
	n := &node{form: mapping, at: at}
	for each := from.MapRange(); each.Next(); {
		key := each.Key()
		f := field{name: key.GetToken().Value, at: r.place(key.GetToken())}
		if key.IsMergeKey() {
			r.bad(key, "<< has no meaning here: write the fields out")
			continue
		}
		if first := n.fieldAt(f.name); first != nil {
			r.bad(key, "%s is written twice; it is in line %d too", f.name, first.Line)
			continue
		}
		f.value = r.node(each.Value())
		if f.value.form != scalar || f.value.value == nil && !f.value.bad {
			value := *f.value // an alias stands elsewhere too
			value.at = f.at
			f.value = &value
		}
		n.fields = append(n.fields, f)
	}
	if len(n.fields) > 0 {
		n.at = n.fields[0].at
	}
	return n
}

func (n *node) fieldAt(name string) *Place {
	for _, f := range n.fields {
		if f.name == name {
			return &f.at
		}
	}
	return nil
}
