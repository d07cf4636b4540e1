package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// The limits of requests for numbers.
const (
	requestsMemory = 1.15 // resident memory with the most that wait, to that with half as many
	requestsCPU    = 0.5  // percent of a core, API and worker while all wait
	requestsServer = 3.0  // percent of a core that the server takes beyond what it does with none
	requestsRows   = 10.0 // requests a second that the server makes of its database, likewise
	requestsAnswer = 60.0 // milliseconds, median of an act
)

// judged is a figure beside its limit.
type judged struct {
	Name     string  `json:"name"`
	Measured float64 `json:"measured"`
	Is       string  `json:"is"` // what it is to be of its limit: at most, less or the same
	Limit    float64 `json:"limit"`
	Unit     string  `json:"unit,omitempty"`
	Pass     bool    `json:"pass"`
}

func atMost(name string, measured, limit float64, unit string) judged {
	return judged{Name: name, Measured: measured, Is: "≤", Limit: limit, Unit: unit, Pass: measured <= limit}
}

func exactly(name string, measured, want int) judged {
	return judged{Name: name, Measured: float64(measured), Is: "=", Limit: float64(want), Pass: measured == want}
}

// ofWaiting judges what the most requests take.
func (r *requestsReport) ofWaiting() []judged {
	none, half, most := r.Waiting[0], r.Waiting[len(r.Waiting)/2], r.Waiting[len(r.Waiting)-1]
	held, happened := none.Held, 0
	for _, w := range r.Waiting {
		held, happened = max(held, w.Held), happened+w.New
	}
	return []judged{
		atMost(fmt.Sprintf("memory with %d waiting, to that with %d", most.Requests, half.Requests), most.Resident/half.Resident, requestsMemory, ""),
		atMost("runs in memory", float64(held), float64(r.CacheSize), ""),
		atMost("CPU of API and worker", most.CPU, requestsCPU, "% of a core"),
		atMost("CPU of Temporal, beyond that with none", most.Server-none.Server, requestsServer, "% of a core"),
		atMost("requests of Temporal to its database, beyond those with none", most.Rows-none.Rows, requestsRows, "a second"),
		exactly("new events in all histories while they wait", happened, 0),
		exactly("timers of a day that are pending", most.Timers, most.Requests),
	}
}

// ofActs judges the answers.
func (r *requestsReport) ofActs() []judged {
	var all []judged
	for _, a := range r.Acts {
		all = append(all, judged{
			Name: a.Name + ", " + inMemory(a.Held) + ": median", Measured: a.Took.Median, Is: "<", Limit: requestsAnswer, Unit: "ms",
			Pass: a.Samples > 0 && a.Took.Median < requestsAnswer,
		})
	}
	return all
}

func inMemory(held bool) string {
	if held {
		return "its run in memory"
	}
	return "its run not in memory"
}

func (r *requestsReport) passes() bool {
	return r == nil || !slices.ContainsFunc(r.Figures, func(f judged) bool { return !f.Pass })
}

func (r *requestsReport) print(out io.Writer) error {
	if r == nil {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\nrequests that wait for %v, at most %d runs in memory\truns in memory\tresident\tof a core\tTemporal, of a core\t"+
		"asked of it\tits database\tworkflow tasks\tevents\tnew ones\ttimers of a day\t\n", waitingFor, r.CacheSize)
	for _, w := range r.Waiting {
		_, _ = fmt.Fprintf(table, "%d\t%d\t%.1f MiB\t%.2f %%\t%.2f %%\t%.1f/s\t%.1f/s\t%.0f\t%d\t%d\t%d\t\n",
			w.Requests, w.Held, w.Resident, w.CPU, w.Server, w.Asked, w.Rows, w.Tasks, w.Events, w.New, w.Timers)
	}
	_, _ = fmt.Fprintln(table, "\nacts of a reviewer, without the carrier's own time\tsamples\tmedian\tp99\tthe carrier's, median\truns read anew\t")
	for _, a := range r.Acts {
		_, _ = fmt.Fprintf(table, "%s, %s\t%d\t%.1f ms\t%.1f ms\t%.1f ms\t%d\t\n",
			a.Name, inMemory(a.Held), a.Samples, a.Took.Median, a.Took.P99, a.Carrier, a.Missed)
	}
	_, _ = fmt.Fprintln(table, "\nrequests for numbers\tmeasured\tlimit\t")
	for _, f := range r.Figures {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s %s\t%s\n", f.Name, f.says(f.Measured), f.Is, f.says(f.Limit), verdict(f.Pass))
	}
	return table.Flush()
}

// says is a number of the figure with its unit.
func (f judged) says(n float64) string {
	if f.Unit == "" && n == math.Trunc(n) {
		return fmt.Sprintf("%.0f", n)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.2f %s", n, f.Unit), " ")
}
