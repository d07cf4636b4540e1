package slack_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
)

// incident is the twelfth.
var incident = models.Incident{ID: "0195-incident", Number: 12, Name: "Call to Support"}

// newSlack is a workspace and a client that may use it.
func newSlack(t *testing.T) (*slacktest.Server, *slack.Client) {
	t.Helper()
	s := slacktest.New(t)
	return s, newClient(t, slack.Config{Token: slacktest.Token, APIURL: s.URL})
}

func newClient(t *testing.T, c slack.Config) *slack.Client {
	t.Helper()
	client, err := slack.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestTheChannelOfAnIncidentHasASafeName(t *testing.T) {
	for name, c := range map[string]struct {
		incident models.Incident
		want     string
	}{
		"as it is called":         {incident, "inc-12-call-to-support"},
		"other signs are hyphens": {models.Incident{Number: 3, Name: " Straße & #Süd -- @here! "}, "inc-3-stra-e-s-d-here"},
		"another script is gone":  {models.Incident{Number: 3, Name: "サポート"}, "inc-3"},
		"a long one is cut":       {models.Incident{Number: 3, Name: strings.Repeat("long ", 40)}, "inc-3-" + strings.Repeat("long-", 14) + "long"},
		"one that is cut at an -": {models.Incident{Number: 3, Name: strings.Repeat("n", 73) + " more"}, "inc-3-" + strings.Repeat("n", 73)},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := newSlack(t)
			got, err := client.OpenChannel(t.Context(), c.incident)
			if err != nil || got.Name != c.want || !slices.Equal(s.Names(), []string{c.want}) {
				t.Errorf("opened %q of %q, want %q (%v)", got.Name, s.Names(), c.want, err)
			}
		})
	}
}

func TestAChannelIsDescribedAndFoundByBrowsers(t *testing.T) {
	s, client := newSlack(t)
	got, err := client.OpenChannel(t.Context(), incident)
	channel := s.Channel("inc-12-call-to-support")
	if err != nil || got.ID != channel.ID || got.URL != "https://example.slack.com/archives/"+channel.ID {
		t.Errorf("opened %+v of %+v (%v)", got, channel, err)
	}
	if channel.Purpose != "INC-12, opened by Ringdown (0195-incident)" {
		t.Errorf("it says %q", channel.Purpose)
	}
}

func TestANameOfSomebodyElsesGetsANumber(t *testing.T) {
	s, client := newSlack(t)
	s.Open(slacktest.Channel{Name: "inc-12-call-to-support", Creator: "U0STRANGER", Members: []string{slacktest.App}})
	s.Open(slacktest.Channel{Name: "inc-12-call-to-support-2", Creator: slacktest.App, Purpose: "INC-12 of another Ringdown (0194-other)"})
	got, err := client.OpenChannel(t.Context(), incident)
	if err != nil || got.Name != "inc-12-call-to-support-3" {
		t.Errorf("opened %+v (%v)", got, err)
	}
	again, err := client.OpenChannel(t.Context(), incident)
	if err != nil || again != got || len(s.Names()) != 3 {
		t.Errorf("opened %+v again, of %q (%v)", again, s.Names(), err)
	}
	long := models.Incident{ID: "0196", Number: 3, Name: strings.Repeat("long ", 40)}
	first, _ := client.OpenChannel(t.Context(), long)
	long.ID = "0197"
	second, err := client.OpenChannel(t.Context(), long)
	if err != nil || len(second.Name) > 80 || !strings.HasSuffix(second.Name, "-2") || first.ID == second.ID {
		t.Errorf("opened %+v beside %+v (%v)", second, first, err)
	}
}

func TestAChannelThatWasOpenedAlreadyIsFound(t *testing.T) {
	for name, fail := range map[string]func(s *slacktest.Server){
		"the reply is lost":    func(s *slacktest.Server) { s.Fail("conversations.create", slacktest.Trouble{Acts: true, Breaks: true}) },
		"a 500 after it acted": func(s *slacktest.Server) { s.Fail("conversations.create", slacktest.Trouble{Acts: true, Status: 500}) },
		"an answer that is no JSON": func(s *slacktest.Server) {
			s.Fail("conversations.create", slacktest.Trouble{Acts: true, Body: "<html>"})
		},
		"an answer without it": func(s *slacktest.Server) {
			s.Fail("conversations.create", slacktest.Trouble{Acts: true, Body: `{"ok":true}`})
		},
		"it is not yet described": func(s *slacktest.Server) { s.Fail("conversations.setPurpose", slacktest.Trouble{Status: 503}) },
		"described, and reply lost": func(s *slacktest.Server) {
			s.Fail("conversations.setPurpose", slacktest.Trouble{Acts: true, Breaks: true})
		},
		"it cannot be looked for": func(s *slacktest.Server) {
			s.Fail("conversations.create", slacktest.Trouble{Acts: true, Status: 500})
			s.Fail("users.conversations", slacktest.Trouble{Status: 502})
		},
		"it is on a later page": func(s *slacktest.Server) {
			s.Page = 2
			s.Fail("conversations.create", slacktest.Trouble{Acts: true, Status: 500})
		},
		"Slack's own internal error": func(s *slacktest.Server) {
			s.Fail("conversations.create", slacktest.Trouble{Acts: true, Error: "internal_error"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := newSlack(t)
			for _, other := range []string{"a", "b", "c"} {
				s.Open(slacktest.Channel{Name: other, Creator: slacktest.App})
			}
			fail(s)
			var got slack.Channel
			for try := 1; got.ID == ""; try++ {
				var err error
				if got, err = client.OpenChannel(t.Context(), incident); err != nil && (slack.ClassOf(err) != slack.Retry || try > 2) {
					t.Fatalf("try %d: %v", try, err)
				}
			}
			if got.Name != "inc-12-call-to-support" || len(s.Names()) != 4 || !strings.Contains(s.Channel(got.Name).Purpose, incident.ID) {
				t.Errorf("opened %+v of %q", got, s.Names())
			}
		})
	}
}

func TestAChannelThatCannotBeDescribedIsOpen(t *testing.T) {
	s, client := newSlack(t)
	s.Fail("conversations.setPurpose", slacktest.Trouble{Error: "restricted_action"})
	if got, err := client.OpenChannel(t.Context(), incident); err != nil || got.ID == "" {
		t.Errorf("opened %+v (%v)", got, err)
	}
}

func TestAChannelWithoutAnyNameLeftIsRefused(t *testing.T) {
	s, client := newSlack(t)
	s.Fail("conversations.create", slices.Repeat([]slacktest.Trouble{{Error: "name_taken"}}, 20)...)
	_, err := client.OpenChannel(t.Context(), incident)
	if slack.ClassOf(err) != slack.Final || !strings.Contains(err.Error(), "inc-12-call-to-support to inc-12-call-to-support-20") {
		t.Errorf("it says %v", err)
	}
}

func TestATopicIsSetOnceAndFits(t *testing.T) {
	s, client := newSlack(t)
	channel, err := client.OpenChannel(t.Context(), incident)
	if err != nil {
		t.Fatal(err)
	}
	topic := "INC-12 · R&D <!channel> " + strings.Repeat("&", 300)
	s.Fail("conversations.setTopic", slacktest.Trouble{Acts: true, Status: 500})
	if err := client.SetTopic(t.Context(), channel.ID, topic); slack.ClassOf(err) != slack.Retry {
		t.Errorf("it says %v", err)
	}
	if err := client.SetTopic(t.Context(), channel.ID, topic); err != nil {
		t.Error(err)
	}
	got := s.Channel(channel.Name)
	if got.Topics != 1 || !strings.HasPrefix(got.Topic, "INC-12 · R&D <!channel> &&&") || !strings.HasSuffix(got.Topic, "&…") {
		t.Errorf("set %d times, to %q", got.Topics, got.Topic)
	}
}

func TestWithoutATokenNothingIsAsked(t *testing.T) {
	s := slacktest.New(t)
	var none *slack.Client
	for name, client := range map[string]*slack.Client{"none": none, "an empty token": newClient(t, slack.Config{APIURL: s.URL})} {
		_, err := client.OpenChannel(t.Context(), incident)
		if client.Ready() || client.Provider() != models.ChannelInternal || slack.ClassOf(err) != slack.Unusable || !strings.Contains(err.Error(), "SLACK_BOT_TOKEN") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked := s.Asked(""); len(asked) != 0 {
		t.Errorf("asked %v", asked)
	}
}

func TestSettingsOfSlackAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		config slack.Config
		faults int
	}{
		"nothing":                {slack.Config{}, 0},
		"a token alone":          {slack.Config{Token: slacktest.Token}, 0},
		"a server of one's own":  {slack.Config{Token: slacktest.Token, APIURL: "http://localhost:8085/api/"}, 0},
		"a line end and no host": {slack.Config{Token: slacktest.Token + "\n", APIURL: "slack.com/api"}, 2},
		"quotes and a secret":    {slack.Config{Token: `"xoxb"`, APIURL: "https://user:word@slack.com/api"}, 2},
	} {
		var faults models.Faults
		_, err := slack.New(c.config)
		errors.As(err, &faults)
		if len(faults) != c.faults || err != nil && strings.Contains(err.Error(), "xoxb-for-tests") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
