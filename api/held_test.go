package api

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// heldTest is a server with callers on hold.
type heldTest struct {
	*webhookTest
	carrier *heldCarrier
	watch   *watch
	began   time.Time
}

// held runs one case with a caller who waits alone, and no worker.
func held(t *testing.T, name string, f func(ht *heldTest)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		ht := &heldTest{webhookTest: newWebhookTest(t), carrier: &heldCarrier{rooms: map[string][]string{}}, began: time.Now()}
		server := httptest.NewServer(ht.carrier)
		t.Cleanup(server.Close)
		client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: authToken, APIURL: server.URL})
		ht.must(err)
		ht.Server.carrier = client
		ht.watch = &watch{Server: ht.Server}
		ht.holds(callerLeg, "init")
		ht.temporal.fails = map[string]error{"query": errAway}
		ht.now = func() time.Time { return ht.began }
		f(ht)
	})
}

// holds makes a call that came five minutes ago, whose room is in some states.
func (ht *heldTest) holds(sid string, states ...string) {
	ht.Helper()
	ht.must(ht.store.Arrive(context.Background(), models.Call{
		CarrierCallID: sid, RouteID: "support", Number: ourNumber, Caller: callersNumber, Stage: models.StageArriving,
		StartedAt: ht.began.Add(-5 * time.Minute), Room: "room of " + sid,
	}))
	ht.carrier.rooms["room of "+sid] = states
}

// looksAt looks after the callers at some times of a minute and more, in seconds.
func (ht *heldTest) looksAt(seconds ...int) {
	ht.Helper()
	for _, s := range seconds {
		ht.now = func() time.Time { return ht.began.Add(time.Duration(s) * time.Second) }
		ht.watch.look(context.Background())
	}
}

// moves checks who was moved since it was last checked.
func (ht *heldTest) moves(want ...string) {
	ht.Helper()
	ht.carrier.mu.Lock()
	defer ht.carrier.mu.Unlock()
	slices.Sort(ht.carrier.moved)
	if !slices.Equal(ht.carrier.moved, want) {
		ht.Errorf("moved %q, want %q", ht.carrier.moved, want)
	}
	ht.carrier.moved = nil
}

// tells checks which runs were told of a diversion since it was last checked.
func (ht *heldTest) tells(want ...string) {
	ht.Helper()
	told := slices.DeleteFunc(ht.temporal.heard(), func(asked string) bool { return !strings.HasPrefix(asked, "signal") })
	if !slices.Equal(told, want) {
		ht.Errorf("told %q, want %q", told, want)
	}
}

// queries checks which runs were asked for a sign of life since it was last checked, in any order.
func (ht *heldTest) queries(sids ...string) {
	ht.Helper()
	var want []string
	for _, sid := range sids {
		want = append(want, withoutIDs("query "+workflows.CallID(sid)+" __temporal_workflow_metadata"))
	}
	got := ht.temporal.heard()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		ht.Errorf("asked %q, want %q", got, want)
	}
}

// diverted checks the record of the call, and how many diversions were counted.
func (ht *heldTest) diverted(want bool, counted int) {
	ht.Helper()
	if got := ht.row().DivertedAt != nil; got != want {
		ht.Errorf("diverted on record: %t, want %t", got, want)
	}
	line := fmt.Sprintf(`ringdown_diversions_total{form="hold"} %d`, counted)
	if lines := scrape(ht.T, ht.metrics.diversions); !slices.Contains(lines, line) {
		ht.Errorf("counted %q, want %s", lines, line)
	}
}

const movedOut = "CALL to /twilio/divert/CALL?lang=de-DE"

func TestACallerOnHoldIsMovedAfterAMinuteWithoutASignOfLife(t *testing.T) {
	held(t, "once", func(ht *heldTest) {
		ht.looksAt(0, 10, 20, 30, 40, 50, 59)
		ht.moves()
		ht.tells()
		ht.diverted(false, 0)
		ht.looksAt(60)
		ht.moves(movedOut)
		ht.tells(tellsDiverted)
		ht.diverted(true, 1)
		ht.untold(false)
		ht.looksAt(70, 80, 140, 200)
		ht.moves()
		ht.tells()
		ht.diverted(true, 1)
	})
	held(t, "but a sign of life in between is a new minute", func(ht *heldTest) {
		ht.looksAt(0, 10, 20, 30, 40, 50)
		ht.temporal.fails = nil
		ht.looksAt(55)
		ht.temporal.fails = map[string]error{"query": errAway}
		ht.looksAt(60, 70, 80, 90, 100, 110, 119)
		ht.moves()
		ht.looksAt(120)
		ht.moves(movedOut)
	})
	held(t, "but not while nobody could ask", func(ht *heldTest) {
		ht.temporal.fails = nil
		ht.looksAt(0)
		ht.temporal.fails = map[string]error{"query": errAway}
		ht.looksAt(600) // its process was suspended, or the database away
		ht.moves()
		ht.looksAt(610, 650)
		ht.moves()
		ht.looksAt(660)
		ht.moves(movedOut)
	})
	held(t, "also one who came back to the room", func(ht *heldTest) {
		ht.carrier.rooms["room of "+callerLeg] = []string{"init", "completed"}
		ht.looksAt(0, 60)
		ht.moves(movedOut)
	})
	held(t, "and closed as diverted, where no run is left to tell", func(ht *heldTest) {
		ht.temporal.fails["signal"] = errGone
		ht.looksAt(0, 60)
		ht.moves(movedOut)
		if row := ht.row(); row.Outcome != models.Diverted || row.EndedAt == nil {
			ht.Errorf("on record is %+v", row)
		}
		if lines := scrape(ht.T, ht.metrics.calls); !slices.Contains(lines, `ringdown_calls_total{outcome="diverted"} 1`) {
			ht.Errorf("counted %q", lines)
		}
		ht.looksAt(75)
		ht.moves()
		ht.untold(false)
	})
	held(t, "and told later, when their run cannot hear", func(ht *heldTest) {
		ht.temporal.fails["signal"] = errAway
		ht.looksAt(0, 60)
		ht.moves(movedOut)
		ht.tells(tellsDiverted)
		ht.untold(true)
		ht.looksAt(74)
		ht.tells()
		delete(ht.temporal.fails, "signal")
		ht.looksAt(75)
		ht.tells(tellsDiverted)
		ht.moves()
		ht.untold(false)
	})
}

func TestWhoMustNotBeMovedIsNot(t *testing.T) {
	const talks, lobby = "somebody who talks", "somebody in no room"
	for name, rooms := range map[string][]string{talks: {"in-progress"}, "somebody who has talked": {"completed"}, lobby: nil} {
		held(t, name, func(ht *heldTest) {
			ht.carrier.rooms["room of "+callerLeg] = rooms
			ht.looksAt(0, 60, 70, 120)
			ht.moves()
			ht.tells()
			ht.diverted(false, 0)
		})
	}
	held(t, "somebody who was diverted on arrival", func(ht *heldTest) {
		_, err := ht.store.Divert(context.Background(), callerLeg, ht.began.Add(-5*time.Minute+12*time.Second))
		ht.must(err)
		ht.carrier.asked = func() { ht.Error("the carrier was asked for a room") }
		ht.looksAt(0, 60)
		ht.moves()
		ht.tells(tellsDiverted)
	})
	held(t, "somebody whose call is over", func(ht *heldTest) {
		_, err := ht.store.CloseCall(context.Background(), callerLeg, models.Abandoned, "", ht.began)
		ht.must(err)
		ht.looksAt(0, 60)
		ht.moves()
		if asked := ht.temporal.heard(); len(asked) > 0 {
			ht.Errorf("asked %q", asked)
		}
	})
	held(t, "somebody without an emergency number", func(ht *heldTest) {
		ht.edit(func(r *models.Route) { r.EmergencyNumber = "" })
		ht.looksAt(0, 60)
		ht.moves()
		ht.diverted(false, 0)
		ht.logged("no worker gives a sign of life", "caller on hold has no emergency number to go to")
	})
	held(t, "anybody while the database is away", func(ht *heldTest) {
		ht.looksAt(0)
		ht.must(ht.store.Close())
		ht.looksAt(60)
		ht.moves()
		ht.logged("no worker gives a sign of life", "callers on hold not looked after", "diversions not looked at")
	})
}

func TestWithoutTheCarrierACallerOnHoldIsMovedWhenItIsBack(t *testing.T) {
	held(t, "when it does not say who waits", func(ht *heldTest) {
		ht.carrier.away = true
		ht.looksAt(0, 60, 70)
		ht.diverted(false, 0)
		ht.tells()
		ht.carrier.away = false
		ht.looksAt(80)
		ht.moves(movedOut)
		ht.tells(tellsDiverted)
		ht.diverted(true, 1)
	})
	for _, refusal := range []string{"500 0", "429 20429", "401 20003"} {
		held(t, "when it does not move them: "+refusal, func(ht *heldTest) {
			ht.carrier.refuses = refusal
			ht.looksAt(0, 60, 70)
			ht.tells() // or nobody would be left to look after them
			ht.diverted(true, 0)
			ht.untold(true)
			ht.carrier.refuses = ""
			ht.looksAt(80)
			ht.moves(movedOut)
			ht.tells(tellsDiverted)
			ht.diverted(true, 1)
			ht.untold(false)
		})
	}
	held(t, "unless somebody took the call meanwhile", func(ht *heldTest) {
		ht.carrier.refuses = "500 0"
		ht.looksAt(0, 60)
		ht.carrier.refuses, ht.temporal.fails = "", nil
		ht.carrier.rooms["room of "+callerLeg] = []string{"in-progress"}
		ht.looksAt(80, 90)
		ht.moves()
		ht.tells()
		ht.diverted(false, 0)
		ht.untold(false)
	})
	held(t, "also when the process that claimed them died", func(ht *heldTest) {
		_, err := ht.store.Divert(context.Background(), callerLeg, ht.began)
		ht.must(err)
		ht.temporal.fails = nil
		ht.looksAt(14)
		ht.moves()
		ht.looksAt(15)
		ht.moves(movedOut)
		ht.tells(tellsDiverted)
	})
	held(t, "unless they have hung up, which is no diversion", func(ht *heldTest) {
		ht.carrier.refuses = "400 21220"
		ht.looksAt(0, 60, 80)
		ht.moves()
		ht.tells()
		ht.diverted(false, 0)
		ht.untold(false)
	})
}
