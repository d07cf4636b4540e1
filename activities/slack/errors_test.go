package slack_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
)

func TestAnErrorSaysWhatMayHelp(t *testing.T) {
	later := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	for name, c := range map[string]struct {
		trouble slacktest.Trouble
		class   slack.Class
		says    string
		wait    time.Duration // at least
	}{
		"too many requests":             {slacktest.Trouble{Status: 429, RetryAfter: "17"}, slack.Retry, "wait 17 s", 17 * time.Second},
		"until a date":                  {slacktest.Trouble{Status: 429, RetryAfter: later}, slack.Retry, "wait", 80 * time.Second},
		"for how long it does not say":  {slacktest.Trouble{Status: 429}, slack.Retry, "wait 30 s", 30 * time.Second},
		"or says nonsense":              {slacktest.Trouble{Status: 429, RetryAfter: "soon"}, slack.Retry, "wait 30 s", 30 * time.Second},
		"or a week":                     {slacktest.Trouble{Status: 429, RetryAfter: "604800"}, slack.Retry, "wait 3600 s", time.Hour},
		"too many by a word":            {slacktest.Trouble{Error: "ratelimited"}, slack.Retry, "wait 30 s", 30 * time.Second},
		"a server error":                {slacktest.Trouble{Status: 503}, slack.Retry, "status 503", 0},
		"a server error with a page":    {slacktest.Trouble{Status: 500, Body: "<html>"}, slack.Retry, "status 500", 0},
		"a redirect":                    {slacktest.Trouble{Status: 302}, slack.Retry, "status 302", 0},
		"no JSON":                       {slacktest.Trouble{Body: "hello"}, slack.Retry, "cannot be read", 0},
		"not ok, without a word":        {slacktest.Trouble{Body: `{"ok":false}`}, slack.Retry, "cannot be read", 0},
		"not ok, with somebody's words": {slacktest.Trouble{Body: `{"ok":false,"error":"Call +12025550123"}`}, slack.Retry, "cannot be read", 0},
		"it breaks off":                 {slacktest.Trouble{Breaks: true}, slack.Retry, "broke off", 0},
		"an error of its own":           {slacktest.Trouble{Error: "fatal_error"}, slack.Retry, "fatal_error", 0},
		"a wrong address":               {slacktest.Trouble{Status: 404, Body: "no such page"}, slack.Retry, "SLACK_API_URL", 0},
		"a false token with a status":   {slacktest.Trouble{Status: 403, Error: "invalid_auth"}, slack.Unusable, "SLACK_BOT_TOKEN", 0},
		"a false token":                 {slacktest.Trouble{Error: "invalid_auth"}, slack.Unusable, "SLACK_BOT_TOKEN", 0},
		"no token":                      {slacktest.Trouble{Error: "not_authed"}, slack.Unusable, "SLACK_BOT_TOKEN", 0},
		"a token that was taken back":   {slacktest.Trouble{Error: "token_revoked"}, slack.Unusable, "install the app", 0},
		"a missing scope":               {slacktest.Trouble{Error: "missing_scope"}, slack.Final, "add the bot scope chat:write", 0},
		"no channel":                    {slacktest.Trouble{Error: "channel_not_found"}, slack.Final, "gone", 0},
		"an archived channel":           {slacktest.Trouble{Error: "is_archived"}, slack.Final, "unarchive", 0},
		"a word that nobody knows":      {slacktest.Trouble{Error: "brand_new_reason"}, slack.Final, "brand_new_reason", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.slack.Fail("chat.postMessage", c.trouble)
			_, err := r.client.Post(t.Context(), r.id, slack.Message{Key: "one", Text: "Bob is rung."})
			var failed *slack.Error
			if !errors.As(err, &failed) {
				t.Fatalf("it says %v", err)
			}
			if failed.Class != c.class || failed.RetryAfter < c.wait || c.wait == 0 && failed.RetryAfter != 0 {
				t.Errorf("it is %s, wait %v", failed.Class, failed.RetryAfter)
			}
			if says := err.Error(); !strings.HasPrefix(says, "post the message: ") || !strings.Contains(says, c.says) || strings.Contains(says, "555") {
				t.Errorf("it says %q", says)
			}
		})
	}
}

func TestEachMethodNamesTheScopeThatItLacks(t *testing.T) {
	r := newRoom(t)
	r.slack.Scopes = nil
	for scope, ask := range map[string]func(context.Context) error{
		"channels:manage": func(ctx context.Context) error { _, err := r.client.OpenChannel(ctx, incident); return err },
		"channels:read":   func(ctx context.Context) error { return r.client.SetTopic(ctx, r.id, "INC-12") },
		"chat:write":      func(ctx context.Context) error { return r.client.Update(ctx, r.id, "1.2", "INC-12") },
		"channels:history": func(ctx context.Context) error {
			_, err := r.client.Post(ctx, r.id, slack.Message{Key: "one", Text: "Bob is rung.", Again: true})
			return err
		},
	} {
		if err := ask(t.Context()); slack.ClassOf(err) != slack.Final || !strings.Contains(err.Error(), "add the bot scope "+scope+" ") {
			t.Errorf("%s: %v", scope, err)
		}
	}
}

func TestASlackThatCannotBeReachedIsTriedAgain(t *testing.T) {
	client := newClient(t, slack.Config{Token: slacktest.Token, APIURL: "http://127.0.0.1:1/api"})
	_, err := client.OpenChannel(t.Context(), incident)
	if slack.ClassOf(err) != slack.Retry || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("it says %v", err)
	}
	s := slacktest.New(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = newClient(t, slack.Config{Token: slacktest.Token, APIURL: s.URL}).OpenChannel(ended, incident)
	if slack.ClassOf(err) != slack.Retry || !strings.Contains(err.Error(), "in time") {
		t.Errorf("it says %v", err)
	}
}

func TestTheTokenIsSaidToNobody(t *testing.T) {
	const secret = "xoxb-very-secret"
	s := slacktest.New(t)
	var logged bytes.Buffer
	client := newClient(t, slack.Config{
		Token: secret, APIURL: s.URL, Log: slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	_, err := client.OpenChannel(t.Context(), incident)
	s.Fail("auth.test", slacktest.Trouble{Breaks: true})
	_, cut := client.OpenChannel(t.Context(), incident)
	if slack.ClassOf(err) != slack.Unusable || slack.ClassOf(cut) != slack.Retry || !strings.Contains(logged.String(), `"code":"invalid_auth"`) {
		t.Errorf("it says %v and %v, and logs %s", err, cut, logged.String())
	}
	if strings.Contains(err.Error()+cut.Error()+logged.String(), "very-secret") {
		t.Errorf("it says %v and %v, and logs %s", err, cut, logged.String())
	}
	for _, asked := range s.Asked("") {
		if asked.Args.Has("token") {
			t.Error("the token is among the arguments that are kept")
		}
	}
}
