package simulator

// Behaviour is what a rung phone does.
type Behaviour string

// The behaviours of a phone.
const (
	Answer   Behaviour = "answer"    // picks up after RingFor; the zero value means this
	NoAnswer Behaviour = "no-answer" // rings until the carrier gives up
	Busy     Behaviour = "busy"      // engaged: never rings
	Decline  Behaviour = "decline"   // rejects by hand after RingFor; the carrier reports busy
	Fail     Behaviour = "fail"      // unreachable: the carrier reports failed, SIP 404
	Mailbox  Behaviour = "mailbox"   // picks up after RingFor, talks, presses nothing, hangs up after HangUpAfter or 60 s
	Manual   Behaviour = "manual"    // waits for Answer, Reject, Press and HangUp
)

// Press is one act at the keypad. A phone makes its presses in the order they are listed.
type Press struct {
	// After is what must have been heard to its end, in any case of letters. Empty: the next prompt that asks for a key.
	After  string  `json:"after,omitempty"`
	Delay  Seconds `json:"delay,omitempty"` // from then on; 0 means 0.7
	Digits string  `json:"digits"`
}

// Script is how a phone behaves each time it is rung.
type Script struct {
	Answer  Behaviour `json:"answer,omitempty"`
	RingFor Seconds   `json:"ring_for,omitempty"` // until picked up or declined; 0 means 2
	Keys    []Press   `json:"keys,omitempty"`

	HangUpAfter       Seconds `json:"hang_up_after,omitempty"`        // after picking up; 0 means never
	HangUpAfterJoined Seconds `json:"hang_up_after_joined,omitempty"` // after talk began; 0 means never
	HangUpOn          string  `json:"hang_up_on,omitempty"`           // as soon as this is heard

	Message     string  `json:"message,omitempty"`      // what is said to a recording; empty, and no SpeakFor: nothing
	SpeakFor    Seconds `json:"speak_for,omitempty"`    // how long that takes; 0 means as long as the words take
	RingsOver   bool    `json:"rings_over,omitempty"`   // the carrier lets it ring 5 s longer than asked
	NoCallbacks bool    `json:"no_callbacks,omitempty"` // the carrier sends no status callback for it

	// Refuse is the error with which the carrier refuses to ring it when REST asks, such as 21211, 21215 or 13224. A
	// Dial to it fails. 0 means that it may be rung.
	Refuse int `json:"refuse,omitempty"`

	// Chance has the faults that meet the phone drawn anew from now on, from this number and the plan's seed: so a call can be made
	// again with the same faults, whatever met the phone before. 0 goes on with what is being drawn.
	Chance uint64 `json:"chance,omitempty"`
}

// CallerScript is how a caller behaves. The zero value stays on the line until the call is over.
type CallerScript struct {
	Keys []Press `json:"keys,omitempty"`

	HangUpAfter       Seconds `json:"hang_up_after,omitempty"`        // after dialling; 0 means never
	HangUpAfterJoined Seconds `json:"hang_up_after_joined,omitempty"` // after talk began; 0 means never
	HangUpWhenRings   string  `json:"hang_up_when_rings,omitempty"`   // as soon as this phone rings; "any": any phone
	HangUpOn          string  `json:"hang_up_on,omitempty"`           // as soon as this is heard

	Message  string  `json:"message,omitempty"`   // what is said to a recording; empty, and no SpeakFor: nothing
	SpeakFor Seconds `json:"speak_for,omitempty"` // how long that takes; 0 means as long as the words take
	Manual   bool    `json:"manual,omitempty"`    // Speak says it by hand: until then a recording waits, up to its length

	// StirVerstat is the attestation of the caller's number, such as TN-Validation-Passed-A. Empty sends none.
	StirVerstat string `json:"stir_verstat,omitempty"`
	// ForwardedFrom is the number whose owner has forwarded the call to ours. Empty sends none.
	ForwardedFrom string `json:"forwarded_from,omitempty"`
}

// habits is what a person on either end of a call does once the line is open.
type habits struct {
	keys                            []Press
	afterOpen, afterDial, afterTalk Seconds
	whenRings, onHeard              string
	message                         string
	speakFor                        Seconds
	byHand                          bool
}

func (s Script) habits() habits {
	h := habits{
		keys: s.Keys, afterOpen: s.HangUpAfter, afterTalk: s.HangUpAfterJoined, onHeard: s.HangUpOn,
		message: s.Message, speakFor: s.SpeakFor, byHand: s.Answer == Manual,
	}
	if s.Answer == Mailbox {
		h.keys = nil
		h.afterOpen = orElse(h.afterOpen, 60)
	}
	return h
}

func (s CallerScript) habits() habits {
	return habits{
		keys: s.Keys, afterDial: s.HangUpAfter, afterTalk: s.HangUpAfterJoined, whenRings: s.HangUpWhenRings,
		onHeard: s.HangUpOn, message: s.Message, speakFor: s.SpeakFor, byHand: s.Manual,
	}
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
