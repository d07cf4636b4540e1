package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/simulator"
)

func TestTheReportTellsWhatWasNotKeptAndHowToSeeItAgain(t *testing.T) {
	d, said, _ := drillOf(t, newToy("temporal"), "all")
	d.Folder, d.System = "/data", cluster.System{Kind: cluster.KindCluster}
	d.report, d.ear = newReport(d.Config), newEar(nil, d.breaks.between)
	d.report.Begun = began
	kept, broken := connected(), connected()
	more(func(t *teller) {
		t.leg(20, "CA5", alices, simulator.OutboundAPI).ends(21, "CA5", alices, simulator.StatusCanceled)
	})(broken)
	for _, y := range []*story{kept, broken} {
		y.judge()
		d.report.add(d, y)
		d.report.hungUp(30 * time.Second)
	}
	d.ear.strays = []string{"a phone rang"}
	d.breaks.note(outage{kind: "temporal", parts: []string{"temporal"}, how: "killed", total: true, from: at(100), until: at(103)})
	d.report.close(d, logMarks{})
	if d.report.Kept() {
		t.Error("all was kept")
	}
	var text strings.Builder
	if err := d.report.Print(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Drill of 1 March 2026", "A cluster system;", "2 calls, 5 phones rung", "| nobody is rung twice | 2 |", "| nobody is lost | 0 |", "| connected | 2 |",
		"| temporal | 1 | 3.0 s |", "- call 7: nobody is rung twice: Alice (mobile, takes it) was rung 2 times for 1 tries",
		"ringdown drill --data /data --seed 5 --call 7 --faults all", "a phone rang", "1.000 dialled · Alice (mobile, takes it)",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &text)
		}
	}
	if !strings.Contains(said.String(), "NOT KEPT: ") {
		t.Errorf("it was not told at once: %s", said)
	}
}

func TestWhatIsMeasuredOfACall(t *testing.T) {
	y := connected()
	if gaps := y.gaps(); len(gaps) != 1 || gaps[0].until.Sub(gaps[0].from).Round(time.Millisecond) != 100*time.Millisecond {
		t.Errorf("the gaps between phones are %v", gaps)
	}
	if took := y.caller.talked.Sub(y.met().took()); took != time.Second {
		t.Errorf("from the key to the talk it took %s", took)
	}
	if arrived := y.decided().Sub(y.caller.dialled); arrived != 500*time.Millisecond {
		t.Errorf("the caller heard something after %s", arrived)
	}
}
