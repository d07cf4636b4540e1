package main

import (
	"context"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// alertCost is what an alert costs the run of its call, read from that run's history. Tasks are counted up
// to and including the one that brings what is named.
type alertCost struct {
	Start     int  `json:"events_to_start"`
	Signals   int  `json:"signals"`
	Signalled int  `json:"events_of_signals"` // all together
	Answer    int  `json:"tasks_to_first_answer"`
	FirstDial int  `json:"tasks_to_first_dial"`
	NextDial  int  `json:"tasks_to_next_dial"` // from the end of an attempt, at most
	Pass      bool `json:"pass"`
}

// measureAlertCost makes a call, the alert of which is told.
func measureAlertCost(ctx context.Context, s side) (alertCost, error) {
	call := newCallSID()
	if _, err := oneCall(ctx, s, call, courseOf(false)); err != nil {
		return alertCost{}, err
	}
	events, err := historyOf(ctx, s.engine(), s.runs(call)[0])
	return costOf(events), err
}

func historyOf(ctx context.Context, engine client.Client, id string) (events []*history.HistoryEvent, err error) {
	for found := engine.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); found.HasNext(); {
		event, err := found.Next()
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}

// costOf counts. What a workflow task decides is in the history right after its completion.
func costOf(events []*history.HistoryEvent) alertCost {
	var c alertCost
	started, tasks := false, 0 // tasks that began since the run did, or since an attempt ended
	for _, e := range events {
		switch e.GetEventType() {
		case enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, enums.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
			c.Start++
		case enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
			c.Signals++
			c.Signalled++
		case enums.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED:
			c.Signalled++
		case enums.EVENT_TYPE_WORKFLOW_TASK_STARTED:
			started = true
		case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			if started {
				tasks++
			}
			started = false
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
			if c.Answer == 0 {
				c.Answer = tasks
			}
		case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: // of a dial: nothing else runs before the call ends
			started, tasks = false, 0
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			switch dial := e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == "Dial"; {
			case !dial:
			case c.FirstDial == 0:
				c.FirstDial = tasks
			default:
				c.NextDial = max(c.NextDial, tasks)
			}
		}
	}
	c.Pass = c == alertCost{Start: 2, Signals: c.Signals, Signalled: 2 * c.Signals, Answer: 1, FirstDial: 1, NextDial: 1} && c.Signals > 0
	return c
}
