package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

func (a *rest) mountContacts(path string) {
	card := func(path, id, summary string, errors ...int) huma.Operation {
		op := operation(http.MethodGet, path, id, summary, errors...)
		op.Responses = map[string]*huma.Response{"200": {
			Description: "A vCard 3.0, which iOS and Android read",
			Content:     map[string]*huma.MediaType{"text/vcard": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}}
		return op
	}
	handle(a, card(path+"/contact.vcf", "get-contact-of-all",
		"One contact with all our numbers, which responders let ring through the silence of their phones", http.StatusNotFound), a.contactOfAll)
	handle(a, card(path+"/{id}/contact.vcf", "get-contact",
		"A contact with one number, which responders let ring through the silence of their phones",
		http.StatusNotFound, http.StatusConflict), a.contact)
}

func (a *rest) contact(ctx context.Context, in *idInput) (*file, error) {
	number, err := a.store.Number(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if number.Status != models.NumberActive {
		return nil, problem(http.StatusConflict, "This number was released; nobody is called from it.")
	}
	return contact{
		uid: a.publicURL + "/v1/phone-numbers/" + number.ID, name: number.Name, numbers: []models.PhoneNumber{number},
	}.file(), nil
}

func (a *rest) contactOfAll(ctx context.Context, _ *struct{}) (*file, error) {
	numbers, err := all(func(p store.Page) ([]models.PhoneNumber, string, error) { return a.store.Numbers(ctx, p) })
	if err != nil {
		return nil, err
	}
	numbers = slices.DeleteFunc(numbers, func(n models.PhoneNumber) bool { return n.Status != models.NumberActive })
	if len(numbers) == 0 {
		return nil, problem(http.StatusNotFound, "There is no number yet; import one first.")
	}
	return contact{uid: a.publicURL + "/v1/phone-numbers", name: organisation + " on call", numbers: numbers}.file(), nil
}

// file is an answer that is saved rather than shown.
type file struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

const organisation = "Ringdown"

// contact is an entry for the address book of a responder's phone.
type contact struct {
	uid     string // stays, so that a phone that takes it in again replaces it
	name    string
	numbers []models.PhoneNumber // at least one
}

func (c contact) file() *file {
	return &file{"text/vcard; charset=utf-8", `attachment; filename="ringdown.vcf"`, c.vCard()}
}

// vCard writes version 3.0. Source: RFC 2425 and RFC 2426.
func (c contact) vCard() []byte {
	var text []byte
	line := func(property, value string) { text = appendFolded(text, property+":"+value) }
	line("BEGIN", "VCARD")
	line("VERSION", "3.0")
	line("UID", escaped(c.uid))
	line("FN", escaped(c.name))
	line("N", escaped(c.name)+";;;;")
	line("ORG", escaped(organisation))
	var changed time.Time
	note := "Calls for whoever is on call come from here. Let them ring through while your phone is silent."
	for _, n := range c.numbers {
		line("TEL;TYPE=voice", string(n.Number))
		if len(c.numbers) > 1 {
			note += "\n" + string(n.Number) + " " + n.Name
		}
		if n.UpdatedAt.After(changed) {
			changed = n.UpdatedAt
		}
	}
	line("NOTE", escaped(note))
	line("REV", changed.UTC().Format("2006-01-02T15:04:05Z"))
	line("END", "VCARD")
	return text
}

var escapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

func escaped(value string) string { return escapes.Replace(value) }

// lineLimit is how many bytes a line may have, without its end.
const lineLimit = 75

// appendFolded adds a line. A longer one goes on in the next, behind a space, and no character is
// divided.
func appendFolded(text []byte, line string) []byte {
	for room := lineLimit; len(line) > room; room = lineLimit - 1 { // the space takes one
		for !utf8.RuneStart(line[room]) {
			room--
		}
		text = append(append(text, line[:room]...), "\r\n "...)
		line = line[room:]
	}
	return append(append(text, line...), "\r\n"...)
}
