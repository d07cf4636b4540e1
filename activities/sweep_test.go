package activities_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// sweepTest is a database with calls, their runs and lines.
type sweepTest struct {
	*testing.T
	store *store.Store
	sweep *activities.Sweeper
	runs  *runs
	lines *lines
	ran   *counts
}

func newSweepTest(t *testing.T) *sweepTest {
	t.Helper()
	st := &sweepTest{T: t, store: storetest.SQLite(t), ran: &counts{of: map[string]int64{}}}
	st.runs = &runs{open: map[string]bool{}, dials: map[string][]activities.DialRequest{}}
	st.lines = &lines{legs: map[string]string{}, rooms: map[string]string{}}
	server := httptest.NewServer(st.lines)
	t.Cleanup(server.Close)
	carrier, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: "0123456789abcdef", APIURL: server.URL})
	st.must(err)
	st.sweep = &activities.Sweeper{
		Temporal: st.runs, Store: st.store, Carrier: carrier, PublicURL: "https://ringdown.example", Converter: converter.GetDefaultDataConverter(),
		Log:    slog.New(slog.DiscardHandler),
		CallID: func(sid string) string { return "call/" + sid }, AlertID: func(sid string) string { return "alert/" + sid }, Ended: "ended",
	}
	return st
}

func (st *sweepTest) must(err error) {
	st.Helper()
	if err != nil {
		st.Fatal(err)
	}
}

// call makes a live call of some age, to a number of its own, whose caller waits alone in its room.
func (st *sweepTest) call(i int, age time.Duration) (sid string) {
	st.Helper()
	sid = fmt.Sprintf("CA%032d", i)
	st.must(st.store.Arrive(context.Background(), models.Call{
		CarrierCallID: sid, RouteID: "support", Number: models.Phone(fmt.Sprintf("+120255501%02d", i%100)), Stage: models.StageArriving,
		StartedAt: time.Now().Add(-age), Room: "room " + sid,
	}))
	st.lines.legs[sid], st.lines.rooms["room "+sid] = "in-progress", "init"
	return sid
}

// sweeps sweeps once.
func (st *sweepTest) sweeps() (activities.Swept, error) {
	st.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&counting{counts: st.ran}}})
	env.RegisterActivity(st.sweep)
	var swept activities.Swept
	value, err := env.ExecuteActivity(st.sweep.Sweep)
	if err == nil {
		st.must(value.Get(&swept))
	}
	return swept, err
}

// did sweeps, and checks what that came to.
func (st *sweepTest) did(want activities.Swept) {
	st.Helper()
	if got, err := st.sweeps(); err != nil || got != want {
		st.Errorf("the sweep did %+v (%v), want %+v", got, err, want)
	}
}

// row checks how a call is on record; an empty outcome means that it is not ended.
func (st *sweepTest) row(sid string, want models.Outcome) {
	st.Helper()
	call, err := st.store.CallByCarrierID(context.Background(), sid)
	if err != nil || call.Outcome != want || (call.EndedAt != nil) != (want != "") {
		st.Errorf("the row of %s says %q, ended at %v (%v), want %q", sid, call.Outcome, call.EndedAt, err, want)
	}
}

// counted checks what Prometheus is told, all of it.
func (st *sweepTest) counted(want map[string]int64) {
	st.Helper()
	if fmt.Sprint(st.ran.of) != fmt.Sprint(want) {
		st.Errorf("counted %v, want %v", st.ran.of, want)
	}
}

const long = 10 * time.Minute

func TestTheSweepLeavesCallsAloneThatARunOwns(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	st.runs.open["call/"+st.call(1, long)] = true
	st.call(2, 30*time.Second) // its run may be about to begin
	st.did(activities.Swept{Looked: 1})
	st.counted(map[string]int64{})
	if len(st.lines.asked) > 0 || len(st.runs.told) > 0 {
		t.Errorf("asked the carrier %q, told %q", st.lines.asked, st.runs.told)
	}
}

func TestTheSweepClosesWhatNoRunOwns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caller string // the state of their line
		run    bool   // there was one
		want   models.Outcome
	}{
		"a call whose run was terminated":                {"completed", true, models.Failed},
		"a call whose run never began":                   {"completed", false, models.Failed},
		"a caller who left before anything could answer": {"no-answer", false, models.Abandoned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSweepTest(t)
			sid := st.call(1, long)
			st.lines.legs[sid] = c.caller
			if c.run {
				st.runs.open["call/"+sid] = false
			}
			st.did(activities.Swept{Looked: 1, Closed: 1})
			st.row(sid, c.want)
			st.counted(map[string]int64{"ringdown_calls_total " + string(c.want): 1})
			if want := "alert/" + sid + " " + string(c.want); strings.Join(st.runs.told, ", ") != want {
				t.Errorf("told %q, want %s", st.runs.told, want)
			}
		})
	}
}

func TestACallThatItsOwnRunHasEndedMeanwhileIsNotToldOfOtherwise(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	sid := st.call(1, long)
	st.lines.legs[sid] = "completed"
	st.runs.onDescribe = func() { // it was open as the calls were listed, and has ended since
		ended := time.Now()
		st.must(st.store.RecordCall(context.Background(), models.Call{
			CarrierCallID: sid, RouteID: "support", Number: ours, Stage: models.StageEnded, Outcome: models.Connected,
			StartedAt: ended.Add(-long), EndedAt: &ended,
		}))
	}
	st.runs.open["call/"+sid] = false
	st.did(activities.Swept{Looked: 1})
	st.row(sid, models.Connected)
	st.counted(map[string]int64{})
	if len(st.runs.told) > 0 {
		t.Errorf("its alert was told %q", st.runs.told)
	}
}

func TestTheSweepMovesWhoWaitsForNobody(t *testing.T) {
	t.Parallel()
	withEmergency := func(st *sweepTest) {
		_, err := st.store.CreateNumber(context.Background(), models.PhoneNumber{ID: "n1", Number: "+12025550101", Status: models.NumberActive})
		st.must(err)
		_, err = st.store.CreateRoute(context.Background(), models.Route{
			ID: "support", Name: "Support", Enabled: true, PhoneNumberID: "n1", EmergencyNumber: "+447700900112",
		})
		st.must(err)
	}
	for name, c := range map[string]struct {
		before func(st *sweepTest, sid string)
		swept  activities.Swept
		moved  string // where to; empty when nowhere
		counts map[string]int64
	}{
		"to hear that nobody comes":    {func(*sweepTest, string) {}, activities.Swept{Looked: 1, Moved: 1}, "/twilio/nobody/", map[string]int64{}},
		"to the emergency number":      {func(st *sweepTest, _ string) { withEmergency(st) }, activities.Swept{Looked: 1, Moved: 1}, "/twilio/divert/", map[string]int64{"ringdown_diversions_total sweep": 1}},
		"unless somebody else does so": {func(st *sweepTest, sid string) { withEmergency(st); st.claim(sid) }, activities.Swept{Looked: 1}, "", map[string]int64{}},
		"unless they talk":             {func(st *sweepTest, sid string) { st.lines.rooms["room "+sid] = "in-progress" }, activities.Swept{Looked: 1}, "", map[string]int64{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSweepTest(t)
			sid := st.call(1, long)
			c.before(st, sid)
			st.did(c.swept)
			st.counted(c.counts)
			st.row(sid, "")
			if moved := strings.Join(st.lines.moved, ", "); (c.moved == "") != (moved == "") || !strings.Contains(moved, c.moved) {
				t.Errorf("moved %q, want %q", moved, c.moved)
			}
		})
	}
}

func (st *sweepTest) claim(sid string) {
	st.Helper()
	_, err := st.store.Divert(context.Background(), sid, time.Now())
	st.must(err)
}

func TestTheSweepEndsLegsThatATerminatedRunHasLeft(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	sid := st.call(1, long)
	st.lines.legs[sid], st.lines.legs["CA00000000000000000000000000000777"] = "completed", "in-progress"
	st.runs.open["call/"+sid] = false
	st.runs.dials["call/"+sid] = []activities.DialRequest{aDial()}
	st.did(activities.Swept{Looked: 1, Closed: 1, Legs: 1})
	if got := st.lines.legs["CA00000000000000000000000000000777"]; got != "completed" {
		t.Errorf("the leg is %s", got)
	}
}

func TestASweepReachesItsOrphansHoweverManyCallsLive(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	const calls = 600 // more than a page, of which the newest alone has no run
	for i := range calls {
		st.runs.open["call/"+st.call(i, long-time.Duration(i)*time.Millisecond)] = i < calls-1
	}
	last := fmt.Sprintf("CA%032d", calls-1)
	st.lines.legs[last] = "completed"
	var here atomic.Int32
	many := make(chan struct{})
	st.runs.onDescribe = func() { // nobody is answered before sixteen ask
		if here.Add(1) == 16 {
			close(many)
		}
		<-many
	}
	st.did(activities.Swept{Looked: calls, Closed: 1})
	st.row(last, models.Failed)
}

func TestACallThatCannotBeAskedAfterIsLeftForTheNextSweep(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	for i := range 50 {
		st.lines.legs[st.call(i, long)] = "completed"
	}
	st.runs.away = true
	if _, err := st.sweeps(); err == nil || strings.Count(err.Error(), "ask after call") != 10 {
		t.Errorf("the sweep says %v", err)
	}
	st.row(fmt.Sprintf("CA%032d", 0), "")
	st.runs.away = false
	st.did(activities.Swept{Looked: 50, Closed: 50})
}
