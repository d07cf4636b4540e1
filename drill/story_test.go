package drill

import (
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// began is when the callers of these stories dial.
var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is a moment of a story, in seconds.
func at(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }

func ref(t time.Time) *time.Time { return &t }

// Who is in these stories.
const (
	theCaller = "+13035550190"
	alices    = "+13035550102"
	bobs      = "+13035550103"
	elsewhere = "+13035550104"
	helpline  = "+13035550101"
)

// teller makes up what the carrier tells.
type teller struct{ events []simulator.Event }

func (t *teller) tell(second float64, e simulator.Event) *teller {
	e.At = at(second)
	t.events = append(t.events, e)
	return t
}

// leg begins the leg of a phone.
func (t *teller) leg(second float64, sid, phone, direction string) *teller {
	return t.tell(second, simulator.Event{Kind: simulator.EventDialled, Call: sid, Phone: phone, Direction: direction})
}

func (t *teller) is(second float64, sid, phone string, kind simulator.EventKind, text string) *teller {
	return t.tell(second, simulator.Event{Kind: kind, Call: sid, Phone: phone, Text: text, Digits: text})
}

// ends ends a leg.
func (t *teller) ends(second float64, sid, phone, status string) *teller {
	return t.tell(second, simulator.Event{Kind: simulator.EventEnded, Call: sid, Phone: phone, Status: status})
}

// hook is a webhook that was answered.
func (t *teller) hook(second float64, sid, phone, what string, status int, millis int64) *teller {
	return t.tell(second, simulator.Event{
		Kind: simulator.EventWebhook, Call: sid, Phone: phone, Webhook: what, HTTPStatus: status, Millis: millis, URL: "http://127.0.0.1/twilio/voice",
	})
}

// aLine rings Alice, then Bob, then the fixed number.
func aLine() *line {
	l := &line{
		number: "+13035550100",
		people: []models.User{
			{ID: "alice", Name: "Alice", Phones: []models.UserPhone{{Label: "mobile", Number: alices}}},
			{ID: "bob", Name: "Bob", Phones: []models.UserPhone{{Label: "mobile", Number: bobs}}},
		},
		places: [][]int{{0, 1}},
		phones: []phone{{helpline, emergency}, {alices, 0}, {bobs, 1}, {elsewhere, fixedNumber}},
	}
	l.route = models.Route{
		Name: "A line", Enabled: true, RingSeconds: 20, MaxWaitSeconds: 120, Accept: models.Acceptance{Required: true},
		Levels: []models.Level{{}}, EmergencyNumber: helpline, Nobody: models.Nobody{Action: models.NobodyForward, Number: elsewhere},
	}.Defaults()
	l.route.ID = "route"
	l.aim()
	return l
}

// begin is a story with its caller's line alone, who is answered after half a second.
func begin() (*story, *teller) {
	c := &call{n: 7, line: aLine(), from: theCaller, seen: newSeen()}
	c.does = []string{"answers", "takes it", "takes it", "answers"}
	c.script = make([]simulator.Script, len(c.phones))
	c.sid = "CA0"
	y := &story{call: c, run: ending{known: true, closed: at(31)}, alertRun: ending{known: true, closed: at(32)}}
	t := (&teller{}).leg(0, "CA0", theCaller, simulator.Inbound)
	t.hook(0.5, "CA0", theCaller, simulator.HookDocument, 200, 500).is(0.5, "CA0", theCaller, simulator.EventAnswered, "")
	return y, t
}

// end takes in what was told, and writes the record with its alert.
func (y *story) end(t *teller, outcome models.Outcome, attempts ...models.AttemptRecord) *story {
	y.events = t.events
	y.read()
	y.run.outcome = outcome
	y.record = models.Call{
		ID: "1", CarrierCallID: "CA0", RouteID: "route", Stage: models.StageEnded, Outcome: outcome, StartedAt: at(0), EndedAt: ref(at(30)), AlertID: "2",
		Plan: &models.Plan{}, Timeline: make([]models.Moment, 2), Attempts: attempts,
	}
	y.alerts = []models.Alert{{ID: "2", CarrierCallID: "CA0", Status: models.AlertResolved, Outcome: outcome}}
	for _, a := range attempts {
		if a.State == models.Accepted {
			y.record.AnsweredBy, y.record.ConnectedAt = a.UserID, a.DecidedAt
			y.alerts[0].AnsweredBy = a.UserID
		}
	}
	return y
}

// try is an attempt's record.
func try(user string, phone models.Phone, leg string, state models.AttemptState, decided float64) models.AttemptRecord {
	return models.AttemptRecord{
		Attempt: models.Attempt{ID: user + ".1", Level: 1, UserID: user, Name: user, Number: phone},
		State:   state, Leg: leg, DialledAt: at(1), DecidedAt: ref(at(decided)), EndedAt: ref(at(30)),
	}
}

// connected is a call in which Alice does not answer, and Bob takes it.
func connected() *story {
	y, t := begin()
	t.is(1, "CA0", theCaller, simulator.EventJoined, "room")
	t.leg(1, "CA1", alices, simulator.OutboundAPI).ends(19, "CA1", alices, simulator.StatusNoAnswer)
	t.leg(19.1, "CA2", bobs, simulator.OutboundAPI).is(22, "CA2", bobs, simulator.EventAnswered, "")
	t.is(24, "CA2", bobs, simulator.EventPressed, "1").tell(24.1, simulator.Event{
		Kind: simulator.EventWebhook, Call: "CA2", Phone: bobs, Webhook: simulator.HookDocument, HTTPStatus: 200, Digits: "1",
	})
	t.is(25, "CA2", bobs, simulator.EventJoined, "room").is(25, "CA2", bobs, simulator.EventTalking, "").is(25, "CA0", theCaller, simulator.EventTalking, "")
	t.is(30, "CA0", theCaller, simulator.EventLeft, "room").is(30, "CA2", bobs, simulator.EventLeft, "room")
	t.ends(30, "CA0", theCaller, simulator.StatusCompleted).ends(30, "CA2", bobs, simulator.StatusCompleted)
	return y.end(t, models.Connected, try("alice", alices, "CA1", models.Ending, 19), try("bob", bobs, "CA2", models.Accepted, 24))
}

// forwarded is a call that nobody takes, and the fixed number answers.
func forwarded() *story {
	y, t := begin()
	t.leg(1, "CA1", alices, simulator.OutboundAPI).ends(9, "CA1", alices, simulator.StatusBusy)
	t.leg(9.1, "CA2", bobs, simulator.OutboundAPI).ends(12, "CA2", bobs, simulator.StatusBusy)
	t.leg(14, "CA3", elsewhere, simulator.OutboundDial).is(20, "CA3", elsewhere, simulator.EventAnswered, "").is(20, "CA3", elsewhere, simulator.EventTalking, "")
	t.ends(29, "CA3", elsewhere, simulator.StatusCompleted).ends(30, "CA0", theCaller, simulator.StatusCompleted)
	return y.end(t, models.Forwarded, try("alice", alices, "CA1", models.Ending, 9), try("bob", bobs, "CA2", models.Ending, 12))
}

// sentAway is a call that arrives while nothing can be decided, and is sent to the emergency number.
func sentAway() *story {
	y, t := begin()
	t.events = t.events[:2] // they are not answered yet
	t.leg(9, "CA9", helpline, simulator.OutboundDial).is(12, "CA9", helpline, simulator.EventAnswered, "")
	t.is(12, "CA0", theCaller, simulator.EventAnswered, "").is(12, "CA0", theCaller, simulator.EventTalking, "")
	t.ends(30, "CA9", helpline, simulator.StatusCompleted).ends(30, "CA0", theCaller, simulator.StatusCompleted)
	y.run = ending{known: true, missing: true}
	y.outages = []outage{{kind: "temporal", parts: []string{"temporal"}, how: "killed", total: true, from: at(-1), until: at(14)}}
	y.end(t, models.Diverted)
	y.record.AlertID, y.record.Plan, y.record.Timeline, y.alerts = "", nil, nil, nil
	return y
}

// turnedAway is a call of somebody who is not on the list.
func turnedAway() *story {
	y, t := begin()
	y.route.Allowlist = models.Allowlist{Enabled: true, Callers: []models.AllowedCaller{{Number: "+447700900123"}}}
	y.end(t.ends(5, "CA0", theCaller, simulator.StatusCompleted), models.Refused)
	y.record.AlertID, y.alerts = "", nil
	return y
}

// leftRinging is a call of somebody who hangs up before anything of it is known.
func leftRinging() *story {
	y, t := begin()
	t.events = t.events[:1]
	y.call.caller.HangUpAfter = 1
	y.run = ending{known: true, missing: true}
	y.end(t.ends(1, "CA0", theCaller, simulator.StatusNoAnswer), models.Abandoned)
	y.record.AlertID, y.alerts = "", nil
	return y
}
