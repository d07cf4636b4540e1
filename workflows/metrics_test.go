package workflows

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

func TestCallsReportWhatHappened(t *testing.T) {
	for name, c := range map[string]struct {
		report func(workflow.Context)
		want   string
	}{
		"a call is over": {
			func(ctx workflow.Context) { countCall(ctx, models.Unanswered) },
			"ringdown_calls_total outcome=unanswered +1"},
		"a caller may not call": {
			func(ctx workflow.Context) { countRefusal(ctx, models.RefusedBlocked) },
			"ringdown_refusals_total reason=blocked +1"},
		"a phone is not answered": {
			func(ctx workflow.Context) { countDial(ctx, models.ResultNoAnswer, 487) },
			"ringdown_dials_total code=487 result=no_answer +1"},
		"a dial without a code": {
			func(ctx workflow.Context) { countDial(ctx, models.ResultTimedOut, 0) },
			"ringdown_dials_total code=0 result=timed_out +1"},
		"the carrier does not like the number": {
			func(ctx workflow.Context) { countDial(ctx, models.ResultRefused, 21211) },
			"ringdown_dials_total code=21211 result=refused +1"},
		"a code that nobody foresaw": {
			func(ctx workflow.Context) { countDial(ctx, models.ResultFailed, 31337) },
			"ringdown_dials_total code=other result=failed +1"},
		"a code that is a phone number": {
			func(ctx workflow.Context) { countDial(ctx, models.ResultFailed, 447700900123) },
			"ringdown_dials_total code=other result=failed +1"},
		"a responder accepts": {
			func(ctx workflow.Context) { timeAccept(ctx, 12*time.Second) },
			"ringdown_ring_to_accept_seconds 12s"},
		"a caller has waited": {
			func(ctx workflow.Context) { timeWait(ctx, 95*time.Second) },
			"ringdown_wait_seconds 1m35s"},
		"the next phone rings at once": {
			func(ctx workflow.Context) { timeGap(ctx, 40*time.Millisecond) },
			"ringdown_phone_gap_seconds 40ms"},
		"the next phone has rung before": {
			func(ctx workflow.Context) { timeGap(ctx, -5*time.Second) },
			"ringdown_phone_gap_seconds 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			got := reported(t, c.report)
			if diff := cmp.Diff([]string{c.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A phone that the carrier refuses is to be mended in the directory, by what the code says.
func TestEveryCodeThatSpeaksAgainstAPhoneIsCountedByItself(t *testing.T) {
	bad := 0
	for code := range 100_000 {
		if twilio.BadNumber(&twilio.CarrierError{Class: twilio.Refused, Code: code}) {
			if bad++; codeLabel(code) != strconv.Itoa(code) {
				t.Errorf("%d is counted as %s", code, codeLabel(code))
			}
		}
	}
	if bad == 0 {
		t.Error("there is none")
	}
}

func TestACallIsMeasuredAsItEnds(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 3, 2, 9, 0, second, 0, time.UTC) }
	tried := func(from, to int, result models.Result) *attempt {
		decided := at(to)
		return &attempt{AttemptRecord: models.AttemptRecord{DialledAt: at(from), DecidedAt: &decided, Result: result}}
	}
	alice, bob := tried(0, 30, models.ResultNoAnswer), tried(31, 40, models.ResultPickedUp)
	for name, c := range map[string]struct {
		call    call
		outcome models.Outcome
		want    []string
	}{
		"taken by the second": {call{attempts: []*attempt{alice, bob}, winner: bob}, models.Connected, []string{
			"ringdown_calls_total outcome=connected +1", "ringdown_dials_total code=0 result=no_answer +1",
			"ringdown_dials_total code=0 result=picked_up +1", "ringdown_phone_gap_seconds 1s",
			"ringdown_ring_to_accept_seconds 9s", "ringdown_wait_seconds 40s",
		}},
		"rung beside each other, in vain": {
			call{attempts: []*attempt{alice, tried(10, 35, models.ResultBusy)}, gaveUp: at(35)}, models.Unanswered, []string{
				"ringdown_calls_total outcome=unanswered +1", "ringdown_dials_total code=0 result=no_answer +1",
				"ringdown_dials_total code=0 result=busy +1", "ringdown_wait_seconds 35s",
			}},
		"left while somebody rang": {call{attempts: []*attempt{alice}}, models.Abandoned, []string{
			"ringdown_calls_total outcome=abandoned +1", "ringdown_dials_total code=0 result=no_answer +1",
		}},
		"refused": {call{record: models.Call{Refusal: models.RefusedBlocked}}, models.Refused, []string{
			"ringdown_calls_total outcome=refused +1", "ringdown_refusals_total reason=blocked +1",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := reported(t, func(ctx workflow.Context) { c.call.measure(ctx, c.outcome) })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// reported is what a workflow reports of ours.
func reported(t *testing.T, report func(workflow.Context)) (got []string) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	suite.SetMetricsHandler(reports{heard: &got})
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) error { report(ctx); return nil })
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	return got
}

// reports is a metrics handler that writes down what it is told of ours, each with the tags that
// ours have.
type reports struct {
	tags  map[string]string
	heard *[]string
}

func (r reports) WithTags(tags map[string]string) client.MetricsHandler {
	all := maps.Clone(r.tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	return reports{all, r.heard}
}

func (r reports) Counter(name string) client.MetricsCounter { return report{r, name} }
func (r reports) Gauge(name string) client.MetricsGauge     { return report{r, name} }
func (r reports) Timer(name string) client.MetricsTimer     { return report{r, name} }

type report struct {
	reports
	name string
}

func (r report) Inc(by int64)           { r.hear(fmt.Sprintf("+%d", by)) }
func (r report) Update(float64)         { r.hear("a gauge") }
func (r report) Record(d time.Duration) { r.hear(d.String()) }

func (r report) hear(what string) {
	if !strings.HasPrefix(r.name, "ringdown_") {
		return // of the SDK
	}
	line := r.name
	for _, tag := range slices.Sorted(maps.Keys(r.tags)) {
		if slices.Contains([]string{"outcome", "reason", "result", "code"}, tag) {
			line += " " + tag + "=" + r.tags[tag]
		}
	}
	*r.heard = append(*r.heard, line+" "+what)
}
