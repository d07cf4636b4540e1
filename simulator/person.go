package simulator

import (
	"slices"
)

// perform plays the person at the phone: picks up, presses, hangs up, as scripted. It ends with the call.
func (l *Leg) perform() {
	if l.Direction != Inbound && !l.pickUp() {
		return
	}
	l.after(l.habits.afterDial, func() bool { return true })
	l.after(l.habits.afterOpen, func() bool { return !l.started.IsZero() })
	l.after(l.habits.afterTalk, func() bool { return l.hasHeardLocked(func(h Heard) bool { return h.Kind == SoundTalk }) })
	if on := l.habits.onHeard; on != "" {
		l.after(reaction, func() bool { return l.hasHeardLocked(func(h Heard) bool { return h.hears(on) }) })
	}
	if phone := l.habits.whenRings; phone != "" {
		l.c.spawn(func() { l.hangUpWhenRings(phone) })
	}
	l.pressKeys()
}

// reaction is how long a person takes to act on what they hear.
const reaction Seconds = 0.7

// pickUp waits out the ringing and acts. It reports whether the line may open.
func (l *Leg) pickUp() bool {
	if l.script.Answer == NoAnswer || l.WaitStatus(l.ctx, StatusRinging) != nil {
		return false
	}
	if l.script.Answer == Manual {
		return true
	}
	if l.c.pass(l.ctx, orElse(l.script.RingFor, 2)) != nil {
		return false
	}
	if l.script.Answer == Decline {
		l.Reject()
		return false
	}
	l.Answer()
	return true
}

// after hangs up d after since, which is called with mu held, first holds. A d of 0 means never.
func (l *Leg) after(d Seconds, since func() bool) {
	if d <= 0 {
		return
	}
	l.c.spawn(func() {
		if l.await(l.ctx, "get so far", since) == nil && l.c.pass(l.ctx, d) == nil {
			l.HangUp()
		}
	})
}

func (l *Leg) hangUpWhenRings(phone string) {
	err := l.c.await(l.ctx, &l.c.changed, func() (bool, error) {
		return slices.ContainsFunc(l.c.legs, func(other *Leg) bool {
			return other.Direction != Inbound && !other.created.Before(l.created) &&
				(phone == "any" || phone == other.To) && slices.Contains(other.passed, StatusRinging)
		}), nil
	})
	if err == nil {
		l.HangUp()
	}
}

// pressKeys makes the presses one after the other, each after something heard later than what the one before answered.
func (l *Leg) pressKeys() {
	from, prompt := 0, 0
	for _, p := range l.habits.keys {
		err := l.await(l.ctx, "hear "+p.After, func() bool {
			for i := from; i < len(l.heard); i++ {
				if h := l.heard[i]; p.answers(h, prompt) {
					from, prompt = i+1, max(prompt, h.prompt)
					return true
				}
			}
			return false
		})
		if err != nil || l.c.pass(l.ctx, orElse(p.Delay, reaction)) != nil {
			return
		}
		l.Press(p.Digits)
	}
}

// answers reports whether h is what p waits for: its text heard to the end, or any new prompt when it names no text.
func (p Press) answers(h Heard, lastPrompt int) bool {
	over := !h.Until.IsZero()
	if p.After != "" {
		return h.hears(p.After) && over
	}
	return h.prompt > lastPrompt && (over || h.Kind == SoundListening)
}

func (l *Leg) hasHeardLocked(ok func(Heard) bool) bool { return slices.ContainsFunc(l.heard, ok) }
