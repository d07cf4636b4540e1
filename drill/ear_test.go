package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/simulator"
)

func heardBy(e *ear, t *teller) {
	for _, event := range t.events {
		e.hear(event)
	}
}

func TestEachCallHearsOfItsOwnPhones(t *testing.T) {
	y, told := begin()
	c := &call{n: 7, line: y.line, from: theCaller, seen: newSeen()}
	e := newEar([]*line{c.line}, (&outages{}).between)
	e.since = began
	e.expect(c)
	told.leg(1, "CA1", alices, simulator.OutboundAPI).ends(2, "CA1", alices, simulator.StatusBusy)
	told.leg(2, "CA2", "+13035550199", simulator.OutboundAPI) // of somebody else
	told.ends(3, "CA0", theCaller, simulator.StatusCompleted)
	heardBy(e, told)
	if c.callSID() != "CA0" || len(c.told()) != len(told.events)-1 {
		t.Errorf("call %s heard %d events", c.callSID(), len(c.told()))
	}
	select {
	case <-c.over:
	default:
		t.Error("nobody noticed that the line has ended")
	}
	if len(e.hooks) != 1 || e.hooks[0] != 500*time.Millisecond {
		t.Errorf("our answers took %v", e.hooks)
	}
	heardBy(e, (&teller{}).ends(4, "CA0", theCaller, simulator.StatusCompleted)) // it may be told twice
}

func TestAPhoneThatRingsForNoCallIsNoticed(t *testing.T) {
	y, _ := begin()
	c := &call{n: 7, line: y.line, from: theCaller, seen: newSeen()}
	e := newEar([]*line{c.line}, (&outages{}).between)
	e.since = began
	e.expect(c)
	e.leave(c)
	heardBy(e, (&teller{}).leg(1, "CA1", alices, simulator.OutboundAPI))
	if len(e.strays) != 1 || !strings.Contains(e.strays[0], "no call was on it") {
		t.Errorf("noticed %q", e.strays)
	}
}
