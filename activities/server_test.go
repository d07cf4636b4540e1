package activities_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows/temporaltest"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// What a dial and the end of a leg mean for a pending activity is seen on a real server alone.

var (
	server     *testsuite.DevServer
	startOnce  sync.Once
	errStarted error
)

func TestMain(m *testing.M) {
	code := m.Run()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop temporal:", err)
		}
	}
	os.Exit(code)
}

// temporalServer starts the server that the tests of this package share.
func temporalServer(t *testing.T) client.Client {
	t.Helper()
	startOnce.Do(func() {
		server, errStarted = temporaltest.New(
			"--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000",
			"--dynamic-config-value", `history.transferProcessorUpdateAckInterval="500ms"`, // a run is deleted once this has passed
		)
	})
	if errStarted != nil {
		t.Fatal(errStarted)
	}
	return server.Client()
}

// order is a dial, and perhaps the end of its leg, as a call would have them.
type order struct {
	Dial   *activities.DialRequest
	For    time.Duration // how long the dial may take from its turn
	HangUp *activities.HangUpRequest
	First  time.Duration // how long the leg rings before we end it
}

// came is what an order came to.
type came struct {
	Dialled models.Dialled
	Ended   string // completed, canceled or timed out
	Told    string // the leg of a dial that timed out
	HungUp  activities.HungUp
}

// carryOut dials and hangs up as a call does: each dial under its attempt's id, cancelled when
// it is given up, over when its leg is.
func carryOut(ctx workflow.Context, o order) (came, error) {
	var c came
	var dial workflow.Future
	dialCtx, giveUp := workflow.WithCancel(ctx)
	if o.Dial != nil {
		dial = workflow.ExecuteActivity(workflow.WithActivityOptions(dialCtx, workflow.ActivityOptions{
			TaskQueue: workflow.GetInfo(ctx).TaskQueueName + "-dial", ActivityID: o.Dial.Attempt.ID, StartToCloseTimeout: o.For,
			WaitForCancellation: true, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		}), "Dial", o.Dial)
		workflow.Go(ctx, func(ctx workflow.Context) {
			workflow.GetSignalChannel(ctx, "give up").Receive(ctx, nil)
			giveUp()
		})
	}
	if o.HangUp != nil {
		if err := workflow.Sleep(ctx, o.First); err != nil {
			return c, err
		}
		giveUp()
		if err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: 10 * time.Second, RetryPolicy: &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond},
		}), "HangUp", o.HangUp).Get(ctx, &c.HungUp); err != nil {
			return c, err
		}
	}
	if dial == nil {
		return c, nil
	}
	err := dial.Get(ctx, &c.Dialled)
	timeout := (*temporal.TimeoutError)(nil)
	switch {
	case errors.As(err, &timeout):
		c.Ended = "timed out"
		if timeout.HasLastHeartbeatDetails() {
			err = timeout.LastHeartbeatDetails(&c.Told)
			return c, err
		}
		return c, nil
	case temporal.IsCanceledError(err):
		c.Ended = "canceled"
		return c, nil
	default:
		c.Ended = "completed"
		return c, err
	}
}

// stage is one order with workers of its own.
type stage struct {
	t        *testing.T
	temporal client.Client
	phone    *activities.Phone
	run      client.WorkflowRun
	queue    string
}

// onStage has workers begin an order, all but the one for dials.
func onStage(t *testing.T, phone *activities.Phone, o order) *stage {
	t.Helper()
	s := &stage{t: t, temporal: temporalServer(t), phone: phone, queue: t.Name()}
	w := worker.New(s.temporal, s.queue, worker.Options{})
	w.RegisterWorkflow(carryOut)
	w.RegisterActivity(phone)
	s.start(w)
	var err error
	s.run, err = s.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: t.Name(), TaskQueue: s.queue}, carryOut, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) start(w worker.Worker) {
	s.t.Helper()
	if err := w.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(w.Stop)
}

// dials starts the worker for dials.
func (s *stage) dials() *stage {
	s.t.Helper()
	w := worker.New(s.temporal, s.queue+"-dial", worker.Options{DisableWorkflowWorker: true})
	w.RegisterActivity(s.phone.Dial)
	s.start(w)
	return s
}

func (s *stage) comesTo() came {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	var c came
	if err := s.run.Get(ctx, &c); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// until waits for something to become true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to %s", what)
		}
	}
}

func (s *stage) cancelAsked() bool {
	events := s.temporal.GetWorkflowHistory(s.t.Context(), s.run.GetID(), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		if e, err := events.Next(); err == nil && e.GetEventType() == enums.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED {
			return true
		}
	}
	return false
}

func dialOf(limit time.Duration) order {
	d := aDial()
	return order{Dial: &d, For: limit}
}

func endOf(sid string) *activities.HangUpRequest {
	return &activities.HangUpRequest{CallSID: callerLeg, Attempt: anAttempt(), From: ours, Leg: sid, Since: time.Now()}
}

func TestADialThatIsNeverToldOfTimesOutAndHandsOnItsLeg(t *testing.T) {
	t.Parallel()
	phone, c := newCarrier(t)
	if got := onStage(t, phone, dialOf(2*time.Second)).dials().comesTo(); got.Ended != "timed out" || got.Told != c.placed[0] {
		t.Errorf("came to %+v, placed %v", got, c.placed)
	}
}

func TestADialThatWaitedForItsTurnAsksAfterTheCaller(t *testing.T) {
	for status, want := range map[string]string{"completed": "completed", "in-progress": "timed out"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			phone, c := newCarrier(t)
			c.set(callerLeg, status)
			s := onStage(t, phone, dialOf(2*time.Second))
			time.Sleep(3500 * time.Millisecond)
			got := s.dials().comesTo()
			if got.Ended != want || want == "completed" && (got.Dialled.Result != models.ResultGone || c.asked() != 0) {
				t.Errorf("came to %+v after %d requests", got, c.asked())
			}
		})
	}
}

func TestADialThatIsGivenUpWhileItIsPlacedEndsItsLeg(t *testing.T) {
	t.Parallel()
	placing := make(chan struct{})
	phone, c := newCarrier(t, reply{wait: placing})
	s := onStage(t, phone, dialOf(20*time.Second)).dials()
	until(t, "a request", func() bool { return c.asked() == 1 })
	if err := s.temporal.SignalWorkflow(t.Context(), s.run.GetID(), "", "give up", nil); err != nil {
		t.Fatal(err)
	}
	until(t, "the giving up", s.cancelAsked)
	close(placing)
	if got := s.comesTo(); got.Ended != "canceled" || c.is(c.placed[0]) != "canceled" {
		t.Errorf("came to %+v, the leg is %s", got, c.is(c.placed[0]))
	}
}

func TestADialThatIsCompletedWhileItIsPlacedLeavesItsLegAlone(t *testing.T) {
	t.Parallel()
	placing := make(chan struct{})
	phone, c := newCarrier(t, reply{wait: placing})
	s := onStage(t, phone, dialOf(20*time.Second)).dials()
	until(t, "a request", func() bool { return c.asked() == 1 })
	picked := models.Dialled{Result: models.ResultPickedUp, Leg: "CA00000000000000000000000000000100"}
	if err := s.temporal.CompleteActivityByID(t.Context(), "default", s.run.GetID(), "", anAttempt().ID, picked, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.comesTo(); got.Ended != "completed" || got.Dialled != picked {
		t.Errorf("came to %+v", got)
	}
	close(placing)
	until(t, "a leg", func() bool { return c.is(picked.Leg) == "ringing" })
	time.Sleep(300 * time.Millisecond)
	if got := c.is(picked.Leg); got != "ringing" {
		t.Errorf("the leg is %s", got)
	}
}

func TestHangingUp(t *testing.T) {
	const leg = "CA00000000000000000000000000000100"
	t.Run("on a leg that is known settles its dial", func(t *testing.T) {
		t.Parallel()
		phone, c := newCarrier(t)
		o := dialOf(20 * time.Second)
		o.HangUp, o.First = endOf(leg), time.Second
		got := onStage(t, phone, o).dials().comesTo()
		if got.HungUp != (activities.HungUp{Found: true, Leg: leg}) || c.is(leg) != "canceled" ||
			got.Ended != "completed" || got.Dialled.Result != models.ResultCanceled {
			t.Errorf("came to %+v, the leg is %s", got, c.is(leg))
		}
	})
	t.Run("on a leg that only the heartbeat tells", func(t *testing.T) {
		t.Parallel()
		phone, c := newCarrier(t)
		// Another call rings the same phone: a look-up could not tell which leg is ours.
		c.add("CA00000000000000000000000000000777", "ringing", string(alice), string(ours), time.Now())
		o := dialOf(20 * time.Second)
		o.HangUp, o.First = endOf(""), time.Second
		got := onStage(t, phone, o).dials().comesTo()
		if got.HungUp != (activities.HungUp{Found: true, Leg: leg}) || c.is(leg) != "canceled" ||
			c.is("CA00000000000000000000000000000777") != "ringing" || got.Dialled.Result != models.ResultCanceled {
			t.Errorf("came to %+v, the leg is %s", got, c.is(leg))
		}
	})
	for name, c := range map[string]struct {
		known  string
		status []string // of the legs that the carrier has
		want   activities.HungUp
		after  []string
	}{
		"whose dial is settled already":     {leg, []string{"in-progress"}, activities.HungUp{Found: true, Leg: leg}, []string{"completed"}},
		"that is over already":              {leg, []string{"no-answer"}, activities.HungUp{Found: true, Leg: leg}, []string{"no-answer"}},
		"that the carrier does not know":    {leg, nil, activities.HungUp{Found: true, Leg: leg}, nil},
		"that is looked for and found":      {"", []string{"ringing"}, activities.HungUp{Found: true, Leg: leg}, []string{"canceled"}},
		"that is looked for in vain":        {"", nil, activities.HungUp{}, nil},
		"that is looked for and picked up":  {"", []string{"in-progress"}, activities.HungUp{Found: true}, []string{"in-progress"}},
		"that is looked for and one of two": {"", []string{"ringing", "ringing"}, activities.HungUp{Found: true}, []string{"ringing", "ringing"}},
		"that is looked for and over":       {"", []string{"busy"}, activities.HungUp{Found: true, Over: true}, []string{"busy"}},
		"that is queued and looked for":     {"", []string{"queued"}, activities.HungUp{Found: true, Leg: leg}, []string{"canceled"}},
		"that is known, whoever else rings": {leg, []string{"ringing", "ringing"}, activities.HungUp{Found: true, Leg: leg}, []string{"canceled", "ringing"}},
	} {
		t.Run("on a leg "+name, func(t *testing.T) {
			t.Parallel()
			phone, carrier := newCarrier(t)
			for i, status := range c.status {
				carrier.add(fmt.Sprintf("CA%032x", 256+i), status, string(alice), string(ours), time.Now())
			}
			if got := onStage(t, phone, order{HangUp: endOf(c.known)}).comesTo(); got.HungUp != c.want {
				t.Errorf("came to %+v, want %+v", got.HungUp, c.want)
			}
			for i, want := range c.after {
				if got := carrier.is(fmt.Sprintf("CA%032x", 256+i)); got != want {
					t.Errorf("leg %d is %s, want %s", i, got, want)
				}
			}
		})
	}
	t.Run("is tried again until the carrier answers", func(t *testing.T) {
		t.Parallel()
		phone, c := newCarrier(t)
		c.add(leg, "in-progress", string(alice), string(ours), time.Now())
		c.busy = 2
		if got := onStage(t, phone, order{HangUp: endOf(leg)}).comesTo(); !got.HungUp.Found || c.is(leg) != "completed" {
			t.Errorf("came to %+v, the leg is %s", got, c.is(leg))
		}
	})
}

func TestACallLivesAsLongAsItsRunIsOpen(t *testing.T) {
	t.Parallel()
	temporalClient := temporalServer(t)
	records := &activities.Records{}
	w := worker.New(temporalClient, t.Name(), worker.Options{})
	w.RegisterActivity(records)
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, id string) (lives bool, err error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
		return lives, workflow.ExecuteActivity(ctx, "CallLives", id).Get(ctx, &lives)
	}, workflow.RegisterOptions{Name: "ask"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	lives := func(id string) bool {
		t.Helper()
		run, err := temporalClient.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: t.Name()}, "ask", id)
		if err != nil {
			t.Fatal(err)
		}
		var yes bool
		if err := run.Get(t.Context(), &yes); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	const id = "call/" + callerLeg
	if lives(id) {
		t.Error("a call lives that never was")
	}
	if _, err := temporalClient.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "nobody works here"}, "any"); err != nil {
		t.Fatal(err)
	}
	if !lives(id) {
		t.Error("an open run does not live")
	}
	if err := temporalClient.TerminateWorkflow(t.Context(), id, "", "a test"); err != nil {
		t.Fatal(err)
	}
	if lives(id) {
		t.Error("a terminated run lives")
	}
}
