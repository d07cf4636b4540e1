package e2e

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
)

const crashAlertNamespace = "crash-alert"

// alertEvents are what a receiver hears of a call that somebody takes, in order.
var alertEvents = []string{"raised", "answered", "resolved"}

// stepOfAlert is what the process is at with one call when it is killed.
type stepOfAlert struct {
	name  string
	until int // how many of its events have happened
	taken int // how many of them the receiver has taken
	slack bool
	hold  func(c *alertedCall) *held
	kept  func(c *alertedCall) bool // what is written, and what is not; nil: anything
	twice string                    // the event that may come twice
}

// crashAlerts is a system whose process can be held at any step of an alert.
type crashAlerts struct {
	*crashSystem
	slackDoor, pointDoor *door
}

func newCrashAlerts(t *testing.T) *crashAlerts {
	t.Helper()
	s := &crashAlerts{crashSystem: newCrashSystem(t, crashAlertNamespace)}
	s.slack = slacktest.New(t)
	s.slackDoor = &door{inside: s.slack}
	s.pointDoor = &door{inside: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	slackHTTP, pointsHTTP := httptest.NewServer(s.slackDoor), httptest.NewServer(s.pointDoor)
	t.Cleanup(slackHTTP.Close)
	t.Cleanup(pointsHTTP.Close)
	s.server.Slack, s.server.Points = slackHTTP.URL+"/api", pointsHTTP.URL
	return s
}

// stepsOfAlerts are all of them, one of each for a call.
func (s *crashAlerts) stepsOfAlerts(t *testing.T) (all []*stepOfAlert) {
	add := func(step stepOfAlert) { all = append(all, &step) }
	for _, of := range []struct {
		name  string
		until int
		visit visit
	}{
		{"the channel", 1, visit{path: "conversations.create"}},
		{"the headline", 1, visit{path: "chat.postMessage"}},
		{"the topic", 1, visit{path: "conversations.setTopic"}},
		{"the invitation", 1, visit{path: "conversations.invite"}},
		{"a message", 1, visit{path: "chat.postMessage", has: "thread_ts"}},
		{"the headline changes", 2, visit{path: "chat.update"}},
	} {
		asked := func(c *alertedCall) visit {
			v := of.visit
			v.about = c.itsChannel
			return v
		}
		add(stepOfAlert{name: "before " + of.name, until: of.until, taken: of.until, slack: true, hold: func(c *alertedCall) *held {
			return s.slackDoor.keeps(t, asked(c))
		}})
		add(stepOfAlert{name: "after " + of.name, until: of.until, taken: of.until, slack: true, hold: func(c *alertedCall) *held {
			return s.slackDoor.keepsAnswer(t, asked(c))
		}})
	}
	for n, event := range alertEvents {
		add(stepOfAlert{name: "before " + event, until: n + 1, taken: n, hold: func(c *alertedCall) *held {
			return c.hook.keeps(t, n+1, false)
		}})
		add(stepOfAlert{name: "after " + event, until: n + 1, taken: n + 1, twice: event, hold: func(c *alertedCall) *held {
			return c.hook.keeps(t, n+1, true)
		}})
		add(stepOfAlert{name: event + " is taken and not kept", until: n + 1, taken: n + 1, twice: event, hold: func(c *alertedCall) *held {
			return s.pointDoor.keepsEvery(t, c.visitOf("Deliver", pointHeard, event))
		}, kept: func(c *alertedCall) bool { return c.delivered() == n }})
	}
	at := func(activity, point string, status models.AlertStatus) func(*alertedCall) *held {
		return func(c *alertedCall) *held {
			return s.pointDoor.keepsEvery(t, c.visitOf(activity, point, string(status)))
		}
	}
	add(stepOfAlert{name: "raised and not woken", until: 1, hold: at("Raise", pointWakes, models.AlertFiring),
		kept: func(c *alertedCall) bool { return c.incident(c.rule).Channel.ID == "" }})
	add(stepOfAlert{name: "raised and not known to be", until: 1, hold: at("Raise", pointReturns, models.AlertFiring),
		kept: func(c *alertedCall) bool { return len(c.incidents(c.rule)) == 1 }})
	add(stepOfAlert{name: "recorded and not woken", until: 3, taken: 3, hold: at("RecordAlert", pointWakes, models.AlertResolved),
		kept: func(c *alertedCall) bool { return c.resolved() && c.attended(false) }})
	add(stepOfAlert{name: "recorded and not known to be", until: 3, taken: 3, hold: at("RecordAlert", pointReturns, models.AlertResolved),
		kept: (*alertedCall).resolved})
	return all
}

// The process is killed while it writes of calls, and tells Slack and receivers of them: with each call at
// another step, once before and once after it is done. Each still has one incident, one channel with one
// invitation, each message once, and its receiver hears of each event. It hears one again, by the same id,
// only when it had taken it and the process could not write so any more.
func TestAWorkerThatDiesAtAnyStepOfAnAlertLeavesNothingUndoneOrDoneTwice(t *testing.T) {
	t.Parallel()
	s := newCrashAlerts(t)
	s.server.start(t)
	var calls []*alertedCall
	for _, step := range s.stepsOfAlerts(t) {
		calls = append(calls, s.alerted(t, step))
	}
	ofSlack := func(c *alertedCall) bool { return c.step.slack }
	comeToTheirBrink(calls)
	comeToTheirSteps(slices.DeleteFunc(slices.Clone(calls), ofSlack))
	comeToTheirSteps(slices.DeleteFunc(slices.Clone(calls), func(c *alertedCall) bool { return !ofSlack(c) })) // which is not waited for as long
	for _, c := range calls {
		c.held.stillStands()
	}
	s.server.kill(t)
	for _, c := range calls {
		c.held.isGivenUp()
		c.held.let()
	}
	s.server.start(t)
	for event := 2; event <= len(alertEvents); event++ {
		goesOnTo(event, calls, func(c *alertedCall) bool { return c.step.until < event })
	}
	for _, c := range calls {
		c.endsWhole()
	}
	s.checkIncidents(t, calls)
	s.checkLog(t, calls)
}

// checkIncidents holds that each call has an incident and a channel of its own.
func (s *crashAlerts) checkIncidents(t *testing.T, calls []*alertedCall) {
	t.Helper()
	if n := len(s.slack.Names()); n != len(calls) {
		t.Errorf("%d channels for %d incidents: %v", n, len(calls), s.slack.Names())
	}
	incidents := map[int]bool{}
	for _, c := range calls {
		incidents[c.incident(c.rule).Number] = true
	}
	if len(incidents) != len(calls) {
		t.Errorf("%d incidents have %d numbers", len(calls), len(incidents))
	}
}

func (s *crashAlerts) checkLog(t *testing.T, calls []*alertedCall) {
	t.Helper()
	text := s.server.log(t)
	for _, c := range calls {
		for _, number := range append(c.numbers(), c.number, c.from) {
			if strings.Contains(text, number) {
				t.Error("the log holds a number")
			}
		}
	}
}

// keeps holds the nth thing that a receiver is told, before or after it has taken it, until whoever tells it
// has left.
func (h *listener) keeps(t *testing.T, nth int, taken bool) *held {
	k := newHeld(t, visit{path: string(h.receiver.Type)})
	h.answer = func(n int, w http.ResponseWriter, r *http.Request) {
		if n != nth {
			return
		}
		if taken {
			h.take(r)
		}
		defer close(k.over)
		close(k.came)
		<-r.Context().Done()
		w.WriteHeader(http.StatusServiceUnavailable) // nobody reads it
	}
	return k
}
