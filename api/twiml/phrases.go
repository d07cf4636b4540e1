package twiml

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ringdown/ringdown/models"
)

// The built-in sentences beside those that end a leg.
const (
	greeting          models.Phrase = "greeting"
	pressKey          models.Phrase = "press_key" // {key}
	wrongKey          models.Phrase = "wrong_key"
	hold              models.Phrase = "hold"
	screen            models.Phrase = "screen"          // {route}, {caller}, {key}, {decline}
	screenWithheld    models.Phrase = "screen_withheld" // {route}, {key}, {decline}
	wrongKeyResponder models.Phrase = "wrong_key_responder"
	connecting        models.Phrase = "connecting"
	oneMoment         models.Phrase = "one_moment"
	diverting         models.Phrase = "diverting"
	divertFailed      models.Phrase = "divert_failed" // also heard after a talk, when the emergency line hangs up
	plus              models.Phrase = "plus"          // how a leading + is said
)

//go:embed phrases/*.json
var phraseFiles embed.FS

// phrasebook is all that is said in one language.
type phrasebook map[models.Phrase]string

// phrasebooks are read once, by language.
var phrasebooks = sync.OnceValues(readPhrasebooks)

// Check reports a language whose phrases are unreadable or incomplete. A process asks once, as it
// starts; Render then has a sentence for everything.
func Check() error {
	_, err := phrasebooks()
	return err
}

func readPhrasebooks() (map[string]phrasebook, error) {
	books := map[string]phrasebook{}
	for _, l := range models.Languages {
		name := "phrases/" + l.Code + ".json"
		file, err := phraseFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("phrases of %s: %w", l.Code, err)
		}
		var book phrasebook
		if err := json.Unmarshal(file, &book); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if err := book.has(models.Phrases); err != nil {
			return nil, fmt.Errorf("phrases of %s: %w", l.Code, err)
		}
		books[l.Code] = book
	}
	return books, nil
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// has reports a phrase that is missing, has other placeholders or is none of those wanted.
func (b phrasebook) has(wanted []models.PhraseForm) error {
	for _, form := range wanted {
		sentence := b[form.Phrase]
		got := slices.Sorted(slices.Values(placeholder.FindAllString(sentence, -1)))
		want := slices.Sorted(slices.Values(form.Placeholders))
		if strings.TrimSpace(sentence) == "" || !slices.Equal(got, want) {
			return fmt.Errorf("%s must be said with %v", form.Phrase, want)
		}
	}
	if len(b) != len(wanted) {
		return fmt.Errorf("%d phrases instead of %d", len(b), len(wanted))
	}
	return nil
}

// fill puts values into a phrase's placeholders; placeholders and values by turns. A value is
// data: what looks like a placeholder in it is said.
func (b phrasebook) fill(phrase models.Phrase, values ...string) string {
	sentence, known := b[phrase]
	if !known {
		sentence = b[models.PhraseGoodbye]
	}
	return strings.NewReplacer(values...).Replace(sentence)
}
