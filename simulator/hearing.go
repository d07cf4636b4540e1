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
	SoundRecording Sound = "recording" // nothing: the person speaks, or may speak, into a recording
	SoundListening Sound = "listening" // nothing: a prompt is over and the carrier waits for a key
	SoundSilence   Sound = "silence"   // nothing: a pause, an empty room, a webhook that takes its time
)

// Heard is one stretch of sound at a phone.
type Heard struct {
	Kind     Sound     `json:"kind"`
	Text     string    `json:"text,omitempty"`
	Voice    string    `json:"voice,omitempty"`
	Language string    `json:"language,omitempty"`
	During   string    `json:"during,omitempty"` // what goes on while nothing is heard
	At       time.Time `json:"at"`
	Until    time.Time `json:"until,omitzero"` // zero while it lasts
	// Lasted is carrier time; waiting for a webhook counts as long as it really took: see Silence. It grows while the
	// sound lasts.
	Lasted Seconds `json:"lasted"`

	prompt int     // which prompt for keys of this leg it belongs to, from 1; 0 for none
	rate   float64 // carrier seconds per real second; 0 means the carrier's speed
	most   Seconds // how long it lasts when nothing ends it before; 0: without end
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

// lasts lets the phone hear a sound for d.
func (l *Leg) lasts(ctx context.Context, h Heard, d Seconds) error {
	h.most = d
	l.hear(ctx, h)
	return l.c.pass(ctx, d)
}

// prolong lets the sound of this moment last for d from now on.
func (l *Leg) prolong(d Seconds) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	h := &l.heard[len(l.heard)-1]
	h.most = l.lastedLocked(*h, time.Now()) + d
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
	lasted := Seconds(now.Sub(h.At).Seconds() * h.rate)
	if h.most > 0 {
		lasted = min(lasted, h.most) // the rest is the machine's, which was busy
	}
	return lasted
}

// waitForReply makes an answered phone hear silence while target is asked, at real speed.
func (l *Leg) waitForReply(ctx context.Context, target string) {
	if l.answered() {
		l.hear(ctx, Heard{Kind: SoundSilence, During: "waiting for " + pathOf(target), rate: 1})
	}
}
