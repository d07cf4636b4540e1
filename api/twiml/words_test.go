package twiml

import (
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// A language that the carrier speaks and for which nothing is built in, with a voice of it.
const (
	czech      = "cs-CZ"
	czechVoice = "Google.cs-CZ-Wavenet-A"
)

// ownPhrases are a route's own words for everything: the name of each phrase with its placeholders.
func ownPhrases() map[models.Phrase]string {
	phrases := map[models.Phrase]string{}
	for _, form := range models.Phrases {
		phrases[form.Phrase] = strings.Join(append([]string{"cs " + string(form.Phrase)}, form.Placeholders...), " ")
	}
	return phrases
}

func TestALanguageWithoutBuiltInPhrasesIsSpokenInTheRoutesOwn(t *testing.T) {
	for name, document := range documents(czech) {
		if strings.HasPrefix(name, "fallback") || name == "hold-without-a-setting" {
			continue // no route's words are known there
		}
		root, err := parse(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, say := range root.all("Say") {
			if say.attrs["language"] != czech || say.attrs["voice"] != czechVoice {
				t.Errorf("%s speaks %s with %s", name, say.attrs["language"], say.attrs["voice"])
			}
			if strings.Contains(name, "-own-") || name == "refusal" {
				continue // a prompt as it is written
			}
			if !strings.HasPrefix(say.text, "cs ") || strings.Contains(say.text, "{") {
				t.Errorf("%s says %q", name, say.text)
			}
		}
	}
}

func TestTheHoldSentenceOfARouteIsInTheAddressOfItsWait(t *testing.T) {
	for _, c := range []struct {
		name string
		plan models.Plan
		want []string // in the address
		none []string
	}{
		{"built in", planOf("de-DE"), []string{"lang=de-DE", "voice=Polly.Vicki-Neural"}, []string{"say="}},
		{"its own in a language of ours", withHold(planOf("de-DE"), "Wir suchen noch."), []string{"lang=de-DE", "say=Wir+suchen+noch.", "voice=Polly.Vicki-Neural"}, nil},
		{"its own in a language that we do not speak", planOf(czech), []string{"lang=cs-CZ", "say=cs+hold", "voice=Google.cs-CZ-Wavenet-A"}, nil},
		{"without a voice, so that nobody garbles it", withoutVoice(planOf(czech)), []string{"lang=en-GB", "voice=Polly.Amy-Neural"}, nil},
	} {
		for _, a := range []models.Answer{c.plan.Wait(room, false), c.plan.Join(attempt, room)} {
			root, err := parse(Render(a, links))
			if err != nil {
				t.Fatal(err)
			}
			address := root.all("Conference")[0].attrs["waitUrl"]
			for _, want := range c.want {
				if !strings.Contains(address, want) {
					t.Errorf("%s, to %s: %s lacks %s", c.name, a.Do, address, want)
				}
			}
			for _, none := range c.none {
				if strings.Contains(address, none) {
					t.Errorf("%s, to %s: %s has %s", c.name, a.Do, address, none)
				}
			}
		}
	}
}

func withHold(p models.Plan, sentence string) models.Plan {
	p.Phrases = map[models.Phrase]string{hold: sentence}
	return p
}

func withoutVoice(p models.Plan) models.Plan {
	p.Voice = ""
	return p
}

func TestARoutesOwnPhraseReplacesTheBuiltInOne(t *testing.T) {
	words := Words{Language: "de-DE", Voice: "Polly.Hans", Phrases: map[models.Phrase]string{
		models.PhraseOver: "Servus & <pfiat di>!", oneMoment: "\a \t", pressKey: "Taste {key}, {key}!",
	}}
	for _, c := range []struct {
		name     string
		document []byte
		want     string
	}{
		{"where there is one", words.Goodbye(models.PhraseOver), "Servus & <pfiat di>!"},
		{"and no other", words.Goodbye(models.PhraseGone), speakerOf("de-DE", "").phrases[models.PhraseGone]},
		{"but not where it says nothing", words.OneMoment(true, 2, links.VoiceAgain(), links), speakerOf("de-DE", "").phrases[oneMoment]},
		{"with a value as often as it asks for it", Render(models.Answer{
			Do: models.DoAskKey, Language: words.Language, Voice: words.Voice, Phrases: words.Phrases, Key: "{key}",
		}, links), "Taste {key}, {key}!"},
	} {
		root, err := parse(c.document)
		if err != nil {
			t.Fatal(err)
		}
		say := root.all("Say")[0]
		if say.text != c.want || say.attrs["voice"] != "Polly.Hans" {
			t.Errorf("%s: %s says %q, want %q", c.name, say.attrs["voice"], say.text, c.want)
		}
	}
	if built := speakerOf("de-DE", "").phrases[models.PhraseOver]; strings.Contains(built, "Servus") {
		t.Error("the words of one route are now everybody's")
	}
}

func TestWordsWithNothingSetAreTheDefaultLanguage(t *testing.T) {
	l, _ := models.LanguageByCode(models.DefaultLanguage)
	if s := (Words{}).speaker(); s.language != l.Code || s.voice != l.Voice {
		t.Errorf("speaks %s with %s", s.language, s.voice)
	}
}
