package e2e

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
)

// judge looks at every call when all is over.
func (s *soak) judge(t *testing.T) *soakReport {
	r := &soakReport{soak: s, outcomes: map[models.Outcome]int{}}
	numbers := s.numbersInLog()
	for _, c := range s.calls {
		y := &soakStory{soakCall: c}
		s.look(t.Context(), y)
		for _, number := range numbers[c] {
			y.wrong("the log holds the number %s", number)
		}
		r.add(t, y)
	}
	r.logged = s.errorsInLog()
	return r
}

// look holds everything against one call.
func (s *soak) look(ctx context.Context, y *soakStory) {
	if y.setUpErr != nil {
		y.wrong("it was never made: %v", y.setUpErr)
		return
	}
	y.read()
	y.lost(ctx, s)
	if y.record.ID == "" {
		return
	}
	y.recorded()
	y.fits()
	y.rungTwice()
	y.left()
	y.alerted(ctx, s)
	y.inPeace(s.away)
	y.silent(s.away)
	s.tasksFailed(ctx, y)
}

// lost holds that the call has come to an end everywhere.
func (y *soakStory) lost(ctx context.Context, s *soak) {
	if y.lineLeft {
		y.wrong("the caller's line did not end within %s", lineAtMost)
	}
	if y.runErr != nil && !y.neverBegan() {
		y.wrong("its run did not close as it should: %v", y.runErr)
	}
	row, err := s.store.CallByCarrierID(ctx, y.leg.SID)
	if err == nil {
		y.record, err = s.store.Call(ctx, row.ID)
	}
	if err != nil {
		y.wrong("it has no record: %v", err)
	}
}

// neverBegan says whether the caller left while it rang, before there was a run. The sweep closes
// their row.
func (y *soakStory) neverBegan() bool {
	notFound := (*serviceerror.NotFound)(nil)
	return errors.As(y.runErr, &notFound) && y.caller.answered.IsZero() && len(y.rung) == 0 && y.record.Outcome == models.Abandoned
}

// recorded holds that the record says all there is to say.
func (y *soakStory) recorded() {
	r := y.record
	if y.neverBegan() {
		return
	}
	if y.runErr == nil && r.Outcome != y.outcome {
		y.wrong("recorded as %q, the run says %q", r.Outcome, y.outcome)
	}
	if r.EndedAt == nil || r.Stage != models.StageEnded || r.Plan == nil || len(r.Timeline) < 2 || r.Room == "" && !y.caller.joined.IsZero() {
		y.wrong("the record is not complete: ended %v, stage %q, plan %v, %d moments, room %q", r.EndedAt, r.Stage, r.Plan != nil, len(r.Timeline), r.Room)
	}
	if (r.Outcome == models.Connected) != (r.ConnectedAt != nil) || (r.Outcome == models.Connected) != (r.AnsweredBy != "") {
		y.wrong("%s, and connected at %v by %q", r.Outcome, r.ConnectedAt, r.AnsweredBy)
	}
	known, unknown := map[string]bool{}, map[string]int{} // legs, and attempts without one by their number
	for _, a := range r.Attempts {
		switch a.State {
		case models.Accepted, models.Declined, models.Ending:
		default:
			y.wrong("attempt %s is recorded as %s", a.ID, a.State)
		}
		if a.EndedAt == nil {
			y.wrong("attempt %s is recorded without an end: %s, %s", a.ID, a.State, a.Result)
		}
		known[a.Leg] = true
		if a.Leg == "" {
			unknown[string(a.Number)]++
		}
	}
	for _, leg := range y.rung {
		if known[leg.sid] {
			continue
		}
		if unknown[leg.phone]--; unknown[leg.phone] < 0 {
			y.wrong("a leg of %s is on no attempt's record", y.name(leg))
		}
	}
}

// left holds that no line and no room was left when the run closed. A line ends in the very moment
// in which the run may hear of it.
func (y *soakStory) left() {
	const moment = 20 * time.Millisecond
	for _, leg := range append(slices.Clone(y.rung), y.caller) {
		if y.runErr == nil && leg.ended.After(y.closed.Add(moment)) {
			y.wrong("the line of %s was left %s after the run had closed", y.name(leg), leg.ended.Sub(y.closed))
		}
	}
	if y.rooms > 0 {
		y.wrong("a room was left with somebody in it")
	}
}

// rungTwice holds that each phone was asked for once a level, however many rounds that took.
func (y *soakStory) rungTwice() {
	for _, p := range y.phones {
		tries := map[int]bool{} // by level
		for _, a := range y.record.Attempts {
			if string(a.Number) == p.number {
				tries[a.Level] = true
			}
		}
		legs := 0
		for _, leg := range y.rung {
			if leg.phone == p.number {
				legs++
			}
		}
		if legs > len(tries) {
			y.wrong("%s was rung %d times for %d tries", y.name(&soakLeg{phone: p.number}), legs, len(tries))
		}
	}
}

// alerted holds that a call past its gates raised one alert, which is resolved and says the same.
func (y *soakStory) alerted(ctx context.Context, s *soak) {
	alert, err := s.store.AlertByCall(ctx, y.leg.SID)
	switch {
	case y.record.AlertID == "" && err == nil:
		y.wrong("it did not pass its gates and raised an alert")
	case y.record.AlertID == "":
	case err != nil:
		y.wrong("its alert is not on record: %v", err)
	case y.alertErr != nil:
		y.wrong("its alert's run did not close: %v", y.alertErr)
	case alert.Status != models.AlertResolved || alert.Outcome != y.record.Outcome || alert.AnsweredBy != y.record.AnsweredBy:
		y.wrong("its alert is %s, %s, answered by %q; the call %s, %q", alert.Status, alert.Outcome, alert.AnsweredBy, y.record.Outcome, y.record.AnsweredBy)
	}
}

// tasksFailed holds that no workflow task failed for what our code does, as one does that does not
// replay. Temporal has a task done again where something came while it ended, or where the history
// grew while it was read.
func (s *soak) tasksFailed(ctx context.Context, y *soakStory) {
	for _, id := range []string{workflows.CallID(y.leg.SID), workflows.AlertID(y.leg.SID)} {
		events := s.temporal.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			e, err := events.Next()
			if err != nil {
				break // there is no alert
			}
			f := e.GetWorkflowTaskFailedEventAttributes()
			if f != nil && f.GetCause() != enums.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND &&
				!strings.Contains(f.GetFailure().GetMessage(), "premature end of stream") {
				y.wrong("a workflow task failed: %s, %s", f.GetCause(), f.GetFailure().GetMessage())
			}
		}
	}
}

var fictional = regexp.MustCompile(`1[0-9]{3}55501[0-9]{2}`)

// numbersInLog are the numbers that the log holds, by the call whose they are.
func (s *soak) numbersInLog() map[*soakCall][]string {
	owner := map[string]*soakCall{}
	for phone, c := range s.byPhone {
		owner[strings.TrimPrefix(phone, "+")] = c
	}
	for _, c := range s.calls {
		owner[strings.TrimPrefix(c.number, "+")] = c
	}
	found := map[*soakCall][]string{}
	for _, number := range fictional.FindAllString(s.log.text.String(), -1) {
		if c := owner[number]; c != nil && !slices.Contains(found[c], number) {
			found[c] = append(found[c], number)
		}
	}
	return found
}
