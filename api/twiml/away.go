package twiml

import "github.com/ringdown/ringdown/models"

// Words are how a route speaks where no run can be asked. Their zero value speaks the default
// language; a voice or phrases that are left out are the language's own.
type Words struct {
	Language string
	Voice    string
	Phrases  map[models.Phrase]string
}

func (w Words) speaker() speaker {
	return speakerFor(models.Answer{Language: w.Language, Voice: w.Voice, Phrases: w.Phrases})
}

// Goodbye says a phrase and hangs up.
func (w Words) Goodbye(phrase models.Phrase) []byte {
	return document(w.speaker().phrase(phrase), verb("Hangup"))
}

// OneMoment has the carrier ask next again after some seconds. A caller who is not answered yet
// goes on hearing it ring, unbilled, because the pause comes first. With answered, for a leg that
// was picked up, it is a sentence and music: a silent line sounds dead.
func (w Words) OneMoment(answered bool, seconds int, next string, l models.Links) []byte {
	again := verb("Redirect", "method", "POST").of(next)
	if answered {
		return document(w.speaker().phrase(oneMoment), music(l, seconds), again)
	}
	return document(pause(seconds), again)
}

// Divert connects a caller to the emergency number when our own service cannot. shown is the number
// that is shown there, as in Answer.Shown. It asks nothing more of us, so what it says last is right
// after a talk and after none.
func (w Words) Divert(emergency, shown models.Phone) []byte {
	s := w.speaker()
	return document(
		s.phrase(diverting),
		dial(emergency, shown, "answerOnBridge", "true", "timeout", "60"),
		s.phrase(divertFailed),
		verb("Hangup"))
}

// Fallback is the static document on another host for a number whose calls find our site away.
// The carrier has tried our site several times by then, and a second failure would only bring it
// back here: so it diverts at once. Without an emergency number it goes on trying voice, and the
// caller hears it ring: whoever calls while we start again is answered then. It is the same for
// every caller, withheld ones too, so that called, the number that they called, is what it shows.
func (w Words) Fallback(emergency, called models.Phone, voice string) []byte {
	if emergency != "" {
		return w.Divert(emergency, called)
	}
	return document(pause(2), verb("Redirect", "method", "POST").of(voice))
}
