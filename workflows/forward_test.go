package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
)

// forwarding is a call that nobody took, whose caller is sent to the fixed number after 28 s.
func forwarding(t *testing.T) *scene {
	s := newScene(t, "Alice", withForward)
	s.at(0, s.asks("hold"))
	s.at(29, s.asks("forward"))
	return s
}

func TestTheCallerIsForwarded(t *testing.T) {
	for name, c := range map[string]struct {
		events  func(*scene)
		outcome models.Outcome
		took    float64
		asked   int // how often the carrier is asked whether the fixed number answered
	}{
		"and the fixed number answers": {func(s *scene) {
			s.at(70, s.forwarded(true))
			s.at(72, s.hangsUp())
		}, models.Forwarded, 72, 0},
		"and does not hang up after it": {func(s *scene) {
			s.at(70, s.forwarded(true))
			s.at(88, s.hangsUp())
		}, models.Forwarded, 88, 0},
		"and the fixed number does not answer": {func(s *scene) {
			s.at(60, s.forwarded(false))
			s.at(65, s.hangsUp())
		}, models.Unanswered, 65, 0},
		"and its end is told twice": {func(s *scene) {
			s.at(60, s.forwarded(true), s.forwarded(false))
			s.at(65, s.hangsUp())
		}, models.Forwarded, 65, 0},
		"and its end is told after the caller's": {func(s *scene) {
			s.carrier.took = true
			s.at(60, s.hangsUp(), s.forwarded(true))
		}, models.Forwarded, 60, 1},
		"and its end is not told, but it had answered": {func(s *scene) {
			s.carrier.took = true
			s.at(60, s.hangsUp())
		}, models.Forwarded, 60, 1},
		"and its end is not told, and it had not answered": {func(s *scene) {
			s.at(60, s.hangsUp())
		}, models.Unanswered, 60, 1},
		"and no end is told at all": {func(s *scene) {
			s.carrier.took = true
			s.at(200, func() { s.carrier.standing = map[string]activities.Standing{callSID: over} })
		}, models.Forwarded, 28 + 120 + 300, 1},
		"and left before": {func(s *scene) {
			s.carrier.moves = false
		}, models.Unanswered, 28, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "Alice", withForward)
			s.at(0, s.asks("hold"))
			c.events(s)
			call := s.ends(c.outcome, c.took)
			if s.carrier.lines != c.asked || call.AnsweredBy != "" || call.ConnectedAt != nil {
				t.Errorf("asked %d times, want %d; answered by %q at %v", s.carrier.lines, c.asked, call.AnsweredBy, call.ConnectedAt)
			}
			if silent := c.outcome == models.Unanswered && s.carrier.moves; silent != (call.Reason == "the fixed number did not answer") {
				t.Errorf("the reason is %q", call.Reason)
			}
			attempts(t, call, "Alice no_answer ending")
		})
	}
}

func TestATalkWithTheFixedNumberLastsAsLongAsTheCallerStays(t *testing.T) {
	s := forwarding(t)
	s.at(7228, s.forwarded(true))
	s.at(7230, s.hangsUp())
	s.ends(models.Forwarded, 7230)
	// After two minutes, then every 5 minutes.
	if n := len(s.carrier.asked); n != 24 || !slices.Equal(s.carrier.asked[0], []string{callSID}) || len(s.carrier.ended) > 0 {
		t.Errorf("asked %d times, of %v; hung up on at %v", n, s.carrier.asked, s.carrier.ended)
	}
}

func TestACallerWhoHearsThatTheFixedNumberDidNotAnswerAndStaysIsHungUpOn(t *testing.T) {
	s := forwarding(t)
	s.at(60, s.forwarded(false))
	s.at(181, s.hangsUp())
	s.ends(models.Unanswered, 181)
	if !slices.Equal(s.carrier.ended, []time.Duration{seconds(180)}) {
		t.Errorf("hung up on at %v", s.carrier.ended)
	}
}

func TestARouteWithoutLevelsForwardsAtOnce(t *testing.T) {
	s := newScene(t, "", withForward)
	s.at(0, s.asks("forward"))
	s.at(30, s.forwarded(true), s.hangsUp())
	call := s.ends(models.Forwarded, 30)
	s.dialled("")
	if s.carrier.told > 0 || call.AlertID == "" {
		t.Errorf("the caller was moved %d times, alert %q", s.carrier.told, call.AlertID)
	}
}

func TestWhetherTheFixedNumberAnsweredIsUnknownWhenTheCarrierDoesNotSay(t *testing.T) {
	s := forwarding(t)
	s.carrier.deaf = true
	s.at(60, s.hangsUp())
	call := s.ends(models.Unanswered, -1)
	if call.Reason != "nobody tells whether the fixed number answered" {
		t.Errorf("the reason is %q", call.Reason)
	}
}
