package models

import (
	"maps"
	"slices"
	"strings"
)

// validateWords checks the language, and that the route brings every phrase that it lacks.
func (r Route) validateWords(faults *Faults) {
	_, complete := LanguageByCode(r.Language)
	switch {
	case !CarrierSpeaks(r.Language):
		faults.Add("language", "must be one that the carrier speaks, as in %s; GET /v1/languages lists them", DefaultLanguage)
	case !complete && r.Voice == "":
		faults.Add("voice", "must name a voice of the carrier for %s", r.Language)
	}
	known := map[Phrase]PhraseForm{}
	for _, form := range Phrases {
		known[form.Phrase] = form
		if _, given := r.Phrases[form.Phrase]; !complete && CarrierSpeaks(r.Language) && !given {
			faults.Add("phrases."+string(form.Phrase), "must be given: %s has no built-in phrases", r.Language)
		}
	}
	for _, phrase := range slices.Sorted(maps.Keys(r.Phrases)) {
		place := "phrases." + string(phrase)
		form, ok := known[phrase]
		if !ok {
			faults.Add(place, "is no phrase; there are %s", phraseNames())
			continue
		}
		most := PhraseLimit
		if slices.Contains(form.Placeholders, "{decline}") { // said twice, as the route's own prompt would be
			most = AcceptPromptLimit
		}
		spoken(faults, place, r.Phrases[phrase], 1, most)
		for _, placeholder := range form.Placeholders {
			if !strings.Contains(r.Phrases[phrase], placeholder) {
				faults.Add(place, "must hold %s", placeholder)
			}
		}
	}
}

func phraseNames() string {
	names := make([]string, len(Phrases))
	for i, form := range Phrases {
		names[i] = string(form.Phrase)
	}
	return strings.Join(names, ", ")
}
