package models

import (
	"net/url"
	"strconv"
)

// Links builds the addresses at which the carrier asks us about one call. The attempt is in each
// address of a leg, so that a late callback of one phone never concerns another. The language is
// in each address whose answer is heard, so that a goodbye can be said when the run is gone.
type Links struct {
	Base    string // our public URL without a trailing slash, as in https://example.com
	CallSID string // the carrier's id of the caller's leg
}

// retries asks the carrier to try a callback again when it cannot connect, waits for more than 6 s
// or gets a 5xx, within 14 s. A fragment is neither sent to us nor signed.
// Source: Twilio, Webhooks connection overrides.
const retries = "#rc=3&rp=ct,rt,5xx&ct=2000&rt=6000&tt=14000"

// WithRetries is an address of another host of ours, asked as patiently as our own.
func WithRetries(address string) string { return address + retries }

// Voice is where a new call is announced. The number itself has try zero; later tries follow when
// no answer was ready.
func (l Links) Voice(try int) string {
	if try == 0 {
		return l.link("/twilio/voice", nil)
	}
	return l.link("/twilio/voice", url.Values{"try": {strconv.Itoa(try)}})
}

// VoiceAgain is where a caller is sent who was here before: by the fallback document, after our site
// was away, and by an answer that came too late.
func (l Links) VoiceAgain() string {
	return l.link("/twilio/voice", url.Values{"fallback": {"1"}})
}

// Status is told when a call to a number of ours ends.
func (l Links) Status() string { return l.link("/twilio/status", nil) }

// Gate takes the key that the caller pressed on a try, from 1.
func (l Links) Gate(try int, language string) string {
	return l.link("/twilio/gate/"+url.PathEscape(l.CallSID), url.Values{"try": {strconv.Itoa(try)}, "lang": {language}})
}

// CallerDone is asked when the caller's time in the room is over.
func (l Links) CallerDone(language string) string {
	return l.link("/twilio/caller-done/"+url.PathEscape(l.CallSID), url.Values{"lang": {language}})
}

// Nobody is asked when the caller is moved out of the room because nobody took the call.
func (l Links) Nobody(language string) string {
	return l.link("/twilio/nobody/"+url.PathEscape(l.CallSID), url.Values{"lang": {language}})
}

// VoicemailDone is asked when the caller has left a message.
func (l Links) VoicemailDone(language string) string {
	return l.link("/twilio/voicemail-done/"+url.PathEscape(l.CallSID), url.Values{"lang": {language}})
}

// Recording is told what became of the caller's message.
func (l Links) Recording() string {
	return l.link("/twilio/recording/"+url.PathEscape(l.CallSID), nil)
}

// Transcript is told what the caller's message says.
func (l Links) Transcript() string {
	return l.link("/twilio/transcript/"+url.PathEscape(l.CallSID), nil)
}

// ForwardDone is asked when the line to the fixed number has ended, or never came about.
func (l Links) ForwardDone(language string) string {
	return l.link("/twilio/forward-done/"+url.PathEscape(l.CallSID), url.Values{"lang": {language}})
}

// Divert is where a waiting caller is sent when no worker is there to find anybody for them.
func (l Links) Divert(language string) string {
	return l.link("/twilio/divert/"+url.PathEscape(l.CallSID), url.Values{"lang": {language}})
}

// Leg is asked when a responder's phone was picked up.
func (l Links) Leg(attempt, language string) string {
	return l.link(l.attempt("leg", attempt), url.Values{"lang": {language}})
}

// LegAgain is asked when the responder's key on that hearing was not answered in time: it may have
// been noted all the same.
func (l Links) LegAgain(attempt string, hearing int, language string) string {
	return l.link(l.attempt("leg", attempt), url.Values{"hearing": {strconv.Itoa(hearing)}, "lang": {language}})
}

// LegStatus is told how a responder's leg fares.
func (l Links) LegStatus(attempt string) string { return l.link(l.attempt("leg-status", attempt), nil) }

// Accept takes the key that a responder pressed on a hearing of the prompt, from 1.
func (l Links) Accept(attempt string, hearing int, language string) string {
	return l.link(l.attempt("accept", attempt), url.Values{"hearing": {strconv.Itoa(hearing)}, "lang": {language}})
}

// AcceptAgain is asked when that key could not be told to the call's run.
func (l Links) AcceptAgain(attempt string, hearing int, key, language string) string {
	return l.link(l.attempt("accept", attempt), url.Values{"hearing": {strconv.Itoa(hearing)}, "key": {key}, "lang": {language}})
}

// LegDone is asked when a responder's time in the room is over.
func (l Links) LegDone(attempt, language string) string {
	return l.link(l.attempt("leg-done", attempt), url.Values{"lang": {language}})
}

// BundleStatus is told how the carrier's review of the paperwork of a request for a number goes.
func (l Links) BundleStatus(requestID string) string {
	return l.link("/twilio/bundle/"+url.PathEscape(requestID), nil)
}

// HoldDocument is the wait document, the same address for all calls that wait alike. sentence is
// the route's own between the music, empty for the built-in one.
func (l Links) HoldDocument(language, voice, sentence string, audio HoldAudio, rounds int) string {
	query := url.Values{
		"audio": {string(audio)}, "lang": {language}, "rounds": {strconv.Itoa(rounds)}, "voice": {voice},
	}
	if sentence != "" {
		query.Set("say", sentence)
	}
	return l.link("/audio/hold.xml", query)
}

// Moment is two seconds of quiet music, for a caller who waits for a key or for us.
func (l Links) Moment() string { return l.Base + "/audio/moment.wav" }

// HoldFile is the recording between two sentences on hold. The carrier keeps it, so it has no retries.
func (l Links) HoldFile(audio HoldAudio) string {
	return l.Base + "/audio/" + url.PathEscape(string(audio)) + ".wav"
}

func (l Links) attempt(what, attempt string) string {
	return "/twilio/" + what + "/" + url.PathEscape(l.CallSID) + "/" + url.PathEscape(attempt)
}

// link is canonical: the query's names are sorted.
func (l Links) link(path string, query url.Values) string {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return l.Base + path + retries
}

// EmergencyURL is where the emergency document of a number is served: below base, which does not end with a slash.
// It is empty when base is, or when the number has no id yet.
func EmergencyURL(base, numberID string) string {
	if base == "" || numberID == "" {
		return ""
	}
	return base + "/" + EmergencyFile(numberID)
}

// EmergencyFile is the name of the emergency document of a number.
func EmergencyFile(numberID string) string { return numberID + ".xml" }
