package workflows_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

const theChannel = "inc-1-call-to-support"

// teller is what tells Slack, with somebody who watches it and may break it.
type teller struct {
	*activities.Channels

	mu    sync.Mutex
	done  []string                                // steps that were tried, in words
	read  func()                                  // what is new was read, which the run does not know yet; nil: nobody cares
	after func(step activities.ChannelStep) error // its error is a worker that dies when the step is done; nil: none does
	given []string                                // steps that were given up
}

func (c *teller) Pending(ctx context.Context, incidentID string) (activities.ChannelPending, error) {
	pending, err := c.Channels.Pending(ctx, incidentID)
	if c.read != nil {
		c.read()
	}
	return pending, err
}

func (c *teller) Tell(ctx context.Context, incidentID string, step activities.ChannelStep) (activities.ChannelTold, error) {
	told, err := c.Channels.Tell(ctx, incidentID, step)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = append(c.done, step.Words())
	if c.after != nil {
		if died := c.after(step); died != nil {
			return activities.ChannelTold{}, died
		}
	}
	return told, err
}

func (c *teller) Abandon(ctx context.Context, incidentID string, step activities.ChannelStep, why string) error {
	c.given = append(c.given, step.Words()+": "+why)
	return c.Channels.Abandon(ctx, incidentID, step, why)
}

// room is an incident whose channel is in Slack.
type room struct {
	t        *testing.T
	env      *testsuite.TestWorkflowEnvironment
	log      bytes.Buffer // of all environments
	slack    *slacktest.Server
	store    *store.Store
	teller   *teller
	alert    models.Alert
	incident string
}

// newRoom declares an incident for a call that rings Alice and Carol, who is not in Slack.
func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{t: t, slack: slacktest.New(t), store: storetest.SQLite(t)}
	client, err := slack.New(slack.Config{Token: slacktest.Token, APIURL: r.slack.URL})
	if err != nil {
		t.Fatal(err)
	}
	r.teller = &teller{Channels: &activities.Channels{Store: r.store, Slack: client, Log: slog.New(slog.DiscardHandler)}}
	r.alert = models.Alert{
		ID: "alert-1", CarrierCallID: callSID, Title: "Call to Support", RouteName: "Support", Caller: caller,
		Status: models.AlertFiring, StartedAt: monday,
	}
	route := models.AlertRoute{Name: "Calls", Enabled: true, Incident: models.IncidentRule{Declare: true}}.Defaults()
	if _, err := r.store.CreateAlertRoute(t.Context(), route); err != nil {
		t.Fatal(err)
	}
	routed, err := r.store.RaiseAlert(t.Context(), r.alert, models.ChannelSlack)
	if err != nil {
		t.Fatal(err)
	}
	r.incident = routed.Incidents[0]
	r.rings("Alice")
	r.rings("Carol")
	r.env = r.environment()
	return r
}

func (r *room) environment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(&r.log, nil))))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(monday)
	env.SetTestTimeout(time.Minute)
	env.RegisterActivity(r.teller)
	env.RegisterWorkflow(workflows.IncidentChannel)
	return env
}

// rings has somebody rung for the call. All but Carol are in Slack.
func (r *room) rings(name string) {
	r.t.Helper()
	email := strings.ToLower(name) + "@example.com"
	user, err := r.store.CreateUser(r.t.Context(), models.User{Name: name, Email: email, Active: true})
	if err != nil {
		r.t.Error(err)
	}
	if name != "Carol" {
		r.slack.Add(slacktest.User{ID: "U0" + strings.ToUpper(name), Email: email})
	}
	r.alert.Rings = append(r.alert.Rings, models.Ring{
		Attempt: name, UserID: user.ID, Name: name, Label: "mobile", State: models.Ringing,
		At: monday.Add(time.Duration(len(r.alert.Rings)+1) * time.Second),
	})
	if _, err := r.store.RecordAlert(r.t.Context(), r.alert); err != nil {
		r.t.Error(err)
	}
}

func (r *room) says(text string) {
	r.t.Helper()
	if _, err := r.store.AddMessage(r.t.Context(), r.incident, text); err != nil {
		r.t.Error(err)
	}
}

func (r *room) wake() { r.env.SignalWorkflow(workflows.SignalNews, nil) }

// at does something so many seconds after the start, and wakes the run.
func (r *room) at(when float64, do func()) {
	r.env.RegisterDelayedCallback(func() {
		do()
		r.wake()
	}, seconds(when))
}

// runs plays the run, and returns how long it took.
func (r *room) runs(held map[string]workflows.Held) time.Duration {
	r.t.Helper()
	r.env.ExecuteWorkflow(workflows.IncidentChannel, r.incident, held)
	if !r.env.IsWorkflowCompleted() {
		r.t.Fatal("it does not end")
	}
	if err := r.env.GetWorkflowError(); err != nil {
		r.t.Fatal(err)
	}
	return r.env.Now().Sub(monday)
}

// shows checks what is in the channel; what is in the thread begins with a hyphen.
func (r *room) shows(members string, said ...string) {
	r.t.Helper()
	channel := r.slack.Channel(theChannel)
	var texts []string
	for _, m := range channel.Messages {
		if m.Thread != "" {
			m.Text = "- " + m.Text
		}
		texts = append(texts, m.Text)
	}
	if !slices.Equal(texts, said) || strings.Join(channel.Members, " ") != members || len(r.slack.Names()) != 1 {
		r.t.Errorf("in %q are %q, and said is\n%s\nwant\n%s", r.slack.Names(), channel.Members, strings.Join(texts, "\n"), strings.Join(said, "\n"))
	}
	if topic := "INC-1 · Call to Support · minor · active"; channel.Topic != topic || channel.Topics != 1 {
		r.t.Errorf("the topic is %q, set %d times", channel.Topic, channel.Topics)
	}
}

const (
	headline = "INC-1 · Call to Support · minor · active\nCall to Support: Carol (mobile) rings, from " + string(caller)
	noCarol  = `- Carol is not on Slack and was rung by call route "Support".`
	raisedBy = "- Call to Support from " + string(caller) + "."
)

var allSaid = []string{headline, noCarol, raisedBy, "- Alice (mobile) is rung.", "- Carol (mobile) is rung."}
