// Package twiml writes the documents that tell the carrier what a leg hears and does next. It is
// the only place that does. A document is a pure function of its arguments, always the same bytes.
package twiml

import (
	"strconv"

	"github.com/ringdown/ringdown/models"
)

// Render writes what an answer says; l has the addresses of its call.
func Render(a models.Answer, l models.Links) []byte {
	s := speakerOf(a.Language, a.Voice)
	switch a.Do {
	case models.DoReject:
		return document(verb("Reject"))
	case models.DoAskKey:
		return document(s.askKey(a, l))
	case models.DoHold:
		return document(s.hold(a, l)...)
	case models.DoScreen:
		return document(s.screen(a, l))
	case models.DoJoin:
		return document(s.join(a, l)...)
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
	kids = append(kids, s.sayOr(a.Text, pressKey, "{key}", a.Key))
	return gather(8, l.Gate(try, s.language)).around(kids...)
}

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
		"waitUrl", l.HoldDocument(s.language, s.voice, holdAudio(a.Hold), holdRounds(a.Rounds)),
		"waitMethod", "GET").of(a.Room))
}

// labelLimit is the longest label that the carrier takes, in characters.
const labelLimit = 128

func pause(seconds int) element { return verb("Pause", "length", strconv.Itoa(max(seconds, 1))) }
