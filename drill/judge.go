package drill

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// judge holds everything against a story.
func (y *story) judge() {
	y.lost()
	y.refused()
	y.silent()
	y.left()
	for _, task := range slices.Concat(y.run.failed, y.alertRun.failed) {
		y.wrong(tasksDone, "a workflow task failed: %s", task)
	}
	if y.record.ID == "" {
		return
	}
	y.recorded()
	y.rungTwice()
	y.alerted()
	if y.record.RouteID == y.route.ID {
		y.fits()
		y.inPeace()
	} else if y.without("database", y.caller.dialled, y.decided()) == nil {
		y.wrong(asExperienced, "it was planned by a route of before the drill, and the database was there")
	}
}

// lost holds that the call has come to an end everywhere.
func (y *story) lost() {
	switch {
	case y.record.ID == "" && !y.mayBeUnknown():
		y.wrong(notLost, "it has no record")
	case y.record.ID != "" && y.record.EndedAt == nil:
		y.wrong(notLost, "its record says that it goes on")
	}
	switch {
	case y.run.open:
		y.wrong(notLost, "its run did not close within %s", closeAtMost)
	case y.run.err != nil:
		y.wrong(notLost, "its run did not close as it should: %v", y.run.err)
	case y.run.missing && !y.mayHaveNoRun():
		y.wrong(notLost, "it has no run")
	}
	if rang := y.decided().Sub(y.caller.dialled); rang > y.mayRing() {
		y.wrong(notLost, "the caller heard it ring for %s", seconds(rang))
	}
}

// mayRing is how long this caller may have heard it ring.
func (y *story) mayRing() time.Duration {
	if y.struckBy(y.from) {
		return ringsAtMost + faultsTake
	}
	return ringsAtMost
}

// mayBeUnknown says whether nothing need be known of a call: the caller left while it rang, and all was away that could note it.
func (y *story) mayBeUnknown() bool {
	return y.caller.answered.IsZero() && y.diverted == nil && len(y.rung) == 0 && y.leavesEarly() && y.undecided(y.caller.dialled, y.caller.ended) != nil
}

// mayHaveNoRun says whether a call may be without a run: the caller left while it rang, before there was one; or none could be
// had, and they were diverted or turned away without.
func (y *story) mayHaveNoRun() bool {
	if len(y.rung) > 0 {
		return false
	}
	if y.caller.answered.IsZero() && y.leavesEarly() && (y.record.Outcome == models.Abandoned || y.record.ID == "") {
		return true
	}
	return (y.record.Outcome == models.Diverted || y.record.Outcome == models.Refused) && y.undecided(y.caller.dialled, y.decided()) != nil
}

// refused holds that every webhook was answered, and every document taken. What is only told may be told again.
func (y *story) refused() {
	for _, e := range y.told() {
		switch {
		case e.Kind == simulator.EventRefused:
			y.wrong(notRefused, "the carrier would not play a document: %s", e.Text)
		case e.Kind == simulator.EventFallback:
			y.wrong(notRefused, "a document was not to be had: %s", e.Text)
		case e.Kind != simulator.EventWebhook || e.Fault == simulator.Drop || e.Fault == simulator.LoseRequest:
		case toldAgain(e):
		case e.HTTPStatus == 0, e.HTTPStatus >= http.StatusBadRequest:
			y.wrong(notRefused, "a %s webhook was answered %d: %s", e.Webhook, e.HTTPStatus, e.Text)
		}
	}
}

// toldAgain says whether a webhook that only tells was asked to come once more.
func toldAgain(e simulator.Event) bool {
	return e.Kind == simulator.EventWebhook && e.HTTPStatus == http.StatusServiceUnavailable && e.Webhook != simulator.HookDocument && e.Webhook != simulator.HookWait
}

// recorded holds that the record says all there is to say. That of a call without a run says little.
func (y *story) recorded() {
	r := y.record
	if y.run.missing || r.EndedAt == nil {
		return
	}
	if y.run.completed() && r.Outcome != y.run.outcome {
		y.wrong(asExperienced, "recorded as %q, the run says %q", r.Outcome, y.run.outcome)
	}
	if r.Stage != models.StageEnded || r.Plan == nil || len(r.Timeline) < 2 {
		y.wrong(notLost, "the record is not complete: stage %q, plan %v, %d moments", r.Stage, r.Plan != nil, len(r.Timeline))
	}
	if (r.Outcome == models.Connected) != (r.ConnectedAt != nil) || (r.Outcome == models.Connected) != (r.AnsweredBy != "") {
		y.wrong(asExperienced, "%s, and connected at %v by %q", r.Outcome, r.ConnectedAt, r.AnsweredBy)
	}
	known, unknown := map[string]bool{}, map[string]int{} // legs, and attempts without one by their number
	for _, a := range r.Attempts {
		switch a.State {
		case models.Accepted, models.Declined, models.Ending:
		default:
			y.wrong(notLost, "attempt %s is recorded as %s", a.ID, a.State)
		}
		if a.EndedAt == nil {
			y.wrong(notLost, "attempt %s is recorded without an end: %s, %s", a.ID, a.State, a.Result)
		}
		known[a.Leg] = true
		if a.Leg == "" {
			unknown[string(a.Number)]++
		}
	}
	for _, l := range y.rung {
		if known[l.sid] {
			continue
		}
		if unknown[l.phone]--; unknown[l.phone] < 0 {
			y.wrong(rungOnce, "a leg of %s is on no attempt's record", y.name(l.phone))
		}
	}
}

// left holds that no line and no room was left when the run closed. A line ends in the very moment in which the run may hear of
// it. Who was turned away or diverted hears the last words, or talks, when there is nothing more to decide.
func (y *story) left() {
	legs := slices.Clone(y.rung)
	for _, l := range []*leg{y.caller, y.last, y.diverted} {
		if l != nil {
			legs = append(legs, l)
		}
	}
	settled := []models.Outcome{models.Refused, models.GateFailed, models.Diverted}
	for _, l := range legs {
		switch {
		case l.ended.IsZero():
			y.wrong(nothingLeft, "the line of %s did not end", y.name(l.phone))
		case slices.Contains(settled, y.record.Outcome) && !slices.Contains(y.rung, l):
		case y.run.completed() && l.ended.After(y.run.closed.Add(atOnce)):
			y.wrong(nothingLeft, "the line of %s was left %s after the run had closed", y.name(l.phone), l.ended.Sub(y.run.closed))
		}
	}
	if y.rooms > 0 {
		y.wrong(nothingLeft, "a room was left with somebody in it")
	}
}

// rungTwice holds that each phone was asked for once a level, however many rounds that took.
func (y *story) rungTwice() {
	legsOf := map[string]int{} // on record, by level and phone
	for _, a := range y.record.Attempts {
		if a.Leg == "" {
			continue
		}
		place := fmt.Sprintf("%d %s", a.Level, a.Number)
		if legsOf[place]++; legsOf[place] > 1 {
			y.wrong(rungOnce, "%s was rung %d times in level %d", y.name(string(a.Number)), legsOf[place], a.Level)
		}
	}
	for _, p := range y.phones {
		levels, legs := map[int]bool{}, 0
		for _, a := range y.record.Attempts {
			if string(a.Number) == p.number {
				levels[a.Level] = true
			}
		}
		for _, l := range y.rung {
			if l.phone == p.number {
				legs++
			}
		}
		if legs > len(levels) {
			y.wrong(rungOnce, "%s was rung %d times for %d tries", y.name(p.number), legs, len(levels))
		}
	}
}

// alerted holds that a call past its gates raised one alert, which is resolved and says the same.
func (y *story) alerted() {
	if y.record.EndedAt == nil {
		return // which is wrong enough
	}
	if y.alertRun.err != nil {
		y.wrong(alertResolved, "its alert's run did not close as it should: %v", y.alertRun.err)
	}
	switch {
	case y.record.AlertID == "" && len(y.alerts) > 0:
		y.wrong(alertResolved, "it did not pass its gates and raised an alert")
	case y.record.AlertID == "" && y.passed():
		y.wrong(alertResolved, "it passed its gates and raised no alert")
	case y.record.AlertID == "":
	case len(y.alerts) != 1:
		y.wrong(alertResolved, "%d alerts are on record for it", len(y.alerts))
	default:
		a := y.alerts[0]
		if a.Status != models.AlertResolved || a.Outcome != y.record.Outcome || a.AnsweredBy != y.record.AnsweredBy {
			y.wrong(alertResolved, "its alert is %s, %s, answered by %q; the call %s, %q", a.Status, a.Outcome, a.AnsweredBy, y.record.Outcome, y.record.AnsweredBy)
		}
	}
}

// passed says whether a call is known to have passed its gates.
func (y *story) passed() bool {
	switch y.record.Outcome {
	case models.Connected, models.Forwarded, models.Voicemailed, models.Unanswered:
		return true
	default:
		return len(y.record.Attempts) > 0
	}
}

// struckBy says whether the fault plan met what was about a phone.
func (y *story) struckBy(phones ...string) bool {
	return slices.ContainsFunc(y.told(), func(e simulator.Event) bool { return e.Fault != "" && slices.Contains(phones, e.Phone) })
}

// listed says whether the line's allowlist lets the caller in.
func (y *story) listed() bool {
	list := y.route.Allowlist
	return !list.Enabled || !strings.HasPrefix(y.from, "sip:") &&
		slices.ContainsFunc(list.Callers, func(a models.AllowedCaller) bool { return string(a.Number) == y.from })
}
