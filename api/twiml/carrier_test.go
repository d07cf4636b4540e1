package twiml

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// carrierTable is what the carrier's own library knows of its verbs; see testdata/README.md.
type carrierTable struct {
	Elements map[string]carrierElement `json:"elements"`
	Enums    map[string][]string       `json:"enums"`
}

type carrierElement struct {
	Text       string            `json:"text"`       // none, optional or required
	Attributes map[string]string `json:"attributes"` // to string, number, boolean, an enum, or a list of one as in Enum[]
	Children   []string          `json:"children"`
}

var carrier = sync.OnceValue(func() (table carrierTable) {
	file, err := os.ReadFile("testdata/carrier.json")
	if err == nil {
		err = json.Unmarshal(file, &table)
	}
	if err != nil {
		panic(err)
	}
	return table
})

// node is an element of a document that was read back.
type node struct {
	name  string
	names []string // of its attributes, in order
	attrs map[string]string
	text  string
	kids  []*node
}

func parse(document []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(document))
	top := &node{}
	open := []*node{top}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		here := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attrs: map[string]string{}}
			for _, a := range t.Attr {
				if _, twice := n.attrs[a.Name.Local]; twice {
					return nil, fmt.Errorf("attribute %s twice", a.Name.Local)
				}
				n.names = append(n.names, a.Name.Local)
				n.attrs[a.Name.Local] = a.Value
			}
			here.kids = append(here.kids, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			here.text += string(t)
		case xml.Comment, xml.Directive:
			return nil, fmt.Errorf("unexpected %T", t)
		}
	}
	if len(top.kids) != 1 || top.kids[0].name != "Response" {
		return nil, errors.New("no Response at the root")
	}
	return top.kids[0], nil
}

// shape is a document without its data.
func (n *node) shape() string {
	var kids strings.Builder
	for _, kid := range n.kids {
		kids.WriteString(kid.shape())
	}
	return fmt.Sprintf("%s%v(%s)", n.name, n.names, kids.String())
}

// all lists the elements of a name, in the order of the document.
func (n *node) all(name string) []*node {
	var found []*node
	for _, kid := range n.kids {
		if kid.name == name {
			found = append(found, kid)
		}
		found = append(found, kid.all(name)...)
	}
	return found
}

// acceptable says why the carrier would not play a document.
func acceptable(document []byte) error {
	if len(document) > 64<<10 {
		return fmt.Errorf("%d bytes are more than 64 kB", len(document))
	}
	root, err := parse(document)
	if err != nil {
		return err
	}
	for i, kid := range root.kids {
		if kid.name == "Reject" && i > 0 {
			return errors.New("the call is answered before Reject")
		}
	}
	return root.acceptable()
}

func (n *node) acceptable() error {
	rule, known := carrier().Elements[n.name]
	if !known {
		return fmt.Errorf("no element %s", n.name)
	}
	for name, value := range n.attrs {
		if err := attributeAcceptable(n.name+"."+name, rule.Attributes[name], value); err != nil {
			return err
		}
	}
	text := strings.TrimSpace(n.text)
	if rule.Text == "none" && text != "" || rule.Text == "required" && text == "" {
		return fmt.Errorf("text %q in %s", text, n.name)
	}
	for _, kid := range n.kids {
		if !slices.Contains(rule.Children, kid.name) {
			return fmt.Errorf("%s in %s", kid.name, n.name)
		}
		if err := kid.acceptable(); err != nil {
			return err
		}
	}
	return n.beyondTable(text)
}

func attributeAcceptable(place, kind, value string) error {
	ok := false
	switch kind {
	case "":
		return fmt.Errorf("no attribute %s", place)
	case "string":
		ok = utf8.ValidString(value)
	case "boolean":
		ok = value == "true" || value == "false"
	case "number":
		_, err := strconv.Atoi(value)
		ok = err == nil
	default:
		enum, list := strings.CutSuffix(kind, "[]")
		words := []string{value}
		if list {
			words = strings.Fields(value)
		}
		ok = !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(carrier().Enums[enum], w) })
	}
	if within, bounded := bounds[place]; ok && bounded {
		ok = within(value)
	}
	if !ok {
		return fmt.Errorf("%s is %q", place, value)
	}
	return nil
}

// bounds are what the carrier's documentation says of values beyond their type.
var bounds = map[string]func(string) bool{
	"Gather.numDigits":            from(1, 255),
	"Gather.timeout":              from(1, 600),
	"Gather.finishOnKey":          func(s string) bool { return len(s) <= 1 },
	"Gather.action":               absolute,
	"Dial.timeout":                from(5, 600),
	"Dial.action":                 absolute,
	"Play.loop":                   from(1, 1000),
	"Record.action":               absolute,
	"Record.maxLength":            from(2, 14400),
	"Record.timeout":              from(1, 600),
	"Record.finishOnKey":          func(s string) bool { return s != "" && strings.Trim(s, "0123456789*#") == "" },
	"Record.transcribeCallback":   absolute,
	"Conference.maxParticipants":  from(2, 250),
	"Conference.participantLabel": func(s string) bool { return s != "" && utf8.RuneCountInString(s) <= 128 },
	"Conference.waitUrl":          absolute,
	"Conference.waitMethod":       method,
	"Redirect.method":             method,
	"Pause.length":                from(1, 180),

	"Record.recordingStatusCallback": absolute,
}

func from(least, most int) func(string) bool {
	return func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && n >= least && n <= most
	}
}

func absolute(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(s, " \n")
}

func method(s string) bool { return s == "GET" || s == "POST" }

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// beyondTable checks what concerns an element's text or its children together.
func (n *node) beyondTable(text string) error {
	switch n.name {
	case "Say":
		limit := 4096
		switch voice := n.attrs["voice"]; {
		case strings.HasPrefix(voice, "Polly."):
			limit = 3000
		case strings.HasPrefix(voice, "Google."):
			limit = 5000
		}
		if utf8.RuneCountInString(n.text) > limit || len(strings.ReplaceAll(url.QueryEscape(n.text), "+", "%20")) >= 4500 {
			return fmt.Errorf("a text of %d characters", utf8.RuneCountInString(n.text))
		}
	case "Play", "Redirect":
		if !absolute(text) {
			return fmt.Errorf("%s to %q", n.name, text)
		}
	case "Dial":
		if len(n.kids) != 1 || text != "" {
			return fmt.Errorf("Dial to %d nouns and %q", len(n.kids), text)
		}
	case "Number":
		if !e164.MatchString(text) {
			return fmt.Errorf("Number %q", text)
		}
	case "Gather":
		if len(n.kids) == 0 {
			return errors.New("Gather without a prompt")
		}
	}
	return nil
}
