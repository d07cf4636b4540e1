package drill

import (
	"testing"
	"time"
)

func TestCallsAreHeldBackWhileHalfOfTheAnswersAreSlow(t *testing.T) {
	fast, slow := 20*time.Millisecond, time.Second
	for _, c := range []struct {
		name  string
		after time.Duration // the answers
		took  []time.Duration
		want  bool
	}{
		{"none", 0, nil, false},
		{"few", 0, []time.Duration{slow, slow, slow}, false},
		{"all of them fast", 0, []time.Duration{fast, fast, fast, fast, fast, fast, fast, fast, fast}, false},
		{"some of them slow", 0, []time.Duration{slow, slow, slow, fast, fast, fast, fast, fast, fast}, false},
		{"most of them slow", 0, []time.Duration{slow, slow, slow, slow, slow, slow, fast, fast, fast}, true},
		{"most of them slow, a while ago", strainFor, []time.Duration{slow, slow, slow, slow, slow, slow, fast, fast, fast}, false},
	} {
		e := &ear{}
		for _, took := range c.took {
			e.recent = append(e.recent, answer{began, took})
		}
		if got := e.strained(began.Add(c.after)); got != c.want {
			t.Errorf("%s: strained is %v", c.name, got)
		}
	}
}
