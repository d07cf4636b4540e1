package e2e

import (
	"testing"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// Webhooks of a responder's leg, and requests about it.
func pickUpOf(p *phone) visit   { return visit{path: "/twilio/leg/", to: p.number} }
func keyOf(p *phone) visit      { return visit{path: "/twilio/accept/", to: p.number} }
func endOf(p *phone) visit      { return visit{path: "/Calls/" + p.leg.SID, has: "Status"} }
func moveOf(caller *line) visit { return visit{path: "/Calls/" + caller.leg.SID, has: "Url"} }

// Alice picks up in the last moment. Her pick-up is told when her time is over and the next phone
// rings, while the order to end her leg is on its way: she hears so, and cuts off nothing.
func TestAPickUpThatIsToldAfterItsTimeIsPassedOn(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice Bob", shortRing)
	pickUp := p.siteDoor.keeps(t, pickUpOf(l.people["Alice"]))
	caller := l.calls()
	alice := l.rung("Alice")
	end := p.carrierDoor.keeps(t, endOf(alice))
	alice.answers()
	pickUp.comes()
	bob := l.rung("Bob")
	end.comes()
	pickUp.goesOn()
	alice.hears("next person").ends("completed")
	bob.answers().hears("to take").presses("1").talks()
	end.goesOn() // too late for her, and not for the talk
	caller.talks()
	stillTalk(t, caller, bob)
	caller.hangsUp()
	bob.hears("hung up").ends("completed")
	l.tookIt("Bob")
}

// Alice picks up in time. What is left of her time runs from then, whatever becomes of the ring time.
func TestWhoPicksUpInTimeHasTheirOwnTimeToDecide(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	// The prompt ends after the ring time, and before the time to decide.
	const prompt = aWhile + "Press 1."
	l := p.line(t, "Alice Bob", shortRing, func(r *models.Route) { r.Accept.Prompt = prompt })
	p.carrier.Script(l.people["Alice"].number, simulator.Script{
		Answer: simulator.Manual, Keys: []simulator.Press{{After: "Press 1.", Digits: "1"}},
	})
	caller := l.calls()
	alice := l.rung("Alice").answers().talks()
	caller.talks().hangsUp()
	alice.hears("hung up").ends("completed")
	l.tookIt("Alice")
}

// Her leg's end overtakes her pick-up: she is not rung again, and the next person is rung at once.
func TestALegThatEndsBeforeItsPickUpIsToldIsFollowedByTheNext(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice Bob", longRing)
	pickUp := p.siteDoor.keeps(t, pickUpOf(l.people["Alice"]))
	caller := l.calls()
	alice := l.rung("Alice").answers()
	pickUp.comes()
	alice.hangsUp()
	bob := l.rung("Bob")
	pickUp.goesOn()
	bob.answers().hears("to take").presses("1").talks()
	caller.talks()
	stillTalk(t, caller, bob)
	bob.hangsUp()
	caller.hears("hung up").ends("completed")
	l.tookIt("Bob")
}

// The carrier makes two legs of one request. The first that is picked up is the attempt's; whoever
// picks up the other is turned away, and its end is not the attempt's.
func TestASecondLegOfOneAttemptIsTurnedAway(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice Bob", longRing)
	_, twin := p.person(t, "Twin") // so that each phone rings once
	l.people["Alice's twin"] = twin
	caller := l.calls().hears(music)
	alice := l.rung("Alice")
	links := models.Links{Base: p.public, CallSID: l.leg.SID}
	attempt := models.Attempt{Level: 1, UserID: l.route.Levels[0].Targets[0].UserID, Nth: 1}.InRound(1).ID
	if _, err := p.work.Carrier.Place(t.Context(), twilio.Leg{
		To: models.Phone(twin.number), From: models.Phone(l.number), URL: links.Leg(attempt, "en-GB"), StatusCallback: links.LegStatus(attempt),
	}); err != nil {
		t.Fatal(err)
	}
	l.rung("Alice's twin")
	alice.answers().hears("to take")
	twin.answers().hears("next person").ends("completed")
	alice.presses("1").talks()
	caller.talks()
	stillTalk(t, caller, alice)
	caller.hangsUp()
	alice.hears("hung up").ends("completed")
	l.tookIt("Alice")
}

// stillTalk holds that nothing has cut off a talk.
func stillTalk(t *testing.T, phones ...*phone) {
	t.Helper()
	for _, p := range phones {
		heard := p.leg.Heard()
		if p.leg.Status() != simulator.StatusInProgress || heard[len(heard)-1].Kind != simulator.SoundTalk {
			t.Errorf("a talk was cut off: the line is %s, and hears %s", p.leg.Status(), heard[len(heard)-1].Kind)
		}
	}
}

// tookIt checks a call that one of its responders took, with no order to end their leg before the
// caller had left.
func (l *line) tookIt(name string) {
	l.t.Helper()
	call := l.ended(models.Connected)
	if call.AnsweredBy == "" || call.AnsweredBy != l.userOf(name) {
		l.t.Errorf("answered by %q, want %s", call.AnsweredBy, name)
	}
	for _, e := range l.s.carrier.History() {
		switch {
		case e.Kind == simulator.EventEnded && e.Call == l.leg.SID:
			return
		case e.Kind == simulator.EventREST && e.Phone == l.people[name].number && e.Status != "":
			l.t.Errorf("the leg of %s, who talked, was ended", name)
		}
	}
}

func (l *line) userOf(name string) string {
	for _, level := range l.route.Levels {
		for _, target := range level.Targets {
			user, err := l.s.store.User(l.t.Context(), target.UserID)
			if err != nil {
				l.t.Fatal(err)
			}
			if user.Name == name {
				return user.ID
			}
		}
	}
	return ""
}
