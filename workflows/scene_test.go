package workflows_test

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

const (
	callSID = "CA00000000000000000000000000000001"
	caller  = models.Phone("+447700900123")
	ours    = models.Phone("+12025550100")
)

var monday = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// scene is one call: what happens when, in seconds from its arrival, and what each webhook is
// answered. Time is skipped, so that a call of minutes takes milliseconds.
type scene struct {
	t       reporter
	env     *testsuite.TestWorkflowEnvironment
	run     any // the workflow
	in      models.Inbound
	carrier *carrier
	waiting int // events that have not happened yet
	updates int
	timers  []time.Duration // that the call and its alert started
	fired   []time.Duration // and those that were not cancelled
}

// reporter is a test, or one try of a property.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// newScene makes a call to a route that rings the people whom planOf reads from levels.
func newScene(t reporter, levels string, settings ...func(*models.Plan)) *scene {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &scene{t: t, env: suite.NewTestWorkflowEnvironment(), run: workflows.InboundCall}
	s.env.SetStartTime(monday)
	s.in = models.Inbound{
		CallID: "call-1", CallSID: callSID, AlertID: "alert-1", Caller: caller, Number: ours,
		Country: "GB", At: monday, Room: "room", Plan: planOf(levels, settings...),
	}
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflows.CallID(callSID), TaskQueue: workflows.CallQueue})
	s.carrier = &carrier{env: s.env, ring: map[string][]ringing{}, lives: true, moves: true, met: true}
	lasts := map[string]time.Duration{}
	s.env.SetOnTimerScheduledListener(func(id string, d time.Duration) { s.timers, lasts[id] = append(s.timers, d), d })
	s.env.SetOnTimerFiredListener(func(id string) { s.fired = append(s.fired, lasts[id]) })
	s.env.RegisterActivity(s.carrier)
	s.env.RegisterWorkflow(workflows.InboundCall)
	s.env.RegisterWorkflow(workflows.Alert)
	return s
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// at has things happen, in order, so many seconds after the call arrived.
func (s *scene) at(when float64, events ...func()) {
	s.waiting++
	s.env.RegisterDelayedCallback(func() {
		s.waiting--
		for _, happen := range events {
			happen()
		}
	}, seconds(when))
}

// update asks the run what a webhook is to answer.
func (s *scene) update(name string, payload any, want string) {
	when := s.carrier.now()
	s.ask(name, payload, func(answer models.Answer) {
		if got := words(answer); got != want {
			s.t.Errorf("at %v %s is answered %q, want %q", when, name, got, want)
		}
	})
}

// ask has the run decide what a webhook is to answer.
func (s *scene) ask(name string, payload any, hear func(models.Answer)) {
	s.updates++
	when := s.carrier.now()
	s.env.UpdateWorkflow(name, fmt.Sprint(s.updates), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { s.t.Errorf("at %v %s is rejected: %v", when, name, err) },
		OnComplete: func(result any, err error) {
			answer, ok := result.(models.Answer)
			if err != nil || !ok {
				s.t.Errorf("at %v %s is answered %v (%v)", when, name, result, err)
			}
			hear(answer)
		},
	}, payload)
}

// words are an answer in short: what it does, and what tells it from others that do the same.
func words(a models.Answer) string {
	switch {
	case a.Do == models.DoHold && a.Quiet:
		return "hold quietly"
	case a.Do == models.DoSay && a.Text != "":
		return "say: " + a.Text
	case a.Do == models.DoSay:
		return "say " + string(a.Phrase)
	case a.Do == models.DoAskKey, a.Do == models.DoScreen:
		return fmt.Sprintf("%s %d", a.Do, a.Try)
	default:
		return string(a.Do)
	}
}

// ends plays the call. It must come to this outcome so many seconds after it arrived, and hold
// what holds for every call. Seconds below zero are not looked at.
func (s *scene) ends(want models.Outcome, took float64) models.Call {
	s.t.Helper()
	call := s.plays()
	var outcome models.Outcome
	if err := s.env.GetWorkflowResult(&outcome); err != nil {
		s.t.Fatalf("the run ends with %v", err)
	}
	if outcome != want || call.Outcome != want {
		s.t.Errorf("the outcome is %s, recorded %s, want %s; %s", outcome, call.Outcome, want, story(call))
	}
	s.took(call, took)
	return call
}

// endsCancelled plays a call that an operator cancels.
func (s *scene) endsCancelled(want models.Outcome, took float64) models.Call {
	s.t.Helper()
	call := s.plays()
	var cancelled *temporal.CanceledError
	if err := s.env.GetWorkflowError(); !errors.As(err, &cancelled) {
		s.t.Errorf("the run ends with %v, want cancelled", err)
	}
	if call.Outcome != want || call.Reason != "ended by an operator" {
		s.t.Errorf("recorded %s (%s), want %s; %s", call.Outcome, call.Reason, want, story(call))
	}
	s.took(call, took)
	return call
}

func (s *scene) took(call models.Call, want float64) {
	s.t.Helper()
	if got := call.EndedAt.Sub(monday); want >= 0 && got != seconds(want) {
		s.t.Errorf("the call took %v, want %v; %s", got, seconds(want), story(call))
	}
}

func (s *scene) plays() models.Call {
	s.t.Helper()
	s.env.ExecuteWorkflow(s.run, s.in)
	n := len(s.carrier.calls)
	if !s.env.IsWorkflowCompleted() || n == 0 {
		s.t.Fatalf("the run does not end with a record: completed %v, %d records", s.env.IsWorkflowCompleted(), n)
	}
	call := s.carrier.calls[n-1]
	if s.waiting > 0 {
		s.t.Errorf("the call ended before %d things happened; %s", s.waiting, story(call))
	}
	s.checkRecord(call)
	s.checkAlert(call)
	return call
}
