package drill

import (
	"strings"
	"time"

	"github.com/ringdown/ringdown/simulator"
)

// silence is a stretch in which a caller heard nothing: how long in all, and how much of it no fault of the carrier's accounts for.
type silence struct {
	all, ours simulator.Seconds
	during    string
}

// silences are the stretches in which the caller heard nothing.
func (y *story) silences() []silence {
	var found []silence
	goesOn := false
	for _, h := range y.heard {
		if h.Kind != simulator.SoundSilence && h.Kind != simulator.SoundListening {
			goesOn = false
			continue
		}
		if !goesOn {
			found = append(found, silence{})
		}
		goesOn = true
		last := &found[len(found)-1]
		last.all += h.Lasted
		last.ours += y.oursOf(h)
		last.during = strings.TrimPrefix(last.during+", then "+h.During, ", then ")
	}
	return found
}

// oursOf is how much of a wait is ours. Of one for an answer that the fault plan delayed, repeated or lost, that is the longest
// that we took for a single one.
func (y *story) oursOf(h simulator.Heard) simulator.Seconds {
	path, waits := strings.CutPrefix(h.During, "waiting for /")
	if !waits {
		return h.Lasted
	}
	struck, longest := false, simulator.Seconds(0)
	for _, e := range y.told() {
		if e.Kind == simulator.EventWebhook && e.Call == y.callSID() && strings.HasSuffix(e.URL, "/"+path) &&
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

// silent holds that the caller always heard something, but for the carrier's faults.
func (y *story) silent() {
	for _, s := range y.silences() {
		if s.ours > silenceAtMost {
			y.wrong(neverSilent, "the caller heard nothing for %.1f s, %.1f s of that ours: %s", s.all, s.ours, s.during)
		}
	}
}
