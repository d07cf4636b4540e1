package workflows

import (
	"slices"
	"strconv"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/workflow"
)

// Names of what calls report to the metrics handler of the worker's client. A replay reports
// nothing; a workflow task that is lost after it has reported runs again, and reports again.
const (
	MetricCalls    = activities.MetricCalls            // counter, with outcome; the sweep counts what no run can
	MetricRefusals = "ringdown_refusals_total"         // counter, with reason
	MetricDials    = "ringdown_dials_total"            // counter, with result and code
	MetricAccept   = "ringdown_ring_to_accept_seconds" // timer
	MetricWait     = "ringdown_wait_seconds"           // timer
	MetricGap      = "ringdown_phone_gap_seconds"      // timer
)

// measure reports a call that is over.
func (c *call) measure(ctx workflow.Context, outcome models.Outcome) {
	countCall(ctx, outcome)
	if c.record.Refusal != "" {
		countRefusal(ctx, c.record.Refusal)
	}
	for i, a := range c.attempts {
		countDial(ctx, a.Result, a.Code)
		if i == 0 {
			continue
		}
		if last := c.attempts[i-1]; last.DecidedAt != nil && !a.DialledAt.Before(*last.DecidedAt) {
			timeGap(ctx, a.DialledAt.Sub(*last.DecidedAt))
		}
	}
	switch {
	case len(c.attempts) == 0:
	case c.winner != nil:
		timeAccept(ctx, c.winner.DecidedAt.Sub(c.winner.DialledAt))
		timeWait(ctx, c.winner.DecidedAt.Sub(c.attempts[0].DialledAt))
	case !c.gaveUp.IsZero():
		timeWait(ctx, c.gaveUp.Sub(c.attempts[0].DialledAt))
	}
}

// countCall counts a call that is over.
func countCall(ctx workflow.Context, outcome models.Outcome) {
	count(ctx, MetricCalls, map[string]string{"outcome": string(outcome)})
}

// countRefusal counts a caller who may not call.
func countRefusal(ctx workflow.Context, reason models.RefusalReason) {
	count(ctx, MetricRefusals, map[string]string{"reason": string(reason)})
}

// countDial counts a dial that is over, by the carrier's code, zero when it gave none.
func countDial(ctx workflow.Context, result models.Result, code int) {
	count(ctx, MetricDials, map[string]string{"result": string(result), "code": codeLabel(code)})
}

// timeAccept times an accepted attempt, from its dial to the responder's key.
func timeAccept(ctx workflow.Context, d time.Duration) { record(ctx, MetricAccept, d) }

// timeWait times a caller's wait, from the first dial until somebody accepts or nobody is left.
func timeWait(ctx workflow.Context, d time.Duration) { record(ctx, MetricWait, d) }

// timeGap times the pause between the end of one phone's try and the next one's dial.
func timeGap(ctx workflow.Context, d time.Duration) { record(ctx, MetricGap, d) }

func count(ctx workflow.Context, name string, labels map[string]string) {
	workflow.GetMetricsHandler(ctx).WithTags(labels).Counter(name).Inc(1)
}

// record times something. A phone that is rung before the last one's try is over leaves no gap.
func record(ctx workflow.Context, name string, d time.Duration) {
	workflow.GetMetricsHandler(ctx).Timer(name).Record(max(0, d))
}

// countedCodes are the codes that are counted each by itself: SIP's, and those of the carrier's
// error dictionary that a dial can meet. Any other is counted with the rest.
var countedCodes = []int{
	200, 403, 404, 408, 410, 480, 484, 486, 487, 488, 500, 502, 503, 504, 600, 603, 604, 606, 607, 608,
	10004, 13223, 13224, 13225, 13226, 13227, 20003, 20005, 20404, 20429,
	21205, 21210, 21211, 21212, 21213, 21214, 21215, 21216, 21217, 21219, 21220,
}

// codeLabel keeps the label to few values, whatever the carrier makes up.
func codeLabel(code int) string {
	if code == 0 || slices.Contains(countedCodes, code) {
		return strconv.Itoa(code)
	}
	return "other"
}
