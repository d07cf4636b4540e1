package drill

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// Print writes the report as Markdown, which reads as text too.
func (r *Report) Print(out io.Writer) error {
	var b strings.Builder
	r.head(&b)
	r.promises(&b)
	r.figures(&b)
	r.broke(&b)
	r.last(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

func (r *Report) head(b *strings.Builder) {
	fmt.Fprintf(b, "# Drill of %s\n\n", r.Begun.Format("2 January 2006"))
	fmt.Fprintf(b, "A %s system; %s.\n", r.config.System.Kind, machine())
	nearly := r.over.most(99)
	fmt.Fprintf(b, "%d calls, %d phones rung, up to %d callers on the line. 99 in 100 callers were through after %s, which is %.1f a second; all was settled after %s. Seed %d, faults: %s.\n\n",
		r.calls, r.legs, r.config.AtOnce, nearly.Round(time.Second), float64(len(r.over))*0.99/max(nearly.Seconds(), 1), r.Took.Round(time.Second), r.config.Seed, r.config.Faults)
}

func (r *Report) promises(b *strings.Builder) {
	if r.held > 0 {
		fmt.Fprintf(b, "No calls began for %s in all, because answers were slow.\n\n", seconds(r.held))
	}
	if r.notJudged > 0 {
		fmt.Fprintf(b, "The drill was ended before its end; %d calls more were not settled in time to be judged.\n\n", r.notJudged)
	}
	b.WriteString("| what was promised | calls in which it was not so |\n|---|---|\n")
	for _, p := range promises {
		fmt.Fprintf(b, "| %s | %d |\n", p, r.broken[p])
	}
	b.WriteString("\n| how calls ended | |\n|---|---|\n")
	for _, outcome := range sorted(r.outcomes) {
		if outcome != "" {
			fmt.Fprintf(b, "| %s | %d |\n", outcome, r.outcomes[outcome])
		}
	}
	if r.unknown > 0 {
		fmt.Fprintf(b, "| no record: the caller left while it rang, and all was away that notes it | %d |\n", r.outcomes[models.Outcome("")])
	}
	fmt.Fprintf(b, "\nOf the connected, %d callers left between a responder's key and their meeting.", r.tookLate)
	if r.goOn > 0 {
		fmt.Fprintf(b, " The runs of %d alerts went on, because their receivers were being told.", r.goOn)
	}
	b.WriteString("\n")
}

func (r *Report) figures(b *strings.Builder) {
	b.WriteString("\n| time | |\n|---|---|\n")
	fmt.Fprintf(b, "| from a call's arrival until the caller hears something of ours | %s |\n", r.arrivals)
	fmt.Fprintf(b, "| from the end of a phone's try to the next one's dial | %s |\n", r.gaps)
	fmt.Fprintf(b, "| from the key that takes a call to the talk | %s |\n", r.toTalk)
	fmt.Fprintf(b, "| our answers to webhooks that somebody waits for | %s; over 2 s: %d |\n", r.hooks, r.hooks.over(2*time.Second))
	fmt.Fprintf(b, "\nCallbacks that were to be told again: %d.\n", r.again)
	b.WriteString("\nLongest silences of callers:\n\n")
	for _, s := range r.silences {
		fmt.Fprintf(b, "- %.2f s, %.2f s of that ours: call %d, %s\n", s.all, s.ours, s.call, s.during)
	}
}

func (r *Report) broke(b *strings.Builder) {
	if len(r.worst) > 0 {
		b.WriteString("\n| broken, and the 10 s after | times | longest | slowest webhook | longest arrival | longest gap between phones |\n|---|---|---|---|---|---|\n")
	}
	times, longest := map[string]int{}, map[string]time.Duration{}
	for _, o := range r.outages {
		times[o.sort()]++
		longest[o.sort()] = max(longest[o.sort()], o.lasted())
	}
	for _, sort := range sorted(times) {
		w := r.worst[sort]
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s |\n", sort, times[sort], seconds(longest[sort]), short(w.hook), short(w.arrival), short(w.gap))
	}
	if len(r.struck) > 0 {
		b.WriteString("\n| the carrier's faults | requests that they met |\n|---|---|\n")
	}
	for _, fault := range sorted(r.struck) {
		fmt.Fprintf(b, "| %s | %d |\n", fault, r.struck[fault])
	}
	if len(r.outages) > 0 {
		b.WriteString("\nWhat was broken, from its end to its being ready again:\n\n")
	}
	for _, o := range r.outages {
		fmt.Fprintf(b, "- %s: %s, for %s\n", o.from.Format(time.TimeOnly), o, seconds(o.lasted()))
	}
}

func (r *Report) last(b *strings.Builder) {
	if len(r.logged) > 0 {
		b.WriteString("\n| logged as errors | times |\n|---|---|\n")
	}
	for _, message := range sorted(r.logged) {
		fmt.Fprintf(b, "| %s | %d |\n", message, r.logged[message])
	}
	fmt.Fprintf(b, "\nViolations: %d\n", len(r.violations))
	for _, text := range r.violations {
		fmt.Fprintf(b, "\n- %s", text)
	}
	if len(r.stories) > 0 {
		fmt.Fprintf(b, "\n\n```\n%s\n```", strings.TrimSpace(strings.Join(r.stories, "\n")))
	}
	b.WriteString("\n")
}
