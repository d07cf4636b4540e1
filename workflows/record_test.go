package workflows_test

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/ringdown/ringdown/models"
)

var number = regexp.MustCompile(`\+?[0-9]{7,}`)

// checkRecord holds that the record is whole: every attempt with its times and its end, no number
// in what is told. A message that was told late has the record written anew, and so has a
// line that ended late; nothing else changes.
func (s *scene) checkRecord(call models.Call) {
	s.t.Helper()
	if call.Stage != models.StageEnded || call.EndedAt == nil || call.Plan == nil || call.ID != "call-1" {
		s.t.Errorf("the record is not whole: %+v", call)
	}
	if n := len(s.carrier.calls); n > 2 || n == 2 && (call.Voicemail == nil && s.carrier.lasting == nil || !s.carrier.calls[0].EndedAt.Equal(*call.EndedAt)) {
		s.t.Errorf("the record is written %d times: %+v", n, s.carrier.calls)
	}
	s.checkDials(call)
	for _, a := range call.Attempts {
		if a.Result == "" || a.DialledAt.IsZero() || a.DecidedAt == nil || a.EndedAt == nil ||
			a.State == models.Ringing || a.State == models.PickedUp {
			s.t.Errorf("the attempt is not settled: %+v; %s", a, story(call))
		}
		if (a.Result == models.ResultPickedUp) != (a.PickedUpAt != nil) {
			s.t.Errorf("attempt %s ended %s, picked up at %v", a.ID, a.Result, a.PickedUpAt)
		}
	}
	for _, m := range call.Timeline {
		if number.MatchString(m.What) || number.MatchString(m.Attempt) {
			s.t.Errorf("the timeline tells a number: %q", m.What)
		}
	}
}

// checkDials holds that each attempt is one dial. One that is given up in the moment in which it was
// to be rung may have had no time for it.
func (s *scene) checkDials(call models.Call) {
	s.t.Helper()
	least := 0
	for _, a := range call.Attempts {
		if a.Result != models.ResultCanceled || !a.DecidedAt.Equal(a.DialledAt) {
			least++
		}
	}
	s.carrier.mu.Lock()
	defer s.carrier.mu.Unlock()
	if n := len(s.carrier.dials); n < least || n > len(call.Attempts) {
		s.t.Errorf("%d attempts are recorded, %d phones were dialled; %s", len(call.Attempts), n, story(call))
	}
}

// checkAlert holds that a call past its gates raised an alert, which resolved once as the call
// ended, and knows its message; and that no other call did.
func (s *scene) checkAlert(call models.Call) {
	s.t.Helper()
	switch n := len(s.carrier.alerts); {
	case call.AlertID == "" && n > 0:
		s.t.Errorf("a call without an alert wrote %d", n)
	case call.AlertID != "" && !s.carrier.noAlert:
		resolvedOnce(s.t, s.carrier.alerts)
		last := s.carrier.alerts[n-1]
		if last.Outcome != call.Outcome || last.AnsweredBy != call.AnsweredBy {
			s.t.Errorf("the alert ends as %+v of a call %s, answered by %q", last, call.Outcome, call.AnsweredBy)
		}
		broken := call.Outcome == models.Failed && last.Voicemail == nil // a message that was told after it
		if diff := cmp.Diff(call.Voicemail, last.Voicemail); diff != "" && !broken {
			s.t.Errorf("the record and the alert tell of two messages: %s", diff)
		}
	}
}

// resolvedOnce holds that an alert fired, and resolved for good at one moment. Only what becomes
// known of a message is written after it.
func resolvedOnce(t reporter, written []models.Alert) {
	t.Helper()
	last := written[len(written)-1]
	if len(written) < 2 || written[0].Status != models.AlertFiring || last.Status != models.AlertResolved || last.ResolvedAt == nil {
		t.Fatalf("the alert did not fire and resolve: %+v", written)
	}
	for i, a := range written[1:] {
		if before := written[i]; before.Status == models.AlertResolved && (a.Status != models.AlertResolved ||
			!a.ResolvedAt.Equal(*before.ResolvedAt) || a.Outcome == before.Outcome && cmp.Equal(a.Voicemail, before.Voicemail)) {
			t.Errorf("the alert was resolved already: %+v", a)
		}
	}
}

// dialled holds who was dialled, and when: "Alice 0, Bob 28".
func (s *scene) dialled(want string) {
	s.t.Helper()
	var dials []string
	phones, _ := s.carrier.inOrder()
	for _, d := range phones {
		dials = append(dials, fmt.Sprintf("%s %v", d.Attempt.Name, d.at.Seconds()))
	}
	if got := strings.Join(dials, ", "); got != want {
		s.t.Errorf("dialled %s, want %s", got, want)
	}
}

// hungUpOn holds whose legs we ended, and when.
func (s *scene) hungUpOn(want string) {
	s.t.Helper()
	var got []string
	_, legs := s.carrier.inOrder()
	for _, h := range legs {
		got = append(got, fmt.Sprintf("%s %v", h.Attempt.Name, h.at.Seconds()))
	}
	if got := strings.Join(got, ", "); got != want {
		s.t.Errorf("hung up on %s, want %s", got, want)
	}
}

// attempts holds how each attempt ended: "Alice no_answer ending, Bob picked_up accepted".
func attempts(t reporter, call models.Call, want string) {
	t.Helper()
	var got []string
	for _, a := range call.Attempts {
		got = append(got, fmt.Sprintf("%s %s %s", a.Name, a.Result, a.State))
	}
	if got := strings.Join(got, ", "); got != want {
		t.Errorf("attempts: %s, want %s", got, want)
	}
}

func story(call models.Call) string {
	var b strings.Builder
	for _, m := range call.Timeline {
		fmt.Fprintf(&b, "[%v] %s; ", m.At.Sub(monday).Seconds(), m.What)
	}
	return b.String()
}

// answeredBy holds whom the alert names at a moment as the one who took the call.
func (s *scene) answeredBy(want string) func() {
	return func() {
		s.carrier.mu.Lock()
		defer s.carrier.mu.Unlock()
		if got := s.carrier.alerts[len(s.carrier.alerts)-1].AnsweredBy; got != want {
			s.t.Errorf("at %v the alert says that %q answered, want %q", s.carrier.now(), got, want)
		}
	}
}
