package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// trouble is a call during which the carrier's REST API fails.
type trouble struct {
	name string
	// fails is the fault, and of is the phone that the request is about: a person's, or the caller's.
	fails simulator.Rule
	of    string
	goes  func(l *line, caller *phone) // what happens all the same
	want  models.Outcome
	// result is that of the first attempt, where it matters.
	result models.Result
}

// Requests, as rules match them.
const (
	account = "/2010-04-01/Accounts/" + accountSID
	place   = "POST " + account + "/Calls.json"
	change  = "POST " + account + "/Calls/" // ends or moves a leg
)

func takenBy(name string) func(*line, *phone) {
	return func(l *line, caller *phone) {
		responder := l.rung(name).answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		responder.hears("hung up").ends("completed")
	}
}

// An answer that may hide a ringing phone is never followed by a second request.
var dialTroubles = []trouble{
	{
		name: "is too busy twice", fails: simulator.Rule{Do: simulator.ReplyStatus, Status: http.StatusTooManyRequests, Times: 2},
		goes: takenBy("Alice"), want: models.Connected, result: models.ResultPickedUp,
	},
	{
		name: "is too busy for good", fails: simulator.Rule{Do: simulator.ReplyStatus, Status: http.StatusTooManyRequests},
		goes: takenBy("Bob"), want: models.Connected, result: models.ResultRefused,
	},
	{
		name: "fails and does nothing", fails: simulator.Rule{Do: simulator.ReplyStatus, Status: http.StatusInternalServerError, Times: 1},
		goes: takenBy("Bob"), want: models.Connected, result: models.ResultUnknown,
	},
	{
		name: "never gets it", fails: simulator.Rule{Do: simulator.LoseRequest, Times: 1},
		goes: takenBy("Bob"), want: models.Connected, result: models.ResultUnknown,
	},
	{
		name: "fails and does it all the same", fails: simulator.Rule{Do: simulator.StatusAfter, Times: 1},
		goes: takenBy("Alice"), want: models.Connected, result: models.ResultPickedUp,
	},
	{
		name: "does it and its answer is lost", fails: simulator.Rule{Do: simulator.LoseReply, Times: 1},
		goes: takenBy("Alice"), want: models.Connected, result: models.ResultPickedUp,
	},
	{
		name: "does it and its answer is late", fails: simulator.Rule{Do: simulator.SlowReply, Delay: 3, Times: 1},
		goes: takenBy("Alice"), want: models.Connected, result: models.ResultPickedUp,
	},
	{
		name: "does it late", fails: simulator.Rule{Do: simulator.Delay, Delay: 2, Times: 1},
		goes: takenBy("Alice"), want: models.Connected, result: models.ResultPickedUp,
	},
	{
		name: "does it, its answer is lost, and the phone rings out unheard of", fails: simulator.Rule{Do: simulator.LoseReply, Times: 1},
		goes: func(l *line, caller *phone) {
			l.rung("Alice").over()
			takenBy("Bob")(l, caller)
		},
		want: models.Connected, result: models.ResultTimedOut,
	},
}

// passing are the faults of a request that is repeated until it is done.
var passing = map[string]simulator.Rule{
	"is too busy twice":              {Do: simulator.ReplyStatus, Status: http.StatusTooManyRequests, Times: 2},
	"fails and does nothing":         {Do: simulator.ReplyStatus, Status: http.StatusInternalServerError, Times: 2},
	"never gets it":                  {Do: simulator.LoseRequest, Times: 1},
	"fails and does it all the same": {Do: simulator.StatusAfter, Times: 1},
	"does it and its answer is lost": {Do: simulator.LoseReply, Times: 1},
	"does it and its answer is late": {Do: simulator.SlowReply, Delay: 2, Times: 1},
}

func troubles() []trouble {
	var all []trouble
	for _, c := range dialTroubles {
		c.name, c.of, c.fails.Match.Path = "asked to ring a phone, the carrier "+c.name, "Alice", place
		all = append(all, c)
	}
	for name, rule := range passing {
		rule.Match.Path = change
		all = append(all, trouble{
			name: "asked to end a leg, the carrier " + name, fails: rule, of: "Alice", want: models.Abandoned,
			goes: func(l *line, caller *phone) {
				alice := l.rung("Alice")
				caller.hears(music).hangsUp()
				alice.ends("canceled")
			},
		}, trouble{
			name: "asked to move the caller, the carrier " + name, fails: rule, want: models.Unanswered,
			goes: func(l *line, caller *phone) {
				l.rung("Alice").rejects()
				l.rung("Bob").rejects()
				caller.hears("nobody can take your call").ends("completed")
			},
		})
	}
	return all
}

func TestTheCallGoesOnWhenTheCarrierFails(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "faults", pace, false)
	var faults simulator.Faults
	lines := map[string]*line{}
	for _, c := range troubles() {
		l := p.line(t, "Alice Bob", longRing)
		if strings.Contains(c.name, "unheard of") {
			p.carrier.Script(l.people["Alice"].number, simulator.Script{Answer: simulator.NoAnswer, NoCallbacks: true})
		}
		c.fails.Match.Phone = l.from
		if c.of != "" {
			c.fails.Match.Phone = l.people[c.of].number
		}
		faults.Rules = append(faults.Rules, c.fails)
		lines[c.name] = l
	}
	p.carrier.SetFaults(faults)
	for _, c := range troubles() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := lines[c.name].in(t)
			c.goes(l, l.calls())
			call := l.ended(c.want)
			if got := call.Attempts[0].Result; c.result != "" && got != c.result {
				t.Errorf("the first attempt ends %s, want %s", got, c.result)
			}
			if c.result == models.ResultTimedOut && call.Attempts[0].Leg != l.people["Alice"].leg.SID {
				t.Errorf("the leg that was found is not on record: %+v", call.Attempts[0])
			}
			l.askedOnce()
		})
	}
}

// in is a line whose conversation is another test's than the one that set it up.
func (l *line) in(t *testing.T) *line {
	l.t = t
	for _, p := range l.people {
		p.t = t
	}
	return l
}

// askedOnce holds that the carrier was asked to ring each phone once at most, but for requests that
// it was too busy for.
func (l *line) askedOnce() {
	l.t.Helper()
	for name, p := range l.people {
		asked := 0
		for _, e := range l.s.carrier.History() {
			if e.Kind == simulator.EventREST && e.Method+" "+e.URL == place && e.Phone == p.number && e.HTTPStatus != http.StatusTooManyRequests {
				asked++
			}
		}
		if asked > 1 {
			l.t.Errorf("the carrier was asked %d times to ring %s", asked, name)
		}
	}
}

// A refusal to move a call that is not in progress is no word that the caller has left.
func TestACarrierThatWillNotMoveTheCallerYetIsAskedAgain(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice")
	caller := l.calls().hears(music)
	alice := l.rung("Alice")
	p.carrierDoor.refuses(visit{path: "/Calls/" + l.leg.SID, has: "Url"}, 2, http.StatusBadRequest, 21220)
	alice.rejects()
	caller.hears("nobody can take your call").ends("completed")
	l.ended(models.Unanswered)
}

// A leg whose request was not answered, and that no list has, is adopted when it is picked up.
func TestALegThatNoLookUpFindsTellsItsOwnIdWhenItIsPickedUp(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	l := p.line(t, "Alice Bob", longRing)
	answer := p.carrierDoor.keepsAnswer(t, dialOf(l.people["Alice"]))
	caller := l.calls()
	answer.comes()
	alice := l.rung("Alice").answers().hears("to take").presses("1").talks()
	answer.goesOn()
	caller.talks().hangsUp()
	alice.hears("hung up").ends("completed")
	if call := l.ended(models.Connected); call.Attempts[0].Leg != alice.leg.SID {
		t.Errorf("the leg is not on record: %+v", call.Attempts[0])
	}
	l.askedOnce()
}

func TestAPersonWithABadPhoneIsRungOnTheOther(t *testing.T) {
	t.Parallel()
	p := sharedParts(t)
	for _, code := range []int{21211, 21214, 13224} {
		bad, good := models.Phone(p.fresh()), &phone{t: t, s: p.system, number: p.fresh()}
		p.carrier.Script(string(bad), simulator.Script{Refuse: code})
		p.carrier.Script(good.number, simulator.Script{Answer: simulator.Manual})
		alice, err := p.store.CreateUser(t.Context(), models.User{
			Name: "Alice", Email: fmt.Sprintf("alice%s@example.com", good.number[1:]), TimeZone: "Europe/London", OnCallLicence: true, Active: true,
			Phones: []models.UserPhone{{Label: "home", Number: bad}, {Label: "mobile", Number: models.Phone(good.number)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		l := p.line(t, "", func(r *models.Route) {
			r.Levels = []models.Level{{Targets: []models.Target{{Type: models.TargetUser, UserID: alice.ID}}}}
		})
		l.people["Alice"] = good
		takenBy("Alice")(l, l.calls())
		l.ended(models.Connected)
		if alice, err = p.store.User(t.Context(), alice.ID); err != nil || alice.Phones[0].Fault == nil || alice.Phones[0].Fault.Code != code || alice.Phones[1].Fault != nil {
			t.Errorf("of Alice's phones %+v the first is to be flagged with %d (%v)", alice.Phones, code, err)
		}
	}
}
