package drill

import (
	"time"

	"github.com/ringdown/ringdown/models"
)

// took is when a responder took the call: at the last key before they were in the room, or as they picked up where none is asked.
func (l *leg) took() time.Time {
	took := l.answered
	for _, key := range l.keys {
		if key.At.Before(l.joined) {
			took = key.At
		}
	}
	return took
}

// stretch is a time between two moments.
type stretch struct{ from, until time.Time }

// gaps are the times from the end of one phone's try to the next phone's dial, where one is tried after the other.
func (y *story) gaps() []stretch {
	legs := map[string]*leg{}
	for _, l := range y.rung {
		legs[l.sid] = l
	}
	var found []stretch
	for i := range y.record.Attempts {
		if i == 0 {
			continue
		}
		before, a := y.record.Attempts[i-1], y.record.Attempts[i]
		next := legs[a.Leg]
		if next == nil || before.DecidedAt == nil || before.Level != a.Level || !y.inTurns(a.Level) {
			continue
		}
		if next.dialled.After(*before.DecidedAt) {
			found = append(found, stretch{*before.DecidedAt, next.dialled})
		}
	}
	return found
}

// inTurns says whether a level rings one phone after the other.
func (y *story) inTurns(level int) bool {
	if level < 1 || level > len(y.route.Levels) {
		return false
	}
	s := y.route.Levels[level-1].Strategy
	return s == models.OneByOne || s == models.Shuffled
}
