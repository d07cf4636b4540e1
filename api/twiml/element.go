package twiml

import (
	"bytes"
	"strings"
	"unicode"
)

// element is one element of a document, with its text or its children.
type element struct {
	name    string
	attrs   []string // names and values by turns, written in this order
	text    string
	kids    []element
	written string // all of it, where it was written before
}

func verb(name string, attrs ...string) element { return element{name: name, attrs: attrs} }

func (e element) of(text string) element { e.text = text; return e }

func (e element) around(kids ...element) element { e.kids = kids; return e }

// writtenOnce is verbs of a response that are repeated many times.
func writtenOnce(verbs ...element) element {
	var b bytes.Buffer
	for _, v := range verbs {
		v.write(&b, within)
	}
	return element{written: b.String()}
}

// within is how far what is in an element is indented.
const within = "  "

// document writes the verbs of a response. The same verbs are the same bytes.
func document(verbs ...element) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	verb("Response").around(verbs...).write(&b, "")
	return b.Bytes()
}

func (e element) write(b *bytes.Buffer, indent string) {
	if e.written != "" {
		b.WriteString(e.written)
		return
	}
	b.WriteString(indent + "<" + e.name)
	for i := 0; i < len(e.attrs); i += 2 {
		b.WriteString(" " + e.attrs[i] + `="` + escape(e.attrs[i+1]) + `"`)
	}
	switch {
	case len(e.kids) > 0:
		b.WriteString(">\n")
		for _, kid := range e.kids {
			kid.write(b, indent+within)
		}
		b.WriteString(indent + "</" + e.name + ">\n")
	case e.text != "":
		b.WriteString(">" + escape(e.text) + "</" + e.name + ">\n")
	default:
		b.WriteString("/>\n")
	}
}

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escape(s string) string { return entities.Replace(clean(s)) }

// clean drops what XML cannot hold: control characters and broken UTF-8. Each white space is a space.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == 0xFFFE, r == 0xFFFF:
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(s, ""))
}
