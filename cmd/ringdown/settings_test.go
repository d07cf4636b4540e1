package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSettingsOfNoticesAreCheckedAtStart(t *testing.T) {
	const server = "smtp://mail.example.com?from=ringdown@example.com"
	for name, c := range map[string]struct {
		settings settings
		says     string // empty: nothing of notices
	}{
		"nobody is told":                  {settings{}, ""},
		"reviewers by mail":               {settings{SMTPURL: server, Reviewers: []string{"alice@example.com", " bob@example.com "}}, ""},
		"reviewers in Slack":              {settings{SlackToken: "xoxb-1", ReviewChannel: "#reviews"}, ""},
		"incidents alone in Slack":        {settings{SlackToken: "xoxb-1"}, ""},
		"a reviewer who is no address":    {settings{SMTPURL: server, Reviewers: []string{"alice@example.com", "bob"}}, "REVIEWER_EMAILS: number 2 is no address"},
		"a reviewer with a name":          {settings{SMTPURL: server, Reviewers: []string{"Alice <alice@example.com>"}}, "REVIEWER_EMAILS: number 1 is no address"},
		"a line end in an address":        {settings{Reviewers: []string{"alice@example.com\nbob@example.com"}}, "REVIEWER_EMAILS: number 1 is no address"},
		"a mail server without reviewers": {settings{SMTPURL: server}, "REVIEWER_EMAILS is not set, but SMTP_URL is: want"},
		"reviewers that are blank":        {settings{SMTPURL: server, Reviewers: []string{" ", ""}}, "REVIEWER_EMAILS is not set, but SMTP_URL is"},
		"a channel without a token":       {settings{ReviewChannel: "#reviews"}, "SLACK_BOT_TOKEN is not set, but SLACK_REVIEW_CHANNEL is: want"},
		"a mail server that is none":      {settings{SMTPURL: "mail.example.com", Reviewers: []string{"alice@example.com"}}, "SMTP_URL: want"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, api := range []bool{true, false} {
				said := fmt.Sprint(c.settings.mistakes(api))
				of := strings.Contains(said, "REVIEWER_EMAILS") || strings.Contains(said, "SLACK_") || strings.Contains(said, "SMTP_URL")
				if of != (c.says != "") || !strings.Contains(said, c.says) {
					t.Errorf("it says %s", said)
				}
			}
		})
	}
}

func TestReviewersAreTheirAddressesAlone(t *testing.T) {
	s := settings{Reviewers: []string{" alice@example.com", "", "bob@example.com ", "\t"}}
	if got := s.reviewers(); !slices.Equal(got, []string{"alice@example.com", "bob@example.com"}) {
		t.Errorf("they are %q", got)
	}
}

func TestOriginsOfTheTemporalUIAreCheckedAtStart(t *testing.T) {
	for name, c := range map[string]struct {
		origins []string
		says    string // empty: nothing of them
	}{
		"none":              {nil, ""},
		"blank":             {[]string{" ", ""}, ""},
		"two":               {[]string{"https://temporal.example.com", " http://127.0.0.1:8233"}, ""},
		"everybody":         {[]string{"*"}, `TEMPORAL_UI_ORIGIN: "*": want scheme, host and port`},
		"a trailing slash":  {[]string{"https://temporal.example.com", "https://ui.example.com/"}, `TEMPORAL_UI_ORIGIN: "https://ui.example.com/": want`},
		"a host by itself":  {[]string{"temporal.example.com"}, `TEMPORAL_UI_ORIGIN: "temporal.example.com": want`},
		"a page of the UI":  {[]string{"https://temporal.example.com/namespaces"}, "TEMPORAL_UI_ORIGIN: "},
		"the default port":  {[]string{"https://temporal.example.com:443"}, "TEMPORAL_UI_ORIGIN: "},
		"with credentials":  {[]string{"https://ops@temporal.example.com"}, "TEMPORAL_UI_ORIGIN: "},
		"no page of anyone": {[]string{"null"}, "TEMPORAL_UI_ORIGIN: "},
	} {
		t.Run(name, func(t *testing.T) {
			said := fmt.Sprint(settings{TemporalUIOrigins: c.origins}.mistakes(true))
			if strings.Contains(said, "TEMPORAL_UI_ORIGIN") != (c.says != "") || !strings.Contains(said, c.says) {
				t.Errorf("it says %s", said)
			}
			if said := fmt.Sprint(settings{TemporalUIOrigins: c.origins}.mistakes(false)); strings.Contains(said, "TEMPORAL_UI_ORIGIN") {
				t.Errorf("the worker, which needs none, says %s", said)
			}
		})
	}
}

func TestWhatIsWrongWithTheRetentionIsSaidAtStart(t *testing.T) {
	for text, says := range map[string]string{
		"": "", "calls=400d,recordings=90d": "", "calls=1y": "RINGDOWN_RETENTION: calls=1y: want whole days", "recording=9d": `RINGDOWN_RETENTION: "recording" is unknown`,
	} {
		for _, api := range []bool{true, false} {
			said := fmt.Sprint(settings{Retention: text}.mistakes(api))
			if strings.Contains(said, "RINGDOWN_RETENTION") != (says != "") || !strings.Contains(said, says) {
				t.Errorf("of %q it says %s", text, said)
			}
		}
	}
}
