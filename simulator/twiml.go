package simulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// node is one element of a TwiML document.
type node struct {
	name string
	attr map[string]string
	kids []*node
	text string // its own character data, trimmed; markup inside Say is dropped
}

// get is an attribute's value, or what Twilio assumes without it.
func (n *node) get(name, otherwise string) string {
	if v, ok := n.attr[name]; ok {
		return v
	}
	return otherwise
}

func (n *node) is(name string) bool { return n.get(name, "false") == "true" }

// document is TwiML that passed every check, and the URL that its relative URLs start from.
type document struct {
	verbs []*node
	url   string
	get   bool // it was asked for by GET
}

// refusal is why Twilio would not play a document: 12100 when it is not XML, 12200 when a verb or attribute is wrong.
type refusal struct {
	code   int
	reason string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d: %s", r.code, r.reason) }

// parseTwiML reads a document and refuses what Twilio would refuse.
func parseTwiML(body []byte) ([]*node, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, &refusal{codeNotXML, "the document is empty"}
	}
	root, err := parseXML(body)
	if err != nil {
		return nil, &refusal{codeNotXML, err.Error()}
	}
	if root.name != "Response" {
		return nil, &refusal{codeNotXML, "the root element is " + root.name + ", not Response"}
	}
	if reason := checkResponse(root); reason != "" {
		return nil, &refusal{codeSchema, reason}
	}
	return root.kids, nil
}

func parseXML(body []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	var root *node
	var open []*node
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			n, err := newNode(t)
			if err != nil {
				return nil, err
			}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.kids = append(parent.kids, n)
			case root != nil:
				return nil, errors.New("more than one root element")
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = closeNode(open)
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return nil, errors.New("text outside of the root element")
			}
		}
	}
	if root == nil {
		return nil, errors.New("no element")
	}
	return root, nil
}

func newNode(t xml.StartElement) (*node, error) {
	n := &node{name: t.Name.Local, attr: map[string]string{}}
	if t.Name.Space != "" {
		n.name = t.Name.Space + ":" + t.Name.Local
	}
	for _, a := range t.Attr {
		name := a.Name.Local
		if a.Name.Space != "" {
			name = a.Name.Space + ":" + name
		}
		if _, twice := n.attr[name]; twice {
			return nil, fmt.Errorf("attribute %s given twice", name)
		}
		n.attr[name] = a.Value
	}
	return n, nil
}

// closeNode trims the finished element's text and hands the text of markup inside Say up to it.
func closeNode(open []*node) []*node {
	last := len(open) - 1
	n := open[last]
	n.text = strings.Join(strings.Fields(n.text), " ")
	if last > 0 && speechMarkup[n.name] {
		open[last-1].text += " " + n.text + " "
	}
	return open[:last]
}
