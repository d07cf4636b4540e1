package e2e

import (
	"strings"
	"time"

	"github.com/ringdown/ringdown/simulator"
)

// soakSilence is a stretch in which a caller heard nothing: how long in all, and how much of it no
// fault accounts for.
type soakSilence struct {
	all, ours simulator.Seconds
	during    string
}

// silences are the stretches in which the caller heard nothing.
func (y *soakStory) silences(away []absence) []soakSilence {
	var found []soakSilence
	goesOn := false
	for _, h := range y.leg.Heard() {
		if h.Kind != simulator.SoundSilence && h.Kind != simulator.SoundListening {
			goesOn = false
			continue
		}
		if !goesOn {
			found = append(found, soakSilence{})
		}
		goesOn = true
		last := &found[len(found)-1]
		last.all += h.Lasted
		last.ours += y.oursOf(h, away)
		last.during = strings.TrimPrefix(last.during+", then "+h.During, ", then ")
	}
	return found
}

// oursOf is how much of a wait is ours. Of one for an answer that the fault plan delayed, repeated or
// lost, that is the longest that we took for a single one; and nothing of one that was answered in
// time although no worker was there to decide.
func (y *soakStory) oursOf(h simulator.Heard, away []absence) simulator.Seconds {
	path, waits := strings.CutPrefix(h.During, "waiting for /")
	if !waits {
		return h.Lasted
	}
	ours := y.answered(h, path)
	for _, a := range away {
		if ours <= silenceAtMost && h.At.Before(a.until.Add(time.Second)) && h.Until.After(a.from) {
			return 0
		}
	}
	return ours
}

// answered is how long we took in a wait for an answer.
func (y *soakStory) answered(h simulator.Heard, path string) simulator.Seconds {
	struck, longest := false, simulator.Seconds(0)
	for _, e := range y.events {
		if e.Kind == simulator.EventWebhook && e.Call == y.leg.SID && strings.HasSuffix(e.URL, "/"+path) &&
			!e.At.Before(h.At) && !e.At.After(h.Until.Add(time.Millisecond)) {
			struck = struck || e.Fault != ""
			longest = max(longest, simulator.Seconds(e.Millis)/1000)
		}
	}
	if struck {
		return min(longest, h.Lasted)
	}
	return h.Lasted
}

// silent holds that the caller always heard something, but for faults.
func (y *soakStory) silent(away []absence) {
	for _, s := range y.silences(away) {
		if s.ours > silenceAtMost {
			y.wrong("the caller heard nothing for %.1f s, %.1f s of that ours: %s", s.all, s.ours, s.during)
		}
	}
}
