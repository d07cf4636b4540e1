package slack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
)

func TestSomebodyIsInvitedByTheirAccountOrTheirAddress(t *testing.T) {
	for name, c := range map[string]struct {
		user    models.User
		want    models.InvitationStatus
		members []string
	}{
		"the account of the directory":            {models.User{SlackUserID: "U0ALICE", Email: "bob@example.com"}, models.InvitationSent, []string{"U0ALICE"}},
		"the e-mail address":                      {models.User{Email: "Bob@example.com"}, models.InvitationSent, []string{"U0BOB"}},
		"an account that is gone, by the address": {models.User{SlackUserID: "U0GONE", Email: "bob@example.com"}, models.InvitationSent, []string{"U0BOB"}},
		"nobody has the address":                  {models.User{Email: "carol@example.com"}, models.InvitationNamed, nil},
		"neither is there":                        {models.User{SlackUserID: "U0GONE", Email: "carol@example.com"}, models.InvitationNamed, nil},
		"a deactivated account":                   {models.User{Email: "dave@example.com"}, models.InvitationNamed, nil},
		"a guest of another channel":              {models.User{SlackUserID: "U0GUEST"}, models.InvitationFailed, nil},
		"the app itself":                          {models.User{SlackUserID: slacktest.App, Email: "app@example.com"}, models.InvitationNamed, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.slack.Add(
				slacktest.User{ID: "U0ALICE", Email: "alice@example.com"}, slacktest.User{ID: "U0BOB", Email: "bob@example.com"},
				slacktest.User{ID: "U0DAVE", Email: "dave@example.com", Deleted: true}, slacktest.User{ID: "U0GUEST", Refused: "ura_max_channels"},
			)
			for range 2 {
				got, err := r.client.Invite(t.Context(), r.id, c.user)
				if err != nil || got.Status != c.want || (got.Why == "") != (c.want == models.InvitationSent) {
					t.Errorf("invited: %+v, want %s (%v)", got, c.want, err)
				}
			}
			if members := r.slack.Channel("inc-12-call-to-support").Members; !slices.Equal(members, c.members) {
				t.Errorf("there are %q", members)
			}
		})
	}
}

func TestWhoeverIsInTheChannelAlreadyIsInvited(t *testing.T) {
	for name, trouble := range map[string]slacktest.Trouble{
		"the reply is lost":    {Acts: true, Breaks: true},
		"a 500 after it acted": {Acts: true, Status: 500},
		"a strange answer":     {Acts: true, Body: `{"ok":true,"errors":[{"what":"ever"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.slack.Add(slacktest.User{ID: "U0ALICE"})
			r.slack.Fail("conversations.invite", trouble)
			if _, err := r.client.Invite(t.Context(), r.id, models.User{SlackUserID: "U0ALICE"}); slack.ClassOf(err) != slack.Retry {
				t.Errorf("it says %v", err)
			}
			got, err := r.client.Invite(t.Context(), r.id, models.User{SlackUserID: "U0ALICE"})
			if err != nil || got.Status != models.InvitationSent || len(r.slack.Channel("inc-12-call-to-support").Members) != 1 {
				t.Errorf("invited: %+v (%v)", got, err)
			}
		})
	}
}

// A refusal with details that nobody knows must not be taken for an answer that was cut.
func TestARefusalIsUnderstoodWhateverComesWithIt(t *testing.T) {
	r := newRoom(t)
	r.slack.Fail("conversations.invite", slacktest.Trouble{Body: `{"ok":false,"error":"cant_invite","errors":[{"error":"cant_invite","ok":false}]}`})
	got, err := r.client.Invite(t.Context(), r.id, models.User{SlackUserID: "U0ALICE"})
	if err != nil || got.Status != models.InvitationFailed || !strings.Contains(got.Why, "cant_invite") {
		t.Errorf("invited: %+v (%v)", got, err)
	}
}
