package e2e

import (
	"sync"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// Alice presses in time, and it is told when her time is over, while the order to end her leg is on
// its way: she hears so, and the order cuts off nobody.
func TestAKeyThatIsToldWhileTheHangUpIsOnItsWayIsTooLate(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice Bob")
	key := p.siteDoor.keeps(t, keyOf(l.people["Alice"]))
	caller := l.calls()
	alice := l.rung("Alice").answers().hears("to take")
	end := p.carrierDoor.keeps(t, endOf(alice))
	alice.presses("1")
	key.comes()
	end.comes() // her time is over
	bob := l.rung("Bob").answers().hears("to take")
	key.goesOn()
	alice.hears("next person")
	bob.presses("1").talks()
	caller.talks()
	end.goesOn()
	alice.over()
	stillTalk(t, caller, bob)
	caller.hangsUp()
	bob.hears("hung up").ends("completed")
	l.tookIt("Bob")
}

// The order to end a leg that still rings comes late, when its responder has picked up and another
// talks: nobody's talk is cut off.
func TestALateHangUpNeverCutsOffATalk(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice Bob", inWay(models.AllAtOnce), longRing)
	caller := l.calls()
	alice, bob := l.rung("Alice"), l.rung("Bob")
	end := p.carrierDoor.keeps(t, endOf(alice))
	bob.answers().hears("to take").presses("1").talks()
	end.comes()
	alice.answers().hears("already taken")
	end.goesOn()
	alice.ends("completed")
	stillTalk(t, caller.talks(), bob)
	bob.hangsUp()
	caller.hears("hung up").ends("completed")
	l.tookIt("Bob")
}

// Two press, and both keys are on their way: whichever is told first takes the call.
func TestOfTwoWhoPressAtOnceTheFirstTakesTheCall(t *testing.T) {
	for first, second := range map[string]string{"Alice": "Bob", "Bob": "Alice"} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			p := sharedParts(t)
			l := p.line(t, "Alice Bob", inWay(models.AllAtOnce), longRing)
			keys := map[string]*held{}
			caller := l.calls()
			for name, phone := range l.people {
				keys[name] = p.siteDoor.keeps(t, keyOf(phone))
				l.rung(name).answers().hears("to take").presses("1")
				keys[name].comes()
			}
			keys[first].goesOn()
			keys[second].goesOn()
			l.people[second].hears("already taken").ends("completed")
			stillTalk(t, caller.talks(), l.people[first].talks())
			caller.hangsUp()
			l.tookIt(first)
		})
	}
}

// And when both are told in the same moment, exactly one of them does.
func TestOfTwoWhoAreToldAtOnceOneTakesTheCall(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	for range 3 {
		l := p.line(t, "Alice Bob Carol", inWay(models.AllAtOnce), longRing)
		caller := l.calls()
		var keys []*held
		for name, phone := range l.people {
			keys = append(keys, p.siteDoor.keeps(t, keyOf(phone)))
			l.rung(name).answers().hears("to take").presses("1")
		}
		var told sync.WaitGroup
		for _, key := range keys {
			key.comes()
		}
		for _, key := range keys {
			told.Go(key.let)
		}
		told.Wait()
		caller.talks()
		winner := ""
		for name, phone := range l.people {
			if phone.joinsOrHears("already taken") {
				winner += name
			}
		}
		caller.hangsUp()
		l.tookIt(winner)
	}
}

// joinsOrHears says whether a responder was joined; else they have heard something, and their line ends.
func (p *phone) joinsOrHears(words string) bool {
	p.t.Helper()
	if p.leg.WaitJoined(p.t.Context()) == nil { // or their line ends
		return true
	}
	p.hears(words)
	return false
}

// A no is on its way while the caller leaves: the caller's end comes first, so nobody else is rung.
func TestANoThatIsToldAfterTheCallerHasLeftRingsNobody(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice Bob")
	key := p.siteDoor.keeps(t, keyOf(l.people["Alice"]))
	caller := l.calls().hears(music)
	alice := l.rung("Alice").answers().hears("to take").presses("9")
	key.comes()
	caller.hangsUp()
	l.toldOfTheEnd()
	key.goesOn()
	alice.hears("already hung up").ends("completed")
	l.ended(models.Abandoned)
}

// And when the no comes first, the next request is on its way as the caller leaves: the leg that it
// makes is ended.
func TestALegThatIsMadeAfterTheCallerHasLeftIsEnded(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice Bob")
	dial := p.carrierDoor.keeps(t, dialOf(l.people["Bob"]))
	caller := l.calls().hears(music)
	alice := l.rung("Alice").answers().hears("to take").presses("9").hears("next person")
	dial.comes()
	caller.hangsUp()
	l.toldOfTheEnd()
	dial.goesOn()
	l.people["Bob"].rung = true // or its leg was ended before it did
	alice.ends("completed")
	if call := l.ended(models.Abandoned); call.Attempts[1].Result != models.ResultCanceled {
		t.Errorf("Bob's dial ends %s", call.Attempts[1].Result)
	}
}

// Whoever enters the room first waits there for the other: a responder is faster than a long greeting.
func TestAResponderMayBeInTheRoomBeforeTheCaller(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice", func(r *models.Route) { r.Greeting = "Welcome. " + aWhile })
	caller := l.calls()
	alice := l.rung("Alice").answers().hears("to take").presses("1").hears(music)
	caller.hears("welcome")
	stillTalk(t, caller.talks(), alice.talks())
	caller.hangsUp()
	alice.hears("hung up").ends("completed")
	l.tookIt("Alice")
}
