package workflows_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/workflow"
)

func TestAnIncidentsChannelIsToldAndTheRunEnds(t *testing.T) {
	r := newRoom(t)
	if took := r.runs(nil); took != 0 {
		t.Errorf("it took %v", took)
	}
	r.shows("U0ALICE", allSaid...)
	want := []string{
		"open the channel", "keep the headline current", "set the topic", "invite Alice", "invite Carol", "post a message", "post a message", "post a message",
	}
	if !slices.Equal(r.teller.done, want) {
		t.Errorf("done: %q", r.teller.done)
	}
	r.env = r.environment()
	if r.runs(nil); len(r.teller.done) != len(want) {
		t.Errorf("done once more: %q", r.teller.done)
	}
}

func TestWhoeverIsRungMeanwhileIsInvitedBeforeTheRestIsSaid(t *testing.T) {
	r := newRoom(t)
	posted := 0
	r.teller.after = func(step activities.ChannelStep) error {
		if step.Kind == activities.StepMessage {
			if posted++; posted == 1 {
				r.rings("Bob")
				r.wake()
			}
		}
		return nil
	}
	r.runs(nil)
	want := []string{
		"open the channel", "keep the headline current", "set the topic", "invite Alice", "invite Carol", "post a message",
		"invite Bob", "keep the headline current", "post a message", "post a message", "post a message",
	}
	if !slices.Equal(r.teller.done, want) {
		t.Errorf("done: %q", r.teller.done)
	}
}

// What one worker does may be done again by the next, after any step and in the midst of any.
func TestAWorkerThatDiesBetweenStepsDoesNothingTwice(t *testing.T) {
	for nth := 1; nth <= 8; nth++ {
		t.Run(fmt.Sprint("after step ", nth), func(t *testing.T) {
			r := newRoom(t)
			r.teller.after = func(activities.ChannelStep) error {
				if len(r.teller.done) == nth {
					return errors.New("the worker is gone")
				}
				return nil
			}
			r.runs(nil)
			r.shows("U0ALICE", allSaid...)
		})
	}
	for _, method := range []string{
		"auth.test", "conversations.create", "conversations.setPurpose", "conversations.history", "conversations.info", "conversations.setTopic",
		"users.lookupByEmail", "conversations.invite", "chat.postMessage",
	} {
		t.Run("in "+method, func(t *testing.T) {
			r := newRoom(t)
			r.slack.Fail(method, slacktest.Trouble{Acts: true, Breaks: true})
			if took := r.runs(nil); took != 2*time.Second {
				t.Errorf("it took %v", took)
			}
			r.shows("U0ALICE", allSaid...)
		})
	}
}

func TestAllRunsAndRepeatsTogetherTellEverythingOnce(t *testing.T) {
	r := newRoom(t)
	for try := range 6 { // each run dies after another step
		r.teller.after = func(step activities.ChannelStep) error {
			if len(r.teller.done)%(try+2) == 0 {
				r.env.CancelWorkflow()
			}
			return nil
		}
		r.env.ExecuteWorkflow(workflows.IncidentChannel, r.incident, nil)
		r.env = r.environment()
	}
	r.teller.after = nil
	r.runs(nil)
	r.shows("U0ALICE", allSaid...)
}

func TestAStepThatDoesNotWorkKeepsNoOtherWaiting(t *testing.T) {
	for name, c := range map[string]struct {
		method  string
		trouble slacktest.Trouble
		took    time.Duration
	}{
		"Slack is away for a moment": {"conversations.invite", slacktest.Trouble{Status: 503}, 2 * time.Second},
		"Slack asks to wait":         {"conversations.invite", slacktest.Trouble{Status: 429, RetryAfter: "90"}, 90 * time.Second},
		"Slack asks for messages":    {"chat.postMessage", slacktest.Trouble{Status: 429, RetryAfter: "90"}, 90 * time.Second},
		"the topic":                  {"conversations.setTopic", slacktest.Trouble{Status: 500}, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.slack.Fail(c.method, c.trouble)
			if took := r.runs(nil); took != c.took {
				t.Errorf("it took %v, want %v", took, c.took)
			}
			channel := r.slack.Channel(theChannel)
			if len(channel.Messages) != 5 || len(channel.Members) != 1 || channel.Topic == "" {
				t.Errorf("there is %+v", channel)
			}
		})
	}
}

func TestWhatSlackAsksToWaitForIsNotTriedBeforeWhateverComes(t *testing.T) {
	r := newRoom(t)
	r.runs(nil)
	r.says("one")
	r.says("two")
	r.env = r.environment()
	before := len(r.slack.Asked("chat.postMessage"))
	r.slack.Fail("chat.postMessage", slacktest.Trouble{Status: 429, RetryAfter: "60"})
	var invitedAfter int
	r.at(5, func() { r.rings("Bob") })
	r.at(20, func() { invitedAfter = len(r.slack.Channel(theChannel).Members) })
	r.at(50, func() {
		if asked := len(r.slack.Asked("chat.postMessage")) - before; asked != 1 {
			t.Errorf("asked %d times within a minute", asked)
		}
	})
	if took := r.runs(nil); took != time.Minute || invitedAfter != 2 {
		t.Errorf("it took %v, and after 20 s there were %d", took, invitedAfter)
	}
	said := r.slack.Channel(theChannel).Messages
	if last := said[len(said)-3:]; last[0].Text != "one" && last[1].Text != "one" {
		t.Errorf("said: %+v", last)
	}
}

func TestAStepIsGivenUpAfterADay(t *testing.T) {
	r := newRoom(t)
	r.slack.Fail("conversations.invite", slacktest.Trouble{Status: 503, Lasts: true})
	took := r.runs(nil)
	if took < 24*time.Hour || took > 24*time.Hour+10*time.Minute {
		t.Errorf("it took %v", took)
	}
	if len(r.teller.given) != 1 || !strings.HasPrefix(r.teller.given[0], "invite Alice: given up after 15") || !strings.HasSuffix(r.teller.given[0], "status 503") {
		t.Errorf("given up: %q", r.teller.given)
	}
	people, err := r.store.Participants(t.Context(), r.incident)
	if err != nil || people[0].Status != models.InvitationFailed || people[1].Status != models.InvitationNamed || len(r.slack.Channel(theChannel).Messages) != 5 {
		t.Errorf("invited: %+v (%v)", people, err)
	}
}

func TestAChannelThatCannotBeOpenedForADayIsTriedWhenItIsWoken(t *testing.T) {
	r := newRoom(t)
	r.slack.Fail("conversations.create", slacktest.Trouble{Status: 503, Lasts: true})
	if took := r.runs(nil); took < 24*time.Hour {
		t.Errorf("it took %v", took)
	}
	i, err := r.store.Incident(t.Context(), r.incident)
	if err != nil || !strings.HasPrefix(i.Channel.Fault, "open the channel: given up after ") {
		t.Errorf("the fault is %q (%v)", i.Channel.Fault, err)
	}
	r.slack.Mend("conversations.create")
	r.env = r.environment()
	r.runs(nil)
	r.shows("U0ALICE", allSaid...)
}

func TestWhatWaitsForAnOperatorIsTriedWhenThereIsNews(t *testing.T) {
	for method, word := range map[string]string{"auth.test": "token_revoked", "conversations.create": "restricted_action"} {
		t.Run(word, func(t *testing.T) {
			r := newRoom(t)
			r.slack.Fail(method, slacktest.Trouble{Error: word, Lasts: true})
			if took := r.runs(nil); took != 0 || len(r.teller.done) != 1 {
				t.Errorf("it took %v and %q", took, r.teller.done)
			}
			r.env = r.environment()
			woken := false
			r.teller.after = func(activities.ChannelStep) error {
				if !woken { // news comes while it is tried once more
					woken = true
					r.slack.Mend(method)
					r.wake()
				}
				return nil
			}
			r.runs(nil)
			r.shows("U0ALICE", allSaid...)
		})
	}
}

func TestATokenThatIsTakenBackIsTriedOnceAndNotForEachStep(t *testing.T) {
	r := newRoom(t)
	r.runs(nil)
	r.says("one")
	r.says("two")
	r.env, r.teller.done = r.environment(), nil
	r.slack.Fail("chat.postMessage", slacktest.Trouble{Error: "invalid_auth", Lasts: true})
	if took := r.runs(nil); took != 0 || len(r.teller.done) != 1 {
		t.Errorf("it took %v and %q", took, r.teller.done)
	}
}

func TestALongRunGoesOnAsANewOneThatKnowsWhatDidNotWork(t *testing.T) {
	r := newRoom(t)
	r.slack.Fail("conversations.invite", slacktest.Trouble{Status: 503, Lasts: true})
	r.at(3600, func() {})
	r.env.RegisterDelayedCallback(func() { r.env.SetContinueAsNewSuggested(true) }, seconds(3500))
	r.env.ExecuteWorkflow(workflows.IncidentChannel, r.incident, map[string]workflows.Held{"message/gone": {Since: monday, Tries: 3}})
	var goesOn *workflow.ContinueAsNewError
	if err := r.env.GetWorkflowError(); !errors.As(err, &goesOn) {
		t.Fatalf("it ends with %v", err)
	}
	var incident string
	var held map[string]workflows.Held
	if err := workflows.DataConverter(nil).FromPayloads(goesOn.Input, &incident, &held); err != nil {
		t.Fatal(err)
	}
	if len(held) != 1 || incident != r.incident {
		t.Fatalf("it goes on with %s and %+v", incident, held)
	}
	r.env = r.environment()
	r.env.SetStartTime(monday.Add(time.Hour))
	r.env.ExecuteWorkflow(workflows.IncidentChannel, incident, held)
	if ended := r.env.Now().Sub(monday); r.env.GetWorkflowError() != nil || ended < 24*time.Hour || ended > 24*time.Hour+10*time.Minute {
		t.Errorf("it ended after %v (%v)", ended, r.env.GetWorkflowError())
	}
}

// The run that goes on looks anyway. News that this one has not taken in would be logged as lost.
func TestNewsThatComesAsALongRunGoesOnIsTakenIn(t *testing.T) {
	r := newRoom(t)
	r.runs(nil)
	r.env = r.environment()
	r.env.SetContinueAsNewSuggested(true)
	r.teller.read = func() {
		r.says("Once more.")
		r.wake()
	}
	r.env.ExecuteWorkflow(workflows.IncidentChannel, r.incident, nil)
	var goesOn *workflow.ContinueAsNewError
	if err := r.env.GetWorkflowError(); !errors.As(err, &goesOn) {
		t.Fatalf("it ends with %v", err)
	}
	if said := r.log.String(); strings.Contains(said, "unhandled signals") {
		t.Errorf("news is left: %s", said)
	}
	r.env, r.teller.read = r.environment(), nil
	r.runs(nil)
	r.shows("U0ALICE", append(allSaid, "- Once more.")...)
}

func TestARunOfAnIncidentThatIsNoneFails(t *testing.T) {
	r := newRoom(t)
	r.env.ExecuteWorkflow(workflows.IncidentChannel, "nobody", nil)
	if err := r.env.GetWorkflowError(); err == nil || !strings.Contains(err.Error(), "there is no incident nobody") {
		t.Errorf("it ends with %v", err)
	}
}
