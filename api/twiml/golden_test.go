package twiml

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var links = models.Links{Base: "https://example.com", CallSID: "CA00000000000000000000000000000001"}

const (
	attempt = "1.019a0000-0000-7000-8000-000000000001.1.1"
	room    = "room-7f3c9b1e"
	caller  = models.Phone("+12025550123")
	called  = models.Phone("+12025550100")
)

// spoken are the languages of the goldens: all of ours, and one that a route brings every phrase for.
func spoken() []string {
	var codes []string
	for _, l := range models.Languages {
		codes = append(codes, l.Code)
	}
	return append(codes, czech)
}

// planOf is a plan whose texts are all built in, or all the route's own where nothing is.
func planOf(language string) models.Plan {
	l, builtIn := models.LanguageByCode(language)
	p := models.Plan{
		RouteName: "Production", Language: l.Code, Voice: l.Voice, Hold: models.HoldMusic, RingSeconds: 30, MaxWaitSeconds: 900,
		Keypress: models.Keypress{Enabled: true, Key: "1"}, Accept: models.Acceptance{Required: true, Key: "1"},
	}
	if !builtIn {
		p.Language, p.Voice, p.Phrases = language, czechVoice, ownPhrases()
	}
	return p
}

func wordsOf(p models.Plan) Words {
	return Words{Language: p.Language, Voice: p.Voice, Phrases: p.Phrases}
}

// ended is what a caller hears whom nobody took, with an action and words of the route's own or none.
func ended(p models.Plan, action models.NobodyAction, message string) []byte {
	p.Nobody = models.Nobody{Action: action, Message: message, Number: "+12025550188"}
	return Render(p.Apologise(), links)
}

// withheld is a forward of a caller who has no number to show.
func withheld(p models.Plan) []byte {
	p.Nobody = models.Nobody{Action: models.NobodyForward, Number: "+12025550188"}
	a := p.Apologise()
	a.Shown = called
	return Render(a, links)
}

// documents are all that we can send in a language, by name.
func documents(language string) map[string][]byte {
	p := planOf(language)
	words := wordsOf(p)
	own := p
	own.Greeting = "Acme <Support> & friends, one moment."
	own.Hold = models.HoldRingback
	own.Keypress.Prompt = `Press 1 <break time="5s"/> for support.`
	own.Accept.Prompt = "Acme is on fire. Press 1."
	own.Allowlist.Refusal = "Please write to us instead."
	own.Phrases = maps.Clone(p.Phrases)
	if own.Phrases == nil {
		own.Phrases = map[models.Phrase]string{}
	}
	own.Phrases[hold] = "Acme is <still> looking."
	all := map[string][]byte{
		"reject":                 Render(p.Refusal(), links),
		"busy":                   Render(p.Refuse(models.RefusedRouteFull), links),
		"refusal":                Render(own.Refusal(), links),
		"ask-key":                Render(p.AskKey(1), links),
		"ask-key-again":          Render(p.AskKey(2), links),
		"ask-key-own-prompt":     Render(own.AskKey(1), links),
		"hold":                   Render(p.Wait(room, false), links),
		"hold-own-words":         Render(own.Wait(room, false), links),
		"hold-quiet":             Render(p.Wait(room, true), links),
		"screen":                 Render(p.Screen(attempt, caller, 1), links),
		"screen-again":           Render(p.Screen(attempt, caller, 2), links),
		"screen-withheld":        Render(p.Screen(attempt, "", 1), links),
		"screen-own-prompt":      Render(own.Screen(attempt, caller, 1), links),
		"join":                   Render(p.Join(attempt, room), links),
		"record":                 ended(p, models.NobodyVoicemail, ""),
		"record-own-prompt":      ended(p, models.NobodyVoicemail, "Talk to Acme's <machine>."),
		"forward":                ended(p, models.NobodyForward, ""),
		"forward-withheld":       withheld(p),
		"forward-own-prompt":     ended(p, models.NobodyForward, "Acme's head office & porter."),
		"nothing":                Render(models.Answer{Do: models.DoNothing}, links),
		"hold-music":             HoldDocument(p.Language, p.Voice, p.Phrases[hold], models.HoldMusic, 2, links.Base),
		"hold-ringback":          HoldDocument(p.Language, p.Voice, p.Phrases[hold], models.HoldRingback, 1, links.Base),
		"hold-own-sentence":      HoldDocument(p.Language, p.Voice, own.Phrases[hold], models.HoldMusic, 1, links.Base),
		"one-moment-caller":      words.OneMoment(false, 4, links.Voice(2), links),
		"one-moment-leg":         words.OneMoment(true, 3, links.Leg(attempt, p.Language), links),
		"divert":                 words.Divert("+12025550199", ""),
		"divert-withheld":        words.Divert("+12025550199", called),
		"fallback":               Words{Language: p.Language}.Fallback("+12025550199", called, links.VoiceAgain()),
		"fallback-no-emergency":  Words{Language: p.Language}.Fallback("", called, links.VoiceAgain()),
		"goodbye-run-is-gone":    words.Goodbye(models.PhraseOver),
		"unknown-do":             Render(models.Answer{Do: "sing", Language: p.Language, Voice: p.Voice, Phrases: p.Phrases}, links),
		"unknown-phrase":         words.Goodbye("sing"),
		"hold-without-a-setting": HoldDocument(p.Language, "", "", "", 0, links.Base),
	}
	for _, phrase := range endings {
		all["say-"+string(phrase)] = Render(p.Say(phrase, ""), links)
	}
	return all
}

func TestGolden(t *testing.T) {
	for _, language := range spoken() {
		for name, got := range documents(language) {
			t.Run(language+"/"+name, func(t *testing.T) {
				file := filepath.Join("testdata", language, name+".xml")
				if *update {
					if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				if err := acceptable(got); err != nil {
					t.Errorf("the carrier would refuse it: %v\n%s", err, got)
				}
			})
		}
	}
}

func TestNoGoldenFileIsLeftOver(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".xml")
		if documents(filepath.Base(filepath.Dir(file)))[name] == nil {
			t.Errorf("%s is no document of ours", file)
		}
	}
}
