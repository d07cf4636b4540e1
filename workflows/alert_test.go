package workflows_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// raised is an alert whose call tells it things at some time, in seconds.
type raised struct {
	t       *testing.T
	env     *testsuite.TestWorkflowEnvironment
	carrier *carrier
	route   bool // incidents and receivers hear of it
}

func newAlert(t *testing.T) *raised {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	r := &raised{t: t, env: suite.NewTestWorkflowEnvironment()}
	r.env.SetStartTime(monday)
	r.carrier = &carrier{env: r.env, lives: true}
	r.env.RegisterActivity(r.carrier)
	return r
}

func (r *raised) told(when float64, signal string, value any) {
	r.env.RegisterDelayedCallback(func() { r.env.SignalWorkflow(signal, value) }, seconds(when))
}

// resolves plays the alert, and returns the row that it ended as.
func (r *raised) resolves(when float64) models.Alert {
	r.t.Helper()
	if after := r.carrier.routedAfter; after > 0 {
		r.env.OnActivity("Raise", mock.Anything, mock.Anything).Return(r.carrier.Raise).After(after)
	}
	r.env.ExecuteWorkflow(workflows.Alert, models.Raised{
		AlertID: "alert-1", CallSID: callSID, RouteID: "route-1", RouteName: "Support",
		Number: ours, Caller: caller, Country: "GB", StartedAt: monday, Route: r.route,
	})
	if err := r.env.GetWorkflowError(); err != nil || !r.env.IsWorkflowCompleted() {
		r.t.Fatalf("the alert ends with %v", err)
	}
	resolvedOnce(r.t, r.carrier.alerts)
	last := r.carrier.alerts[len(r.carrier.alerts)-1]
	if last.ResolvedAt == nil || !last.ResolvedAt.Equal(monday.Add(seconds(when))) {
		r.t.Errorf("resolved at %v, want after %v s", last.ResolvedAt, when)
	}
	if last.ID != "alert-1" || last.Title != "Call to Support" || last.Caller != caller || !last.StartedAt.Equal(monday) {
		r.t.Errorf("the alert is %+v", last)
	}
	return last
}

func TestAnAlertFiresAndResolves(t *testing.T) {
	r := newAlert(t)
	r.told(0, workflows.SignalDialled, "alice")
	r.told(28, workflows.SignalDialled, "bob")
	r.told(28, workflows.SignalDialled, "alice")
	r.told(40, workflows.SignalAnswered, "bob")
	r.told(200, workflows.SignalEnded, models.Connected)
	a := r.resolves(200)
	if a.Outcome != models.Connected || a.AnsweredBy != "bob" || !slices.Equal(a.Dialled, []string{"alice", "bob"}) {
		t.Errorf("the alert is %+v", a)
	}
	var answered []string
	for _, a := range r.carrier.alerts {
		answered = append(answered, a.AnsweredBy)
	}
	if !slices.Equal(answered, []string{"", "bob", "bob"}) {
		t.Errorf("written with %q", answered)
	}
}

func TestWhatAnAlertIsToldMayComeInAnyOrderAndTwice(t *testing.T) {
	for name, order := range map[string][]string{
		"as it happened":    {workflows.SignalDialled, workflows.SignalAnswered, workflows.SignalEnded},
		"ended first":       {workflows.SignalEnded, workflows.SignalAnswered, workflows.SignalDialled},
		"answered first":    {workflows.SignalAnswered, workflows.SignalDialled, workflows.SignalEnded},
		"everything twice":  {workflows.SignalDialled, workflows.SignalAnswered, workflows.SignalEnded, workflows.SignalDialled, workflows.SignalAnswered, workflows.SignalEnded},
		"the call is short": {workflows.SignalEnded, workflows.SignalDialled, workflows.SignalEnded, workflows.SignalAnswered},
	} {
		t.Run(name, func(t *testing.T) {
			r := newAlert(t)
			r.env.RegisterDelayedCallback(func() {
				for _, signal := range order {
					r.env.SignalWorkflowSkippingWorkflowTask(signal, map[string]any{
						workflows.SignalDialled: "alice", workflows.SignalAnswered: "alice", workflows.SignalEnded: models.Connected,
					}[signal])
				}
				r.env.SignalWorkflow("nothing known", nil)
			}, seconds(3))
			a := r.resolves(3)
			if a.Outcome != models.Connected || a.AnsweredBy != "alice" || !slices.Equal(a.Dialled, []string{"alice"}) {
				t.Errorf("the alert is %+v", a)
			}
		})
	}
}

// Signals overtake one another, and what comes when the alert has resolved is lost: the end tells all.
func TestTheEndOfACallTellsAnAlertAllOfIt(t *testing.T) {
	whole := models.CallEnd{Outcome: models.Connected, AnsweredBy: "bob", Dialled: []string{"alice", "bob"}, Whole: true}
	for name, told := range map[string]func(r *raised){
		"and nothing else comes": func(*raised) {},
		"and what it overtook comes after it": func(r *raised) {
			r.told(3, workflows.SignalAnswered, "")
			r.told(3, workflows.SignalDialled, "carol")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newAlert(t)
			r.told(3, workflows.SignalEnded, whole)
			told(r)
			a := r.resolves(3)
			if a.Outcome != models.Connected || a.AnsweredBy != "bob" || !slices.Equal(a.Dialled, []string{"alice", "bob"}) {
				t.Errorf("the alert is %+v", a)
			}
		})
	}
}

func TestWhatIsToldWhileAnAlertResolvesIsNotLost(t *testing.T) {
	r := newAlert(t)
	r.carrier.onResolve = func() { r.env.SignalWorkflow(workflows.SignalAnswered, "alice") }
	r.told(3, workflows.SignalEnded, models.Connected)
	r.env.ExecuteWorkflow(workflows.Alert, models.Raised{AlertID: "alert-1", CallSID: callSID, StartedAt: monday})
	last := r.carrier.alerts[len(r.carrier.alerts)-1]
	if err := r.env.GetWorkflowError(); err != nil || last.Status != models.AlertResolved || last.AnsweredBy != "alice" {
		t.Errorf("the alert is %+v (%v)", last, err)
	}
}

func TestAnAlertAsksEveryFiveMinutesWhetherItsCallLives(t *testing.T) {
	t.Run("it does", func(t *testing.T) {
		r := newAlert(t)
		r.told(1000, workflows.SignalEnded, models.Connected)
		r.resolves(1000)
	})
	t.Run("it died without a word", func(t *testing.T) {
		r := newAlert(t)
		r.told(0, workflows.SignalDialled, "alice")
		r.env.RegisterDelayedCallback(func() { r.carrier.lives = false }, seconds(400))
		a := r.resolves(600)
		if a.Outcome != models.Failed || !slices.Equal(a.Dialled, []string{"alice"}) {
			t.Errorf("the alert is %+v", a)
		}
	})
}

func TestACallRaisesItsAlertOnceAndTellsItEverything(t *testing.T) {
	s := newScene(t, "Alice / Bob")
	var started int
	s.env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		started++
		if info.WorkflowExecution.ID != workflows.AlertID(callSID) {
			t.Errorf("the alert's id is %s", info.WorkflowExecution.ID)
		}
	})
	s.at(0, s.asks("hold"))
	s.at(30, s.picksUp("Bob", "screen 1"))
	s.at(33, s.presses("Bob", 1, "1", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Bob"))
	s.ends(models.Connected, 60)
	last := s.carrier.alerts[len(s.carrier.alerts)-1]
	if started != 1 || !slices.Equal(last.Dialled, []string{"alice", "bob"}) || last.Country != "GB" || last.Number != ours {
		t.Errorf("started %d times, ends as %+v", started, last)
	}
}

// The test environment starts a late child only when it ends, so that what was held reaches
// nobody; the conversations with a real server hold the rest.
func TestACallDoesNotCloseBeforeItsAlertHasStarted(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.carrier.noAlert = true
	s.env.SetDetachedChildWait(false)
	s.env.OnWorkflow(workflows.Alert, mock.Anything, mock.Anything).After(90 * time.Second).Return(nil)
	s.at(0, s.asks("hold"))
	s.at(10, s.hangsUp())
	s.ends(models.Abandoned, 10) // the record does not wait
	if closed := s.env.Now().Sub(monday); closed < seconds(90) {
		t.Errorf("the call closed after %v", closed)
	}
}

func TestACallGoesOnWithoutItsAlert(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.carrier.noAlert = true
	s.env.OnWorkflow(workflows.Alert, mock.Anything, mock.Anything).Return(testsuite.ErrMockStartChildWorkflowFailed)
	s.env.OnSignalExternalWorkflow(mock.Anything, workflows.AlertID(callSID), mock.Anything, mock.Anything, mock.Anything).
		Return(errors.New("no such workflow"))
	s.at(0, s.asks("hold"))
	s.at(30, s.picksUp("Bob", "screen 1"))
	s.at(33, s.presses("Bob", 1, "1", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Bob"))
	s.ends(models.Connected, 60)
	s.dialled("Alice 0, Bob 28")
}
