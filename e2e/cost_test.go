package e2e

import (
	"testing"
	"time"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
)

// cost is what a run costs, read from its history.
type cost struct {
	events  int // that the run's own steps make; the same each time
	tasks   int // workflow tasks of three events each; steps that come together share one
	told    int // signals received, and the word that the alert has ended; may come after the close
	actions int // that Temporal Cloud bills, signals received not counted
}

// costOf counts a history. Billed are the start (of a child twice: the order to start it counts
// too), each accepted update, each activity and each repetition of it, each timer, each signal
// sent, each change of search attributes, and each recorded heartbeat. Histories do not hold
// heartbeats: each dial records one. Source: Temporal Cloud, Actions.
func costOf(h *history.History) cost {
	var c cost
	for _, e := range h.GetEvents() {
		switch e.GetEventType() {
		case enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enums.EVENT_TYPE_WORKFLOW_TASK_STARTED,
			enums.EVENT_TYPE_WORKFLOW_TASK_FAILED, enums.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
			continue
		case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			c.tasks++
			continue
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, enums.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
			c.told++
			continue
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
			enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, enums.EVENT_TYPE_TIMER_STARTED,
			enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
			c.actions++
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			c.actions++
			if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == "Dial" {
				c.actions++
			}
		case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			c.actions += int(e.GetActivityTaskStartedEventAttributes().GetAttempt()) - 1
		}
		c.events++
	}
	return c
}

// What a call costs is part of what was promised: a change that makes it dearer is seen here.
func TestWhatACallCosts(t *testing.T) {
	for name, want := range map[string]struct{ call, alert cost }{ // tasks and told at most
		"refused":       {call: cost{events: 8, tasks: 4, told: 1, actions: 4}},
		"gate-failed":   {call: cost{events: 16, tasks: 7, told: 1, actions: 8}},
		"first-accepts": {cost{events: 35, tasks: 15, told: 3, actions: 19}, cost{events: 16, tasks: 9, told: 3, actions: 7}},
		"all-at-once":   {call: cost{events: 66, tasks: 22, told: 8, actions: 32}},
		"staggered":     {call: cost{events: 43, tasks: 20, told: 5, actions: 22}},
		"voicemail":     {call: cost{events: 25, tasks: 14, told: 4, actions: 13}},
		"forwarded":     {call: cost{events: 27, tasks: 14, told: 4, actions: 14}},
		"third-accepts": {cost{events: 45, tasks: 20, told: 3, actions: 25}, cost{events: 16, tasks: 11, told: 5, actions: 7}},
	} {
		t.Run(name, func(t *testing.T) {
			l := sharedSystem(t, "sqlite").line(t, conversations[name].levels, conversations[name].settings)
			conversations[name].people(l)
			check := func(run string, got, most cost) {
				t.Logf("%s: %d events and %d workflow tasks, %d told; %d actions", run, got.events, got.tasks, got.told, got.actions)
				if got.events != most.events || got.actions != most.actions || got.tasks > most.tasks || got.told > most.told {
					t.Errorf("the %s cost %+v, want %+v", run, got, most)
				}
			}
			check("call", costOf(l.history(workflows.CallID(l.leg.SID))), want.call)
			if want.alert != (cost{}) {
				check("alert", costOf(l.history(workflows.AlertID(l.leg.SID))), want.alert)
			}
		})
	}
}

func TestADialIsLimitedAsItsClockSays(t *testing.T) {
	l := sharedSystem(t, "sqlite").line(t, "Alice Bob")
	conversations["abandoned"].people(l)
	dials := 0
	for _, e := range l.history(workflows.CallID(l.leg.SID)).GetEvents() {
		dial := e.GetActivityTaskScheduledEventAttributes()
		if dial.GetActivityType().GetName() != "Dial" {
			continue
		}
		dials++
		if dial.GetTaskQueue().GetName() != workflows.DialQueue || dial.GetScheduleToStartTimeout().AsDuration() != time.Minute ||
			dial.GetStartToCloseTimeout().AsDuration() != 32*time.Second/pace || dial.GetRetryPolicy().GetMaximumAttempts() != 1 ||
			dial.GetHeartbeatTimeout().AsDuration() != 0 {
			t.Errorf("the dial is limited by %v", dial)
		}
	}
	if dials != 1 {
		t.Errorf("%d dials", dials)
	}
}
