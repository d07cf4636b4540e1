package drill

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

func TestAStoryAsPromisedBreaksNothing(t *testing.T) {
	for name, y := range map[string]*story{
		"connected": connected(), "forwarded": forwarded(), "diverted": sentAway(), "refused": turnedAway(), "left while it rang": leftRinging(),
	} {
		if y.judge(); len(y.faults) > 0 {
			t.Errorf("%s: %v", name, y.faults)
		}
	}
}

// more has the carrier tell something more.
func more(tell func(*teller)) func(*story) {
	return func(y *story) {
		t := &teller{}
		tell(t)
		y.events = append(y.events, t.events...)
		attempts, alerts, alert := y.record.Attempts, y.alerts, y.record.AlertID
		y.caller, y.rung, y.last, y.diverted, y.spoke, y.rooms = nil, nil, nil, nil, false, 0
		y.read()
		y.record.Attempts, y.alerts, y.record.AlertID = attempts, alerts, alert
	}
}

// moved has the caller asked from their hold for the document that diverts them.
func moved(y *story) {
	more(func(t *teller) {
		t.tell(8, simulator.Event{Kind: simulator.EventWebhook, Call: "CA0", Phone: theCaller, Webhook: simulator.HookDocument, HTTPStatus: 200, URL: "http://x/twilio/divert/CA0"})
	})(y)
}

func silentFor(second, lasted float64, during string) func(*story) {
	return func(y *story) {
		y.heard = append(y.heard, simulator.Heard{
			Kind: simulator.SoundSilence, During: during, At: at(second), Until: at(second + lasted), Lasted: simulator.Seconds(lasted),
		})
	}
}

func TestEachPromiseThatIsBrokenIsSeen(t *testing.T) {
	for _, c := range []struct {
		name   string
		story  func() *story
		breaks func(*story)
		want   promise
		says   string
	}{
		{"a run that goes on", connected, func(y *story) { y.run = ending{known: true, open: true} }, notLost, "did not close within"},
		{"a run that failed", connected, func(y *story) { y.run.err = errors.New("boom") }, notLost, "boom"},
		{"a run that is not there", connected, func(y *story) { y.run = ending{known: true, missing: true} }, notLost, "no run"},
		{"no record", connected, func(y *story) { y.record = models.Call{} }, notLost, "no record"},
		{"a record without an end", connected, func(y *story) { y.record.EndedAt = nil }, notLost, "goes on"},
		{"a record that lacks the plan", connected, func(y *story) { y.record.Plan = nil }, notLost, "not complete"},
		{"an attempt that still rings on record", connected, func(y *story) { y.record.Attempts[0].State = models.Ringing }, notLost, "recorded as ringing"},
		{"an attempt without an end", connected, func(y *story) { y.record.Attempts[0].EndedAt = nil }, notLost, "without an end"},
		{"a call that failed", connected, func(y *story) { y.record.Outcome = models.Failed }, notLost, "it ended failed"},
		{"a caller who is held for gone", forwarded, func(y *story) { y.record.Outcome = models.Abandoned }, notLost, "never hangs up"},
		{"somebody who was not tried", forwarded, func(y *story) { y.record.Attempts = y.record.Attempts[:1] }, notLost, "Bob was never tried"},
		{"a listed caller who is refused", turnedAway, func(y *story) { y.route.Allowlist.Callers[0].Number = theCaller }, notLost, "may call"},
		{"a right key at the gate that does not count", turnedAway, func(y *story) {
			y.record.Outcome, y.run.outcome, y.route.Keypress = models.GateFailed, models.GateFailed, models.Keypress{Enabled: true, Key: "4"}
			y.caller.keys = []simulator.Event{{Digits: "4"}}
		}, notLost, "pressed the key at the 1. prompt"},
		{"a caller who hears it ring for too long", sentAway, func(y *story) { y.caller.answered = at(14) }, notLost, "ring for 14.0 s"},
		{"a diverted caller whom nobody calls on", sentAway, func(y *story) { y.diverted = nil }, notLost, "was not rung"},

		{"another outcome than the run's", connected, func(y *story) { y.run.outcome = models.Unanswered }, asExperienced, "the run says"},
		{"somebody who was not tried before a long voicemail", forwarded, func(y *story) {
			y.record.Attempts, y.record.EndedAt = y.record.Attempts[:1], ref(at(200))
		}, notLost, "Bob was never tried"},
		{"a talk on record that was none", connected, func(y *story) { y.rung[1].talked = time.Time{} }, notLost, "nobody met"},
		{"a caller who left long after the key, and met nobody", connected, func(y *story) {
			y.call.caller.HangUpAfter = 40
			y.caller.ended, y.rung[1].talked, y.rung[1].joined = at(40), time.Time{}, time.Time{}
		}, notLost, "nobody met"},
		{"somebody else on record than who talked", connected, func(y *story) { y.record.Attempts[1].Leg = "CA7" }, asExperienced, "is on record"},
		{"a talk that is not on record", connected, func(y *story) { y.record.Outcome, y.run.outcome = models.Unanswered, models.Unanswered }, asExperienced, "talked"},
		{"the wrong responder on record", connected, func(y *story) { y.record.AnsweredBy, y.alerts[0].AnsweredBy = "alice", "alice" }, asExperienced, "took the call"},
		{"a forwarding that nobody answered", forwarded, func(y *story) { y.last.talked = time.Time{} }, asExperienced, "nobody talked"},
		{"a message that is not on record", forwarded, func(y *story) { y.spoke = true }, asExperienced, "left a message"},
		{"a voicemail of a silent caller", forwarded, func(y *story) { y.record.Outcome = models.Voicemailed }, asExperienced, "said nothing"},
		{"phones that rang for a refused caller", turnedAway, more(func(t *teller) {
			t.leg(1, "CA1", alices, simulator.OutboundAPI).ends(2, "CA1", alices, simulator.StatusCanceled)
		}), asExperienced, "1 phones rang"},
		{"a responder alone in the room", connected, more(func(t *teller) {
			t.leg(2, "CA5", alices, simulator.OutboundAPI).is(3, "CA5", alices, simulator.EventJoined, "room")
			t.is(12, "CA5", alices, simulator.EventLeft, "room").ends(12, "CA5", alices, simulator.StatusCompleted)
		}), asExperienced, "met nobody"},
		{"a diversion while all was well", sentAway, func(y *story) { y.outages = nil }, asExperienced, "nothing was broken"},
		{"a diversion because one worker of two was away", sentAway, func(y *story) { y.outages[0].total = false }, asExperienced, "nothing was broken"},
		{"a diversion long after all was well", sentAway, func(y *story) { y.outages[0].until = at(-22) }, asExperienced, "nothing was broken"},
		{"a diversion for what was whole before they dialled", sentAway, func(y *story) { y.outages[0].from, y.outages[0].until = at(-15), at(-10.1) }, asExperienced, "nothing was broken"},
		{"a diversion from hold after a short outage", sentAway, moved, asExperienced, "from hold"},
		{"a diverted caller for whom phones ring later", sentAway, more(func(t *teller) {
			t.leg(40, "CA1", alices, simulator.OutboundAPI).ends(41, "CA1", alices, simulator.StatusCanceled)
		}), asExperienced, "was rung 31.0 s after"},
		{"a diversion that is not on record", sentAway, func(y *story) { y.record.Outcome = models.Unanswered }, asExperienced, "was sent to the emergency number"},

		{"a plan of before the drill", connected, func(y *story) { y.record.RouteID = "another" }, asExperienced, "the database was there"},

		{"a phone rung twice", connected, more(func(t *teller) {
			t.leg(20, "CA5", alices, simulator.OutboundAPI).ends(21, "CA5", alices, simulator.StatusCanceled)
		}), rungOnce, "rung 2 times for 1 tries"},
		{"a leg that no attempt knows", connected, func(y *story) { y.record.Attempts[0].Leg = "CA8" }, rungOnce, "on no attempt's record"},

		{"a phone rung twice in a level, and not in the next", connected, func(y *story) {
			again := y.record.Attempts[0]
			again.Leg = "CA5"
			y.record.Attempts = append(y.record.Attempts, again)
		}, rungOnce, "in level 1"},

		{"a line that is left", connected, func(y *story) { y.rung[0].ended = at(40) }, nothingLeft, "after the run had closed"},
		{"a line that never ends", connected, func(y *story) { y.rung[0].ended = time.Time{} }, nothingLeft, "did not end"},
		{"somebody left in a room", connected, more(func(t *teller) { t.is(26, "CA0", theCaller, simulator.EventJoined, "another") }), nothingLeft, "a room"},

		{"an alert that fires on", connected, func(y *story) { y.alerts[0].Status = models.AlertFiring }, alertResolved, "firing"},
		{"an alert that says otherwise", connected, func(y *story) { y.alerts[0].Outcome = models.Unanswered }, alertResolved, "unanswered"},
		{"an alert that is not there", connected, func(y *story) { y.alerts = nil }, alertResolved, "0 alerts"},
		{"no alert of a call whose phones rang", connected, func(y *story) { y.record.AlertID, y.alerts = "", nil }, alertResolved, "raised no alert"},
		{"an alert of a refused caller", turnedAway, func(y *story) { y.alerts = []models.Alert{{}} }, alertResolved, "raised an alert"},
		{"an alert whose run failed", connected, func(y *story) { y.alertRun.err = errors.New("boom") }, alertResolved, "boom"},

		{"silence", connected, silentFor(2, 2.1, "alone"), neverSilent, "2.1 s"},
		{"silence in two parts", connected, func(y *story) { silentFor(2, 1.1, "a pause")(y); silentFor(3.1, 1, "alone")(y) }, neverSilent, "a pause, then alone"},

		{"a key that counted for nothing", connected, func(y *story) {
			y.record.Attempts[1].State = models.Declined
			y.caller.talked, y.rung[1].talked, y.rung[1].joined = time.Time{}, time.Time{}, time.Time{}
		}, notInVain, "recorded as declined"},

		{"a webhook that is refused", connected, more(func(t *teller) { t.hook(3, "CA0", theCaller, simulator.HookDocument, 502, 3) }), notRefused, "answered 502"},
		{"a webhook without an answer", connected, more(func(t *teller) { t.hook(3, "CA0", theCaller, simulator.HookStatus, 0, 3) }), notRefused, "answered 0"},
		{"a document that is not to be had now", connected, more(func(t *teller) { t.hook(3, "CA0", theCaller, simulator.HookDocument, 503, 3) }), notRefused, "answered 503"},
		{"a document that the carrier refuses", connected, more(func(t *teller) { t.is(3, "CA0", theCaller, simulator.EventRefused, "12100") }), notRefused, "would not play"},
		{"a document that is not to be had", connected, more(func(t *teller) { t.is(3, "CA0", theCaller, simulator.EventFallback, "11200") }), notRefused, "not to be had"},

		{"a workflow task that fails", connected, func(y *story) { y.run.failed = []string{"it does not replay"} }, tasksDone, "does not replay"},
	} {
		y := c.story()
		c.breaks(y)
		y.judge()
		found := func(v violation) bool { return v.promise == c.want && strings.Contains(v.text, c.says) }
		if !slices.ContainsFunc(y.faults, found) {
			t.Errorf("%s: want %q of %q, found %v", c.name, c.says, c.want, y.faults)
		}
	}
}

// What is broken on purpose, and the carrier, excuse what the promises say they excuse.
func TestWhatIsExcused(t *testing.T) {
	away := outage{kind: "temporal", total: true, from: at(1), until: at(3)}
	for _, c := range []struct {
		name   string
		story  func() *story
		breaks func(*story)
	}{
		{"a wait for an answer that the carrier lost", connected, func(y *story) {
			silentFor(2, 2.6, "waiting for /twilio/voice")(y)
			more(func(t *teller) {
				t.tell(2.1, simulator.Event{Kind: simulator.EventWebhook, Call: "CA0", Phone: theCaller, URL: "http://x/twilio/voice", HTTPStatus: 200, Millis: 90, Fault: simulator.LoseReply})
			})(y)
		}},
		{"a callback to be told again while Temporal is away", connected, func(y *story) {
			y.outages = []outage{away}
			more(func(t *teller) { t.hook(3, "CA0", theCaller, simulator.HookStatus, 503, 3) })(y)
		}},
		{"a callback that the carrier drops", connected, more(func(t *teller) {
			t.tell(3, simulator.Event{Kind: simulator.EventWebhook, Call: "CA0", Phone: theCaller, Webhook: simulator.HookStatus, Fault: simulator.Drop})
		})},
		{"no record of a caller who left while it rang and all was away", leftRinging, func(y *story) {
			y.outages, y.record = []outage{{kind: "database", total: true, from: at(0), until: at(3)}}, models.Call{}
		}},
		{"a plan of before the drill while the database was away", connected, func(y *story) {
			y.outages, y.record.RouteID = []outage{{kind: "database", total: true, from: at(0), until: at(3)}}, "another"
		}},
		{"a caller who was told to wait longer by a fault", sentAway, func(y *story) {
			y.caller.answered = at(14)
			y.events[1].Fault = simulator.Delay
		}},
		{"somebody who was not tried, because who took the call was lost too late", forwarded, func(y *story) {
			y.record.Attempts = y.record.Attempts[:1]
			y.record.Attempts[0].Lost, y.record.Attempts[0].EndedAt = true, ref(at(125))
			y.record.EndedAt, y.rung = ref(at(130)), y.rung[:1]
		}},
		{"a caller who left after a responder's key", connected, func(y *story) {
			y.call.caller.HangUpAfter = 28
			y.caller.ended, y.rung[1].joined, y.rung[1].talked = at(28), time.Time{}, time.Time{}
		}},
		{"a caller who left in the greeting, when a responder was in the room", connected, func(y *story) {
			y.call.caller.HangUpAfter = 26
			y.caller.joined, y.caller.talked, y.caller.ended, y.rung[1].talked = time.Time{}, time.Time{}, at(26), time.Time{}
			y.rung[1].ended = at(34) // a responder may still hear that the call is over
			y.run.closed = at(34)
		}},
		{"a diversion from hold after a minute without workers", sentAway, func(y *story) {
			moved(y)
			y.outages[0].from = at(-51)
		}},
		{"a run that did not hear of a diversion in time, because there was no database", sentAway, func(y *story) {
			y.outages[0].kind = "database"
			y.record.Outcome, y.record.DivertedAt = models.Abandoned, ref(at(8))
			y.run, y.record.Plan, y.record.Timeline = ending{known: true, closed: at(31), outcome: models.Abandoned}, &models.Plan{}, make([]models.Moment, 2)
		}},
	} {
		y := c.story()
		c.breaks(y)
		if y.judge(); len(y.faults) > 0 {
			t.Errorf("%s: %v", c.name, y.faults)
		}
	}
}
