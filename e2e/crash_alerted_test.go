package e2e

import (
	"net/url"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
)

// alertedCall is a call with its alert, incident and channel, and a receiver.
type alertedCall struct {
	*line
	step          *stepOfAlert
	rule          models.AlertRoute
	hook          *listener
	held          *held
	caller, alice *phone
}

// alerted makes a line for the call of a step.
func (s *crashAlerts) alerted(t *testing.T, step *stepOfAlert) *alertedCall {
	t.Helper()
	c := &alertedCall{line: s.line(t, "Alice", func(r *models.Route) { r.Name, r.RingSeconds = step.name, 60 }), step: step}
	c.onSlack("Alice")
	c.hook = c.listens(models.ReceiverWebhook)
	c.rule = c.declares(func(r *models.IncidentRule) { r.StartInTriage = false })
	return c
}

// courseOfCall is what people do until each event of the alert has happened. All calls do the one before any
// does the next.
var courseOfCall = [][]func(c *alertedCall){
	{
		func(c *alertedCall) { c.caller = c.calls() },
		func(c *alertedCall) { c.alice = c.rung("Alice") },
		func(c *alertedCall) { c.caller.hears(music) },
	},
	{
		func(c *alertedCall) { c.alice.answers() },
		func(c *alertedCall) { c.alice.hears("to take").presses("1") },
		func(c *alertedCall) { c.alice.talks(); c.caller.talks() },
	},
	{
		func(c *alertedCall) { c.caller.hangsUp() },
		func(c *alertedCall) { c.alice.hears("hung up").ends("completed") },
	},
}

// goesOnTo has the nth event happen to some of the calls.
func goesOnTo(nth int, calls []*alertedCall, some func(*alertedCall) bool) {
	for _, act := range courseOfCall[nth-1] {
		for _, c := range calls {
			if some(c) {
				act(c)
			}
		}
	}
}

// comeToTheirBrink has everything happen but the last event before the step of each call, and be told.
func comeToTheirBrink(calls []*alertedCall) {
	for event := 1; event < len(alertEvents); event++ {
		goesOnTo(event, calls, func(c *alertedCall) bool { return c.step.until > event })
	}
	for _, c := range calls {
		if c.step.until > 1 {
			c.rests(c.step.until-1, 0)
			c.comes("its channel has it all", func() bool { return c.attended(true) })
		}
	}
}

// comeToTheirSteps has the process be at the step of each call.
func comeToTheirSteps(calls []*alertedCall) {
	for _, c := range calls {
		c.held = c.step.hold(c)
	}
	for event := len(alertEvents); event > 0; event-- {
		goesOnTo(event, calls, func(c *alertedCall) bool { return c.step.until == event })
	}
	for _, c := range calls {
		c.stands()
	}
}

// stands waits until the process is at the step of this call, and at nothing else of its alert.
func (c *alertedCall) stands() {
	c.t.Helper()
	c.held.comes()
	held := 1
	if c.step.slack {
		held = 0
	}
	c.rests(c.step.taken, held)
	if c.step.kept != nil {
		c.comes(c.step.name+" is as far as it is written", func() bool { return c.step.kept(c) })
	}
}

// rests waits until the receiver has taken so many events, and no activity of the alert is left but those
// that are held.
func (c *alertedCall) rests(taken, held int) {
	c.t.Helper()
	if heard := c.hook.hears(taken); len(heard) != taken {
		c.t.Errorf("%s: the receiver hears %d events, want %d", c.step.name, len(heard), taken)
	}
	c.comes(c.step.name+" is all that is left to do", func() bool {
		run, err := c.s.temporal.DescribeWorkflowExecution(c.t.Context(), workflows.AlertID(c.leg.SID), "")
		return err == nil && len(run.GetPendingActivities()) == held
	})
}

// itsChannel says whether a form that Slack gets is about the channel of this call.
func (c *alertedCall) itsChannel(form url.Values) bool {
	channel := form.Get("name") // of one that is to be opened
	for _, name := range c.s.slack.Names() {
		if c.s.slack.Channel(name).ID == form.Get("channel") {
			channel = name
		}
	}
	return strings.HasSuffix(channel, "-call-to-"+strings.ReplaceAll(c.step.name, " ", "-"))
}

// delivered is how many events are known to be taken.
func (c *alertedCall) delivered() int {
	c.t.Helper()
	filter := store.DeliveryFilter{ReceiverID: c.hook.receiver.ID, Status: models.DeliveryDelivered}
	deliveries, _, err := c.s.store.Deliveries(c.t.Context(), filter, store.Page{})
	if err != nil {
		c.t.Fatal(err)
	}
	return len(deliveries)
}

func (c *alertedCall) resolved() bool {
	alert, err := c.s.store.AlertByCall(c.t.Context(), c.leg.SID)
	return err == nil && alert.Status == models.AlertResolved
}

// attended says whether the channel has been told how the alert stands, or has not and nobody is about to.
func (c *alertedCall) attended(told bool) bool {
	i := c.incident(c.rule)
	work, err := c.s.store.ChannelWork(c.t.Context(), i.ID)
	if err != nil || (work.Incident.Channel.ToldText == work.Headline) != told {
		return false
	}
	run, err := c.s.temporal.DescribeWorkflowExecution(c.t.Context(), workflows.IncidentID(i.ID), "")
	return err == nil && run.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
}

// endsWhole holds what must be true of every call, whatever the process was at.
func (c *alertedCall) endsWhole() {
	c.t.Helper()
	c.ended(models.Connected) // and so is the alert, when its receiver has been told
	c.heardOfEach()
	i := c.incident(c.rule)
	c.comes("Slack has it all", func() bool {
		work, err := c.s.store.ChannelWork(c.t.Context(), i.ID)
		i = c.incident(c.rule)
		return err == nil && i.Channel.ID != "" && len(work.Messages) == 0 && len(work.Participants) == 0 && i.Channel.ToldText == work.Headline
	})
	channel := c.s.slack.Channel(i.Channel.Name)
	keys, said := map[string]bool{}, map[string]bool{}
	for _, m := range channel.Messages {
		keys[m.Key], said[m.Text] = true, true
	}
	if n := len(channel.Messages); len(channel.Members) != 1 || n < 5 || len(keys) != n || len(said) != n {
		c.t.Errorf("%s: members %v, said %q", c.step.name, channel.Members, texts(channel))
	}
}

// heardOfEach holds that the receiver has heard of each event once, or twice by one id where that cannot be
// helped.
func (c *alertedCall) heardOfEach() {
	c.t.Helper()
	ids := map[string][]string{} // by event
	for _, o := range c.hook.hears(len(alertEvents)) {
		event := strings.TrimPrefix(o.field("type"), "alert.")
		ids[event] = append(ids[event], o.header.Get("webhook-id"))
	}
	different := map[string]bool{}
	for _, event := range alertEvents {
		most := 1
		if event == c.step.twice {
			most = 2
		}
		if n := len(ids[event]); n < 1 || n > most {
			c.t.Errorf("%s: the receiver hears %s %d times", c.step.name, event, n)
		}
		for _, id := range ids[event] {
			different[id] = true
		}
	}
	if len(different) != len(alertEvents) || len(ids) != len(alertEvents) || c.delivered() != len(alertEvents) {
		c.t.Errorf("%s: the receiver hears %v, and %d are delivered", c.step.name, ids, c.delivered())
	}
}
