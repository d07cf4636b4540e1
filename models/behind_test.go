package models

import (
	"slices"
	"testing"
	"time"
)

// Whoever looks each minute looks after a channel less and less often, and never twice for one reason.
func TestAChannelThatIsBehindIsLookedAfterLessAndLessOften(t *testing.T) {
	for _, seconds := range []int{0, 1, 30, 59} {
		b := Behind{Since: atNoon.Add(time.Duration(seconds) * time.Second)}
		var due []int
		for n := -2; n <= 200; n++ {
			if b.Due(atNoon.Add(time.Duration(n) * time.Minute)) {
				due = append(due, int(atNoon.Add(time.Duration(n)*time.Minute).Sub(b.Since)/time.Minute))
			}
		}
		if want := []int{1, 2, 4, 8, 16, 32, 60, 120, 180}; !slices.Equal(due, want) {
			t.Errorf("written %d s after the minute began: looked after when it is %v minutes old, want %v", seconds, due, want)
		}
	}
}
