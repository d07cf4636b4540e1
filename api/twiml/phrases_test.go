package twiml

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// endings are the phrases of models.
var endings = []models.Phrase{
	models.PhraseRefused, models.PhraseGoodbye, models.PhraseNobody, models.PhraseNoService, models.PhraseTaken,
	models.PhraseGone, models.PhrasePassed, models.PhraseDeclined, models.PhraseOver, models.PhraseOtherLeft,
	models.PhraseCallerLeft,
}

func TestPhrasesAreComplete(t *testing.T) {
	if err := Check(); err != nil {
		t.Fatal(err)
	}
	books, _ := phrasebooks()
	inCode := append(phrasesIn(t, "../../models/answer.go"), phrasesIn(t, "phrases.go")...)
	for _, phrase := range inCode {
		if books[models.DefaultLanguage][phrase] == "" {
			t.Errorf("%s is never said", phrase)
		}
	}
	for phrase := range books[models.DefaultLanguage] {
		if !slices.Contains(inCode, phrase) {
			t.Errorf("nobody says %s", phrase)
		}
	}
	for _, phrase := range phrasesIn(t, "../../models/answer.go") {
		if !slices.Contains(endings, phrase) {
			t.Errorf("%s has no golden file", phrase)
		}
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

func TestBooksMustAgree(t *testing.T) {
	full := phrasebook{"a": "Press {key}.", "b": "Hello."}
	for _, c := range []struct {
		name string
		book phrasebook
		ok   bool
	}{
		{"the same phrases agree", phrasebook{"a": "{key} drücken.", "b": "Hallo."}, true},
		{"a phrase is missing", phrasebook{"a": "{key} drücken."}, false},
		{"a phrase is blank", phrasebook{"a": "{key} drücken.", "b": " "}, false},
		{"a placeholder is missing", phrasebook{"a": "Drücken.", "b": "Hallo."}, false},
		{"a placeholder is misspelt", phrasebook{"a": "{taste} drücken.", "b": "Hallo."}, false},
		{"a phrase is too many", phrasebook{"a": "{key} drücken.", "b": "Hallo.", "c": "Oh."}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.book.sameAs(full); (err == nil) != c.ok {
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
	for _, l := range models.Languages {
		if got, want := speakerOf(l.Code, "").number("+12025550123"), "plus 1 2 0 2 5 5 5 0 1 2 3"; got != want {
			t.Errorf("%s says %q", l.Code, got)
		}
	}
}

func TestLanguageAndVoice(t *testing.T) {
	for _, c := range []struct{ name, language, voice, wantLanguage, wantVoice string }{
		{"a route's voice is used", "en-GB", "Polly.Emma", "en-GB", "Polly.Emma"},
		{"no voice is the language's own", "de-DE", "", "de-DE", "Polly.Vicki-Neural"},
		{"no language is the default with its voice", "", "", "en-GB", "Polly.Amy-Neural"},
		{"an unknown language does not keep its voice", "fr-FR", "Polly.Lea-Neural", "en-GB", "Polly.Amy-Neural"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if s := speakerOf(c.language, c.voice); s.language != c.wantLanguage || s.voice != c.wantVoice {
				t.Errorf("speaks %s with %s", s.language, s.voice)
			}
		})
	}
}
