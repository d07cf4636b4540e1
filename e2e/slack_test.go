package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
)

// onSlack gives people of a line accounts.
func (l *line) onSlack(names ...string) {
	l.t.Helper()
	for _, name := range names {
		user := l.user(name)
		l.s.slack.Add(slacktest.User{ID: "U" + strings.ToUpper(strings.ReplaceAll(user.ID, "-", "")), Email: user.Email})
	}
}

// user is the directory's entry of a person of a line.
func (l *line) user(name string) models.User {
	l.t.Helper()
	for _, level := range l.route.Levels {
		for _, target := range level.Targets {
			if user, err := l.s.store.User(l.t.Context(), target.UserID); err != nil {
				l.t.Fatal(err)
			} else if user.Name == name {
				return user
			}
		}
	}
	l.t.Fatalf("nobody is called %s", name)
	return models.User{}
}

func TestACallHasAChannelInSlackWithWhoeverIsRung(t *testing.T) {
	t.Parallel()
	s := sharedSystem(t, "slack")
	l := s.line(t, "Alice / Bob", longRing)
	l.onSlack("Alice") // and Bob has no account
	rule := l.declares()
	caller := l.calls()
	alice := l.rung("Alice")
	channel := func() slacktest.Channel { return s.slack.Channel(l.incident(rule).Channel.Name) }
	l.comes("Alice is in the channel while her phone rings", func() bool {
		return len(l.incidents(rule)) == 1 && l.incident(rule).Channel.Name != "" && len(channel().Members) == 1
	})
	alice.rejects()
	bob := l.rung("Bob").answers().hears("to take").presses("1").talks()
	caller.talks().hangsUp()
	bob.hears("hung up").ends("completed")
	l.ended(models.Connected)
	l.comes("everything was said", func() bool {
		texts := texts(channel())
		return slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, "The call ended") })
	})
	l.comes("the headline says how it ended", func() bool {
		return strings.Contains(channel().Messages[0].Text, "ended after")
	})
	now := channel()
	if people := len(now.Members); people != 1 {
		t.Errorf("%d people are in the channel: %v", people, now.Members)
	}
	said := texts(now)
	for n, words := range []string{l.incident(rule).Label(), "Call to ", "Alice (mobile) is rung.", "Alice (mobile) is busy"} {
		if !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, words) }) {
			t.Errorf("%d: nothing in the channel begins with %q: %q", n, words, said)
		}
	}
	if named := slices.IndexFunc(said, func(s string) bool { return strings.HasPrefix(s, "Bob is not on Slack") }); named < 0 {
		t.Errorf("Bob is not named: %q", said)
	}
	for _, m := range now.Messages {
		if m.Markup || m.Thread == "" && m.ID != now.Messages[0].ID {
			t.Errorf("a message %+v", m)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(said)))) != len(said) {
		t.Errorf("something is said twice: %q", said)
	}
}

func texts(c slacktest.Channel) (texts []string) {
	for _, m := range c.Messages {
		texts = append(texts, m.Text)
	}
	return texts
}

func TestWithoutSlackACallGoesOnAndTheChannelComesLater(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "slack-away", pace, t)
	s.slack.Fail("conversations.create", slacktest.Trouble{Status: 503, Lasts: true})
	l := s.line(t, "Alice")
	l.onSlack("Alice")
	rule := l.declares()
	caller := l.calls()
	alice := l.rung("Alice").answers().hears("to take").presses("1").talks()
	caller.talks().hangsUp()
	alice.hears("hung up").ends("completed")
	l.ended(models.Connected)
	if i := l.incident(rule); i.Channel.Fault == "" || i.Channel.Name != "" {
		t.Errorf("the channel is %+v", i.Channel)
	}
	s.slack.Mend("conversations.create")
	if status := s.post(t, "/v1/incidents/"+l.incident(rule).ID+"/accept"); status != 200 { // news has it looked after
		t.Errorf("accepting is answered %d", status)
	}
	l.comes("Alice is in the channel", func() bool {
		i := l.incident(rule)
		return i.Channel.Name != "" && i.Channel.Fault == "" && len(s.slack.Channel(i.Channel.Name).Members) == 1
	})
}
