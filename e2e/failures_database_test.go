package e2e

import (
	"net/http"
	"testing"

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

// The database breaks off, or hangs, in calls of every stage: they go on, the REST API says that it
// is away, and when it is back everything is on record.
func TestCallsGoOnWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	if !storetest.PostgresExpected() {
		return // a file does not go away
	}
	for name, leave := range map[string]func(*wire){"database": (*wire).cut, "database-silent": (*wire).stall} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newParts(t, t, "away-"+name, pace, true)
			p.without(t, staysWithoutDatabase, func() {
				leave(p.toDatabase)
				if status := p.calls(t); status != http.StatusServiceUnavailable {
					t.Errorf("the list of calls is answered %d without a database", status)
				}
			}, p.toDatabase.mend)
			if status := p.calls(t); status != http.StatusOK {
				t.Errorf("the list of calls is answered %d when the database is back", status)
			}
			p.answeredInTime(t)
		})
	}
}

// calls asks the REST API for the list of calls, and says how that is answered.
func (p *parts) calls(t *testing.T) (status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.public+"/v1/calls", nil)
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
