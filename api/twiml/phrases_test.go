package twiml

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ringdown/ringdown/models"
)

// endings are the phrases after which a leg is hung up.
var endings = []models.Phrase{
	models.PhraseRefused, models.PhraseUnverified, models.PhraseGoodbye, models.PhraseNobody, models.PhraseNoService,
	models.PhraseTaken, models.PhraseGone, models.PhrasePassed, models.PhraseDeclined, models.PhraseOver,
	models.PhraseOtherLeft, models.PhraseCallerLeft, models.PhraseVoicemailThanks, models.PhraseVoicemailEmpty,
	models.PhraseForwardFailed,
}

func TestPhrasesAreComplete(t *testing.T) {
	if err := Check(); err != nil {
		t.Fatal(err)
	}
	inCode := append(phrasesIn(t, "../../models/answer.go"), phrasesIn(t, "phrases.go")...)
	listed := map[models.Phrase]bool{}
	for _, form := range models.Phrases {
		listed[form.Phrase] = true
		if !slices.Contains(inCode, form.Phrase) {
			t.Errorf("nobody says %s", form.Phrase)
		}
	}
	for _, phrase := range inCode {
		if !listed[phrase] {
			t.Errorf("models.Phrases lacks %s", phrase)
		}
	}
	if len(listed) != len(models.Phrases) {
		t.Error("models.Phrases lists one twice")
	}
	files, err := phraseFiles.ReadDir("phrases")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code := file.Name()[:len(file.Name())-len(path.Ext(file.Name()))]
		if _, ok := models.LanguageByCode(code); !ok {
			t.Errorf("%s is of no language of ours", file.Name())
		}
	}
}

func TestEveryPhraseIsInADocument(t *testing.T) {
	books, _ := phrasebooks()
	var all strings.Builder
	for _, document := range documents(models.DefaultLanguage) {
		all.Write(document)
	}
	for phrase, sentence := range books[models.DefaultLanguage] {
		for _, words := range placeholder.Split(sentence, -1) {
			if !strings.Contains(all.String(), escape(strings.TrimSpace(words))) {
				t.Errorf("%s: nobody says %q", phrase, words)
			}
		}
	}
}

func TestPhrasesAreReadyToBeSaid(t *testing.T) {
	books, _ := phrasebooks()
	for code, book := range books {
		for phrase, sentence := range book {
			if oneLine(sentence) != sentence {
				t.Errorf("%s %s has white space that is not said", code, phrase)
			}
			if n := utf8.RuneCountInString(sentence); n >= 250 {
				t.Errorf("%s %s has %d characters", code, phrase, n)
			}
			if phrase != plus && !strings.HasSuffix(sentence, ".") && !strings.HasSuffix(sentence, "。") {
				t.Errorf("%s %s does not end", code, phrase)
			}
			if strings.HasPrefix(code, "en-") {
				continue
			}
			if phrase != plus && (sentence == books["en-GB"][phrase] || sentence == books["en-US"][phrase]) {
				t.Errorf("%s %s is English", code, phrase)
			}
			if strings.Contains(sentence, "}.") { // "3." is "third" in German, Danish, Finnish, Polish...
				t.Errorf("%s %s: a full stop makes an ordinal of the digit before it", code, phrase)
			}
		}
	}
}

// The longest caller's number has 15 digits. A prompt of a route's own keeps to the same limit, which
// leaves time for a key.
func TestTheResponderHasTimeForAKey(t *testing.T) {
	const route = "Production database, payments and accounts, Europe and Africa"
	for _, l := range models.Languages {
		s := speakerOf(l.Code, "")
		for _, phrase := range []models.Phrase{screen, screenWithheld} {
			said := s.phrases.fill(phrase, "{route}", route, "{caller}", s.number("+447700900123456"), "{key}", "1", "{decline}", models.DeclineKey)
			if n := letters(said); n > models.AcceptPromptLimit {
				t.Errorf("%s %s is as long as %d letters: %s", l.Code, phrase, n, said)
			}
		}
	}
}

// letters is how long a text is to say, in Latin letters: a kana is a syllable, a kanji about two.
func letters(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			n += 4
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			n += 2
		default:
			n++
		}
	}
	return n
}

// pollySpeaks is what the voices of ours speak. Source: Amazon Polly, Available voices.
var pollySpeaks = map[string]string{
	"Polly.Amy-Neural":    "en-GB",
	"Polly.Bianca-Neural": "it-IT",
	"Polly.Camila-Neural": "pt-BR",
	"Polly.Elin-Neural":   "sv-SE",
	"Polly.Ida-Neural":    "nb-NO",
	"Polly.Ines-Neural":   "pt-PT",
	"Polly.Joanna-Neural": "en-US",
	"Polly.Kazuha-Neural": "ja-JP",
	"Polly.Laura-Neural":  "nl-NL",
	"Polly.Lea-Neural":    "fr-FR",
	"Polly.Lucia-Neural":  "es-ES",
	"Polly.Ola-Neural":    "pl-PL",
	"Polly.Sofie-Neural":  "da-DK",
	"Polly.Suvi-Neural":   "fi-FI",
	"Polly.Vicki-Neural":  "de-DE",
}

func TestVoicesSpeakTheirLanguage(t *testing.T) {
	for _, l := range models.Languages {
		if !slices.Contains(carrier().Enums["SayVoice"], l.Voice) {
			t.Errorf("%s: the carrier has no voice %s", l.Code, l.Voice)
		}
		if pollySpeaks[l.Voice] != l.Code {
			t.Errorf("%s speaks %q, not %s", l.Voice, pollySpeaks[l.Voice], l.Code)
		}
	}
}

func TestTheCarrierSpeaksOurLanguages(t *testing.T) {
	var ours []string
	for _, l := range models.CarrierLanguages {
		ours = append(ours, l.Code)
	}
	slices.Sort(ours)
	if theirs := slices.Sorted(slices.Values(carrier().Enums["SayLanguage"])); !slices.Equal(ours, theirs) {
		t.Errorf("ours are %v,\nthe carrier's %v", ours, theirs)
	}
}

// phrasesIn reads the constants of type Phrase from a file, so that a new one cannot be forgotten.
func phrasesIn(t *testing.T, file string) []models.Phrase {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var phrases []models.Phrase
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !isPhrase(spec.Type) {
			return true
		}
		for _, value := range spec.Values {
			word, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			phrases = append(phrases, models.Phrase(word))
		}
		return true
	})
	if len(phrases) == 0 {
		t.Fatalf("no phrases in %s", file)
	}
	return phrases
}

func isPhrase(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "Phrase"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Phrase"
	}
	return false
}

func TestABookHasWhatIsWanted(t *testing.T) {
	wanted := []models.PhraseForm{{Phrase: "a", Placeholders: []string{"{key}", "{route}"}}, {Phrase: "b"}}
	for _, c := range []struct {
		name string
		book phrasebook
		ok   bool
	}{
		{"every phrase with its placeholders, in any order", phrasebook{"a": "{route}: {key} drücken.", "b": "Hallo."}, true},
		{"a phrase is missing", phrasebook{"a": "{key} {route}"}, false},
		{"a phrase is blank", phrasebook{"a": "{key} {route}", "b": " "}, false},
		{"a placeholder is missing", phrasebook{"a": "{key} drücken.", "b": "Hallo."}, false},
		{"a placeholder is misspelt", phrasebook{"a": "{taste} {route}", "b": "Hallo."}, false},
		{"a placeholder is there twice", phrasebook{"a": "{key} {route} {key}", "b": "Hallo."}, false},
		{"a placeholder is not wanted", phrasebook{"a": "{key} {route}", "b": "Hallo {caller}."}, false},
		{"a phrase is too many", phrasebook{"a": "{key} {route}", "b": "Hallo.", "c": "Oh."}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.book.has(wanted); (err == nil) != c.ok {
				t.Error(err)
			}
		})
	}
}

func TestAValueIsNotExpandedTwice(t *testing.T) {
	book := phrasebook{screen: "Call for {route} from {caller}."}
	got := book.fill(screen, "{route}", "{caller} {route}", "{caller}", "plus 1")
	if want := "Call for {caller} {route} from plus 1."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNumbersAreSpelt(t *testing.T) {
	for language, plus := range map[string]string{"en-GB": "plus", "es-ES": "más", "pt-BR": "mais", "nb-NO": "pluss", "ja-JP": "プラス"} {
		if got, want := speakerOf(language, "").number("+12025550123"), plus+" 1 2 0 2 5 5 5 0 1 2 3"; got != want {
			t.Errorf("%s says %q", language, got)
		}
	}
}

func TestLanguageAndVoice(t *testing.T) {
	for _, c := range []struct{ name, language, voice, wantLanguage, wantVoice string }{
		{"a route's voice is used", "en-GB", "Polly.Emma", "en-GB", "Polly.Emma"},
		{"no voice is the language's own", "de-DE", "", "de-DE", "Polly.Vicki-Neural"},
		{"no language is the default with its voice", "", "", "en-GB", "Polly.Amy-Neural"},
		{"a language without prompts does not keep its voice", "cs-CZ", "Polly.Jitka-Neural", "en-GB", "Polly.Amy-Neural"},
		{"an unknown language does not keep its voice", "tlh", "Polly.Lea-Neural", "en-GB", "Polly.Amy-Neural"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if s := speakerOf(c.language, c.voice); s.language != c.wantLanguage || s.voice != c.wantVoice {
				t.Errorf("speaks %s with %s", s.language, s.voice)
			}
		})
	}
}
