// Package twiml writes the documents that tell the carrier what a leg hears and does next. It is
// the only place that does. A document is a pure function of its arguments, always the same bytes.
package twiml

import (
	"maps"
	"strconv"

	"github.com/ringdown/ringdown/models"
)

// Render writes what an answer says; l has the addresses of its call.
func Render(a models.Answer, l models.Links) []byte {
	s := speakerFor(a)
	switch a.Do {
	case models.DoReject:
		return document(verb("Reject"))
	case models.DoBusy:
		return document(verb("Reject", "reason", "busy"))
	case models.DoAskKey:
		return document(s.askKey(a, l))
	case models.DoHold:
		return document(s.hold(a, l)...)
	case models.DoScreen:
		return document(s.screen(a, l))
	case models.DoJoin:
		return document(s.join(a, l)...)
	case models.DoRecord:
		return document(s.record(a, l)...)
	case models.DoForward:
		return document(s.forward(a, l)...)
	case models.DoNothing:
		return document() // hangs up
	default:
		return document(s.sayOr(a.Text, a.Phrase), verb("Hangup"))
	}
}

func (s speaker) askKey(a models.Answer, l models.Links) element {
	try := max(a.Try, 1)
	var kids []element
	if try > 1 {
		kids = append(kids, s.phrase(wrongKey))
	}
	kids = append(kids, s.sayOr(a.Text, pressKey, "{key}", a.Key), music(l, keyWait))
	return gather(1, l.Gate(try, s.language)).around(kids...)
}

// keyWait is how long the caller has for the key after the prompt, in seconds. They hear music
// meanwhile: a silent line sounds dead.
const keyWait = 8

func (s speaker) hold(a models.Answer, l models.Links) []element {
	var verbs []element
	if !a.Quiet {
		verbs = append(verbs, s.sayOr(a.Text, greeting))
	}
	return append(verbs, s.room(a, l, l.CallerDone(s.language), "caller", false))
}

// screen says the prompt twice, so that no key at all means that nobody listens.
func (s speaker) screen(a models.Answer, l models.Links) element {
	hearing := max(a.Try, 1)
	phrase := screen
	if a.Caller == "" {
		phrase = screenWithheld
	}
	prompt := s.sayOr(a.Text, phrase,
		"{route}", a.Route, "{caller}", s.number(a.Caller), "{key}", a.Key, "{decline}", models.DeclineKey)
	var kids []element
	if hearing > 1 {
		kids = append(kids, s.phrase(wrongKeyResponder))
	}
	kids = append(kids, prompt, pause(1), prompt)
	return gather(5, l.Accept(a.Attempt, hearing, s.language)).around(kids...)
}

func (s speaker) join(a models.Answer, l models.Links) []element {
	return []element{
		s.phrase(connecting),
		s.room(a, l, l.LegDone(a.Attempt, s.language), "r-"+a.Attempt, true),
	}
}

// record takes the caller's message. Nothing said at all falls through to the last sentence; a
// message is answered at its own address.
func (s speaker) record(a models.Answer, l models.Links) []element {
	attributes := []string{
		"action", l.VoicemailDone(s.language),
		"maxLength", strconv.Itoa(int(models.VoicemailLimit.Seconds())),
		"timeout", strconv.Itoa(int(models.VoicemailPause.Seconds())),
		"finishOnKey", "1234567890*#",
		"recordingStatusCallback", l.Recording(),
		"recordingStatusCallbackEvent", "completed absent",
	}
	if models.Transcribes(s.language) {
		attributes = append(attributes, "transcribe", "true", "transcribeCallback", l.Transcript())
	}
	return []element{
		s.sayOr(a.Text, models.PhraseVoicemail),
		verb("Record", attributes...),
		s.phrase(models.PhraseVoicemailEmpty),
		verb("Hangup"),
	}
}

// forward connects the caller to the fixed number. They hear it ring.
func (s speaker) forward(a models.Answer, l models.Links) []element {
	return []element{
		s.sayOr(a.Text, models.PhraseForwarding),
		dial(a.To, a.Shown, "action", l.ForwardDone(s.language), "timeout", "45"),
	}
}

// dial rings a phone of nobody's in the directory, which sees the number shown, or the caller's own
// where shown is empty. The carrier refuses to show a number that is none, as a withheld caller's.
func dial(to, shown models.Phone, attrs ...string) element {
	if shown != "" {
		attrs = append(attrs, "callerId", string(shown))
	}
	return verb("Dial", attrs...).around(verb("Number").of(string(to)))
}

// gather waits for one key, whichever it is, and asks action also when none was pressed.
func gather(seconds int, action string) element {
	return verb("Gather",
		"numDigits", "1",
		"timeout", strconv.Itoa(seconds),
		"finishOnKey", "",
		"actionOnEmptyResult", "true",
		"action", action)
}

// room puts a leg into the call's room. Caller and responder bring the same hold audio, because
// the room takes it from whoever enters first. Whoever leaves ends the room.
func (s speaker) room(a models.Answer, l models.Links, action, label string, starts bool) element {
	return verb("Dial", "action", action).around(verb("Conference",
		"startConferenceOnEnter", strconv.FormatBool(starts),
		"endConferenceOnExit", "true",
		"beep", "false",
		"participantLabel", label[:min(len(label), labelLimit)],
		"maxParticipants", "2",
		"jitterBufferSize", "small",
		"waitUrl", l.HoldDocument(s.language, s.voice, a.Phrases[hold], holdAudio(a.Hold), holdRounds(a.Rounds)),
		"waitMethod", "GET").of(a.Room))
}

// labelLimit is the longest label that the carrier takes, in characters.
const labelLimit = 128

// speakerFor speaks an answer's language, in the route's own words where it has some. A language
// without built-in phrases needs both a voice and words of the route's.
func speakerFor(a models.Answer) speaker {
	s := speakerOf(a.Language, a.Voice)
	if len(a.Phrases) == 0 {
		return s
	}
	if a.Language != s.language && models.CarrierSpeaks(a.Language) && oneLine(a.Voice) != "" {
		s.language, s.voice = a.Language, a.Voice
	}
	s.phrases = maps.Clone(s.phrases)
	for phrase, sentence := range a.Phrases {
		if oneLine(sentence) != "" {
			s.phrases[phrase] = sentence
		}
	}
	return s
}

// music is what a caller hears for some seconds, two at a time.
func music(l models.Links, seconds int) element {
	return verb("Play", "loop", strconv.Itoa(max(seconds/2, 1))).of(l.Moment())
}

func pause(seconds int) element { return verb("Pause", "length", strconv.Itoa(max(seconds, 1))) }
