package api

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// verbXML is one element of a document.
type verbXML struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Kids    []verbXML  `xml:",any"`
}

// outline tells a document in one line: "Say en-GB one_moment, Pause 2, Redirect /twilio/voice?try=1".
func outline(t *testing.T, document []byte) string {
	t.Helper()
	var response verbXML
	if err := xml.Unmarshal(document, &response); err != nil || response.XMLName.Local != "Response" {
		t.Fatalf("no document: %v: %q", err, document)
	}
	return withoutIDs(tell(t, response.Kids))
}

func tell(t *testing.T, verbs []verbXML) string {
	var told []string
	for _, v := range verbs {
		words := v.XMLName.Local
		switch words {
		case "Say":
			words += " " + v.attr("language") + " " + phrase(t, v.attr("language"), v.Text)
		case "Pause":
			words += " " + v.attr("length")
		case "Redirect":
			words += " " + addressOf(v.Text)
		case "Gather":
			words += " for " + addressOf(v.attr("action")) + " (" + tell(t, v.Kids) + ")"
		case "Reject":
			words = strings.TrimSpace(words + " " + v.attr("reason"))
		case "Record":
			words += " then " + addressOf(v.attr("action"))
		case "Dial":
			words += " (" + tell(t, v.Kids) + ")"
			if shown := v.attr("callerId"); shown != "" {
				words += " as " + shown
			}
			if action := v.attr("action"); action != "" {
				words += " then " + addressOf(action)
			}
		case "Number", "Conference":
			words += " " + v.Text
		}
		told = append(told, words)
	}
	return strings.Join(told, ", ")
}

func (v verbXML) attr(name string) string {
	for _, a := range v.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// addressOf is an address of ours without our name and without what it tells the carrier alone.
func addressOf(address string) string {
	address, _, _ = strings.Cut(strings.TrimSpace(address), "#")
	return strings.TrimPrefix(address, site)
}

// phrase is the name of a built-in sentence. Others stand as they are, and so do those of a language
// without any.
func phrase(t *testing.T, language, sentence string) string {
	t.Helper()
	file, err := os.ReadFile("twiml/phrases/" + language + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("%q", sentence)
	}
	if err != nil {
		t.Fatal(err)
	}
	var phrases map[string]string
	if err := json.Unmarshal(file, &phrases); err != nil {
		t.Fatal(err)
	}
	for name, text := range phrases {
		if text == sentence {
			return name
		}
	}
	return fmt.Sprintf("%q", sentence)
}
