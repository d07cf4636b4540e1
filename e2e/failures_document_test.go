package e2e

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
)

// A document in the middle of a call cannot be had: the carrier reads the one on another host, and asks
// us nothing more. The caller talks to the emergency line for as long as they like, though their run
// is there and has not been told.
func TestWhoeverTheCarrierDivertsInMidCallStaysAtTheEmergencyNumber(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refuses func(p *parts, l *line) // what the caller's key leads to
		rings   bool
	}{
		"as they press the key": {func(p *parts, l *line) {
			p.siteDoor.refuses(gateOf(l), 10, http.StatusServiceUnavailable, 0)
		}, false},
		"as they enter the room": {func(p *parts, l *line) { // the run has let them in
			p.siteDoor.expect(gateOf(l), 10, func(w http.ResponseWriter, r *http.Request) {
				p.siteDoor.inside.ServeHTTP(httptest.NewRecorder(), r)
				w.WriteHeader(http.StatusServiceUnavailable)
			})
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sharedParts(t)
			l := p.lineWithEmergency(t, "Alice Bob", withKeypress)
			p.publishes(t, l)
			caller := l.calls().hears("press 1")
			c.refuses(p, l)
			caller.presses("1")
			help := l.rung(emergency).answers().talks()
			caller.hears("emergency line").talks()
			if c.rings {
				l.rung("Alice").rejects()
				l.rung("Bob").ends("no-answer")
			}
			call := l.runEnds(models.Diverted)
			if caller.leg.Status() != simulator.StatusInProgress || help.leg.Status() != simulator.StatusInProgress {
				t.Errorf("the caller is %s, the emergency line %s", caller.leg.Status(), help.leg.Status())
			}
			help.hangsUp()
			caller.hears("call is over").ends("completed")
			l.checkAlert(t.Context(), call)
		})
	}
}

func gateOf(l *line) visit { return visit{path: "/twilio/gate/" + l.leg.SID} }

// runEnds waits until the run of the call is over, which has written its record.
func (l *line) runEnds(want models.Outcome) models.Call {
	l.t.Helper()
	var outcome models.Outcome
	err := l.s.temporal.GetWorkflow(l.t.Context(), workflows.CallID(l.leg.SID), "").Get(l.t.Context(), &outcome)
	if err != nil || outcome != want {
		l.t.Errorf("the run ends %s (%v), want %s", outcome, err, want)
	}
	call, err := l.s.store.CallByCarrierID(l.t.Context(), l.leg.SID)
	if err != nil || call.Outcome != want {
		l.t.Errorf("recorded %s (%v), want %s", call.Outcome, err, want)
	}
	return call
}

// The row of the call was written while nothing could decide, and its run began with the next try: both
// name the same room, so that the caller is found there.
func TestACallerWhomNothingAnsweredAtFirstIsFoundOnHold(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "hold-late", pace, false)
	l := p.lineWithEmergency(t, "Alice", longRing)
	p.toTemporal.stall()
	caller := l.calls()
	l.announced(1)
	l.arrived()
	p.toTemporal.mend()
	caller.hears(music)
	alice := l.rung("Alice")
	p.stopWorker()
	help := l.rung(emergency).answers().talks()
	caller.talks()
	p.startWorker()
	alice.over()
	l.told()
	caller.hangsUp()
	help.ends("completed")
	l.diverted()
}

// The carrier connects nobody whose number is none, unless it is told which one to show.
func TestAWithheldCallerReachesWhoeverIsCalledForThem(t *testing.T) {
	t.Parallel()
	withheld := func(l *line) *phone {
		l.leg = l.s.carrier.Dial("anonymous", l.number, simulator.CallerScript{Manual: true})
		return &phone{t: l.t, s: l.s, leg: l.leg}
	}
	shows := func(t *testing.T, p *phone, l *line) {
		t.Helper()
		if p.leg.From != l.number {
			t.Errorf("the number that is shown is %s, want %s", p.leg.From, l.number)
		}
	}
	t.Run("the emergency number", func(t *testing.T) {
		t.Parallel()
		p := sharedParts(t)
		l := p.lineWithEmergency(t, "Alice")
		p.publishes(t, l)
		p.siteDoor.refuses(visit{path: "/twilio/voice", to: l.number}, 10, http.StatusServiceUnavailable, 0)
		caller := withheld(l)
		help := l.rung(emergency).answers().talks()
		shows(t, help, l)
		caller.talks().hangsUp()
		help.ends("completed")
		l.neverCame()
	})
	t.Run("the fixed number", func(t *testing.T) {
		t.Parallel()
		p := sharedParts(t)
		l := p.line(t, "", forwarding)
		l.lastResort()
		caller := withheld(l)
		last := l.rung("the last resort").answers().talks()
		shows(t, last, l)
		caller.talks()
		last.hangsUp()
		caller.hears("hung up").ends("completed")
		l.ended(models.Forwarded)
	})
}
