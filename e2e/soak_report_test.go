package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
)

// soakReport is what a soak came to.
type soakReport struct {
	*soak
	outcomes   map[models.Outcome]int
	legs       int
	tookLate   int             // connected, and the caller left before the responder was in the room
	silences   []silenceOf     // the longest of each caller
	toTalk     []time.Duration // from the key that takes a call to the caller's hearing it
	logged     map[string]int  // errors, by their message
	violations []string
	stories    []string // of the calls that they are about
}

type silenceOf struct {
	soakSilence
	call int
}

// faultOf names what the fault plan did, for counting.
func faultOf(e simulator.Event) string {
	if e.Kind == simulator.EventREST {
		what := string(e.Fault)
		if e.Fault == simulator.ReplyStatus || e.Fault == simulator.StatusAfter {
			what = fmt.Sprintf("%s %d", what, e.HTTPStatus)
		}
		return "rest: " + what
	}
	return e.Webhook + ": " + string(e.Fault)
}

func (r *soakReport) add(t *testing.T, y *soakStory) {
	r.outcomes[y.record.Outcome]++
	r.legs += len(y.rung)
	if y.caller != nil {
		r.measure(y)
	}
	for _, fault := range y.faults {
		r.violations = append(r.violations, fmt.Sprintf("call %d: %s", y.n, fault))
	}
	if len(y.faults) > 0 {
		r.stories = append(r.stories, r.tell(t, y))
	}
}

// measure notes the figures of a call.
func (r *soakReport) measure(y *soakStory) {
	longest := silenceOf{call: y.n}
	for _, s := range y.silences(r.away) {
		if s.all > longest.all {
			longest.soakSilence = s
		}
	}
	r.silences = append(r.silences, longest)
	met := y.met()
	if met == nil {
		if y.record.Outcome == models.Connected {
			r.tookLate++
		}
		return
	}
	took := met.answered
	for _, key := range met.keys {
		if key.At.Before(met.joined) {
			took = key.At
		}
	}
	r.toTalk = append(r.toTalk, y.caller.talked.Sub(took))
}

// tell is the whole story of a call that went wrong, and how to make it once more.
func (r *soakReport) tell(t *testing.T, y *soakStory) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\ncall %d; once more by itself: make soak SEED=%d CALLS=%d CALL=%d\n", y.n, r.seed, *soakCalls, y.n)
	for _, a := range r.away {
		if y.caller != nil && y.caller.dialled.Before(a.until) && a.from.Before(y.closed) {
			fmt.Fprintf(&b, "  no worker from %.1f s to %.1f s\n", a.from.Sub(y.caller.dialled).Seconds(), a.until.Sub(y.caller.dialled).Seconds())
		}
	}
	for _, p := range y.phones {
		fmt.Fprintf(&b, "  %s: %+v\n", y.name(&soakLeg{phone: p.number}), p.script)
	}
	fmt.Fprintf(&b, "  the caller: %+v\n  timeline: %s\n", y.soakCall.caller, story(y.record))
	if y.caller == nil {
		return b.String()
	}
	for _, e := range y.events {
		fmt.Fprintf(&b, "  %7.3f %s\n", e.At.Sub(y.caller.dialled).Seconds(), inShort(e, y))
	}
	fmt.Fprintf(&b, "  history: %s", r.history(t, y))
	return b.String()
}

// inShort is one event of the carrier's in short.
func inShort(e simulator.Event, y *soakStory) string {
	words := []string{string(e.Kind), y.name(&soakLeg{phone: e.Phone})}
	if e.Call != "" {
		words = append(words, e.Call[:6])
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
func (r *soakReport) history(t *testing.T, y *soakStory) string {
	var all []string
	events := r.temporal.GetWorkflowHistory(t.Context(), workflows.CallID(y.leg.SID), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return err.Error()
		}
		name := strings.TrimPrefix(e.GetEventType().String(), "EVENT_TYPE_")
		if strings.HasPrefix(name, "WorkflowTask") {
			continue
		}
		name += " " + cmp.Or(e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName(),
			e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName(),
			e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetName())
		all = append(all, fmt.Sprintf("%.3f %s", e.GetEventTime().AsTime().Sub(y.caller.dialled).Seconds(), strings.TrimSpace(name)))
	}
	return strings.Join(all, " | ")
}

// errorsInLog counts what was logged as an error, by message.
func (s *soak) errorsInLog() map[string]int {
	all := map[string]int{}
	for line := range strings.Lines(s.log.text.String()) {
		var entry struct{ Level, Msg string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Level == "ERROR" {
			all[entry.Msg]++
		}
	}
	return all
}

func (r *soakReport) print(out io.Writer) {
	fmt.Fprintf(out, "\nsoak: seed %d, %d calls, %d responders' legs, %d at once, in %.0f s\n",
		r.seed, len(r.calls), r.legs, *soakAtOnce, r.took.Seconds())
	fmt.Fprintln(out, "\ncalls by outcome")
	for _, outcome := range slices.Sorted(maps.Keys(r.outcomes)) {
		fmt.Fprintf(out, "  %-12s %5d\n", outcome, r.outcomes[outcome])
	}
	fmt.Fprintf(out, "  of the connected, %d callers left between a responder's key and their meeting\n", r.tookLate)
	fmt.Fprintln(out, "\nfaults, by tries of requests that they met")
	for _, fault := range slices.Sorted(maps.Keys(r.struck)) {
		fmt.Fprintf(out, "  %-28s %5d\n", fault, r.struck[fault])
	}
	var longest time.Duration
	for _, a := range r.away {
		longest = max(longest, a.until.Sub(a.from))
	}
	fmt.Fprintf(out, "  %-28s %5d, up to %.1f s each\n", "worker stopped and started", len(r.away), longest.Seconds())
	slices.SortFunc(r.silences, func(a, b silenceOf) int { return cmp.Compare(b.all, a.all) })
	fmt.Fprintln(out, "\nlongest silences of callers")
	for _, s := range r.silences[:min(5, len(r.silences))] {
		fmt.Fprintf(out, "  %.2f s, %.2f s of that ours: call %d, %s\n", s.all, s.ours, s.call, s.during)
	}
	if n := len(r.toTalk); n > 0 {
		slices.Sort(r.toTalk)
		fmt.Fprintf(out, "\nfrom the key that takes the call to the talk, in real time: median %s, p99 %s, longest %s\n",
			r.toTalk[n/2].Round(time.Millisecond), r.toTalk[n*99/100].Round(time.Millisecond), r.toTalk[n-1].Round(time.Millisecond))
	}
	fmt.Fprintln(out, "\nlogged as errors")
	for _, message := range slices.Sorted(maps.Keys(r.logged)) {
		fmt.Fprintf(out, "  %5d %s\n", r.logged[message], message)
	}
	fmt.Fprintf(out, "\nviolations: %d\n", len(r.violations))
	for _, text := range slices.Concat(r.violations, r.stories) {
		fmt.Fprintln(out, text)
	}
}
