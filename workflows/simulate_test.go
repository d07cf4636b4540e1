package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"pgregory.net/rapid"
)

// Whatever a script has people do, the simulation tells what the run of such a call does.
func TestASimulationIsWhatTheRunDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScene(t, simulableLevels(t), simulablePlan(t))
		s.in.Refusal = rapid.SampledFrom([]models.RefusalReason{"", "", "", "", "", "", "", models.RefusedBlocked}).Draw(t, "refusal")
		k := newCast(s, someScript(t, s.in.Plan))
		call := s.plays()
		want := models.Simulate(s.in.Plan, s.in.Refusal, k.script)
		if call.Outcome != want.Outcome || call.AnsweredBy != want.AnsweredBy || call.Refusal != want.Refusal {
			t.Errorf("simulated: %s %q %q; it is %s %q %q", want.Outcome, want.AnsweredBy, want.Refusal, call.Outcome, call.AnsweredBy, call.Refusal)
		}
		if diff := cmp.Diff(simulatedTold(want), told(call, want.WaitedSeconds)); diff != "" {
			t.Errorf("the simulation (-) tells otherwise than the run (+):\n%s", diff)
		}
		if diff := cmp.Diff(simulatedRings(want), k.rings(call)); diff != "" {
			t.Errorf("the simulation (-) rings otherwise than the carrier (+):\n%s", diff)
		}
	})
}

// told is what the run tells, in lines, until the call is settled. What happens at one moment has no
// order of its own.
func told(call models.Call, until float64) (lines []string) {
	for _, m := range call.Timeline {
		at := m.At.Sub(monday).Round(time.Millisecond).Seconds()
		if at <= until && !strings.HasPrefix(m.What, "the call ended") {
			lines = append(lines, fmt.Sprintf("%9.3f %s", at, m.What))
		}
	}
	slices.Sort(lines)
	return lines
}

// simulatedTold is the same of a simulation. The run knows nothing of the carrier's turns: for it a
// phone is rung when the carrier is to be asked. What the caller then hears it does not tell.
func simulatedTold(s models.Simulation) (lines []string) {
	queued := map[string]bool{}
	for _, b := range s.Timeline {
		who := b.Name + " (" + b.Phone + ") "
		switch {
		case slices.Contains([]string{"the caller is asked to leave a message", "the caller is connected to the fixed number",
			"the caller hears that nobody takes the call"}, b.What):
			continue
		case b.Level == 0:
			who = ""
		case strings.HasPrefix(b.What, "waits for the carrier"):
			b.What, queued[who] = "is rung", true
		case b.What == "is rung" && queued[who]:
			continue
		case b.What == "is not rung any more":
			b.What = "did not take the call"
		}
		lines = append(lines, fmt.Sprintf("%9.3f %s%s", b.AtSeconds, who, b.What))
	}
	slices.Sort(lines)
	return lines
}

// simulatedRings is which phones really ring, and when.
func simulatedRings(s models.Simulation) (lines []string) {
	for _, b := range s.Timeline {
		if b.What == "is rung" {
			lines = append(lines, fmt.Sprintf("%9.3f %d %s %s", b.AtSeconds, b.Level, b.Name, b.Phone))
		}
	}
	slices.Sort(lines)
	return lines
}

// The numbers of the following are such that no two things happen at one moment whose order matters:
// who is faster then is chance.

func simulableLevels(t *rapid.T) string {
	people := []string{"Alice", "Bob", "Carol", "Dave", "Erin", "Frank"}
	var levels []string
	for len(people) > 0 && rapid.IntRange(0, 3).Draw(t, "one more level") > 0 || len(levels) == 0 {
		n := rapid.IntRange(1, min(4, len(people))).Draw(t, "people")
		strategy := rapid.SampledFrom([]string{"one_by_one", "shuffled", "all_at_once", "staggered 6", "staggered 14"}).Draw(t, "strategy")
		levels, people = append(levels, strings.Join(people[:n], " ")+" "+strategy), people[n:]
	}
	return strings.Join(levels, " / ")
}

func simulablePlan(t *rapid.T) func(*models.Plan) {
	return func(p *models.Plan) {
		somePlan(t)(p)
		p.RingSeconds = rapid.SampledFrom([]int{10, 18, 22}).Draw(t, "ring seconds, even")
		p.MaxWaitSeconds = rapid.SampledFrom([]int{41, 121, 901}).Draw(t, "longest wait, odd")
		p.Keypress = models.Keypress{Enabled: rapid.IntRange(1, 4).Draw(t, "gate") == 1, Key: "1"}
		p.CallsPerSecond = rapid.SampledFrom([]float64{0, 0, 1 / 4.0301234}).Draw(t, "calls per second")
	}
}

// someScript gives each person milliseconds of their own, which no others add up to.
func someScript(t *rapid.T, p models.Plan) models.Script {
	script := models.Script{Parts: map[string]models.Part{}}
	if rapid.Bool().Draw(t, "the caller leaves") {
		script.HangsUpAt = seconds(float64(rapid.IntRange(1, 90).Draw(t, "after")) + 0.9)
	}
	if rapid.Bool().Draw(t, "keys are said") {
		script.Keys = rapid.SliceOfN(rapid.SampledFrom([]string{"1", "4", ""}), 0, 3).Draw(t, "keys")
	}
	own := time.Millisecond
	for _, level := range p.Levels {
		for _, person := range level.People {
			conduct := rapid.SampledFrom(models.Conducts).Draw(t, person.Name)
			after := rapid.IntRange(1, 23).Draw(t, "after")
			script.Parts[person.UserID], own = models.Part{Conduct: conduct, After: seconds(float64(after)) + own}, 3*own
		}
	}
	return script
}

// cast plays the people of a scene by a script.
type cast struct {
	s       *scene
	script  models.Script
	settled bool // somebody has taken the call, or nobody is left to

	gap, free time.Duration            // between two dials at the carrier; when it takes the next
	turns     map[string]time.Duration // when it takes each, by attempt
	mu        sync.Mutex               // activities run beside the workflow
	over      map[string]bool          // whose leg we have ended
}

func newCast(s *scene, script models.Script) *cast {
	k := &cast{s: s, script: script, turns: map[string]time.Duration{}, over: map[string]bool{}}
	if n := s.in.Plan.CallsPerSecond; n > 0 {
		k.gap = time.Duration(1 / n * float64(time.Second))
	}
	s.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&inTurn{give: k.dialled}}})
	s.carrier.standing = map[string]activities.Standing{callSID: {Answered: true}}
	s.carrier.took = true
	s.carrier.onMove = k.hearsNobody
	s.carrier.onHangUp = k.isHungUpOn
	for _, a := range s.in.Plan.Attempts() {
		s.carrier.ring[a.Name] = []ringing{pends}
	}
	s.at(0, func() {
		s.ask(workflows.UpdateAnswer, workflows.Asked{AnswerBy: s.env.Now().Add(seconds(2))}, func(models.Answer) {})
	})
	if script.HangsUpAt > 0 {
		s.carrier.later(script.HangsUpAt.Seconds(), func() {
			if !k.settled {
				s.hangsUp()()
			}
		})
	}
	if s.in.Plan.Keypress.Enabled && s.in.Refusal == "" {
		k.atGate(1, 0)
	}
	return k
}

// atGate presses what the script has for a try, from 1, and so for the next.
func (k *cast) atGate(try int, at time.Duration) {
	digits := "1"
	if k.script.Keys != nil {
		digits = append(slices.Clone(k.script.Keys), "", "", "")[try-1]
	}
	if at += models.PressTime; digits == "" {
		at += models.PromptTime - models.PressTime
	}
	if left := k.script.HangsUpAt; left > 0 && at > left {
		return
	}
	k.s.carrier.later(at.Seconds(), func() {
		k.s.ask(workflows.UpdateGate, workflows.Pressed{Try: try, Digits: digits}, func(models.Answer) {})
	})
	if digits != "1" && try < models.KeyTries {
		k.atGate(try+1, at)
	}
}

// hearsNobody is the caller whom nobody reached. They leave a message, or the fixed number answers.
func (k *cast) hearsNobody() {
	k.settled = true
	c := k.s.carrier
	switch k.s.in.Plan.Nobody.Action {
	case models.NobodyVoicemail:
		c.later(5, k.s.recorded("RE1", 5))
	case models.NobodyForward:
		c.later(5, k.s.forwarded(true))
	}
	c.later(20, k.s.hangsUp())
}

func (k *cast) isHungUpOn(attempt string) (found bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.over[attempt] = true
	return true
}

// dialled is a phone that the run asks for, which the carrier rings when it is its turn.
func (k *cast) dialled(r activities.DialRequest) {
	turn := max(k.s.carrier.now(), k.free)
	k.turns[r.Attempt.ID], k.free = turn, turn+k.gap
	part := k.script.Parts[r.Attempt.UserID]
	result := map[models.Conduct]models.Result{
		models.WillAccept: models.ResultPickedUp, models.WillDecline: models.ResultPickedUp, models.IsMailbox: models.ResultPickedUp,
		models.IsBusy: models.ResultBusy, models.IsUnreachable: models.ResultFailed, models.WillHangUp: models.ResultHungUp,
	}[part.Conduct]
	if timeout := seconds(float64(r.Timeout)); result == "" || part.After >= timeout {
		part.After, result = timeout, models.ResultNoAnswer
	}
	k.then(r.Attempt, turn+part.After, func(d *dial) {
		k.s.carrier.settle(d, models.Dialled{Result: result, Leg: d.leg}, nil)
		if result == models.ResultPickedUp {
			k.s.ask(workflows.UpdateLeg, workflows.PickedUp{Attempt: d.Attempt.ID, Leg: d.leg}, func(a models.Answer) { k.hears(d, part.Conduct, a) })
		}
	})
}

// then has something happen to a leg, unless it is over before.
func (k *cast) then(a models.Attempt, when time.Duration, happen func(*dial)) {
	k.s.env.RegisterDelayedCallback(func() {
		k.mu.Lock()
		over := k.over[a.ID]
		k.mu.Unlock()
		if !over {
			happen(k.s.carrier.last(k.s.t, a.Name))
		}
	}, when-k.s.carrier.now())
}

// hears is a responder, or a mailbox, who is told what to do.
func (k *cast) hears(d *dial, conduct models.Conduct, a models.Answer) {
	key := map[models.Conduct]string{models.WillAccept: a.Key, models.WillDecline: models.DeclineKey}[conduct]
	switch now := k.s.carrier.now(); {
	case a.Do == models.DoJoin:
		k.settled = true
		k.s.carrier.later(60, k.s.hangsUp())
	case a.Do != models.DoScreen:
		k.then(d.Attempt, now+seconds(1), func(*dial) {
			k.s.env.SignalWorkflow(workflows.SignalLegOver, workflows.LegOver{Attempt: d.Attempt.ID, Leg: d.leg})
		})
	case key != "":
		k.then(d.Attempt, now+models.PressTime, func(*dial) {
			k.s.ask(workflows.UpdateAccept, workflows.Chosen{Attempt: d.Attempt.ID, Leg: d.leg, Hearing: 1, Digits: key},
				func(a models.Answer) { k.hears(d, conduct, a) })
		})
	}
}

// rings is which phones rang, and when: those that were not given up before their turn.
func (k *cast) rings(call models.Call) (lines []string) {
	for _, a := range call.Attempts {
		if turn := k.turns[a.ID]; turn <= a.DecidedAt.Sub(monday) {
			lines = append(lines, fmt.Sprintf("%9.3f %d %s %s", turn.Round(time.Millisecond).Seconds(), a.Level, a.Name, a.Label))
		}
	}
	slices.Sort(lines)
	return lines
}

// inTurn gives each dial its turn at the carrier, in the order in which the run asks for them: the
// test environment begins activities of one moment in any.
type inTurn struct {
	interceptor.WorkerInterceptorBase
	give func(activities.DialRequest)
}

func (i *inTurn) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &callInTurn{interceptor.WorkflowInboundInterceptorBase{Next: next}, i}
}

type callInTurn struct {
	interceptor.WorkflowInboundInterceptorBase
	turns *inTurn
}

func (c *callInTurn) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return c.Next.Init(&dialsInTurn{interceptor.WorkflowOutboundInterceptorBase{Next: next}, c.turns})
}

type dialsInTurn struct {
	interceptor.WorkflowOutboundInterceptorBase
	turns *inTurn
}

func (d *dialsInTurn) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if workflow.GetActivityOptions(ctx).TaskQueue == workflows.DialQueue {
		d.turns.give(args[0].(activities.DialRequest))
	}
	return d.Next.ExecuteActivity(ctx, name, args...)
}
