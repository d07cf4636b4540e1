package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// wellKept is a report in which all is well.
func wellKept() *requestsReport {
	r := &requestsReport{CacheSize: 500}
	for step := range requestsSteps + 1 {
		r.Waiting = append(r.Waiting, waiting{
			Requests: step * 500, Held: int64(min(step*500, 499)), Resident: 110, CPU: 0.2, Server: 1, Rows: 3, Events: step * 5500, Timers: step * 500,
		})
	}
	r.Acts = []requestsAct{{Name: "ask", Samples: 100, Took: spread{Median: 20, P99: 400}}}
	r.Figures = append(r.ofWaiting(), r.ofActs()...)
	return r
}

func TestRequestsPassOnlyWithinAllTheirLimits(t *testing.T) {
	most := func(r *requestsReport) *waiting { return &r.Waiting[len(r.Waiting)-1] }
	for name, c := range map[string]struct {
		spoil func(r *requestsReport)
		pass  bool
	}{
		"all is well, whatever the p99":             {func(*requestsReport) {}, true},
		"memory grows with what waits":              {func(r *requestsReport) { most(r).Resident = 127 }, false},
		"more memory than with none is fine":        {func(r *requestsReport) { r.Waiting[0].Resident = 60 }, true},
		"more runs in memory than are allowed":      {func(r *requestsReport) { r.Waiting[2].Held = 501 }, false},
		"the worker is busy":                        {func(r *requestsReport) { most(r).CPU = 0.6 }, false},
		"Temporal is busier than with none":         {func(r *requestsReport) { most(r).Server = 4.1 }, false},
		"a busy Temporal that is as busy with none": {func(r *requestsReport) { most(r).Server, r.Waiting[0].Server = 9, 8 }, true},
		"Temporal asks its database for what waits": {func(r *requestsReport) { most(r).Rows = 36 }, false},
		"something happens while 500 wait":          {func(r *requestsReport) { r.Waiting[1].New = 1 }, false},
		"somebody would not be reminded":            {func(r *requestsReport) { most(r).Timers-- }, false},
		"an act at its limit":                       {func(r *requestsReport) { r.Acts[0].Took.Median = 60 }, false},
		"an act that was never done":                {func(r *requestsReport) { r.Acts[0] = requestsAct{Name: "ask"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := wellKept()
			c.spoil(r)
			r.Figures = append(r.ofWaiting(), r.ofActs()...)
			if r.passes() != c.pass {
				t.Errorf("pass is %t: %+v", r.passes(), r.Figures)
			}
		})
	}
}

func TestTheReportOfRequestsNamesWhatWasMeasuredAndItsLimit(t *testing.T) {
	r := wellKept()
	r.Acts[0].Took.Median = 61
	r.Figures = append(r.ofWaiting(), r.ofActs()...)
	var out strings.Builder
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"at most 500 runs in memory", "memory with 2000 waiting, to that with 1000", "≤ 1.15", "499", "≤ 500", "0.20 % of a core",
		"timers of a day that are pending", "61.00 ms", "< 60.00 ms", "PASS", "FAIL",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestOurRequestsOfTemporalAreToldFromItsOwn(t *testing.T) {
	l, err := readLoad(strings.NewReader(`# TYPE service_requests counter
service_requests{namespace="default",operation="PollWorkflowTaskQueue",service_name="frontend"} 7
service_requests{namespace="default",operation="RespondWorkflowTaskCompleted",service_name="frontend"} 3
service_requests{namespace="default",operation="RespondWorkflowTaskCompleted",service_name="history"} 3
service_requests{namespace="temporal_system",operation="PollWorkflowTaskQueue",service_name="frontend"} 90
service_requests_count{namespace="default",operation="PollWorkflowTaskQueue",service_name="frontend"} 900
persistence_requests{namespace="default",operation="GetTasks",service_name="matching"} 1.5e+02
persistence_requests{namespace="_unknown_",operation="GetNamespace",service_name="worker"} 1
`))
	if want := (engineLoad{asked: 10, tasks: 3, rows: 151}); err != nil || l != want {
		t.Errorf("%+v, %v, want %+v", l, err, want)
	}
}

func TestTheCPUOfAServerIsReadPastAnyName(t *testing.T) {
	e := &measuredEngine{stat: filepath.Join(t.TempDir(), "stat")}
	stat := "17 (a name) with (spaces) S 1 17 17 0 -1 4194304 100 0 0 0 150 25 0 0 20 0 9 0 100 1 1"
	if err := os.WriteFile(e.stat, []byte(stat), 0o600); err != nil {
		t.Fatal(err)
	}
	if used, err := e.cpu(); err != nil || used != 1750*time.Millisecond {
		t.Errorf("%v, %v", used, err)
	}
}
