package e2e

import (
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// inWay rings the people of every level in one way.
func inWay(way models.Strategy) func(*models.Route) {
	return func(r *models.Route) {
		for i := range r.Levels {
			r.Levels[i].Strategy, r.Levels[i].StaggerSeconds = way, 10
		}
	}
}

func TestEverybodyIsRungAtOnceAndTheFirstToAcceptTakesTheCall(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob Carol Dave", inWay(models.AllAtOnce))
		caller := l.calls().hears("hold")
		alice, bob, carol, dave := l.rung("Alice"), l.rung("Bob"), l.rung("Carol"), l.rung("Dave")
		bob.answers().hears("to take")
		carol.answers().hears("to take")
		dave.rejects()
		carol.presses("1").talks()
		caller.talks()
		alice.ends("canceled")
		bob.presses("1").hears("already taken").ends("completed")
		caller.hangsUp()
		carol.hears("hung up").ends("completed")
		l.ended(models.Connected)
	})
}

func TestWhenAllAtOnceDeclineTheNextLevelIsRung(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob / Carol", inWay(models.AllAtOnce))
		caller := l.calls()
		alice, bob := l.rung("Alice"), l.rung("Bob")
		alice.rejects()
		bob.answers().hears("to take").presses("9")
		l.rung("Carol").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		l.ended(models.Connected)
	})
}

func TestStaggeredTheFirstStillRingsWhenTheSecondBegins(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob", inWay(models.Staggered))
		caller := l.calls()
		alice := l.rung("Alice")
		bob := l.rung("Bob")
		alice.answers().hears("to take").presses("1").talks()
		bob.ends("canceled")
		caller.talks().hangsUp()
		l.ended(models.Connected)
	})
}

func TestShuffledEverybodyIsRungOnce(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob Carol", inWay(models.Shuffled))
		for name, p := range l.people {
			p.rung = true
			s.carrier.Script(p.number, simulator.Script{Answer: simulator.Decline})
			_ = name
		}
		l.calls().ends("completed")
		call := l.ended(models.Unanswered)
		if len(call.Attempts) != 3 {
			t.Errorf("%d attempts", len(call.Attempts))
		}
		for i, a := range call.Attempts {
			if a.UserID != call.Plan.Levels[0].People[i].UserID {
				t.Errorf("attempt %d is at %s, the plan says %s", i+1, a.Name, call.Plan.Levels[0].People[i].Name)
			}
		}
	})
}

func TestWithoutAKeyWhoeverPicksUpIsJoined(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob", func(r *models.Route) { r.Accept.Required = false })
		caller := l.calls()
		l.rung("Alice").answers().talks()
		caller.talks().hangsUp()
		l.ended(models.Connected)
	})
}

func TestAResponderSeesTheCallersNumberWhereTheRouteSaysSo(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice", func(r *models.Route) { r.ResponderCallerID = models.ShowCaller })
		caller := l.calls()
		alice := l.rung("Alice")
		if alice.leg.From != l.from {
			t.Errorf("Alice sees %s, the caller is %s", alice.leg.From, l.from)
		}
		alice.answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		l.ended(models.Connected)
	})
}

func TestAPhoneThatTheCarrierRefusesIsPassedOverAndFlagged(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob")
		s.carrier.Script(l.people["Alice"].number, simulator.Script{Refuse: 21211})
		caller := l.calls()
		l.rung("Bob").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		l.ended(models.Connected)
		alice, err := s.store.User(t.Context(), l.route.Levels[0].Targets[0].UserID)
		if err != nil || alice.Phones[0].Fault == nil || alice.Phones[0].Fault.Code != 21211 {
			t.Errorf("Alice's phone %+v is not flagged (%v)", alice.Phones, err)
		}
	})
}

func TestAResponderWhoIsLostBeforeTheyMeetTheCallerIsFollowedByTheNext(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob")
		conversations["lost-and-found"].people(l)
		call, err := s.store.CallByCarrierID(t.Context(), l.leg.SID)
		if err != nil || call.AnsweredBy != l.route.Levels[0].Targets[1].UserID {
			t.Errorf("answered by %s (%v); %+v", call.AnsweredBy, err, call.Timeline)
		}
	})
}
