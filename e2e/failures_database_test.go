package e2e

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// takesTheCall is what Alice and the caller do from her ringing to the caller's last word.
func takesTheCall(c *stayCall) {
	takenBy("Alice")(c.line, c.caller)
}

// Nobody on the line notices that the database is away.
var staysWithoutDatabase = []stay{
	{
		name: "arriving, on a number that was called before", levels: "Alice", route: withKeypress, known: true, want: models.Connected,
		acts: func(c *stayCall) {
			c.caller = c.calls()
			c.caller.hears("press 1").presses("1").hears(music)
			takesTheCall(c)
		},
	},
	{
		name: "arriving, on a number that nobody knows yet", levels: "Alice", want: models.Connected,
		acts:   func(c *stayCall) { c.caller = c.calls() },
		hears:  func(c *stayCall) { c.announced(1) },
		goesOn: takesTheCall,
	},
	{
		name: "while a phone rings", levels: "Bob Alice", want: models.Connected,
		begins: func(c *stayCall) { c.rung("Bob") },
		acts: func(c *stayCall) {
			c.people["Bob"].rejects()
			takesTheCall(c)
		},
	},
	{
		name: "while they talk", levels: "Alice", want: models.Connected,
		begins: func(c *stayCall) { c.rung("Alice").answers().hears("to take").presses("1").talks() },
		acts:   func(c *stayCall) { c.caller.talks().hangsUp() },
		hears:  func(c *stayCall) { c.people["Alice"].hears("hung up").ends("completed") },
	},
	{
		name: "while the caller leaves a message", route: withVoicemail, want: models.Voicemailed,
		begins: func(c *stayCall) { c.caller.speaksFor(3) },
		acts:   func(c *stayCall) { c.caller.presses("#") },
		hears:  func(c *stayCall) { c.caller.hears("has been recorded").ends("completed") },
	},
	{
		name: "when nobody takes the call", levels: "Alice", want: models.Unanswered,
		begins: func(c *stayCall) { c.rung("Alice") },
		acts:   func(c *stayCall) { c.people["Alice"].rejects() },
		hears:  func(c *stayCall) { c.caller.hears("nobody can take your call").ends("completed") },
	},
}

// absentDatabases are the ways in which it is away: it breaks off, or it hangs.
var absentDatabases = map[string]func(*wire){"database": (*wire).cut, "database-silent": (*wire).stall}

// Calls of every stage go on without the database, and when it is back everything is on record.
func TestCallsGoOnWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	if !storetest.PostgresExpected() {
		return // a file does not go away
	}
	for name, leave := range absentDatabases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newParts(t, t, "away-"+name, pace, true)
			p.without(t, staysWithoutDatabase, func() { leave(p.toDatabase) }, p.toDatabase.mend)
			p.answeredInTime(t)
		})
	}
}

// restWithin is how long the REST API may take to say that the database is away.
const restWithin = 20 * time.Second

func TestTheRESTAPISaysThatTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	if !storetest.PostgresExpected() {
		return
	}
	for name, leave := range absentDatabases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newParts(t, t, "rest-"+name, pace, true)
			leave(p.toDatabase)
			if status := p.listCalls(t); status != http.StatusServiceUnavailable {
				t.Errorf("the list of calls is answered %d while the database is away", status)
			}
			p.toDatabase.mend()
			eventually(t, "the list of calls is answered again", func() bool { return p.listCalls(t) == http.StatusOK })
		})
	}
}

// listCalls asks the REST API for the list of calls, and says how that is answered.
func (p *parts) listCalls(t *testing.T) (status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), restWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.public+"/v1/calls", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
