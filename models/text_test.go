package models

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fields are all texts that people may set. What is said may have several lines; names may not.
var fields = []struct {
	place  string
	spoken bool
	faults func(text string) error
}{
	{"name", false, ofRoute(func(r *Route, text string) { r.Name = text })},
	{"voice", false, ofRoute(func(r *Route, text string) { r.Voice = text })},
	{"allowlist.callers[0].name", false, ofRoute(func(r *Route, text string) { r.Allowlist.Callers[0].Name = text })},
	{"greeting", true, ofRoute(func(r *Route, text string) { r.Greeting = text })},
	{"allowlist.refusal", true, ofRoute(func(r *Route, text string) { r.Allowlist.Refusal = text })},
	{"keypress.prompt", true, ofRoute(func(r *Route, text string) { r.Keypress.Prompt = text })},
	{"accept.prompt", true, ofRoute(func(r *Route, text string) { r.Accept.Prompt = text })},
	{"nobody.message", true, ofRoute(func(r *Route, text string) { r.Nobody.Message = text })},
	{"phrases.goodbye", true, ofRoute(func(r *Route, text string) { r.Phrases = map[Phrase]string{PhraseGoodbye: text} })},
	{"name", false, ofUser(func(u *User, text string) { u.Name = text })},
	{"phones[0].label", false, ofUser(func(u *User, text string) { u.Phones[0].Label = text })},
	{"name", false, ofSchedule(func(s *Schedule, text string) { s.Name = text })},
	{"rotations[0].name", false, ofSchedule(func(s *Schedule, text string) { s.Rotations[0].Name = text })},
	{"name", false, ofRequest(func(f *RequestForm, text string) { f.Name = text })},
	{"locality", false, ofRequest(func(f *RequestForm, text string) { f.Locality = text })},
	{"person.first_name", false, ofRequest(func(f *RequestForm, text string) { f.Person["first_name"] = text })},
	{"address.street", false, ofRequest(func(f *RequestForm, text string) { f.Address.Street = text })},
	{"documents.business_name_info.fields.business_name", false, ofRequest(func(f *RequestForm, text string) {
		f.Documents["business_name_info"].Fields["business_name"] = text
	})},
	{"name", false, func(text string) error { return PhoneNumber{Name: text, Number: "+447700900001"}.Validate() }},
}

func ofRoute(set func(*Route, string)) func(string) error {
	return func(text string) error {
		r := validRoute().Defaults()
		set(&r, text)
		return r.Validate(directory(), instant(monday))
	}
}

func ofUser(set func(*User, string)) func(string) error {
	return func(text string) error {
		u := User{Name: "Alice", Email: "alice@example.com", TimeZone: london, Phones: mobile("+12025550101")}
		set(&u, text)
		return u.Validate()
	}
}

func ofRequest(set func(*RequestForm, string)) func(string) error {
	return func(text string) error {
		f := validRequest()
		set(&f, text)
		return f.Validate()
	}
}

func ofSchedule(set func(*Schedule, string)) func(string) error {
	return func(text string) error {
		s := Schedule{Name: "Primary", TimeZone: london, Rotations: []Rotation{rotation("primary", "2026-03-02T09:00", daily, "alice")}}
		set(&s, text)
		return s.Validate(isUser)
	}
}

func TestWhatTextsMayHold(t *testing.T) {
	for _, c := range []struct {
		name, text   string
		named, spoke bool // whether a name and whether a prompt may be so
	}{
		{"plain words", "Hello", true, true},
		{"other scripts", "Grüße 日本語 שלום", true, true},
		{"a family of one character that is several", "👩‍👧", true, true},
		{"mark-up", `<Say>&amp;"'</Say>]]>`, true, false},
		{"what only looks like mark-up", `&amp; "to be" & 'not'`, true, true},
		{"a line end", "Hello\nthere", false, true},
		{"a line end at the end", "Hello\n", false, true},
		{"the line end of another system", "Hello\r\nthere", false, false},
		{"a carriage return", "Hello\rthere", false, false},
		{"a separator of lines", "Hello\u2028there", false, true},
		{"a separator of paragraphs", "Hello\u2029there", false, true},
		{"the line end of old mainframes", "Hello\u0085there", false, false},
		{"nothing in the middle", "Hel\x00lo", false, false},
		{"an escape", "\x1b[31mHello", false, false},
		{"a tab", "Hello\tthere", false, false},
		{"a delete", "Hello\x7f", false, false},
		{"a control of eight bits", "Hello\u009b", false, false},
		{"broken text", "Hel\xfflo", false, false},
		{"no character at all", "Hello\ufffe", false, false},
		{"10,000 characters", strings.Repeat("ä", 10_000), false, false},
		{"10,000 lines", strings.Repeat("a\n", 5_000), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, field := range fields {
				want := []string{field.place}
				if field.spoken && c.spoke || !field.spoken && c.named {
					want = nil
				}
				if diff := cmp.Diff(want, faulty(field.faults(c.text))); diff != "" {
					t.Errorf("%s:\n%s", field.place, diff)
				}
			}
		})
	}
}

func TestFaultsOfTextsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name  string
		check func(*Faults, string, string, int, int)
		text  string
		want  string
	}{
		{"a name of two lines", text, "a\nb", "name: must be a single line"},
		{"a control character", text, "a\x00", "name: must not contain control characters"},
		{"too long, in characters", text, "äöüß", "name: at most 3 characters, not 4"},
		{"nothing", text, "", "name: must not be empty"},
		{"spaces", text, "  ", "name: must not be empty"},
		{"as long as may be", text, "äöü", ""},
		{"two lines that are said", spoken, "a\nb", ""},
		{"lines of nothing that are said", spoken, "\n\n", "name: must not be empty"},
		{"a line end is a character", spoken, "ab\nc", "name: at most 3 characters, not 4"},
	} {
		var faults Faults
		c.check(&faults, "name", c.text, 1, 3)
		if got := faults.Error(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
