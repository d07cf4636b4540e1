package e2e

import (
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

const crashDialNamespace = "crash-dial"

// The process is killed with three dials on their way to the carrier. The one that never got there
// is repeated, as another round. The carrier is never asked again for one that did: it is adopted
// by the responder's pick-up, or found by its numbers, and ended when its time is over.
func TestADialWhoseWorkerDiesIsRepeatedOnlyWhenTheCarrierNeverHeardOfIt(t *testing.T) {
	t.Parallel()
	s := newCrashSystem(t, crashDialNamespace)
	s.server.start(t)
	quick := func(r *models.Route) { r.RingSeconds = 10 }
	unasked, pickedUp, silent := s.line(t, "Alice", quick), s.line(t, "Bob"), s.line(t, "Carol Dave", quick)
	s.carrier.Script(silent.people["Carol"].number, simulator.Script{Answer: simulator.NoAnswer, RingsOver: true, NoCallbacks: true})
	for _, p := range []*phone{unasked.people["Alice"], silent.people["Dave"]} {
		s.carrier.Script(p.number, simulator.Script{Answer: simulator.Answer, RingFor: 1, Keys: []simulator.Press{{Digits: "1"}}})
	}

	before := s.carrierDoor.keeps(t, dialOf(unasked.people["Alice"]))
	afterBob := s.carrierDoor.keepsAnswer(t, dialOf(pickedUp.people["Bob"]))
	afterCarol := s.carrierDoor.keepsAnswer(t, dialOf(silent.people["Carol"]))
	lines := []*line{unasked, pickedUp, silent}
	var callers []*phone
	for _, l := range lines {
		callers = append(callers, l.calls().hears(music)) // they wait, and ask nothing more
	}
	dials := []*held{before.comes(), afterBob.comes(), afterCarol.comes()}
	bob := pickedUp.rung("Bob")
	silent.rung("Carol")
	s.server.kill(t)
	for _, dial := range dials {
		dial.isGivenUp()
	}
	s.server.start(t)

	bob.answers().hears("to take").presses("1").talks()
	silent.rung("Dave").talks()
	unasked.rung("Alice").talks()
	for i, l := range lines {
		callers[i].talks().hangsUp()
		call := l.ended(models.Connected)
		var rounds []int
		for _, a := range call.Attempts {
			rounds = append(rounds, a.Round)
		}
		if again := len(rounds) > 1 && rounds[1] == 2; again != (l == unasked) {
			t.Errorf("%s is rung in rounds %v", call.RouteName, rounds)
		}
		if text := s.server.log(t); strings.Contains(text, l.from) || strings.Contains(text, l.number) {
			t.Error("the log holds a number")
		}
	}
}

// dialOf is the request to ring a phone.
func dialOf(p *phone) visit { return visit{path: "/Calls.json", to: p.number} }
