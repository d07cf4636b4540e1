package workflows_test

import (
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// bothHear is a call of which Alice and Bob hear the prompt.
func bothHear(t *testing.T) *scene {
	s := newScene(t, "Alice Bob Carol all_at_once")
	s.at(0, s.asks("hold"))
	s.at(5, s.picksUp("Alice", "screen 1"), s.picksUp("Bob", "screen 1"))
	return s
}

func TestOfTwoKeysInOneWorkflowTaskTheFirstTakesTheCall(t *testing.T) {
	for name, c := range map[string]struct {
		presses       []press
		winner, other string
		want          string
	}{
		"Alice's is first": {
			[]press{{"Alice", "1", "join"}, {"Bob", "1", "say taken"}}, "Alice", "Bob",
			"Alice picked_up accepted, Bob picked_up ending, Carol canceled ending",
		},
		"Bob's is first": {
			[]press{{"Bob", "1", "join"}, {"Alice", "1", "say taken"}}, "Bob", "Alice",
			"Alice picked_up ending, Bob picked_up accepted, Carol canceled ending",
		},
		"Bob's is first, and each is told twice": {
			[]press{{"Bob", "1", "join"}, {"Alice", "1", "say taken"}, {"Bob", "1", "join"}, {"Alice", "1", "say taken"}}, "Bob", "Alice",
			"Alice picked_up ending, Bob picked_up accepted, Carol canceled ending",
		},
		"Alice declines, Bob takes it": {
			[]press{{"Alice", "9", "say declined"}, {"Bob", "1", "join"}}, "Bob", "Alice",
			"Alice picked_up declined, Bob picked_up accepted, Carol canceled ending",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := bothHear(t)
			s.together(9, c.presses)
			s.at(12, s.legEnds(c.other))
			s.at(40, s.hangsUp(), s.legEnds(c.winner))
			call := s.ends(models.Connected, 40)
			s.hungUpOn("Carol 9")
			attempts(t, call, c.want)
		})
	}
}

func TestAKeyInTheWorkflowTaskInWhichTheCallerIsGone(t *testing.T) {
	for signal, outcome := range map[string]models.Outcome{workflows.SignalCallerOver: models.Abandoned, workflows.SignalDiverted: models.Diverted} {
		t.Run(signal, func(t *testing.T) {
			s := newScene(t, "Alice Bob all_at_once / Carol")
			s.at(0, s.asks("hold"))
			s.at(5, s.picksUp("Alice", "screen 1"))
			s.together(9, []press{{"Alice", "1", "say gone"}}, func() {
				s.env.SignalWorkflowSkippingWorkflowTask(signal, workflows.CallerOver{Status: "completed"})
			})
			s.at(12, s.legEnds("Alice"))
			call := s.ends(outcome, 12)
			s.dialled("Alice 0, Bob 0")
			s.hungUpOn("Bob 9")
			attempts(t, call, "Alice picked_up ending, Bob canceled ending")
		})
	}
}

func TestAKeyWhoseLegIsOverAlreadyRingsTheNext(t *testing.T) {
	s := newScene(t, "Alice / Bob")
	s.carrier.met = false
	s.at(0, s.asks("hold"))
	s.at(5, s.picksUp("Alice", "screen 1"))
	s.together(9, []press{{"Alice", "1", "join"}}, func() {
		s.env.SignalWorkflowSkippingWorkflowTask(workflows.SignalLegOver, workflows.LegOver{Attempt: "1.alice.1.1", Leg: alicesLeg})
	})
	s.at(20, s.hangsUp())
	call := s.ends(models.Abandoned, 20)
	s.dialled("Alice 0, Bob 9")
	attempts(t, call, "Alice picked_up ending, Bob canceled ending")
}

func TestWhoIsBeingHungUpOnHearsWhatBecameOfTheCall(t *testing.T) {
	t.Run("another took it", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once")
		s.carrier.pending = seconds(5)
		s.at(0, s.asks("hold"))
		s.at(5, s.picksUp("Bob", "screen 1"))
		s.at(9, s.presses("Bob", 1, "1", "join"))
		s.at(10, s.told("Alice", "say taken"), s.presses("Alice", 1, "1", "say taken"), s.presses("Alice", 1, "9", "say taken"))
		s.at(40, s.hangsUp(), s.legEnds("Bob"))
		call := s.ends(models.Connected, 40)
		s.hungUpOn("Alice 9")
		attempts(t, call, "Alice canceled ending, Bob picked_up accepted")
	})
	t.Run("the caller has waited long enough", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once", withMaxWait(20))
		s.carrier.pending = seconds(5)
		s.at(0, s.asks("hold"))
		s.at(21, s.told("Alice", "say passed"), s.presses("Alice", 1, "1", "say passed"))
		s.at(40, s.hangsUp())
		s.ends(models.Unanswered, 40)
		s.hungUpOn("Alice 20, Bob 20")
	})
	t.Run("the caller has left", func(t *testing.T) {
		s := newScene(t, "Alice Bob all_at_once")
		s.carrier.pending = seconds(5)
		s.at(0, s.asks("hold"))
		s.at(5, s.picksUp("Bob", "screen 1"))
		s.at(9, s.hangsUp())
		s.at(10, s.told("Alice", "say gone"))
		s.at(11, s.presses("Bob", 1, "9", "say gone"))
		s.at(14, s.legEnds("Bob"))
		s.ends(models.Abandoned, 14)
		s.hungUpOn("Alice 9")
	})
}

func TestAPickUpInTheLastMoment(t *testing.T) {
	for _, strategy := range []string{"one_by_one", "shuffled", "staggered 25", "all_at_once"} {
		t.Run(strategy+": it is in time", func(t *testing.T) {
			s := newScene(t, "Alice "+strategy+" / Bob")
			s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(32)}}
			s.at(0, s.asks("hold"))
			s.at(31.9, s.picksUp("Alice", "screen 1"))
			s.at(50, s.presses("Alice", 1, "1", "join"))
			s.at(90, s.hangsUp(), s.legEnds("Alice"))
			s.ends(models.Connected, 90)
			s.dialled("Alice 0")
			s.hungUpOn("")
		})
		t.Run(strategy+": it is too late", func(t *testing.T) {
			s := newScene(t, "Alice "+strategy+" / Bob")
			s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(32)}}
			s.at(0, s.asks("hold"))
			s.at(32.1, s.picksUp("Alice", "say passed"))
			s.at(40, s.hangsUp())
			s.ends(models.Abandoned, 40)
			s.dialled("Alice 0, Bob 32")
			s.hungUpOn("Alice 32, Bob 40")
		})
		t.Run(strategy+": it is told first, and the dial times out in the same moment", func(t *testing.T) {
			s := newScene(t, "Alice Bob "+strategy)
			s.carrier.ring = map[string][]ringing{"Alice": {ringsOn(32)}, "Bob": {comes(models.ResultBusy, 3)}}
			s.at(0, s.asks("hold"))
			s.at(32, s.told("Alice", "screen 1"))
			s.at(50, s.presses("Alice", 1, "1", "join"))
			s.at(90, s.hangsUp(), s.legEnds("Alice"))
			s.ends(models.Connected, 90)
			s.hungUpOn("")
		})
	}
}
