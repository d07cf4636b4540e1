package twiml

import "github.com/ringdown/ringdown/models"

// maxRounds is as many rounds as fit into the carrier's 64 kB, and more than the longest wait takes.
const maxRounds = 200

// HoldDocument is what a room plays until it starts: audio and a sentence of progress by turns,
// for a number of rounds that outlasts the wait. One that does not is asked for again. sentence is
// the route's own, empty for the built-in one.
func HoldDocument(language, voice, sentence string, audio models.HoldAudio, rounds int, base string) []byte {
	a := models.Answer{Language: language, Voice: voice}
	if sentence != "" {
		a.Phrases = map[models.Phrase]string{hold: sentence}
	}
	s := speakerFor(a)
	l := models.Links{Base: base}
	audio, rounds = holdAudio(audio), holdRounds(rounds)
	var verbs []element
	for range rounds {
		verbs = append(verbs, verb("Play").of(l.HoldFile(audio)), s.phrase(hold))
	}
	again := verb("Redirect", "method", "GET").of(l.HoldDocument(s.language, s.voice, sentence, audio, rounds))
	return document(append(verbs, again)...)
}

func holdAudio(audio models.HoldAudio) models.HoldAudio {
	if audio == models.HoldRingback {
		return audio
	}
	return models.HoldMusic
}

func holdRounds(rounds int) int { return min(max(rounds, 1), maxRounds) }
