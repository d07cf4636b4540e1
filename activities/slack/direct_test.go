package slack_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
)

// newReview is a workspace with a channel of people's that the app was added to, and one that it was not.
func newReview(t *testing.T) (*slacktest.Server, *slack.Client) {
	t.Helper()
	s, client := newSlack(t)
	s.Open(slacktest.Channel{Name: "reviews", Creator: "U0ALICE", Members: []string{"U0ALICE", slacktest.App}})
	s.Open(slacktest.Channel{Name: "elsewhere", Creator: "U0ALICE", Members: []string{"U0ALICE"}})
	s.Add(slacktest.User{ID: "U0ALICE", Email: "alice@example.com"}, slacktest.User{ID: "U0BOB", Email: "bob@example.com"},
		slacktest.User{ID: "U0DAVE", Email: "dave@example.com", Deleted: true})
	return s, client
}

func TestAChannelOfPeoplesIsFoundByItsNameOrID(t *testing.T) {
	s, client := newReview(t)
	s.Page = 1 // the channel is on a later page
	s.Open(slacktest.Channel{Name: "others", Creator: "U0ALICE", Members: []string{slacktest.App}})
	for _, channel := range []string{"reviews", "#reviews", " #reviews ", s.Channel("reviews").ID} {
		if id, err := client.PostTo(t.Context(), channel, slack.Message{Key: channel, Text: "A number is asked for."}); err != nil || id == "" {
			t.Errorf("%q: %v", channel, err)
		}
	}
	if got := s.Channel("reviews").Messages; len(got) != 4 || got[0].Text != "A number is asked for." || got[0].Markup {
		t.Errorf("there are %+v", got)
	}
	if asked := len(s.Asked("users.conversations")); asked != 2 {
		t.Errorf("%d pages were read, of the two that there are", asked)
	}
}

func TestAChannelThatTheAppIsNotInIsNamed(t *testing.T) {
	s, client := newReview(t)
	for channel, says := range map[string]string{
		"elsewhere": "the app is in no public channel called #elsewhere", "nowhere": "called #nowhere: add it there", s.Channel("elsewhere").ID: "add it", "": "called #",
	} {
		_, err := client.PostTo(t.Context(), channel, slack.Message{Key: "one", Text: "A number is asked for."})
		if slack.ClassOf(err) != slack.Final || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", channel, err)
		}
	}
	s.Fail("users.conversations", slacktest.Trouble{Status: 503})
	if _, err := client.PostTo(t.Context(), "reviews", slack.Message{Key: "one", Text: "A number is asked for."}); slack.ClassOf(err) != slack.Retry {
		t.Errorf("it says %v", err)
	}
}

func TestSomebodyIsCalledByNameAndNothingElseIs(t *testing.T) {
	s, client := newReview(t)
	for _, mention := range []string{"U0ALICE", "!channel", "U0ALICE> <!here", "", "alice"} {
		if _, err := client.PostTo(t.Context(), "reviews", slack.Message{Key: mention, Text: "<!here> & <@U0BOB>", Mention: mention}); err != nil {
			t.Fatal(err)
		}
	}
	for i, m := range s.Channel("reviews").Messages {
		calls, text, notice := "", "<!here> & <@U0BOB>", "<!here> & <@U0BOB>"
		if i == 0 {
			calls, text, notice = "U0ALICE", " "+text, "<@U0ALICE> "+notice
		}
		if m.Calls != calls || m.Text != text || m.Notice != notice || m.Markup {
			t.Errorf("posted %+v", m)
		}
	}
}

func TestAnAccountIsFoundByTheDirectoryOrTheAddress(t *testing.T) {
	s, client := newReview(t)
	for name, c := range map[string]struct {
		user models.User
		want string
	}{
		"the directory":  {models.User{SlackUserID: "U0ALICE", Email: "bob@example.com"}, "U0ALICE"},
		"the address":    {models.User{Email: "Bob@example.com"}, "U0BOB"},
		"nobody":         {models.User{Email: "carol@example.com"}, ""},
		"is deactivated": {models.User{Email: "dave@example.com"}, ""},
	} {
		if got, err := client.Account(t.Context(), c.user); err != nil || got != c.want {
			t.Errorf("%s: %q, want %q (%v)", name, got, c.want, err)
		}
	}
	s.Fail("users.lookupByEmail", slacktest.Trouble{Status: 500})
	if got, err := client.Account(t.Context(), models.User{Email: "bob@example.com"}); slack.ClassOf(err) != slack.Retry {
		t.Errorf("it is %q (%v)", got, err)
	}
}

func TestADirectMessageIsPostedOnce(t *testing.T) {
	for name, trouble := range map[string]slacktest.Trouble{
		"a 500 after it was posted": {Acts: true, Status: 500}, "a 503 before": {Status: 503}, "the answer breaks off": {Acts: true, Breaks: true},
	} {
		for _, method := range []string{"conversations.open", "chat.postMessage"} {
			t.Run(name+", "+method, func(t *testing.T) {
				s, client := newReview(t)
				m := slack.Message{Key: "one", Text: "It works.", Again: true, Since: time.Now()}
				s.Fail(method, trouble)
				if _, err := client.DirectMessage(t.Context(), "U0BOB", m); slack.ClassOf(err) != slack.Retry {
					t.Errorf("it says %v", err)
				}
				for range 2 {
					if _, err := client.DirectMessage(t.Context(), "U0BOB", m); err != nil {
						t.Error(err)
					}
				}
				got := s.Channel("@U0BOB")
				if len(got.Messages) != 1 || got.Messages[0].Text != "It works." || !slices.Equal(got.Members, []string{"U0BOB"}) {
					t.Errorf("there are %+v", got)
				}
			})
		}
	}
}

func TestAMessageIsNotLookedForBeforeItsTime(t *testing.T) {
	s, client := newReview(t)
	now := time.Now()
	for name, c := range map[string]struct {
		since time.Time
		want  int // messages, with the one that is there
	}{
		"any time":                 {time.Time{}, 1},
		"just now":                 {now, 1},
		"by a clock that is ahead": {now.Add(5 * time.Minute), 1},
		"long after":               {now.Add(time.Hour), 2},
	} {
		for _, again := range []bool{false, true} {
			if _, err := client.PostTo(t.Context(), "reviews", slack.Message{Key: name, Text: "One.", Again: again, Since: c.since}); err != nil {
				t.Fatal(err)
			}
		}
		there := 0
		for _, m := range s.Channel("reviews").Messages {
			if m.Key == name {
				there++
			}
		}
		if there != c.want {
			t.Errorf("%s: there are %d", name, there)
		}
	}
}

func TestDirectMessagesNameTheScopeThatTheyLack(t *testing.T) {
	for _, scope := range []string{"im:write", "im:history"} {
		s, client := newReview(t)
		s.Scopes = slices.DeleteFunc(s.Scopes, func(has string) bool { return has == scope })
		_, err := client.DirectMessage(t.Context(), "U0BOB", slack.Message{Key: "one", Text: "It works.", Again: true})
		if slack.ClassOf(err) != slack.Final || !strings.Contains(err.Error(), "add the bot scope "+scope+" ") {
			t.Errorf("%s: %v", scope, err)
		}
	}
	_, client := newReview(t)
	if _, err := client.DirectMessage(t.Context(), "U0DAVE", slack.Message{Key: "one", Text: "It works."}); slack.ClassOf(err) != slack.Final {
		t.Errorf("it says %v", err)
	}
	var none *slack.Client
	if _, err := none.DirectMessage(t.Context(), "U0BOB", slack.Message{}); slack.ClassOf(err) != slack.Unusable {
		t.Errorf("it says %v", err)
	}
	if _, err := none.PostTo(t.Context(), "reviews", slack.Message{}); slack.ClassOf(err) != slack.Unusable {
		t.Errorf("it says %v", err)
	}
}
