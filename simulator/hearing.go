package simulator

import (
	"context"
	"strings"
	"time"
)

// Sound is what kind of thing a phone hears.
type Sound string

// The kinds of sound. An answered leg always hears exactly one.
const (
	SoundRing      Sound = "ring"      // not answered yet
	SoundSay       Sound = "say"       // the carrier speaks Text
	SoundPlay      Sound = "play"      // audio from the URL in Text
	SoundTone      Sound = "tone"      // the beep before a recording
	SoundTalk      Sound = "talk"      // another person
	SoundListening Sound = "listening" // nothing: a prompt is over and the carrier waits for a key or a message
	SoundSilence   Sound = "silence"   // nothing: a pause, an empty room, a webhook that takes its time
)

// Heard is one stretch of sound at a phone.
type Heard struct {
	Kind     Sound     `json:"kind"`
	Text     string    `json:"text,omitempty"`
	Voice    string    `json:"voice,omitempty"`
	Language string    `json:"language,omitempty"`
	At       time.Time `json:"at"`
	Until    time.Time `json:"until,omitzero"` // zero while it lasts
	// Lasted is carrier time; waiting for a webhook counts as long as it really took. It grows while the sound lasts.
	Lasted Seconds `json:"lasted"`

	prompt int     // which prompt for keys of this leg it belongs to, from 1; 0 for none
	rate   float64 // carrier seconds per real second; 0 means the carrier's speed
}

// Heard is all that this phone has heard, in order.
func (l *Leg) Heard() []Heard {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	all := append([]Heard(nil), l.heard...)
	if n := len(all); n > 0 && all[n-1].Until.IsZero() {
		all[n-1].Lasted = l.lastedLocked(all[n-1], time.Now())
	}
	return all
}

// SilenceMax is the longest time this phone heard nothing at all, in carrier time. Waiting for a key is not silence.
func (l *Leg) SilenceMax() Seconds {
	var longest, current Seconds
	for _, h := range l.Heard() {
		if h.Kind != SoundSilence {
			current = 0
			continue
		}
		current += h.Lasted
		longest = max(longest, current)
	}
	return longest
}

// hears reports whether text was heard, in any case of letters.
func (h Heard) hears(text string) bool {
	return strings.Contains(strings.ToLower(h.Text), strings.ToLower(text))
}

// hear starts a sound, which ends the one before. A sound whose ctx has ended is not heard.
func (l *Leg) hear(ctx context.Context, h Heard) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if ctx.Err() == nil {
		l.hearLocked(h)
	}
}

func (l *Leg) hearLocked(h Heard) {
	if l.endedLocked() {
		return
	}
	l.hushLocked()
	h.At = time.Now()
	h.rate = orElse(h.rate, l.c.cfg.Speed)
	l.heard = append(l.heard, h)
	l.changed.ring()
	switch h.Kind {
	case SoundSay:
		l.emitLocked(Event{Kind: EventSaid, Text: h.Text, Language: h.Language})
	case SoundPlay:
		l.emitLocked(Event{Kind: EventPlayed, Text: h.Text})
	case SoundTalk:
		l.emitLocked(Event{Kind: EventTalking})
	}
}

// hushLocked ends the sound that lasts.
func (l *Leg) hushLocked() {
	if n := len(l.heard); n > 0 && l.heard[n-1].Until.IsZero() {
		h := &l.heard[n-1]
		h.Until = time.Now()
		h.Lasted = l.lastedLocked(*h, h.Until)
	}
}

func (l *Leg) lastedLocked(h Heard, now time.Time) Seconds {
	return Seconds(now.Sub(h.At).Seconds() * h.rate)
}

// waitForReply makes an answered phone hear silence while a webhook is asked, at real speed.
func (l *Leg) waitForReply(ctx context.Context) {
	if l.answered() {
		l.hear(ctx, Heard{Kind: SoundSilence, rate: 1})
	}
}
