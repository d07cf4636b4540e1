package slack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
)

func TestAChannelIsCheckedWithoutAMessage(t *testing.T) {
	without := func(scope string) func(s *slacktest.Server) {
		return func(s *slacktest.Server) {
			s.Scopes = slices.DeleteFunc(s.Scopes, func(has string) bool { return has == scope })
		}
	}
	for name, c := range map[string]struct {
		channel string // a name, or an id behind a bar
		before  func(s *slacktest.Server)
		class   slack.Class
		says    string
	}{
		"it is there":                         {"reviews", nil, "", ""},
		"it is there by its id":               {"|reviews", nil, "", ""},
		"it is private, and may not be shown": {"|reviews", without("channels:read"), "", ""}, // nor could it be found by its name
		"the app is not in it":                {"elsewhere", nil, slack.Final, "called #elsewhere: add it there"},
		"the app is not in that of the id":    {"|elsewhere", nil, slack.Final, "the app is not in the channel, or has left it: add it"},
		"there is none":                       {"nowhere", nil, slack.Final, "called #nowhere: add it there"},
		"there is none of the id":             {"C0NOWHERE", nil, slack.Final, "the channel is gone, or hidden from the app"},
		"it is archived": {"reviews", func(s *slacktest.Server) {
			s.Change("reviews", func(ch *slacktest.Channel) { ch.Archived = true })
		}, slack.Final, ""},
		"it is archived, by its id": {"|reviews", func(s *slacktest.Server) {
			s.Change("reviews", func(ch *slacktest.Channel) { ch.Archived = true })
		}, slack.Final, "the channel is archived: unarchive it"},
		"nothing may be read": {"|reviews", func(s *slacktest.Server) { without("channels:read")(s); without("channels:history")(s) },
			slack.Final, "add the bot scope channels:history"},
		"the token is none": {"reviews", func(s *slacktest.Server) {
			s.Fail("users.conversations", slacktest.Trouble{Error: "invalid_auth"})
		}, slack.Unusable, "SLACK_BOT_TOKEN"},
		"Slack is away": {"|reviews", func(s *slacktest.Server) { s.Fail("conversations.info", slacktest.Trouble{Status: 503}) }, slack.Retry, "status 503"},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := newReview(t)
			channel, byID := strings.CutPrefix(c.channel, "|")
			if byID {
				channel = s.Channel(channel).ID
			}
			if c.before != nil {
				c.before(s)
			}
			err := client.CheckChannel(t.Context(), channel)
			if slack.ClassOf(err) != c.class || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %v", err)
			}
			if n := len(s.Channel("reviews").Messages); n != 0 || len(s.Asked("chat.postMessage")) != 0 {
				t.Errorf("%d messages were posted", n)
			}
		})
	}
}

func TestWithoutATokenNoChannelIsChecked(t *testing.T) {
	var none *slack.Client
	if err := none.CheckChannel(t.Context(), "reviews"); slack.ClassOf(err) != slack.Unusable || !strings.Contains(err.Error(), "set SLACK_BOT_TOKEN") {
		t.Errorf("it says %v", err)
	}
}
