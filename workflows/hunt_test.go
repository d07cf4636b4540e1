package workflows_test

import (
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestPhonesAreRungPersonByPersonAndLevelByLevel(t *testing.T) {
	s := newScene(t, "Alice Bob / Carol")
	s.carrier.ring = map[string][]ringing{"Bob": {comes(models.ResultBusy, 4)}}
	s.at(0, s.asks("hold"))
	s.at(62, s.asks("say nobody"))
	s.at(75, s.hangsUp())
	call := s.ends(models.Unanswered, 75)
	s.dialled("Alice 0, Bob 28, Carol 32")
	s.hungUpOn("")
	attempts(t, call, "Alice no_answer ending, Bob busy ending, Carol no_answer ending")
	if s.carrier.told != 1 {
		t.Errorf("the caller was told %d times that nobody takes the call", s.carrier.told)
	}
	for i, level := range []int{1, 1, 2} {
		if call.Attempts[i].Level != level {
			t.Errorf("%s was rung on level %d", call.Attempts[i].Name, call.Attempts[i].Level)
		}
	}
}

func TestEachPhoneOfAPersonIsRungInTurn(t *testing.T) {
	s := newScene(t, "Alice Bob", func(p *models.Plan) {
		p.Levels[0].People[0].Phones = append(p.Levels[0].People[0].Phones, models.UserPhone{Label: "desk", Number: "+12025550188"})
	})
	s.at(0, s.asks("hold"))
	s.at(33, s.picksUp("Alice", "screen 1"))
	s.at(35, s.presses("Alice", 1, "1", "join"))
	s.at(60, s.hangsUp(), s.legEnds("Alice"))
	call := s.ends(models.Connected, 60)
	s.dialled("Alice 0, Alice 28")
	if a := call.Attempts[1]; a.ID != "1.alice.2.1" || a.Label != "desk" || s.carrier.dials[1].Attempt.Number != "+12025550188" {
		t.Errorf("the second attempt is %+v", a)
	}
}
