package twiml

import (
	"slices"

	"github.com/ringdown/ringdown/models"
)

const (
	// maxRounds is more than the longest wait takes.
	maxRounds = 200
	// documentLimit is the longest document that the carrier takes, in bytes.
	documentLimit = 64 << 10
)

// HoldDocument is what a room plays until it starts: audio and a sentence of progress by turns,
// for a number of rounds that outlasts the wait, or as many as the carrier takes. One that does
// not last is asked for again. sentence is the route's own, empty for the built-in one.
func HoldDocument(language, voice, sentence string, audio models.HoldAudio, rounds int, base string) []byte {
	words := Words{Language: language, Voice: voice}
	if sentence != "" {
		words.Phrases = map[models.Phrase]string{hold: sentence}
	}
	s, l := words.speaker(), models.Links{Base: base}
	audio, rounds = holdAudio(audio), holdRounds(rounds)
	round := []element{writtenOnce(verb("Play").of(l.HoldFile(audio)), s.phrase(hold))} // anybody may ask for the longest
	again := verb("Redirect", "method", "GET").of(l.HoldDocument(s.language, s.voice, sentence, audio, rounds))
	return document(append(slices.Repeat(round, min(rounds, roundsThatFit(round, again))), again)...)
}

// roundsThatFit is how often a round may be repeated before the end of a document, at least once.
func roundsThatFit(round []element, end element) int {
	frame := len(document())
	return max((documentLimit-len(document(end)))/(len(document(round...))-frame), 1)
}

func holdAudio(audio models.HoldAudio) models.HoldAudio {
	if audio == models.HoldRingback {
		return audio
	}
	return models.HoldMusic
}

func holdRounds(rounds int) int { return min(max(rounds, 1), maxRounds) }
