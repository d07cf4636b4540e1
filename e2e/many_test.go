package e2e

import (
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// Many callers at once are served as one is: each reaches the second person of their own line,
// and nobody's dial waits for another's.
func TestManyCallersAtOnceEachReachTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		var lines []*line
		for range 20 {
			l := s.line(t, "Alice Bob")
			s.carrier.Script(l.people["Alice"].number, simulator.Script{Answer: simulator.Busy})
			s.carrier.Script(l.people["Bob"].number, simulator.Script{Answer: simulator.Answer, Keys: []simulator.Press{{Digits: "1"}}})
			l.people["Alice"].rung, l.people["Bob"].rung = true, true
			lines = append(lines, l)
		}
		var wg sync.WaitGroup
		for _, l := range lines {
			wg.Go(func() { l.calls().talks().hangsUp() })
		}
		wg.Wait()
		for _, l := range lines {
			for _, a := range l.ended(models.Connected).Attempts {
				if late := a.EndedAt.Sub(a.DialledAt); a.Name == "Alice" && late > 10*time.Second {
					t.Errorf("a busy phone held its caller up for %s", late)
				}
			}
		}
	})
}
