package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"text/tabwriter"
	"time"
)

// report is all that was measured.
type report struct {
	Figures []figure `json:"figures"`
	Held    []held   `json:"held,omitempty"`

	Alerts *alertReport `json:"alerts,omitempty"`
	Load   *alertLoad   `json:"alert_load,omitempty"`

	REST map[string]restReport `json:"rest,omitempty"` // by database

	Requests *requestsReport `json:"requests,omitempty"`

	Cluster *clusterReport `json:"cluster,omitempty"`
}

func (r report) passes() bool {
	for _, rest := range r.REST {
		if slices.ContainsFunc(rest.Figures, func(f restFigure) bool { return !f.Pass }) {
			return false
		}
	}
	return r.Alerts.passes() && r.Load.passes() && r.Requests.passes() && r.Cluster.passes() && allPass(r.Figures) && !slices.ContainsFunc(r.Held, func(h held) bool { return !h.Pass })
}

func (r report) print(out io.Writer) error {
	if len(r.Figures) > 0 {
		if err := printTable(out, "figure", "floor", r.Figures); err != nil {
			return err
		}
	}
	if len(r.Held) > 0 {
		if err := printHeld(out, r.Held); err != nil {
			return err
		}
	}
	if err := errors.Join(r.Alerts.print(out), r.Load.print(out)); err != nil {
		return err
	}
	return errors.Join(printREST(out, r.REST), r.Requests.print(out), r.Cluster.print(out))
}

func printREST(out io.Writer, reports map[string]restReport) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, database := range slices.Sorted(maps.Keys(reports)) {
		_, _ = fmt.Fprintf(table, "\nREST on %s, %d requests a second, CPU a request %.2f ms\tsamples\tmedian\tp99\tto the first page\ttarget\t\n",
			database, restRate, reports[database].CPU)
		for _, f := range reports[database].Figures {
			ratio, target := "", fmt.Sprintf("p99 < %.0f ms", restP99)
			if f.Ratio > 0 {
				ratio, target = fmt.Sprintf("%.2f", f.Ratio), fmt.Sprintf("ratio ≤ %.1f", restLastPage)
			}
			_, _ = fmt.Fprintf(table, "%s\t%d\t%.1f ms\t%.1f ms\t%s\t%s\t%s\n",
				f.Name, f.Samples, f.Took.Median, f.Took.P99, ratio, target, verdict(f.Pass))
		}
	}
	return table.Flush()
}

// printHeld shows what calls on hold take of a worker.
func printHeld(out io.Writer, calls []held) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\ncalls on hold in one worker\tcalls\tresident\ta call\tto the floor's\tof a core\ttarget\t")
	for _, h := range calls {
		ratio, target, judged := "", "", ""
		if h.PerFloor > 0 {
			ratio, target = fmt.Sprintf("%.2f", h.PerFloor), fmt.Sprintf("ratio ≤ %.1f, ≤ %.1f %%", heldRatio, heldCPU)
			judged = verdict(h.Pass)
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%.1f MiB\t%.1f KiB\t%s\t%.2f %%\t%s\t%s\n",
			h.Side, h.Calls, h.Resident, h.PerCall, ratio, h.CPU, target, judged)
	}
	return table.Flush()
}

// figure is one line of the report. Times are in milliseconds; a target of zero is none.
type figure struct {
	Name        string  `json:"name"`
	Calls       int     `json:"samples"`
	Ours        spread  `json:"ours"`
	Floor       spread  `json:"floor"`
	Ratio       float64 `json:"ratio"` // of the medians
	TargetRatio float64 `json:"target_ratio,omitempty"`
	TargetMS    float64 `json:"target_ms,omitempty"` // for our median
	Pass        bool    `json:"pass"`
}

type spread struct {
	Median float64 `json:"median_ms"`
	P99    float64 `json:"p99_ms"`
}

func (m *measurement) figures() []figure {
	return []figure{
		figureOf("first answer: hold, one caller", m.answerHold, 1.3, 0),
		figureOf("first answer: key gate, one caller", m.answerGate, 1.3, 0),
		figureOf(fmt.Sprintf("first answer: hold, %d at once", crowd), m.answerHoldCrowd, 1.3, 0),
		figureOf(fmt.Sprintf("first answer: key gate, %d at once", crowd), m.answerGateCrowd, 1.3, 0),
		figureOf("first webhook to the first dial's request", m.firstDial, 0, 120),
		figureOf("end of an attempt to the next dial's request", m.nextDial, 1.5, 60),
	}
}

func figureOf(name string, s samples, targetRatio, targetMS float64) figure {
	f := figure{Name: name, Calls: len(s.ours), Ours: spreadOf(s.ours), Floor: spreadOf(s.floor), TargetRatio: targetRatio, TargetMS: targetMS}
	if len(s.ours) == 0 || len(s.floor) == 0 {
		return f
	}
	f.Ratio = f.Ours.Median / f.Floor.Median
	f.Pass = (targetRatio == 0 || f.Ratio <= targetRatio) && (targetMS == 0 || f.Ours.Median < targetMS)
	return f
}

func spreadOf(d []time.Duration) spread {
	return spread{Median: quantile(d, 0.5), P99: quantile(d, 0.99)}
}

// quantile is the smallest sample, in milliseconds, that at least the share q of all do not exceed.
func quantile(d []time.Duration, q float64) float64 {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return float64(sorted[i].Microseconds()) / 1000
}

func allPass(figures []figure) bool {
	return !slices.ContainsFunc(figures, func(f figure) bool { return !f.Pass })
}

// printTable shows figures beside what they are compared with.
func printTable(out io.Writer, title, beside string, figures []figure) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "%s\tsamples\tours median\tp99\t%s median\tp99\tratio\ttarget\t\n", title, beside)
	for _, f := range figures {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%.1f ms\t%.1f ms\t%.1f ms\t%.1f ms\t%.2f\t%s\t%s\n",
			f.Name, f.Calls, f.Ours.Median, f.Ours.P99, f.Floor.Median, f.Floor.P99, f.Ratio, f.target(), verdict(f.Pass))
	}
	return table.Flush()
}

func verdict(pass bool) string {
	if pass {
		return "PASS"
	}
	return "FAIL"
}

func (f figure) target() string {
	switch {
	case f.TargetMS == 0:
		return fmt.Sprintf("ratio ≤ %.1f", f.TargetRatio)
	case f.TargetRatio == 0:
		return fmt.Sprintf("< %.0f ms", f.TargetMS)
	default:
		return fmt.Sprintf("< %.0f ms, ratio ≤ %.1f", f.TargetMS, f.TargetRatio)
	}
}
