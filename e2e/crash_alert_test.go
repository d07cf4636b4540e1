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

// The process is killed while it tells Slack and receivers of calls: of each call at another step, once before
// and once after the other side has acted. Each still has one incident, one channel with one invitation, each
// message once, and each receiver hears of each event.
func TestAWorkerThatDiesAtAnyStepOfAnAlertLeavesNothingUndoneOrDoneTwice(t *testing.T) {
	t.Parallel()
	s := newCrashSystem(t, crashAlertNamespace)
	s.slack = slacktest.New(t)
	slackDoor := &door{inside: s.slack}
	slackHTTP := httptest.NewServer(slackDoor)
	t.Cleanup(slackHTTP.Close)
	s.server.Slack = slackHTTP.URL + "/api"
	s.server.start(t)

	type story struct {
		*line
		rule models.AlertRoute
		hook *listener
		held interface{ isGivenUp() }
	}
	var stories []story
	tell := func(name string, hold func(l *line, hook *listener) *held) {
		l := s.line(t, "Alice")
		l.onSlack("Alice")
		hook := l.listens(models.ReceiverWebhook)
		rule := models.AlertRoute{Name: name, Enabled: true, Conditions: l.itself(), Incident: models.IncidentRule{Declare: true}}
		rule, err := s.store.CreateAlertRoute(t.Context(), rule.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		h := hold(l, hook)
		caller := l.calls()
		alice := l.rung("Alice").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		alice.hears("hung up").ends("completed")
		h.comes()
		stories = append(stories, story{l, rule, hook, h})
	}
	for _, method := range []string{"conversations.create", "conversations.setTopic", "conversations.invite", "chat.postMessage", "chat.update"} {
		v := visit{path: method}
		tell("before "+method, func(*line, *listener) *held { return slackDoor.keeps(t, v) })
		tell("after "+method, func(*line, *listener) *held { return slackDoor.keepsAnswer(t, v) })
	}
	for nth, event := range []string{"raised", "answered", "resolved"} {
		tell("before "+event, func(_ *line, hook *listener) *held { return hook.keeps(t, nth+1, false) })
		tell("after "+event, func(_ *line, hook *listener) *held { return hook.keeps(t, nth+1, true) })
	}
	s.server.kill(t)
	for _, story := range stories {
		story.held.isGivenUp()
	}
	s.server.start(t)

	for _, l := range stories {
		l.ended(models.Connected)
		i := l.incident(l.rule)
		l.comes("Slack has it all", func() bool {
			work, err := s.store.ChannelWork(t.Context(), i.ID)
			i = l.incident(l.rule)
			return err == nil && i.Channel.ID != "" && len(work.Messages) == 0 && len(work.Participants) == 0 && i.Channel.ToldText == work.Headline
		})
		channel := s.slack.Channel(i.Channel.Name)
		said := texts(channel)
		if len(channel.Members) != 1 || len(slices.Compact(slices.Sorted(slices.Values(said)))) != len(said) || len(said) < 5 {
			t.Errorf("%s: members %v, said %q", l.rule.Name, channel.Members, said)
		}
		events := map[string]string{} // by delivery
		for _, o := range l.hook.hears(3) {
			events[o.header.Get("webhook-id")] = o.field("type")
		}
		var names []string
		for _, event := range events {
			names = append(names, strings.TrimPrefix(event, "alert."))
		}
		slices.Sort(names)
		if !slices.Equal(names, []string{"answered", "raised", "resolved"}) {
			t.Errorf("%s: the receiver hears %v", l.rule.Name, events)
		}
	}
	if n := len(s.slack.Names()); n != len(stories) {
		t.Errorf("%d channels for %d incidents: %v", n, len(stories), s.slack.Names())
	}
	incidents := map[int]bool{}
	for _, l := range stories {
		incidents[l.incident(l.rule).Number] = true
	}
	if len(incidents) != len(stories) {
		t.Errorf("%d incidents have %d numbers", len(stories), len(incidents))
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
