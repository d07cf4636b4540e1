package drill

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"go.temporal.io/api/enums/v1"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
)

// tell is the whole story of a call that went wrong, and how to make it once more.
func (d *drill) tell(y *story) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\ncall %d, %s; once more by itself: %s\n", y.n, y.callSID(), d.again(y.n))
	for _, fault := range y.faults {
		fmt.Fprintf(&b, "  ! %s: %s\n", fault.promise, fault.text)
	}
	if y.caller == nil {
		return b.String()
	}
	for _, o := range y.outages {
		fmt.Fprintf(&b, "  %s from %.1f s to %.1f s\n", o, o.from.Sub(y.caller.dialled).Seconds(), o.from.Add(o.lasted()).Sub(y.caller.dialled).Seconds())
	}
	fmt.Fprintf(&b, "  route: %s\n", y.routeInShort())
	for i, p := range y.phones {
		fmt.Fprintf(&b, "  %s: %+v\n", y.name(p.number), y.script[i])
	}
	fmt.Fprintf(&b, "  the caller: %+v\n  record: %s\n", y.call.caller, recordInShort(y.record))
	for _, e := range y.told() {
		fmt.Fprintf(&b, "  %7.3f %s\n", e.At.Sub(y.caller.dialled).Seconds(), y.inShort(e))
	}
	for _, h := range y.heard {
		fmt.Fprintf(&b, "  heard at %.3f s for %.2f s: %s %s%s\n", h.At.Sub(y.caller.dialled).Seconds(), float64(h.Lasted), h.Kind, h.Text, h.During)
	}
	if d.temporal != nil {
		fmt.Fprintf(&b, "  history: %s\n", d.history(y))
	}
	return b.String()
}

// again is the command that makes a call by itself.
func (d *drill) again(n int) string {
	return fmt.Sprintf("ringdown drill --data %s --seed %d --call %d --faults %s", d.Folder, d.Seed, n, Faults{Names: d.Faults.Names})
}

// routeInShort is what of a route bears on whom it rings.
func (y *story) routeInShort() string {
	var levels []string
	for i, level := range y.route.Levels {
		var who []string
		for _, person := range y.places[i] {
			who = append(who, y.people[person].Name)
		}
		levels = append(levels, fmt.Sprintf("%s %s", level.Strategy, strings.Join(who, " ")))
	}
	return fmt.Sprintf("%s; rings %d s, waits %d s, key asked %v, gate %v, list %v, then %s", strings.Join(levels, " / "), y.route.RingSeconds,
		y.route.MaxWaitSeconds, y.route.Accept.Required, y.route.Keypress.Enabled, y.route.Allowlist.Enabled, y.route.Nobody.Action)
}

func recordInShort(r models.Call) string {
	parts := []string{string(r.Outcome), r.Reason}
	for _, m := range r.Timeline {
		parts = append(parts, m.At.Format("05.000")+" "+m.What)
	}
	return strings.Join(parts, " | ")
}

// inShort is one event of the carrier's in short.
func (y *story) inShort(e simulator.Event) string {
	words := []string{string(e.Kind), y.name(e.Phone)}
	if e.Call != "" {
		words = append(words, e.Call[:min(len(e.Call), 6)])
	}
	for _, w := range []string{e.Webhook, e.Method, strings.TrimPrefix(e.URL, "http://"), e.Status, e.Digits, e.Text, string(e.Fault)} {
		if w != "" {
			words = append(words, w)
		}
	}
	if e.HTTPStatus != 0 {
		words = append(words, fmt.Sprintf("%d after %d ms", e.HTTPStatus, e.Millis))
	}
	return strings.Join(words, " · ")
}

// history is the history of a call's run in short.
func (d *drill) history(y *story) string {
	var parts []string
	ctx, cancel := context.WithTimeout(context.Background(), onceWithin)
	defer cancel()
	events := d.temporal.GetWorkflowHistory(ctx, workflows.CallID(y.callSID()), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return err.Error()
		}
		name := strings.TrimPrefix(e.GetEventType().String(), "EVENT_TYPE_")
		if name == "WorkflowTaskScheduled" || name == "WorkflowTaskStarted" {
			continue
		}
		name += " " + cmp.Or(e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName(),
			e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName(),
			e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetName())
		parts = append(parts, fmt.Sprintf("%.3f %s", e.GetEventTime().AsTime().Sub(y.caller.dialled).Seconds(), strings.TrimSpace(name)))
	}
	return strings.Join(parts, " | ")
}

// inOneLine is a call in one line: what was promised, and what happened.
func (y *story) inOneLine() string {
	longest := simulator.Seconds(0)
	for _, s := range y.silences() {
		longest = max(longest, s.ours)
	}
	kept := "all kept"
	if len(y.faults) > 0 {
		var texts []string
		for _, f := range y.faults {
			texts = append(texts, f.text)
		}
		kept = "NOT KEPT: " + strings.Join(texts, "; ")
	}
	met := ""
	for _, o := range y.outages {
		met += ", " + o.String()
	}
	if met != "" {
		met = " (" + strings.TrimPrefix(met, ", ") + ")"
	}
	return fmt.Sprintf("call %d: %s, %d phones rung, longest silence %.1f s%s: %s", y.n, cmp.Or(string(y.record.Outcome), "no record"), len(y.rung), longest, met, kept)
}
