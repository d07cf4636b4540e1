package twiml

import "github.com/ringdown/ringdown/models"

// Goodbye says a phrase and hangs up, where there is no run to ask any more.
func Goodbye(language string, phrase models.Phrase) []byte {
	return document(speakerOf(language, "").phrase(phrase), verb("Hangup"))
}

// OneMoment has the carrier ask next again after some seconds. A caller who is not answered yet
// goes on hearing it ring, unbilled, because the pause comes first. With answered, for a leg that
// was picked up, it is a sentence and music: a silent line sounds dead.
func OneMoment(language string, answered bool, seconds int, next string, l models.Links) []byte {
	again := verb("Redirect", "method", "POST").of(next)
	if answered {
		return document(speakerOf(language, "").phrase(oneMoment), music(l, seconds), again)
	}
	return document(pause(seconds), again)
}

// Divert connects a caller to the emergency number when our own service cannot. It asks nothing
// more of us, so what it says last is right after a talk and after none.
func Divert(language string, emergency models.Phone) []byte {
	s := speakerOf(language, "")
	return document(
		s.phrase(diverting),
		verb("Dial", "answerOnBridge", "true", "timeout", "60").around(verb("Number").of(string(emergency))),
		s.phrase(divertFailed),
		verb("Hangup"))
}

// Fallback is the static document on another host for a number whose calls find our site away.
// The carrier has tried our site several times by then, and a second failure would only bring it
// back here: so it diverts at once. Without an emergency number it goes on trying voice.
func Fallback(language string, emergency models.Phone, voice string) []byte {
	if emergency != "" {
		return Divert(language, emergency)
	}
	return document(pause(2), verb("Redirect", "method", "POST").of(voice))
}
