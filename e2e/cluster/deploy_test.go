package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/simulator"
)

const (
	seats = 16
	quiet = 8 * time.Second // between the steps of a deploy
	// webhookAtMost is how long the carrier ever waits for an answer.
	webhookAtMost = 2 * time.Second
	// delayAtMost is how much longer than others a caller may wait whose worker is lost.
	delayAtMost = 8 * time.Second
)

func build(id string) cluster.Program {
	return cluster.Program{Env: []string{"RINGDOWN_BUILD_ID=" + id}}
}

func TestARollingDeployOfBuildsLosesNoCall(t *testing.T) {
	if !*asked {
		return // nothing is asked for
	}
	to := newTown(t, "RINGDOWN_BUILD_ID=one")
	to.does("release", "one")
	calls := to.traffic(seats)
	time.Sleep(quiet)
	to.does("migrate")
	for _, part := range []string{"api-1", "api-2"} {
		to.replaces(part, cluster.Program{})
		time.Sleep(quiet)
	}
	for range 2 {
		if _, err := to.Add(t.Context(), cluster.Worker, build("two")); err != nil {
			t.Fatal(err)
		}
	}
	to.does("release", "two", "--percent", "30")
	time.Sleep(quiet)
	if said := to.does("release"); !strings.Contains(said, "70 %") || !strings.Contains(said, "30 %") {
		t.Errorf("the builds while two comes in:\n%s", said)
	}
	to.does("release", "two", "--wait", "2m")
	to.order(to.Halt, "worker-1", "worker-2")
	time.Sleep(quiet)
	calls.ends("a rolling deploy of builds")
	if calls.worst > webhookAtMost {
		t.Errorf("a webhook took %s, want at most %s", calls.worst, webhookAtMost)
	}
}

func TestARollingDeployWithoutBuildsLosesNoCall(t *testing.T) {
	if !*asked {
		return // nothing is asked for
	}
	var env []string
	if *old != "" {
		env = append(env, "RINGDOWN_PLAIN_HISTORIES=true") // v0.3 cannot read what is sealed
	}
	to := newTown(t, env...)
	if *old != "" {
		for _, part := range []string{"api-1", "api-2", "worker-1", "worker-2"} {
			to.replaces(part, cluster.Program{Path: *old})
		}
	}
	calls := to.traffic(seats)
	time.Sleep(quiet)
	for _, part := range []string{"api-1", "worker-1", "api-2", "worker-2"} {
		to.replaces(part, cluster.Program{})
		time.Sleep(quiet)
	}
	calls.ends("a rolling deploy without builds")
	if calls.worst > webhookAtMost {
		t.Errorf("a webhook took %s, want at most %s", calls.worst, webhookAtMost)
	}
}

func TestLosingOneOfTwoWorkersDelaysNobodyForLong(t *testing.T) {
	if !*asked {
		return // nothing is asked for
	}
	to := newTown(t)
	calls := to.traffic(seats)
	for _, worker := range []string{"worker-1", "worker-2", "worker-1"} {
		time.Sleep(quiet)
		to.order(to.Kill, worker)
		time.Sleep(quiet)
		to.order(to.Resume, worker)
	}
	time.Sleep(quiet)
	calls.ends("one of two workers lost, three times")
	if calls.worst > webhookAtMost {
		t.Errorf("a webhook took %s, want at most %s", calls.worst, webhookAtMost)
	}
	if d := calls.delay(); d > delayAtMost {
		t.Errorf("a caller was delayed by %s, want at most %s", d, delayAtMost)
	}
}

func TestCallersOnHoldOutlastAllWorkers(t *testing.T) {
	if !*asked {
		return // nothing is asked for
	}
	const gone = 20 * time.Second
	to := newTown(t)
	var held []simulator.CallView
	for n := range seats {
		s := to.seat(n, 60)
		to.scripts(s.bob, simulator.Script{Answer: simulator.Manual}) // rings on
		v, err := to.carrier.Dial(t.Context(), s.caller, s.number, simulator.CallerScript{})
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, v)
	}
	time.Sleep(quiet) // Bob's phones ring
	to.order(to.Kill, "worker-1", "worker-2")
	time.Sleep(gone)
	to.order(to.Resume, "worker-1", "worker-2")
	for i, v := range held {
		if now := to.looks(v.SID); now.Status != "in-progress" || now.SilenceMax > 2 {
			t.Errorf("caller %d is %s after %s without a worker, and heard nothing for at most %.1f s", i, now.Status, gone, now.SilenceMax)
		}
	}
	phones, err := to.carrier.Phones(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	phones = slices.DeleteFunc(phones, func(p simulator.PhoneState) bool { return p.Ringing == "" })
	for _, p := range phones {
		if err := to.carrier.Answer(t.Context(), p.Ringing); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(2 * time.Second) // until the prompts ask
	for _, p := range phones {
		if err := to.carrier.Press(t.Context(), p.Ringing, "1"); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(quiet)
	for i, v := range held {
		if now := to.looks(v.SID); now.Hearing == nil || now.Hearing.Kind != simulator.SoundTalk {
			t.Errorf("caller %d does not talk to Bob afterwards: %s, %+v", i, now.Status, now.Hearing)
		}
	}
	fmt.Printf("no worker for %s: %d callers on hold were there after it, and talked\n", gone, len(held))
}

// looks is how a call is now, with all that its phone heard.
func (to *town) looks(sid string) simulator.CallView {
	to.t.Helper()
	v, err := to.carrier.Call(to.t.Context(), sid)
	if err != nil {
		to.t.Fatal(err)
	}
	return v
}
