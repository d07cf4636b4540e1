package activities_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/sdk/temporal"
)

func TestAChannelIsToldEverythingInItsOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		alice, bob := o.rings("Alice"), o.rings("Bob")
		o.says("Desk", "Please call back.")
		if got := o.left(); !slices.Equal(got, []string{"open the channel"}) {
			t.Errorf("at first it is to %q", got)
		}
		done := o.tellAll()
		want := []string{
			"open the channel", "keep the headline current", "set the topic", "invite Alice", "invite Bob",
			"post a message", "post a message", "post a message", "post a message",
		}
		if !slices.Equal(done, want) {
			t.Errorf("done: %q", done)
		}
		said := []string{
			"INC-1 · Call to Support · minor · active\nCall to Support: Bob (mobile) rings, from +12025550123", "- Call to Support from +12025550123.",
			"- Alice (mobile) is rung.", "- Bob (mobile) is rung.", "- Desk: Please call back.",
		}
		if got := o.said(); !slices.Equal(got, said) {
			t.Errorf("said: %q", got)
		}
		room, kept := o.slack.Channel(theChannel), o.channel()
		if room.Topic != "INC-1 · Call to Support · minor · active" || !slices.Equal(room.Members, []string{"U0ALICE", "U0BOB"}) {
			t.Errorf("the room is %+v", room)
		}
		if kept.ID != room.ID || kept.Name != theChannel || kept.URL == "" || kept.Fault != "" || kept.Headline != room.Messages[0].ID || kept.ToldText != said[0] {
			t.Errorf("kept %+v", kept)
		}
		for _, id := range []string{alice, bob} {
			if p := o.invitation(id); p.Status != models.InvitationSent || p.ToldAt == nil || p.Fault != "" {
				t.Errorf("invited: %+v", p)
			}
		}
		for i, m := range o.messages() {
			if m.Status != models.MessagePosted || m.Posted != room.Messages[i+1].ID || m.Fault != "" {
				t.Errorf("posted: %+v", m)
			}
		}
	})
}

func TestNewsComesAfterWhoeverIsInvited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.tellAll()
		o.rings("Alice")
		ctx := store.As(t.Context(), models.Actor{KeyID: "key", Name: "Desk"})
		if _, err := s.ActOnIncident(ctx, o.incident, models.IncidentClose, 0); err != nil {
			t.Fatal(err)
		}
		want := []string{"invite Alice", "keep the headline current", "set the topic", "post a message", "post a message"}
		if done := o.tellAll(); !slices.Equal(done, want) {
			t.Errorf("done: %q", done)
		}
		room := o.slack.Channel(theChannel)
		if room.Topic != "INC-1 · Call to Support · minor · closed" || room.Topics != 2 || room.Messages[0].Edits != 1 || o.channel().ToldText != room.Messages[0].Text {
			t.Errorf("the room is %+v", room)
		}
		if got := o.said(); got[len(got)-1] != "- Desk closed the incident." {
			t.Errorf("said: %q", got)
		}
		if again := o.left(); len(again) != 0 {
			t.Errorf("left: %q", again)
		}
	})
}

func TestTheTopicStaysWhenTheHeadlineBeginsAsBefore(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.tellAll()
	o.rings("Alice")
	if done := o.tellAll(); slices.Contains(done, "set the topic") || !slices.Contains(done, "keep the headline current") {
		t.Errorf("done: %q", done)
	}
}

func TestManyMessagesAreListedInPieces(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.tellAll()
	for i := range 50 {
		o.says("Desk", fmt.Sprint("line ", i))
	}
	if left := o.left(); len(left) != 20 {
		t.Errorf("%d are listed", len(left))
	}
}

func TestWithoutATokenEverythingStaysPending(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		alice := o.rings("Alice")
		o.channels.Slack = nil
		told, err := o.tell(o.pending()[0])
		if err != nil || !told.Stuck || !told.Shut || o.channel().Fault != "Slack cannot be used: there is no token for Slack: set SLACK_BOT_TOKEN" {
			t.Errorf("told %+v, kept %+v (%v)", told, o.channel(), err)
		}
		if p := o.invitation(alice); p.Status != models.InvitationPending {
			t.Errorf("invited: %+v", p)
		}
		o.connect("xoxb-false")
		if told, err = o.tell(o.pending()[0]); err != nil || !told.Shut || !strings.Contains(o.channel().Fault, "invalid_auth") {
			t.Errorf("told %+v, kept %+v (%v)", told, o.channel(), err)
		}
		o.connect(slacktest.Token)
		o.tellAll()
		if o.channel().Fault != "" || o.invitation(alice).Status != models.InvitationSent {
			t.Errorf("kept %+v", o.channel())
		}
	})
}

func TestATokenThatIsTakenBackLeavesEverythingPending(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.tellAll()
	alice := o.rings("Alice")
	o.connect("xoxb-false")
	for _, step := range o.pending() {
		if told, err := o.tell(step); err != nil || !told.Shut {
			t.Errorf("%s: %+v, %v", step.Words(), told, err)
		}
	}
	if p := o.invitation(alice); p.Status != models.InvitationPending || !strings.HasPrefix(o.channel().Fault, "Slack cannot be used: ") {
		t.Errorf("invited: %+v, kept %+v", p, o.channel())
	}
	o.connect(slacktest.Token)
	o.tellAll()
	if got := o.said(); o.channel().Fault != "" || len(got) != 3 {
		t.Errorf("kept %+v, said %q", o.channel(), got)
	}
}

func TestAChannelThatIsRefusedStaysPending(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.slack.Fail("conversations.create", slacktest.Trouble{Error: "restricted_action"})
	told, err := o.tell(o.pending()[0])
	if want := "open the channel: Slack says restricted_action: "; err != nil || !told.Stuck || told.Shut || !strings.HasPrefix(o.channel().Fault, want) {
		t.Errorf("told %+v, kept %+v (%v)", told, o.channel(), err)
	}
	if o.tellAll(); o.channel().Fault != "" {
		t.Errorf("kept %+v", o.channel())
	}
}

func TestWhatIsGivenUpIsNotedAndLeft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		giveUp := func(step activities.ChannelStep) {
			t.Helper()
			for range 2 {
				if _, err := run(t, o.channels.Abandon, nil, o.incident, step, "Slack answers with status 500"); err != nil {
					t.Fatal(err)
				}
			}
		}
		giveUp(o.pending()[0])
		if fault := o.channel().Fault; fault != "open the channel: Slack answers with status 500" || len(o.left()) != 1 {
			t.Errorf("the fault is %q", fault)
		}
		o.tellAll()
		alice := o.rings("Alice")
		for len(o.left()) > 0 {
			giveUp(o.pending()[0])
		}
		messages := o.messages()
		if p, m := o.invitation(alice), messages[len(messages)-1]; p.Status != models.InvitationFailed || p.Fault == "" || m.Status != models.MessageFailed || m.Fault == "" {
			t.Errorf("invited: %+v, posted: %+v", p, m)
		}
		if fault := o.channel().Fault; fault != "keep the headline current: Slack answers with status 500" {
			t.Errorf("the fault is %q", fault)
		}
	})
}

func TestOnlyIncidentsInSlackAreTold(t *testing.T) {
	s := storetest.SQLite(t)
	o := newOffice(t, s)
	o.alert.ID, o.alert.CarrierCallID = "alert-2", "CA2"
	routed, err := s.RaiseAlert(t.Context(), o.alert, models.ChannelInternal)
	if err != nil {
		t.Fatal(err)
	}
	o.incident = routed.Incidents[0]
	if left := o.left(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	_, err = run(t, o.channels.Pending, nil, "nobody")
	var unknown *temporal.ApplicationError
	if !errors.As(err, &unknown) || !unknown.NonRetryable() {
		t.Errorf("it says %v", err)
	}
}

func TestADatabaseThatIsAwayIsWaitedForByChannels(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	step := o.pending()[0]
	if err := o.store.Close(); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"pending": func() error { _, err := run(t, o.channels.Pending, nil, o.incident); return err },
		"tell":    func() error { _, err := o.tell(step); return err },
		"abandon": func() error { _, err := run(t, o.channels.Abandon, nil, o.incident, step, "no"); return err },
	} {
		var failed *temporal.ApplicationError
		if err := try(); !errors.As(err, &failed) || failed.NonRetryable() || failed.Type() == activities.ErrSlackAway {
			t.Errorf("%s: %v", name, err)
		}
	}
	if names := o.slack.Names(); len(names) != 0 {
		t.Errorf("opened %q", names)
	}
}
