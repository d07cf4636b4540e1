package workflows_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/temporal"
	"pgregory.net/rapid"
)

// Whoever is to be rung and however phones, callers and operators behave, this holds.
func TestOfEveryCall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScene(t, someLevels(t), somePlan(t))
		habits := map[string]habit{}
		for _, a := range s.in.Plan.Attempts() {
			habits[a.ID] = someHabit(t, a.ID)
			s.carrier.ring[a.Name] = nil
		}
		w := newWorld(s, habits, manner{
			Stays:    rapid.OneOf(rapid.IntRange(1, 120), rapid.Just(1500)).Draw(t, "the caller stays"),
			Mute:     rapid.Bool().Draw(t, "nobody tells that they left"),
			Recorded: rapid.IntRange(0, 40).Draw(t, "the message"),
			Told:     rapid.SampledFrom([]int{0, 5, 25, 400}).Draw(t, "is told after"),
			Answered: rapid.Bool().Draw(t, "the fixed number answers"),
		})
		for name := range s.carrier.ring {
			s.carrier.ring[name] = []ringing{w.dialled}
		}
		s.carrier.pending = seconds(float64(rapid.SampledFrom([]int{0, 0, 3, 20}).Draw(t, "hanging up takes")))
		s.at(0, func() { s.asks(words(s.in.Plan.Wait("room", false)))() })
		if at := rapid.IntRange(1, 200).Draw(t, "broken off after"); at <= 60 {
			happen := map[string]func(){"cancelled": s.cancelled(), "diverted": s.diverted()}
			s.carrier.later(float64(at), happen[rapid.SampledFrom([]string{"cancelled", "diverted"}).Draw(t, "by being")])
		}
		call := s.plays()
		if err := s.env.GetWorkflowError(); err != nil && !temporal.IsCanceledError(errors.Unwrap(err)) {
			t.Errorf("the run ends with %v", err)
		}
		w.holds(call)
	})
}

// holds holds what is true of every call, once it is over.
func (w *world) holds(call models.Call) {
	for id, l := range w.legs {
		if l.live {
			w.s.t.Errorf("the leg of attempt %s is left; %s", id, story(call))
		}
	}
	for i, a := range call.Attempts {
		if call.ConnectedAt != nil && a.DialledAt.After(*call.ConnectedAt) {
			w.s.t.Errorf("%s was rung after the call was taken; %s", a.ID, story(call))
		}
		if !mayRing(a, call.Attempts[:i]) {
			w.s.t.Errorf("%s was rung again, although its phone may have rung before; %s", a.ID, story(call))
		}
	}
	w.holdsOfTheWinner(call)
}

// mayRing says whether a phone may be rung, after these: once, and once more each time that a dial
// surely rang no phone.
func mayRing(a models.AttemptRecord, before []models.AttemptRecord) bool {
	for _, b := range before {
		if b.Number == a.Number && (b.Result != models.ResultNotPlaced || b.Round >= a.Round) {
			return false
		}
	}
	return true
}

// holdsOfTheWinner holds that at most one accepted, who is the last that joined, and that the
// record says so.
func (w *world) holdsOfTheWinner(call models.Call) {
	var winners []models.AttemptRecord
	for _, a := range call.Attempts {
		switch a.State {
		case models.Accepted:
			winners = append(winners, a)
		case models.Declined, models.Ending:
		default:
			w.s.t.Errorf("attempt %s ends %s", a.ID, a.State)
		}
	}
	connected := call.Outcome == models.Connected
	if len(winners) > 1 || connected != (len(winners) == 1) || connected != (call.ConnectedAt != nil) || connected != (call.AnsweredBy != "") {
		w.s.t.Errorf("a call %s, won by %+v, answered by %q at %v; %s", call.Outcome, winners, call.AnsweredBy, call.ConnectedAt, story(call))
	}
	for _, a := range winners {
		if call.AnsweredBy != a.UserID || !call.ConnectedAt.Equal(*a.DecidedAt) || w.joins[len(w.joins)-1] != a.ID {
			w.s.t.Errorf("%s won, %v joined, answered by %q at %v", a.ID, w.joins, call.AnsweredBy, call.ConnectedAt)
		}
	}
}

// someLevels are up to three levels of up to three people.
func someLevels(t *rapid.T) string {
	people := []string{"Alice", "Bob", "Carol", "Dave", "Erin", "Frank", "Grace", "Heidi", "Ivan"}
	var levels []string
	for range rapid.IntRange(1, 3).Draw(t, "levels") {
		n := rapid.IntRange(1, 3).Draw(t, "people")
		strategy := rapid.SampledFrom([]string{"one_by_one", "shuffled", "all_at_once", "staggered 5", "staggered 15"}).Draw(t, "strategy")
		levels = append(levels, strings.Join(people[:n], " ")+" "+strategy)
		people = people[n:]
	}
	return strings.Join(levels, " / ")
}

// somePlan settles the rest of a plan.
func somePlan(t *rapid.T) func(*models.Plan) {
	return func(p *models.Plan) {
		for i := range p.Levels {
			for j := range p.Levels[i].People {
				if rapid.Bool().Draw(t, "a desk phone") {
					phones := &p.Levels[i].People[j].Phones
					*phones = append(*phones, models.UserPhone{Label: "desk", Number: models.Phone(fmt.Sprintf("+4477009001%d%d", i, j))})
				}
			}
		}
		p.RingSeconds = rapid.IntRange(10, 30).Draw(t, "ring seconds")
		p.MaxWaitSeconds = rapid.SampledFrom([]int{15, 40, 120, 900}).Draw(t, "longest wait")
		p.Accept.Required = rapid.IntRange(1, 4).Draw(t, "key") > 1
		p.Language = rapid.SampledFrom([]string{"en-US", "de-DE"}).Draw(t, "language")
		p.Nobody.Action = rapid.SampledFrom([]models.NobodyAction{models.NobodyMessage, models.NobodyVoicemail, models.NobodyForward}).Draw(t, "nobody")
	}
}

func someHabit(t *rapid.T, whose string) habit {
	key := rapid.SampledFrom([]string{"1", "1", "9", "4", ""})
	return habit{
		Dial: rapid.SampledFrom([]models.Result{
			models.ResultPickedUp, models.ResultPickedUp, models.ResultPickedUp, models.ResultNoAnswer, models.ResultBusy, models.ResultRefused,
			models.ResultBadNumber, models.ResultUnknown, models.ResultTimedOut, models.ResultNotPlaced,
		}).Draw(t, whose),
		After:  rapid.IntRange(1, 28).Draw(t, "after"),
		Early:  rapid.IntRange(1, 5).Draw(t, "early") == 1,
		Keys:   [2]string{key.Draw(t, "first key"), key.Draw(t, "second key")},
		Think:  rapid.IntRange(1, 20).Draw(t, "after thinking"),
		Leaves: rapid.SampledFrom([]int{0, 0, 0, 4, 12}).Draw(t, "leaves"),
		Talks:  rapid.SampledFrom([]int{0, 1, 3, 9, 30}).Draw(t, "talks"),
		Met:    rapid.Bool().Draw(t, "met"),
		Mute:   rapid.IntRange(1, 5).Draw(t, "mute") == 1,
	}
}
