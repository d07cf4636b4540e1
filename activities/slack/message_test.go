package slack_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
)

// room is the channel of an incident, open.
type room struct {
	t      *testing.T
	slack  *slacktest.Server
	client *slack.Client
	id     string
}

func newRoom(t *testing.T) room {
	t.Helper()
	s, client := newSlack(t)
	channel, err := client.OpenChannel(t.Context(), incident)
	if err != nil {
		t.Fatal(err)
	}
	return room{t, s, client, channel.ID}
}

// posts posts a message as often as it takes, and returns its id.
func (r room) posts(m slack.Message) string {
	r.t.Helper()
	for range 3 {
		id, err := r.client.Post(r.t.Context(), r.id, m)
		if err == nil {
			return id
		}
		if slack.ClassOf(err) != slack.Retry {
			r.t.Fatal(err)
		}
		m.Again = true
	}
	r.t.Fatal("it was not posted")
	return ""
}

func (r room) messages() []slacktest.Message {
	return r.slack.Channel("inc-12-call-to-support").Messages
}

func TestWhatIsPostedIsTextAndNothingElse(t *testing.T) {
	for _, text := range []string{
		"<!channel> @here *bold* & <https://x> _it_ `code` ~no~ :fire:", "<@U0ALICE> &lt;!here&gt; #general", "two\nlines", "a caller: \u202eevil", "\xff\xfe",
	} {
		t.Run(text, func(t *testing.T) {
			r := newRoom(t)
			id := r.posts(slack.Message{Key: "one", Text: text})
			want := strings.ToValidUTF8(text, "�")
			got := r.messages()[0]
			if got.ID != id || got.Text != want || got.Notice != want || got.Markup || got.Key != "one" {
				t.Errorf("posted %+v", got)
			}
			if err := r.client.Update(t.Context(), r.id, id, "now "+text); err != nil {
				t.Fatal(err)
			}
			if got := r.messages()[0]; got.Text != "now "+want || got.Notice != "now "+want || got.Markup || got.Key != "one" || got.Edits != 1 {
				t.Errorf("changed to %+v", got)
			}
		})
	}
}

func TestALongTextIsCutToWhatSlackTakes(t *testing.T) {
	for name, text := range map[string]string{"letters": strings.Repeat("ü", 5000), "signs that take more": strings.Repeat("&", 3000)} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			id := r.posts(slack.Message{Key: "long", Text: text})
			if err := r.client.Update(t.Context(), r.id, id, text); err != nil {
				t.Error(err)
			}
			got := r.messages()[0].Text
			if n := utf8.RuneCountInString(got); n > 3000 || n < 700 || !strings.HasSuffix(got, "…") || got != r.messages()[0].Notice {
				t.Errorf("posted %d characters, %q", n, got[len(got)-10:])
			}
		})
	}
	r := newRoom(t)
	whole := strings.Repeat("é", 3000)
	if r.posts(slack.Message{Key: "long", Text: whole}); r.messages()[0].Text != whole {
		t.Error("a text that fits was cut")
	}
}

func TestNothingIsPostedTwice(t *testing.T) {
	for name, trouble := range map[string]slacktest.Trouble{
		"a 500 after it was posted": {Acts: true, Status: 500}, "a 503 before": {Status: 503},
		"the answer breaks off": {Acts: true, Breaks: true}, "no answer": {Breaks: true},
		"an internal error after it was posted": {Acts: true, Error: "internal_error"},
		"too many requests":                     {Status: 429, RetryAfter: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.slack.Page = 3
			head := r.posts(slack.Message{Key: "head", Text: "INC-12"})
			for _, thread := range []string{head, ""} {
				r.slack.Fail("chat.postMessage", trouble)
				id := r.posts(slack.Message{Key: "one" + thread, Text: "Bob is rung.", Thread: thread})
				for i := range 4 {
					r.posts(slack.Message{Key: strings.Repeat("x", i+1) + thread, Text: "more", Thread: thread})
				}
				if again := r.posts(slack.Message{Key: "one" + thread, Text: "Bob is rung.", Thread: thread, Again: true}); again != id {
					t.Errorf("posted as %s and %s", id, again)
				}
			}
			if got := r.messages(); len(got) != 11 || got[1].Thread != head || got[6].Thread != "" {
				t.Errorf("there are %+v", got)
			}
		})
	}
}

func TestAFirstTryLooksForNothing(t *testing.T) {
	r := newRoom(t)
	r.posts(slack.Message{Key: "one", Text: "Bob is rung."})
	if asked := r.slack.Asked("conversations.history"); len(asked) != 0 {
		t.Errorf("asked %v", asked)
	}
}

func TestAThreadWithoutItsBeginningGoesOnInTheChannel(t *testing.T) {
	r := newRoom(t)
	head := r.posts(slack.Message{Key: "head", Text: "INC-12"})
	r.slack.Change("inc-12-call-to-support", func(c *slacktest.Channel) { c.Messages = nil })
	r.slack.Fail("chat.postMessage", slacktest.Trouble{Acts: true, Status: 500})
	r.posts(slack.Message{Key: "one", Text: "Bob is rung.", Thread: head})
	if got := r.messages(); len(got) != 1 {
		t.Errorf("there are %+v", got)
	}
	if err := r.client.Update(t.Context(), r.id, head, "INC-12"); slack.CodeOf(err) != slack.CodeMessageNotFound {
		t.Errorf("it says %v", err)
	}
}

func TestAMessageOfTheSameKeyFromAnotherAppIsNotOurs(t *testing.T) {
	r := newRoom(t)
	r.slack.Fail("conversations.history", slacktest.Trouble{
		Body: `{"ok":true,"messages":[{"ts":"1.2","metadata":{"event_type":"other","event_payload":{"key":"one"}}},{"ts":"1.3"}]}`,
	})
	r.posts(slack.Message{Key: "one", Text: "Bob is rung.", Again: true})
	if got := r.messages(); len(got) != 1 {
		t.Errorf("there are %+v", got)
	}
}
