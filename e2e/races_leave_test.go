package e2e

import (
	"testing"

	"github.com/ringdown/ringdown/models"
)

// The caller leaves at each step, and what is on its way at that moment arrives afterwards.
func TestTheCallerLeavesAtEachStep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		levels string
		route  func(*models.Route)
		leaves func(p *parts, l *line)
		want   models.Outcome
	}{
		"before they are answered": {"Alice", anyRoute, func(p *parts, l *line) {
			answer := p.siteDoor.keepsAnswer(l.t, visit{path: "/twilio/voice", to: l.number})
			caller := l.calls()
			answer.comes()
			alice := l.rung("Alice")
			caller.hangsUp()
			alice.ends("canceled")
		}, models.Abandoned},
		"while they are asked for a key": {"Alice", withKeypress, func(_ *parts, l *line) {
			l.calls().hears("press 1").hangsUp()
		}, models.Abandoned},
		"with their key on its way": {"Alice", withKeypress, func(p *parts, l *line) {
			caller := l.calls()
			key := p.siteDoor.keeps(l.t, visit{path: "/twilio/gate/" + l.leg.SID})
			caller.hears("press 1").presses("1")
			key.comes()
			l.leaves(caller)
			key.goesOn()
		}, models.Abandoned},
		"while they are greeted": {"Alice", func(r *models.Route) { r.Greeting = "Welcome. " + aWhile }, func(_ *parts, l *line) {
			caller := l.calls().hears("welcome")
			alice := l.rung("Alice")
			caller.hangsUp()
			alice.ends("canceled")
		}, models.Abandoned},
		"with the first request on its way": {"Alice", longRing, func(p *parts, l *line) {
			dial := p.carrierDoor.keeps(l.t, dialOf(l.people["Alice"]))
			caller := l.calls().hears(music)
			dial.comes()
			l.leaves(caller)
			dial.goesOn()
			l.people["Alice"].rung = true // or its leg was ended before it did
		}, models.Abandoned},
		"with a pick-up on its way": {"Alice Bob", longRing, func(p *parts, l *line) {
			pickUp := p.siteDoor.keeps(l.t, pickUpOf(l.people["Alice"]))
			caller := l.calls().hears(music)
			alice := l.rung("Alice")
			end := p.carrierDoor.keeps(l.t, endOf(alice))
			alice.answers()
			pickUp.comes()
			l.leaves(caller)
			pickUp.goesOn()
			alice.hears("already hung up").ends("completed")
			end.let()
		}, models.Abandoned},
		"with a responder's key on its way": {"Alice Bob", anyRoute, func(p *parts, l *line) {
			key := p.siteDoor.keeps(l.t, keyOf(l.people["Alice"]))
			caller := l.calls().hears(music)
			alice := l.rung("Alice").answers().hears("to take").presses("1")
			key.comes()
			l.leaves(caller)
			key.goesOn()
			alice.hears("already hung up").ends("completed")
		}, models.Abandoned},
		"before the responder who took the call is in the room": {"Alice Bob", anyRoute, func(p *parts, l *line) {
			answer := p.siteDoor.keepsAnswer(l.t, keyOf(l.people["Alice"]))
			caller := l.calls().hears(music)
			alice := l.rung("Alice").answers().hears("to take").presses("1")
			answer.comes()
			l.leaves(caller)
			answer.goesOn()
			alice.ends("completed") // alone in the room, and not for long
		}, models.Connected},
		"with the order to move them on its way": {"Alice", anyRoute, func(p *parts, l *line) {
			caller := l.calls().hears(music)
			move := p.carrierDoor.keeps(l.t, moveOf(l))
			l.rung("Alice").rejects()
			move.comes()
			l.leaves(caller)
			move.goesOn()
		}, models.Unanswered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sharedParts(t)
			l := p.line(t, c.levels, c.route)
			c.leaves(p, l)
			l.ended(c.want)
		})
	}
}

// leaves hangs up, and waits until the run knows.
func (l *line) leaves(caller *phone) {
	l.t.Helper()
	caller.hangsUp()
	l.toldOfTheEnd()
}

// The run goes on asking for a message for a quarter of an hour, in case that there is one after
// all. Nothing else waits for that.
func TestWhoLeavesBeforeTheToneHasLeftNoMessage(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "", withVoicemail)
	l.calls().hears("leave a message").hangsUp()
	l.closed(models.Unanswered)
	l.alertResolves(models.Unanswered)
	l.checkPhones()
}

// Nobody decides for a moment. The caller leaves, and then a responder presses the key: what was told
// first counts first.
func TestACallerWhoLeftWhileNobodyDecidedIsTakenByNobody(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "left-first", pace, false)
	l := p.line(t, "Alice Bob", longRing)
	caller := l.calls().hears(music)
	alice := l.rung("Alice").answers().hears("to take")
	p.stopWorker()
	caller.hangsUp()
	l.historyShows(ofTheEnd)
	alice.presses("1").hears("moment")
	p.startWorker()
	alice.hears("already hung up").ends("completed")
	if call := l.ended(models.Abandoned); call.AnsweredBy != "" || call.ConnectedAt != nil {
		t.Errorf("answered by %q at %v", call.AnsweredBy, call.ConnectedAt)
	}
}
