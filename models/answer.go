package models

// Do is what an Answer tells the carrier to do.
type Do string

// What an answer can do.
const (
	DoReject  Do = "reject"  // refuse the call unanswered
	DoBusy    Do = "busy"    // refuse it unanswered, with the tone of a busy line
	DoSay     Do = "say"     // say the phrase or the text, then hang up
	DoAskKey  Do = "ask_key" // the keypress gate's prompt
	DoHold    Do = "hold"    // put the caller into the room
	DoScreen  Do = "screen"  // tell a responder who calls and ask for the key
	DoJoin    Do = "join"    // put a responder into the room
	DoRecord  Do = "record"  // ask the caller for a message and record it
	DoForward Do = "forward" // connect the caller to a fixed number
	DoNothing Do = "nothing" // a stale request: nobody listens to the answer
)

// Phrase is a built-in sentence, said in the language of the answer.
type Phrase string

// The phrases that end a leg.
const (
	PhraseRefused    Phrase = "refused"     // to a caller who may not call
	PhraseGoodbye    Phrase = "goodbye"     // after too many wrong keys
	PhraseNobody     Phrase = "nobody"      // nobody took the call
	PhraseNoService  Phrase = "no_service"  // the number does nothing, or its route is off
	PhraseTaken      Phrase = "taken"       // to a responder: another was faster
	PhraseGone       Phrase = "gone"        // to a responder: the caller has hung up
	PhrasePassed     Phrase = "passed"      // to a responder: the call went to the next person
	PhraseDeclined   Phrase = "declined"    // to a responder who said no
	PhraseOver       Phrase = "over"        // the call is over
	PhraseOtherLeft  Phrase = "other_left"  // to the caller: the responder hung up
	PhraseCallerLeft Phrase = "caller_left" // to the responder: the caller hung up

	PhraseUnverified      Phrase = "unverified"       // to a caller whose number the network does not vouch for
	PhraseVoicemail       Phrase = "voicemail"        // asks for a message; not the end of a leg
	PhraseVoicemailThanks Phrase = "voicemail_thanks" // the message is recorded
	PhraseVoicemailEmpty  Phrase = "voicemail_empty"  // nothing was said
	PhraseForwarding      Phrase = "forwarding"       // before the fixed number is called; not the end of a leg
	PhraseForwardFailed   Phrase = "forward_failed"   // the fixed number did not answer either
)

// Answer is what the workflow decides that a leg does next. api/twiml renders it.
type Answer struct {
	Do       Do        `json:"do"`
	Language string    `json:"language"`
	Voice    string    `json:"voice"`
	Phrase   Phrase    `json:"phrase,omitempty"` // for say; the text wins
	Text     string    `json:"text,omitempty"`   // said as written: a refusal, a prompt, a greeting, a message
	Key      string    `json:"key,omitempty"`    // for ask_key and screen
	Try      int       `json:"try,omitempty"`    // for ask_key and screen: which hearing this is, from 1
	Caller   Phone     `json:"caller,omitempty"` // for screen; empty when withheld
	Route    string    `json:"route,omitempty"`  // for screen: the route's name
	Attempt  string    `json:"attempt,omitempty"`
	Room     string    `json:"room,omitempty"`   // for hold and join
	Hold     HoldAudio `json:"hold,omitempty"`   // for hold and join
	Rounds   int       `json:"rounds,omitempty"` // for hold and join: see Plan.HoldRounds
	Quiet    bool      `json:"quiet,omitempty"`  // for hold: without the greeting, which was heard before
	To       Phone     `json:"to,omitempty"`     // for forward
	Shown    Phone     `json:"shown,omitempty"`  // for forward: the number that is shown there; empty shows the caller's

	Phrases map[Phrase]string `json:"phrases,omitempty"` // the route's own, instead of the built-in ones
}

// answer is an answer in the plan's language and words.
func (p Plan) answer(do Do) Answer {
	return Answer{Do: do, Language: p.Language, Voice: p.Voice, Phrases: p.Phrases}
}

// Say is an answer that says a phrase, or the text instead where there is one.
func (p Plan) Say(phrase Phrase, text string) Answer {
	a := p.answer(DoSay)
	a.Phrase, a.Text = phrase, text
	return a
}

// Refusal is the answer to a caller whom the allowlist refuses.
func (p Plan) Refusal() Answer {
	if p.Allowlist.Refusal == "" {
		return Answer{Do: DoReject}
	}
	return p.Say(PhraseRefused, p.Allowlist.Refusal)
}

// AskKey is the prompt of the keypress gate for a try, from 1.
func (p Plan) AskKey(try int) Answer {
	a := p.answer(DoAskKey)
	a.Text, a.Key, a.Try = p.Keypress.Prompt, p.Keypress.Key, try
	return a
}

// Wait puts the caller into the room, with the greeting unless it was heard before.
func (p Plan) Wait(room string, heardBefore bool) Answer {
	a := p.answer(DoHold)
	a.Text, a.Room, a.Hold, a.Rounds, a.Quiet = p.Greeting, room, p.Hold, p.HoldRounds(), heardBefore
	return a
}

// Screen tells a responder who calls; hearing counts from 1.
func (p Plan) Screen(attempt string, caller Phone, hearing int) Answer {
	a := p.answer(DoScreen)
	a.Text, a.Key, a.Try = p.Accept.Prompt, p.Accept.Key, hearing
	a.Caller, a.Route, a.Attempt = caller, p.RouteName, attempt
	return a
}

// Join puts a responder into the room.
func (p Plan) Join(attempt, room string) Answer {
	a := p.answer(DoJoin)
	a.Attempt, a.Room, a.Hold, a.Rounds = attempt, room, p.Hold, p.HoldRounds()
	return a
}

// Apologise is what a caller hears whose call nobody took: they may leave a message, are forwarded,
// or are told so.
func (p Plan) Apologise() Answer {
	switch p.Nobody.Action {
	case NobodyVoicemail:
		a := p.answer(DoRecord)
		a.Text = p.Nobody.Message
		return a
	case NobodyForward:
		a := p.answer(DoForward)
		a.Text, a.To = p.Nobody.Message, p.Nobody.Number
		return a
	default:
		return p.Say(PhraseNobody, p.Nobody.Message)
	}
}
