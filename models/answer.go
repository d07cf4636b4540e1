package models

// Do is what an Answer tells the carrier to do.
type Do string

// What an answer can do.
const (
	DoReject  Do = "reject"  // refuse the call unanswered
	DoSay     Do = "say"     // say the phrase or the text, then hang up
	DoAskKey  Do = "ask_key" // the keypress gate's prompt
	DoHold    Do = "hold"    // put the caller into the room
	DoScreen  Do = "screen"  // tell a responder who calls and ask for the key
	DoJoin    Do = "join"    // put a responder into the room
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
}

// Say is an answer that says a phrase, or the text instead where there is one.
func (p Plan) Say(phrase Phrase, text string) Answer {
	return Answer{Do: DoSay, Language: p.Language, Voice: p.Voice, Phrase: phrase, Text: text}
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
	return Answer{Do: DoAskKey, Language: p.Language, Voice: p.Voice, Text: p.Keypress.Prompt, Key: p.Keypress.Key, Try: try}
}

// Wait puts the caller into the room, with the greeting unless it was heard before.
func (p Plan) Wait(room string, heardBefore bool) Answer {
	return Answer{
		Do: DoHold, Language: p.Language, Voice: p.Voice, Text: p.Greeting,
		Room: room, Hold: p.Hold, Rounds: p.HoldRounds(), Quiet: heardBefore,
	}
}

// Screen tells a responder who calls; hearing counts from 1.
func (p Plan) Screen(attempt string, caller Phone, hearing int) Answer {
	return Answer{
		Do: DoScreen, Language: p.Language, Voice: p.Voice, Text: p.Accept.Prompt, Key: p.Accept.Key,
		Try: hearing, Caller: caller, Route: p.RouteName, Attempt: attempt,
	}
}

// Join puts a responder into the room.
func (p Plan) Join(attempt, room string) Answer {
	return Answer{
		Do: DoJoin, Language: p.Language, Voice: p.Voice, Attempt: attempt,
		Room: room, Hold: p.Hold, Rounds: p.HoldRounds(),
	}
}
