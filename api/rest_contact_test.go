package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ringdown/ringdown/models"
)

// card fetches a contact, without checking it against the document, whose checker cannot read it.
func (rt *restTest) card(path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+restKey)
	return rt.raw(r)
}

// number makes a number of ours.
func (rt *restTest) number(phone models.Phone, name string, status models.NumberStatus) (id string) {
	rt.Helper()
	n, err := rt.store.CreateNumber(context.Background(), models.PhoneNumber{Number: phone, Name: name, Status: status, CreatedAt: rt.now})
	if err != nil {
		rt.Fatal(err)
	}
	return n.ID
}

// unfolded reads a card as a phone does, line by line.
func unfolded(t *testing.T, card string) []string {
	t.Helper()
	if !strings.HasSuffix(card, "\r\n") || strings.Count(card, "\n") != strings.Count(card, "\r\n") {
		t.Errorf("not every line ends as it must: %q", card)
	}
	for line := range strings.SplitSeq(card, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(card, "\r\n ", ""), "\r\n"), "\r\n")
}

const cardNote = `NOTE:Calls for whoever is on call come from here. Let them ring through while your phone is silent.`

func TestRESTContactOfANumber(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	id := rt.number("+12025550123", "Support; lifts, doors \\ ramps", models.NumberActive)
	got := rt.card("/v1/phone-numbers/" + id + "/contact.vcf")
	if kind := got.Header().Get("Content-Type"); got.Code != http.StatusOK || kind != "text/vcard; charset=utf-8" ||
		got.Header().Get("Content-Disposition") != `attachment; filename="ringdown.vcf"` {
		t.Errorf("answered %d %v", got.Code, got.Header())
	}
	want := []string{
		"BEGIN:VCARD", "VERSION:3.0", "UID:" + restSite + "/v1/phone-numbers/" + id,
		`FN:Support\; lifts\, doors \\ ramps`, `N:Support\; lifts\, doors \\ ramps;;;;`, "ORG:Ringdown",
		"TEL;TYPE=voice:+12025550123", cardNote, "REV:2026-03-04T12:00:00Z", "END:VCARD",
	}
	if lines := unfolded(t, got.Body.String()); strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	rt.send(http.MethodGet, "/v1/phone-numbers/none/contact.vcf", "").is(http.StatusNotFound)
	released := rt.number("+12025550124", "Old line", models.NumberReleased)
	rt.send(http.MethodGet, "/v1/phone-numbers/"+released+"/contact.vcf", "").is(http.StatusConflict)
}

func TestRESTContactOfAllNumbers(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodGet, "/v1/phone-numbers/contact.vcf", "").is(http.StatusNotFound)
	rt.number("+12025550124", "Old line", models.NumberReleased)
	rt.send(http.MethodGet, "/v1/phone-numbers/contact.vcf", "").is(http.StatusNotFound)
	rt.number("+12025550123", "Support", models.NumberActive)
	rt.number("+447700900123", "Sécurité, "+strings.Repeat("état d’urgence ", 5), models.NumberActive)
	got := rt.card("/v1/phone-numbers/contact.vcf").Body.String()
	lines := strings.Join(unfolded(t, got), "\n")
	for _, want := range []string{
		"FN:Ringdown on call\nN:Ringdown on call;;;;\n", "TEL;TYPE=voice:+12025550123\nTEL;TYPE=voice:+447700900123\nNOTE",
		cardNote + `\n+12025550123 Support\n+447700900123 Sécurité\, état d’urgence `,
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("the card lacks %q:\n%s", want, lines)
		}
	}
	if regexp.MustCompile("Old line|50124").MatchString(got) {
		t.Errorf("the card holds a released number:\n%s", got)
	}
}

func TestALineIsFoldedBetweenCharacters(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", "é", "’", "🙂", "a🙂é’"} {
		for n := range 120 {
			line := strings.Repeat("x", n%7) + strings.Repeat(text, n)
			folded := string(appendFolded(nil, line))
			if got := unfolded(t, folded); len(got) != 1 || got[0] != line {
				t.Fatalf("%d times %q is folded into %q", n, text, folded)
			}
		}
	}
}
