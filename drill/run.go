package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// ending is how a run ended, as its history says.
type ending struct {
	known   bool // it could be read
	missing bool // there is no run
	open    bool // it goes on
	err     error
	outcome models.Outcome // of a call's
	closed  time.Time
	failed  []string // workflow tasks that failed for what our code does
}

// completed says whether a run is known to have ended as it should.
func (e ending) completed() bool { return e.known && !e.missing && !e.open && e.err == nil }

const (
	// runComes is how long after the end of a caller's line their run may begin: its announcement may be on the way.
	runComes = 10 * time.Second
	// closeAtMost is how much longer than the caller's line a run may last: it waits for a transcript that never comes.
	closeAtMost = 20 * time.Minute
	// alertCloses is how much longer than its call's an alert's run may last, before it is taken for one that has receivers to tell.
	alertCloses = 20 * time.Second
	// lookEvery is how often what is not there yet is looked for.
	lookEvery = time.Second
)

// end waits until the run of a call has closed, and the run of its alert, and reads what became of them.
func (d *drill) end(ctx context.Context, y *story) {
	defer d.tallies.closed.Add(1)
	if d.temporal == nil {
		return
	}
	y.run = d.endOf(ctx, workflows.CallID(y.callSID()), closeAtMost, &y.run.outcome)
	y.alertRun = d.endOf(ctx, workflows.AlertID(y.callSID()), alertCloses, nil)
	pause(ctx, quietFor) // what is still on its way arrives
}

// endOf waits for a run to close. A call's may begin late, an alert's is there when its call's has closed, or never.
func (d *drill) endOf(ctx context.Context, id string, most time.Duration, outcome *models.Outcome) ending {
	var result any
	if outcome != nil {
		result = outcome
	}
	begins := time.Now()
	var err error
	for time.Since(begins) < most {
		waiting, cancel := context.WithTimeout(ctx, most-time.Since(begins))
		err = d.temporal.GetWorkflow(waiting, id, "").Get(waiting, result)
		cancel()
		notFound, broken := (*serviceerror.NotFound)(nil), (*temporal.WorkflowExecutionError)(nil)
		switch {
		case errors.As(err, &notFound) && (outcome == nil || time.Since(begins) > runComes):
			return ending{known: true, missing: true}
		case err == nil || errors.As(err, &broken):
			return d.read(ctx, id, ending{known: true, err: err, outcome: orNone(outcome)})
		}
		if !pause(ctx, lookEvery) { // Temporal is away
			return ending{}
		}
	}
	return d.read(ctx, id, ending{known: true, open: true})
}

func orNone(o *models.Outcome) models.Outcome {
	if o == nil {
		return ""
	}
	return *o
}

// read looks through a history for when it ended, and for workflow tasks that failed.
func (d *drill) read(ctx context.Context, id string, e ending) ending {
	for until := time.Now().Add(allWithin); time.Now().Before(until); {
		e.failed, e.closed = nil, time.Time{}
		events := d.temporal.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		var err error
		for err == nil && events.HasNext() {
			var event *history.HistoryEvent
			if event, err = events.Next(); err == nil {
				e.take(event, d.failures)
			}
		}
		if err == nil || !pause(ctx, lookEvery) {
			return e
		}
	}
	return e
}

// take notes what an event says. Temporal has a task done again where something came while it ended, or where the history
// grew while it was read.
func (e *ending) take(event *history.HistoryEvent, failures converter.FailureConverter) {
	e.closed = event.GetEventTime().AsTime()
	f := event.GetWorkflowTaskFailedEventAttributes()
	if f == nil || f.GetCause() == enums.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND ||
		strings.Contains(why(f, failures), "premature end of stream") {
		return
	}
	e.failed = append(e.failed, why(f, failures))
}

// why is the cause of a failed workflow task, which may be sealed.
func why(f *history.WorkflowTaskFailedEventAttributes, failures converter.FailureConverter) string {
	return fmt.Sprintf("%s, %v", f.GetCause(), failures.FailureToError(f.GetFailure()))
}
