package twiml

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ringdown/ringdown/models"
)

// speaker says things in one language with one voice.
type speaker struct {
	language, voice string
	phrases         phrasebook
}

// speakerOf falls back on the default language with its voice, because a voice of another
// language would garble the built-in sentences. An empty voice is the language's own.
func speakerOf(language, voice string) speaker {
	l, known := models.LanguageByCode(language)
	if !known {
		l, _ = models.LanguageByCode(models.DefaultLanguage)
		voice = ""
	}
	if oneLine(voice) == "" {
		voice = l.Voice
	}
	books, _ := phrasebooks() // Check reports the error
	return speaker{l.Code, voice, books[l.Code]}
}

// say says a text as it is written: what looks like markup in it is read out.
func (s speaker) say(text string) element {
	return verb("Say", "language", s.language, "voice", s.voice).of(cut(oneLine(text)))
}

func (s speaker) phrase(phrase models.Phrase, values ...string) element {
	return s.say(s.phrases.fill(phrase, values...))
}

// sayOr says the route's own text, or the phrase where there is none.
func (s speaker) sayOr(text string, phrase models.Phrase, values ...string) element {
	if oneLine(text) == "" {
		return s.phrase(phrase, values...)
	}
	return s.say(text)
}

// number spells a number digit by digit.
func (s speaker) number(p models.Phone) string {
	words := []string{s.phrases.fill(plus)}
	for _, r := range string(p) {
		if r >= '0' && r <= '9' {
			words = append(words, string(r))
		}
	}
	return strings.Join(words, " ")
}

func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// The longest text that any neural voice takes: characters, and bytes once it is URL-encoded.
// Source: Twilio, error 13521.
const (
	sayLimit        = 3000
	sayEncodedLimit = 4499
)

// cut ends a text that is too long at a word.
func cut(text string) string {
	length, encoded, word := 0, 0, 0
	for i, r := range text {
		length++
		encoded += encodedLen(r)
		if r == ' ' {
			word = i
		}
		if length > sayLimit || encoded > sayEncodedLimit {
			if word == 0 {
				word = i
			}
			return text[:word]
		}
	}
	return text
}

// encodedLen is the most bytes that a character takes in a URL.
func encodedLen(r rune) int {
	if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return 1
	}
	return len("%00") * utf8.RuneLen(r)
}
