package simulator

import (
	"fmt"
	"time"
)

// Silence is one stretch in which an answered phone heard nothing at all: nobody spoke to it and no audio played. While
// the person speaks into a recording is no silence, from the tone until the recording ends; nor is ringing.
//
// The carrier's own waits count in carrier time, so that a Pause of 5 s is 5 s at any speed: pauses, the wait for a key, a
// room in which one person is alone. A wait of a set length counts no longer than that, however late a busy machine
// ends it. Waiting for a webhook's reply or for a file to play counts as long as it really took, because who is asked
// works no faster for a fast carrier: 50 ms are 50 ms at speed 100. What a test does by hand, such as pressing a key,
// comes in carrier time: 50 ms of the test are 5 s then.
type Silence struct {
	At     time.Time
	Length Seconds
	During string // what was going on, such as "waiting for a key, then waiting for /accept"
}

// String is one line for the message of a failed test.
func (s Silence) String() string {
	return fmt.Sprintf("%.1f s of silence %s", float64(s.Length), s.During)
}

// Silences are all stretches of silence at this phone, in order, however short. The last one may still last.
func (l *Leg) Silences() []Silence {
	var all []Silence
	goesOn := false
	for _, h := range l.Heard() {
		switch {
		case !h.silent():
			goesOn = false
			continue
		case goesOn:
			last := &all[len(all)-1]
			last.Length += h.Lasted
			last.During += ", then " + h.During
		default:
			all = append(all, Silence{At: h.At, Length: h.Lasted, During: h.During})
		}
		goesOn = true
	}
	return all
}

// SilenceMax is the length of the longest of Silences, 0 when there was none.
func (l *Leg) SilenceMax() Seconds {
	var longest Seconds
	for _, s := range l.Silences() {
		longest = max(longest, s.Length)
	}
	return longest
}

// silent reports whether nothing is heard.
func (h Heard) silent() bool { return h.Kind == SoundSilence || h.Kind == SoundListening }
