package activities_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/sdk/temporal"
)

func TestSomebodyWithoutAnAccountIsNamedOnce(t *testing.T) {
	for name, trouble := range map[string][]slacktest.Trouble{
		"at once":                        nil,
		"the reply is lost":              {{Acts: true, Breaks: true}},
		"Slack is away, then it is lost": {{Status: 503}, {Acts: true, Status: 500}},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				o := newOffice(t, s)
				o.tellAll()
				carol := o.rings("Carol")
				o.slack.Fail("chat.postMessage", trouble...)
				step := activities.ChannelStep{Kind: activities.StepInvite, ID: carol, Name: "Carol"}
				for range trouble {
					if _, err := o.tell(step); err == nil {
						t.Error("it worked at once")
					}
				}
				o.tellAll()
				if looked := len(o.slack.Asked("conversations.replies")); (looked > 0) != (len(trouble) > 0) {
					t.Errorf("looked for it %d times", looked)
				}
				if _, err := o.tell(step); err != nil { // a repeat
					t.Error(err)
				}
				want := `- Carol is not on Slack and was rung by call route "Support".`
				if n := len(slices.DeleteFunc(o.said(), func(text string) bool { return text != want })); n != 1 {
					t.Errorf("named %d times: %q", n, o.said())
				}
				if p := o.invitation(carol); p.Status != models.InvitationNamed || p.ToldAt == nil || p.Fault != "nobody has their e-mail address there" {
					t.Errorf("invited: %+v", p)
				}
			})
		})
	}
}

func TestWhoCannotBeInvitedStopsNobodyElse(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.slack.Add(slacktest.User{ID: "U0GUEST", Email: "guest@example.com", Refused: "user_is_restricted"})
	guest, gone, bob := o.rings("Guest"), o.rings("Gone"), o.rings("Bob")
	if err := o.store.DeleteUser(t.Context(), gone, 0); err != nil {
		t.Fatal(err)
	}
	o.tellAll()
	for id, want := range map[string]string{guest: "is a guest", gone: "no longer in the directory"} {
		if p := o.invitation(id); p.Status != models.InvitationFailed || !strings.Contains(p.Fault, want) || p.ToldAt != nil {
			t.Errorf("invited: %+v", p)
		}
	}
	if p := o.invitation(bob); p.Status != models.InvitationSent {
		t.Errorf("invited: %+v", p)
	}
}

func TestAnArchivedChannelRefusesOnTheRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.tellAll()
		alice, carol := o.rings("Alice"), o.rings("Carol")
		o.slack.Change(theChannel, func(c *slacktest.Channel) { c.Archived = true })
		o.tellAll()
		for _, id := range []string{alice, carol} {
			if p := o.invitation(id); p.Status != models.InvitationFailed || !strings.Contains(p.Fault, "unarchive") {
				t.Errorf("invited: %+v", p)
			}
		}
		for _, m := range o.messages()[1:] {
			if m.Status != models.MessageFailed || !strings.Contains(m.Fault, "unarchive") {
				t.Errorf("posted: %+v", m)
			}
		}
		if fault := o.channel().Fault; !strings.HasPrefix(fault, "keep the headline current: Slack says is_inactive") {
			t.Errorf("the fault is %q", fault)
		}
	})
}

func TestAHeadlineThatWasRemovedIsPostedAgain(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.tellAll()
	o.slack.Change(theChannel, func(c *slacktest.Channel) { c.Messages = nil })
	o.rings("Alice")
	o.tellAll()
	if got := o.said(); len(got) != 2 || !strings.HasPrefix(got[0], "INC-1") || !strings.HasPrefix(got[1], "- Alice") {
		t.Errorf("said: %q", got)
	}
}

func TestAHeadlineThatWasRemovedIsPostedOnceWhateverComesBack(t *testing.T) {
	for name, trouble := range map[string]slacktest.Trouble{
		"a 503 before": {Status: 503}, "a 500 after it acted": {Acts: true, Status: 500}, "a lost reply": {Acts: true, Breaks: true},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				o := newOffice(t, s)
				o.tellAll()
				o.slack.Change(theChannel, func(c *slacktest.Channel) { c.Messages = nil })
				o.rings("Alice")
				o.slack.Fail("chat.postMessage", trouble)
				if _, err := o.tell(activities.ChannelStep{Kind: activities.StepHeadline}); err == nil {
					t.Error("it worked at once")
				}
				if left := o.left(); left[0] != "keep the headline current" {
					t.Errorf("left: %q", left)
				}
				o.rings("Bob")
				o.tellAll()
				got := o.said()
				if len(got) != 3 || !strings.HasSuffix(got[0], "Bob (mobile) rings, from +12025550123") || !strings.HasPrefix(got[1], "- Alice") {
					t.Errorf("said: %q", got)
				}
				if kept, room := o.channel(), o.slack.Channel(theChannel); kept.Headline != room.Messages[0].ID || kept.ToldText != got[0] || kept.Fault != "" {
					t.Errorf("kept %+v", kept)
				}
			})
		})
	}
}

// What one worker posts anew is found by the next, which knows of the removed headline alone.
func TestAHeadlineThatWasRemovedIsPostedOnceByTwoWorkers(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.tellAll()
	before := o.channel()
	o.slack.Change(theChannel, func(c *slacktest.Channel) { c.Messages = nil })
	o.rings("Alice")
	for range 2 {
		if _, err := o.tell(activities.ChannelStep{Kind: activities.StepHeadline}); err != nil {
			t.Fatal(err)
		}
		if err := o.store.KeepChannel(t.Context(), o.incident, before); err != nil { // it died before it kept the new one
			t.Fatal(err)
		}
	}
	o.tellAll()
	if got := o.said(); len(got) != 2 || !strings.HasPrefix(got[0], "INC-1") {
		t.Errorf("said: %q", got)
	}
}

func TestAHeadlineThatWasRemovedIsNotTakenForANewOne(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.tellAll()
	removed := o.channel().Headline
	o.slack.Change(theChannel, func(c *slacktest.Channel) { c.Messages = nil })
	o.rings("Alice")
	listed := slacktest.Trouble{
		Body: `{"ok":true,"messages":[{"ts":"` + removed + `","metadata":{"event_type":"ringdown","event_payload":{"key":"headline"}}}]}`,
	}
	o.slack.Fail("conversations.history", listed, listed)
	o.slack.Fail("chat.postMessage", slacktest.Trouble{Status: 503})
	step := activities.ChannelStep{Kind: activities.StepHeadline}
	if _, err := o.tell(step); err == nil {
		t.Error("it worked at once")
	}
	if _, err := o.tell(step); err != nil { // it knows of none, and finds the removed one
		t.Error(err)
	}
	if got := o.said(); len(got) != 1 || !strings.HasPrefix(got[0], "INC-1") || o.channel().Headline != o.slack.Channel(theChannel).Messages[0].ID {
		t.Errorf("said: %q, kept %+v", got, o.channel())
	}
}

func TestAHeadlineWhoseReplyIsLostIsFoundAndMadeCurrent(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	if _, err := o.tell(o.pending()[0]); err != nil {
		t.Fatal(err)
	}
	o.slack.Fail("chat.postMessage", slacktest.Trouble{Acts: true, Breaks: true})
	if _, err := o.tell(o.pending()[0]); err == nil {
		t.Error("it worked at once")
	}
	o.rings("Alice")
	o.tellAll()
	if got := o.said(); !strings.HasSuffix(got[0], "Alice (mobile) rings, from +12025550123") || len(got) != 3 {
		t.Errorf("said: %q", got)
	}
}

func TestEachMessageIsPostedOnceWhateverComesBack(t *testing.T) {
	for name, trouble := range map[string]slacktest.Trouble{
		"a 500 after it acted": {Acts: true, Status: 500}, "a lost reply": {Acts: true, Breaks: true}, "a 503 before": {Status: 503},
		"too many requests": {Status: 429, RetryAfter: "40"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				o := newOffice(t, s)
				o.tellAll()
				o.says("Desk", "<!channel> @here *bold* & <https://x>")
				o.slack.Fail("chat.postMessage", trouble)
				step := o.pending()[0]
				_, err := o.tell(step)
				var away *temporal.ApplicationError
				if !errors.As(err, &away) || away.Type() != activities.ErrSlackAway || !away.NonRetryable() {
					t.Fatalf("it says %v", err)
				}
				if wait := away.NextRetryDelay(); (trouble.RetryAfter != "") != (wait == 40*time.Second) {
					t.Errorf("tried again after %v", wait)
				}
				for range 2 {
					if _, err := o.tell(step); err != nil {
						t.Fatal(err)
					}
				}
				got := o.said()
				if len(got) != 3 || got[2] != "- Desk: <!channel> @here *bold* & <https://x>" || len(o.left()) != 0 {
					t.Errorf("said: %q", got)
				}
			})
		})
	}
}

func TestATopicThatIsRefusedIsLeftUntilItChanges(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.slack.Fail("conversations.setTopic", slacktest.Trouble{Error: "user_is_restricted"})
	o.tellAll()
	if fault := o.channel().Fault; !strings.HasPrefix(fault, "set the topic: Slack says user_is_restricted") {
		t.Errorf("the fault is %q", fault)
	}
	o.rings("Alice")
	o.tellAll()
	if fault := o.channel().Fault; !strings.HasPrefix(fault, "set the topic: ") {
		t.Errorf("the fault is %q", fault)
	}
	if _, err := o.store.ActOnIncident(t.Context(), o.incident, models.IncidentClose, 0); err != nil {
		t.Fatal(err)
	}
	if o.tellAll(); o.channel().Fault != "" || o.slack.Channel(theChannel).Topic != "INC-1 · Call to Support · minor · closed" {
		t.Errorf("kept %+v", o.channel())
	}
}
