package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

func (r *alertReport) passes() bool {
	return r == nil || r.Cost.Pass && allPass(r.Calls) && !slices.ContainsFunc(r.Rates, func(rate alertRate) bool { return !rate.Pass })
}

func (r *alertReport) print(out io.Writer) error {
	if r == nil {
		return nil
	}
	if err := r.Cost.print(out); err != nil {
		return err
	}
	if err := printTable(out, "\nours, with alerts told", "nobody told", r.Calls); err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\nalerts through one worker, %d at once\talerts\ta second\tevents an alert\tto the floor's\ttarget\t\n", alertsAtOnce)
	for i, rate := range r.Rates {
		ratio, target, judged := "", "", ""
		if i > 0 {
			ratio = fmt.Sprintf("%.2f", rate.Ratio)
		}
		if i == 1 {
			target, judged = fmt.Sprintf("ratio ≥ %.1f", alertRateRatio), verdict(rate.Pass)
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%.1f\t%.1f\t%s\t%s\t%s\n", rate.Name, rate.Alerts, rate.PerSecond, rate.Events, ratio, target, judged)
	}
	return table.Flush()
}

func (c alertCost) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\nwhat an alert costs its call's own run\tfound\ttarget\t")
	for _, line := range []struct {
		what          string
		found, target int
	}{
		{"events to start it", c.Start, 2},
		{fmt.Sprintf("events of the %d signals to it", c.Signals), c.Signalled, 2 * c.Signals},
		{"workflow tasks to the first answer", c.Answer, 1},
		{"workflow tasks to the first dial", c.FirstDial, 1},
		{"workflow tasks from the end of an attempt to the next dial", c.NextDial, 1},
	} {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%s\n", line.what, line.found, line.target, verdict(line.found == line.target))
	}
	return table.Flush()
}
