package activities_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

const theChannel = "inc-1-call-to-support"

// office is an incident, and the Slack in which its people talk.
type office struct {
	t        *testing.T
	store    *store.Store
	slack    *slacktest.Server
	channels *activities.Channels
	alert    models.Alert
	incident string
}

// newOffice declares an incident for a call that has rung nobody yet. Alice is in Slack by the directory,
// Bob by his address, Carol is not.
func newOffice(t *testing.T, s *store.Store) *office {
	t.Helper()
	o := &office{t: t, store: s, slack: slacktest.New(t)}
	o.slack.Add(slacktest.User{ID: "U0ALICE"}, slacktest.User{ID: "U0BOB", Email: "bob@example.com"})
	o.connect(slacktest.Token)
	o.alert = models.Alert{
		ID: "alert-1", CarrierCallID: callerLeg, Title: "Call to Support", RouteName: "Support", Caller: "+12025550123",
		Status: models.AlertFiring, StartedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}
	route := models.AlertRoute{Name: "Calls", Enabled: true, Incident: models.IncidentRule{Declare: true}}.Defaults()
	if _, err := s.CreateAlertRoute(t.Context(), route); err != nil {
		t.Fatal(err)
	}
	routed, err := s.RaiseAlert(t.Context(), o.alert, models.ChannelSlack)
	if err != nil {
		t.Fatal(err)
	}
	o.incident = routed.Incidents[0]
	return o
}

func (o *office) connect(token string) {
	o.t.Helper()
	client, err := slack.New(slack.Config{Token: token, APIURL: o.slack.URL})
	if err != nil {
		o.t.Fatal(err)
	}
	o.channels = &activities.Channels{Store: o.store, Slack: client, Log: slog.New(slog.DiscardHandler)}
}

// rings has somebody rung for the call, and returns their id.
func (o *office) rings(name string) string {
	o.t.Helper()
	user := models.User{Name: name, Email: strings.ToLower(name) + "@example.com", Active: true}
	if name == "Alice" {
		user.SlackUserID = "U0ALICE"
	}
	user, err := o.store.CreateUser(o.t.Context(), user)
	if err != nil {
		o.t.Fatal(err)
	}
	at := o.alert.StartedAt.Add(time.Duration(len(o.alert.Rings)+1) * time.Second)
	o.alert.Rings = append(o.alert.Rings, models.Ring{Attempt: name, UserID: user.ID, Name: name, Label: "mobile", At: at, State: models.Ringing})
	if _, err := o.store.RecordAlert(o.t.Context(), o.alert); err != nil {
		o.t.Fatal(err)
	}
	return user.ID
}

// pending are the steps that are left.
func (o *office) pending() []activities.ChannelStep {
	o.t.Helper()
	var pending activities.ChannelPending
	if _, err := run(o.t, o.channels.Pending, &pending, o.incident); err != nil {
		o.t.Fatal(err)
	}
	return pending.Steps
}

// left are the steps that are left, in words.
func (o *office) left() (words []string) {
	o.t.Helper()
	for _, step := range o.pending() {
		words = append(words, step.Words())
	}
	return words
}

func (o *office) tell(step activities.ChannelStep) (told activities.ChannelTold, err error) {
	o.t.Helper()
	_, err = run(o.t, o.channels.Tell, &told, o.incident, step)
	return told, err
}

// tellAll does everything that is left, and returns what it was.
func (o *office) tellAll() (done []string) {
	o.t.Helper()
	for {
		steps := o.pending()
		if len(steps) == 0 {
			return done
		}
		if _, err := o.tell(steps[0]); err != nil {
			o.t.Fatal(err)
		}
		if done = append(done, steps[0].Words()); len(done) > 50 {
			o.t.Fatalf("it does not end: %q", done)
		}
	}
}

// said are the messages of the channel; those in its thread begin with a hyphen.
func (o *office) said() (texts []string) {
	for _, m := range o.slack.Channel(theChannel).Messages {
		if m.Markup {
			o.t.Errorf("mark-up: %+v", m)
		}
		if m.Thread != "" {
			m.Text = "- " + m.Text
		}
		texts = append(texts, m.Text)
	}
	return texts
}

func (o *office) channel() models.Channel {
	o.t.Helper()
	i, err := o.store.Incident(o.t.Context(), o.incident)
	if err != nil {
		o.t.Fatal(err)
	}
	return i.Channel
}

// invitation is what became of the invitation of a user.
func (o *office) invitation(userID string) models.Participant {
	o.t.Helper()
	people, err := o.store.Participants(o.t.Context(), o.incident)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, p := range people {
		if p.UserID == userID {
			return p
		}
	}
	return models.Participant{}
}

func (o *office) messages() []models.IncidentMessage {
	o.t.Helper()
	messages, _, err := o.store.Messages(o.t.Context(), o.incident, store.Page{Limit: 200})
	if err != nil {
		o.t.Fatal(err)
	}
	return messages
}

func (o *office) says(author, text string) {
	o.t.Helper()
	if _, err := o.store.AddMessage(store.As(o.t.Context(), models.Actor{KeyID: "key", Name: author}), o.incident, text); err != nil {
		o.t.Fatal(err)
	}
}
