package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
)

// historyFrom is a run of which each word is an event.
func historyFrom(words string) (events []*history.HistoryEvent) {
	kinds := map[string]enums.EventType{
		"task": enums.EVENT_TYPE_WORKFLOW_TASK_STARTED, "done": enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
		"answer": enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, "over": enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
		"child": enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, "born": enums.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
		"signal": enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, "heard": enums.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED,
	}
	for _, word := range strings.Fields(words) {
		e := &history.HistoryEvent{EventType: kinds[word]}
		if e.EventType == 0 { // an activity by its name
			e.EventType = enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
			e.Attributes = &history.HistoryEvent_ActivityTaskScheduledEventAttributes{
				ActivityTaskScheduledEventAttributes: &history.ActivityTaskScheduledEventAttributes{ActivityType: &common.ActivityType{Name: word}},
			}
		}
		events = append(events, e)
	}
	return events
}

func TestWhatAnAlertCostsItsCallIsReadFromTheHistory(t *testing.T) {
	for name, c := range map[string]struct {
		history string
		want    alertCost
	}{
		"a call with two dials": {
			"task done answer child Dial born task done signal heard task done over task done Dial signal heard task done over task done HangUp",
			alertCost{2, 2, 4, 1, 1, 1, true},
		},
		"a first dial that waits for the alert": {
			"task done answer child born task done Dial signal heard task done over task done Dial", alertCost{2, 1, 2, 1, 2, 1, false},
		},
		"a next dial that waits for a signal": {
			"task done answer child Dial born task done over task done signal heard task done Dial", alertCost{2, 1, 2, 1, 1, 2, false},
		},
		"a first answer that waits for the alert": {
			"task done child born task done answer Dial signal heard over task done Dial", alertCost{2, 1, 2, 2, 2, 1, false},
		},
		"a signal that nobody has heard": {
			"task done answer child Dial born task done signal over task done Dial", alertCost{2, 1, 1, 1, 1, 1, false},
		},
		"no alert at all": {"task done answer Dial over task done Dial", alertCost{Answer: 1, FirstDial: 1, NextDial: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := costOf(historyFrom(c.history)); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAReceiverTakesEachDeliveryOnce(t *testing.T) {
	r := startReceiver(0)
	defer r.stop()
	for _, id := range []string{"a.1", "a.1", "a.2"} {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
		request.Header.Set("webhook-id", id)
		answer := httptest.NewRecorder()
		if r.take(answer, request); answer.Code != http.StatusNoContent {
			t.Errorf("it answers %d", answer.Code)
		}
	}
	if asked, taken := r.counts(); asked != 3 || taken != 2 {
		t.Errorf("asked %d times, and %d taken", asked, taken)
	}
}

func TestASlowReceiverLetsGoWhenItStops(t *testing.T) {
	r := startReceiver(time.Hour)
	answered := make(chan int)
	go func() {
		answer, err := http.Post(r.web.URL, "application/json", strings.NewReader("{}"))
		if err != nil {
			answered <- 0
			return
		}
		_ = answer.Body.Close()
		answered <- answer.StatusCode
	}()
	for asked := 0; asked == 0; asked, _ = r.counts() {
		time.Sleep(time.Millisecond)
	}
	r.stop()
	if code := <-answered; code != http.StatusServiceUnavailable {
		t.Errorf("it answers %d", code)
	}
	if _, taken := r.counts(); taken != 0 {
		t.Errorf("it took %d deliveries", taken)
	}
}

func TestARowOfTheLoadIsOfWhatWaitedSinceTheLast(t *testing.T) {
	for name, c := range map[string]struct {
		open, undelivered []int
		waits             time.Duration
		pass              bool
	}{
		"nothing waits":                    {[]int{0, 0}, []int{0}, time.Millisecond, true},
		"a second's worth waits":           {[]int{loadOpen}, []int{loadUndelivered}, time.Millisecond, true},
		"a moment's peak is no backlog":    {[]int{0, 90, 1}, []int{0, 90, 1}, time.Millisecond, true},
		"alerts that stay open":            {[]int{4, 6, 8}, []int{0}, time.Millisecond, false},
		"deliveries that fall behind":      {[]int{0}, []int{16, 16}, time.Millisecond, false},
		"a worker that does not get to it": {[]int{0}, []int{0}, 100 * time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := &load{open: c.open, undelivered: c.undelivered}
			told := activity.Info{TaskQueue: workflows.TellQueue, ScheduledTime: time.Unix(0, 0), StartedTime: time.Unix(0, 0).Add(c.waits)}
			written := activity.Info{TaskQueue: workflows.CallQueue, ScheduledTime: time.Unix(0, 0), StartedTime: time.Unix(9, 0)}
			l.note(told)
			l.note(written) // which is no telling
			if row := l.row(time.Minute); row.Pass != c.pass {
				t.Errorf("pass is %t: %+v", row.Pass, row)
			}
			if row := l.row(time.Minute); row.Open != 0 || row.Undelivered != 0 || row.Wait.P99 != 0 {
				t.Errorf("the next row holds what was in the last: %+v", row)
			}
		})
	}
}

func TestNothingIsWaitedForButWhatIsWrittenOfAnAlert(t *testing.T) {
	var w written
	waits := w.of("alert/1")
	info := func(id, queue string) (i activity.Info) {
		i.WorkflowExecution.ID, i.TaskQueue = id, queue
		return i
	}
	w.note(info("alert/1", workflows.TellQueue))
	w.note(info("alert/2", workflows.CallQueue)) // for which nobody waits
	if len(waits) != 0 {
		t.Error("something is said to be written")
	}
	if w.note(info("alert/1", workflows.CallQueue)); len(waits) != 1 {
		t.Error("what is written is not told")
	}
}

func TestTheReportOfAlertsNamesWhatIsMissed(t *testing.T) {
	good := samples{[]time.Duration{time.Millisecond}, []time.Duration{time.Millisecond}}
	whole := func() report {
		return report{
			Alerts: &alertReport{
				Cost:  alertCost{Start: 2, Signals: 5, Signalled: 10, Answer: 1, FirstDial: 1, NextDial: 1, Pass: true},
				Calls: []figure{figureOf("the receiver is down: next dial", good, alertRatio, 0)},
				Rates: []alertRate{{Name: "floor", PerSecond: 50, Pass: true}, {Name: "ours", PerSecond: 45, Ratio: 0.9, Pass: true}},
			},
			Load: &alertLoad{Rows: []loadRow{{After: time.Minute, Begun: 300, Pass: true}}, Drained: 0.1, Pass: true},
		}
	}
	for name, miss := range map[string]func(r *report){
		"an alert that costs more": func(r *report) { r.Alerts.Cost.Signalled, r.Alerts.Cost.Pass = 15, false },
		"a call that waits longer": func(r *report) { r.Alerts.Calls[0].Pass = false },
		"a worker that is slower":  func(r *report) { r.Alerts.Rates[1].Pass = false },
		"a backlog":                func(r *report) { r.Load.Rows[0].Pass, r.Load.Pass = false, false },
		"alerts that never end":    func(r *report) { r.Load.Drained, r.Load.Pass = 0, false },
		"calls that broke":         func(r *report) { r.Load.Broken, r.Load.Pass = 2, false },
	} {
		t.Run(name, func(t *testing.T) {
			for _, missed := range []bool{false, true} {
				r := whole()
				if missed {
					miss(&r)
				}
				var out strings.Builder
				if err := r.print(&out); err != nil {
					t.Fatal(err)
				}
				if r.passes() == missed || strings.Contains(out.String(), "FAIL") != missed {
					t.Errorf("missed is %t, and passes %t:\n%s", missed, r.passes(), out.String())
				}
			}
		})
	}
}
