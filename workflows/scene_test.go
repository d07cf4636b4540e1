package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

const (
	callSID = "CA00000000000000000000000000000001"
	caller  = models.Phone("+447700900123")
	ours    = models.Phone("+12025550100")
)

var monday = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// scene is one call: what happens when, in seconds from its arrival, and what each webhook is
// answered. Time is skipped, so that a call of minutes takes milliseconds.
type scene struct {
	t       *testing.T
	env     *testsuite.TestWorkflowEnvironment
	in      models.Inbound
	carrier *carrier
	waiting int // events that have not happened yet
	updates int
}

// newScene makes a call to a route that rings the named people, level by level: "Alice Bob / Carol".
func newScene(t *testing.T, levels string, settings ...func(*models.Plan)) *scene {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &scene{t: t, env: suite.NewTestWorkflowEnvironment()}
	s.env.SetStartTime(monday)
	s.in = models.Inbound{
		CallID: "call-1", CallSID: callSID, AlertID: "alert-1", Caller: caller, Number: ours,
		Country: "GB", At: monday, Room: "room", Plan: planOf(levels, settings...),
	}
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflows.CallID(callSID), TaskQueue: workflows.CallQueue})
	s.carrier = &carrier{env: s.env, ring: map[string][]ringing{}, lives: true, moves: true}
	s.env.RegisterActivity(s.carrier)
	s.env.RegisterWorkflow(workflows.InboundCall)
	s.env.RegisterWorkflow(workflows.Alert)
	return s
}

func planOf(levels string, settings ...func(*models.Plan)) models.Plan {
	p := models.Plan{
		At: monday, RouteID: "route-1", RouteName: "Support", Number: ours, Language: "en-GB",
		RingSeconds: 30, MaxWaitSeconds: 900, Accept: models.Acceptance{Required: true, Key: "1"},
	}
	n := 0
	for _, names := range strings.Split(levels, "/") {
		var level models.PlanLevel
		for _, name := range strings.Fields(names) {
			n++
			level.People = append(level.People, models.Person{
				UserID: strings.ToLower(name), Name: name, Why: "named by the route",
				Phones: []models.UserPhone{{Label: "mobile", Number: models.Phone(fmt.Sprintf("+120255501%02d", n))}},
			})
		}
		p.Levels = append(p.Levels, level)
	}
	for _, set := range settings {
		set(&p)
	}
	return p
}

func withKeypress(p *models.Plan) { p.Keypress = models.Keypress{Enabled: true, Key: "1"} }

func withoutAcceptKey(p *models.Plan) { p.Accept = models.Acceptance{} }

func withMaxWait(seconds int) func(*models.Plan) {
	return func(p *models.Plan) { p.MaxWaitSeconds = seconds }
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// at has things happen, in order, so many seconds after the call arrived.
func (s *scene) at(when float64, events ...func()) {
	s.waiting++
	s.env.RegisterDelayedCallback(func() {
		s.waiting--
		for _, happen := range events {
			happen()
		}
	}, seconds(when))
}

// update asks the run what a webhook is to answer.
func (s *scene) update(name string, payload any, want string) {
	s.t.Helper()
	s.updates++
	when := s.env.Now().Sub(monday)
	s.env.UpdateWorkflow(name, fmt.Sprint(s.updates), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { s.t.Errorf("at %v %s is rejected: %v", when, name, err) },
		OnComplete: func(result any, err error) {
			answer, ok := result.(models.Answer)
			if got := words(answer); err != nil || !ok || got != want {
				s.t.Errorf("at %v %s is answered %q (%v), want %q", when, name, got, err, want)
			}
		},
	}, payload)
}

// words are an answer in short: what it does, and what tells it from others that do the same.
func words(a models.Answer) string {
	switch {
	case a.Do == models.DoHold && a.Quiet:
		return "hold quietly"
	case a.Do == models.DoSay && a.Text != "":
		return "say: " + a.Text
	case a.Do == models.DoSay:
		return "say " + string(a.Phrase)
	case a.Do == models.DoAskKey, a.Do == models.DoScreen:
		return fmt.Sprintf("%s %d", a.Do, a.Try)
	default:
		return string(a.Do)
	}
}

// asks is the caller's leg asking what it does next.
func (s *scene) asks(want string) func() {
	return func() {
		s.update(workflows.UpdateAnswer, workflows.Asked{AnswerBy: s.env.Now().Add(2 * time.Second)}, want)
	}
}

// asksInVain is a webhook that gave up before the run could answer.
func (s *scene) asksInVain() func() {
	return func() {
		s.update(workflows.UpdateAnswer, workflows.Asked{AnswerBy: s.env.Now().Add(-time.Second)}, "nothing")
	}
}

// keys is the caller at the gate.
func (s *scene) keys(try int, digits, want string) func() {
	return func() { s.update(workflows.UpdateGate, workflows.Pressed{Try: try, Digits: digits}, want) }
}

func (s *scene) hangsUp() func() {
	return func() { s.env.SignalWorkflow(workflows.SignalCallerOver, workflows.CallerOver{Status: "completed"}) }
}

func (s *scene) diverted() func() {
	return func() { s.env.SignalWorkflow(workflows.SignalDiverted, nil) }
}

func (s *scene) cancelled() func() { return func() { s.env.CancelWorkflow() } }

// settled completes the dial of a person's phone by its id, as the webhooks do. One that is over
// already stays as it was.
func (s *scene) settled(name string, result models.Result) func() {
	return func() {
		d := s.carrier.last(s.t, name)
		s.carrier.settle(d, models.Dialled{Result: result, Leg: d.leg}, nil)
	}
}

// told is the update of a phone that was picked up, without the completion of its dial.
func (s *scene) told(name, want string) func() {
	return func() {
		d := s.carrier.last(s.t, name)
		s.update(workflows.UpdateLeg, workflows.PickedUp{Attempt: d.Attempt.ID, Leg: d.leg}, want)
	}
}

// picksUp is a phone that is picked up: its dial is completed, then the run is asked.
func (s *scene) picksUp(name, want string) func() {
	return func() {
		s.settled(name, models.ResultPickedUp)()
		s.told(name, want)()
	}
}

// presses is a responder's key, or none, after so many hearings of the prompt.
func (s *scene) presses(name string, hearing int, digits, want string) func() {
	return func() {
		d := s.carrier.last(s.t, name)
		s.update(workflows.UpdateAccept, workflows.Chosen{
			Attempt: d.Attempt.ID, Leg: d.leg, Hearing: hearing, Digits: digits,
		}, want)
	}
}

// legEnds tells the run that a leg is over whose dial was settled before.
func (s *scene) legEnds(name string) func() {
	return func() {
		d := s.carrier.last(s.t, name)
		s.env.SignalWorkflow(workflows.SignalLegOver, workflows.LegOver{Attempt: d.Attempt.ID, Leg: d.leg})
	}
}

// ends plays the call. It must come to this outcome so many seconds after it arrived, and hold
// what holds for every call. Seconds below zero are not looked at.
func (s *scene) ends(want models.Outcome, took float64) models.Call {
	s.t.Helper()
	call := s.plays()
	var outcome models.Outcome
	if err := s.env.GetWorkflowResult(&outcome); err != nil {
		s.t.Fatalf("the run ends with %v", err)
	}
	if outcome != want || call.Outcome != want {
		s.t.Errorf("the outcome is %s, recorded %s, want %s; %s", outcome, call.Outcome, want, story(call))
	}
	s.took(call, took)
	return call
}

// endsCancelled plays a call that an operator cancels.
func (s *scene) endsCancelled(want models.Outcome, took float64) models.Call {
	s.t.Helper()
	call := s.plays()
	var cancelled *temporal.CanceledError
	if err := s.env.GetWorkflowError(); !errors.As(err, &cancelled) {
		s.t.Errorf("the run ends with %v, want cancelled", err)
	}
	if call.Outcome != want || call.Reason != "ended by an operator" {
		s.t.Errorf("recorded %s (%s), want %s; %s", call.Outcome, call.Reason, want, story(call))
	}
	s.took(call, took)
	return call
}

func (s *scene) took(call models.Call, want float64) {
	s.t.Helper()
	if got := call.EndedAt.Sub(monday); want >= 0 && got != seconds(want) {
		s.t.Errorf("the call took %v, want %v; %s", got, seconds(want), story(call))
	}
}

func (s *scene) plays() models.Call {
	s.t.Helper()
	s.env.ExecuteWorkflow(workflows.InboundCall, s.in)
	if !s.env.IsWorkflowCompleted() || len(s.carrier.calls) != 1 {
		s.t.Fatalf("the run does not end with one record: completed %v, %d records", s.env.IsWorkflowCompleted(), len(s.carrier.calls))
	}
	call := s.carrier.calls[0]
	if s.waiting > 0 {
		s.t.Errorf("the call ended before %d things happened; %s", s.waiting, story(call))
	}
	s.checkRecord(call)
	s.checkAlert(call)
	return call
}

var number = regexp.MustCompile(`\+?[0-9]{7,}`)

// checkRecord holds that the record is whole: every attempt with its times and its end, no number
// in what is told.
func (s *scene) checkRecord(call models.Call) {
	s.t.Helper()
	if call.Stage != models.StageEnded || call.EndedAt == nil || call.Plan == nil || call.ID != "call-1" {
		s.t.Errorf("the record is not whole: %+v", call)
	}
	if len(call.Attempts) != len(s.carrier.dials) {
		s.t.Errorf("%d attempts are recorded, %d phones were dialled", len(call.Attempts), len(s.carrier.dials))
	}
	for _, a := range call.Attempts {
		if a.Result == "" || a.DialledAt.IsZero() || a.DecidedAt == nil || a.EndedAt == nil ||
			a.State == models.Ringing || a.State == models.PickedUp {
			s.t.Errorf("the attempt is not settled: %+v; %s", a, story(call))
		}
		if (a.Result == models.ResultPickedUp) != (a.PickedUpAt != nil) {
			s.t.Errorf("attempt %s ended %s, picked up at %v", a.ID, a.Result, a.PickedUpAt)
		}
	}
	for _, m := range call.Timeline {
		if number.MatchString(m.What) || number.MatchString(m.Attempt) {
			s.t.Errorf("the timeline tells a number: %q", m.What)
		}
	}
}

// checkAlert holds that a call past its gates raised an alert, which resolved once, last, as the
// call ended; and that no other call did.
func (s *scene) checkAlert(call models.Call) {
	s.t.Helper()
	resolved := 0
	for _, a := range s.carrier.alerts {
		if a.Status == models.AlertResolved {
			resolved++
		}
	}
	switch n := len(s.carrier.alerts); {
	case call.AlertID == "" && n > 0:
		s.t.Errorf("a call without an alert wrote %d", n)
	case call.AlertID != "" && !s.carrier.noAlert:
		if resolved != 1 || n < 2 {
			s.t.Fatalf("the alert was written %d times and resolved %d times", n, resolved)
		}
		last := s.carrier.alerts[n-1]
		if last.Outcome != call.Outcome || last.AnsweredBy != call.AnsweredBy || last.ResolvedAt == nil {
			s.t.Errorf("the alert ends as %+v of a call %s, answered by %q", last, call.Outcome, call.AnsweredBy)
		}
	}
}

// dialled holds who was dialled, and when: "Alice 0, Bob 28".
func (s *scene) dialled(want string) {
	s.t.Helper()
	var dials []string
	for _, d := range s.carrier.dials {
		dials = append(dials, fmt.Sprintf("%s %v", d.Attempt.Name, d.at.Seconds()))
	}
	if got := strings.Join(dials, ", "); got != want {
		s.t.Errorf("dialled %s, want %s", got, want)
	}
}

// hungUpOn holds whose legs we ended, and when.
func (s *scene) hungUpOn(want string) {
	s.t.Helper()
	if got := strings.Join(s.carrier.hangUps, ", "); got != want {
		s.t.Errorf("hung up on %s, want %s", got, want)
	}
}

// attempts holds how each attempt ended: "Alice no_answer ending, Bob picked_up accepted".
func attempts(t *testing.T, call models.Call, want string) {
	t.Helper()
	var got []string
	for _, a := range call.Attempts {
		got = append(got, fmt.Sprintf("%s %s %s", a.Name, a.Result, a.State))
	}
	if got := strings.Join(got, ", "); got != want {
		t.Errorf("attempts: %s, want %s", got, want)
	}
}

func story(call models.Call) string {
	var b strings.Builder
	for _, m := range call.Timeline {
		fmt.Fprintf(&b, "[%v] %s; ", m.At.Sub(monday).Seconds(), m.What)
	}
	return b.String()
}

// carrier plays the phones, the carrier and the database of a scene. Each exported method stands
// for the activity of its name.
type carrier struct {
	env *testsuite.TestWorkflowEnvironment

	ring     map[string][]ringing // how a person's phone behaves, dial by dial; the last one stays
	pending  time.Duration        // how long ending a leg takes
	lost     map[string]bool      // whose leg the carrier does not know
	deaf     bool                 // the carrier does not answer when it is asked how things stand
	standing map[string]activities.Standing
	moves    bool  // the caller can be moved out of the room
	stuck    error // moving the caller fails with this
	lives    bool  // the run of the call is open
	noAlert  bool  // the alert cannot be started

	onResolve func() // happens once, while the resolved alert is written

	mu      sync.Mutex // activities run beside the workflow
	dials   []*dial
	hangUps []string
	asked   [][]string
	told    int // how often the caller was told that nobody takes the call
	ended   []time.Duration
	calls   []models.Call
	alerts  []models.Alert
}

// dial is one dial of a phone.
type dial struct {
	activities.DialRequest
	token []byte
	leg   string
	at    time.Duration
}

// ringing is how a dialled phone behaves.
type ringing func(*carrier, *dial) (models.Dialled, error)

// rings is a phone that nobody picks up; the carrier ends it as it was asked to.
func rings(c *carrier, d *dial) (models.Dialled, error) {
	return comes(models.ResultNoAnswer, float64(d.Timeout))(c, d)
}

// comes is a dial that the carrier tells the end of, so many seconds later.
func comes(result models.Result, after float64) ringing {
	return func(c *carrier, d *dial) (models.Dialled, error) {
		c.later(after, func() { c.settle(d, models.Dialled{Result: result, Leg: d.leg}, nil) })
		return models.Dialled{}, activity.ErrResultPending
	}
}

// returns is a dial that is over at once.
func returns(result models.Result, code int) ringing {
	return func(*carrier, *dial) (models.Dialled, error) {
		return models.Dialled{Result: result, Code: code}, nil
	}
}

// breaks is a dial that fails in a way that nobody foresaw.
func breaks(*carrier, *dial) (models.Dialled, error) {
	return models.Dialled{}, errors.New("something nobody foresaw")
}

// ringsOn is a phone of which no end is told: the dial times out, and tells the leg it placed.
func ringsOn(after float64) ringing {
	return func(c *carrier, d *dial) (models.Dialled, error) {
		return timesOut(c, d, after, enums.TIMEOUT_TYPE_START_TO_CLOSE, d.leg)
	}
}

// lostDial is a dial that times out and told of no leg.
func lostDial(c *carrier, d *dial) (models.Dialled, error) {
	return timesOut(c, d, 32, enums.TIMEOUT_TYPE_START_TO_CLOSE)
}

// queued is a dial that never had its turn.
func queued(c *carrier, d *dial) (models.Dialled, error) {
	return timesOut(c, d, 60, enums.TIMEOUT_TYPE_SCHEDULE_TO_START)
}

func timesOut(c *carrier, d *dial, after float64, kind enums.TimeoutType, details ...any) (models.Dialled, error) {
	c.later(after, func() { c.settle(d, nil, temporal.NewTimeoutError(kind, nil, details...)) })
	return models.Dialled{}, activity.ErrResultPending
}

func (c *carrier) later(after float64, happen func()) {
	c.env.RegisterDelayedCallback(happen, seconds(after))
}

func (c *carrier) settle(d *dial, result any, err error) {
	if err := c.env.CompleteActivity(d.token, result, err); err != nil {
		panic(err)
	}
}

func (c *carrier) now() time.Duration { return c.env.Now().Sub(monday) }

// last is the latest dial of a person.
func (c *carrier) last(t *testing.T, name string) *dial {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.dials) - 1; i >= 0; i-- {
		if c.dials[i].Attempt.Name == name {
			return c.dials[i]
		}
	}
	t.Errorf("at %v %s was not dialled", c.now(), name)
	return &dial{token: []byte("none")}
}

func (c *carrier) Dial(ctx context.Context, r activities.DialRequest) (models.Dialled, error) {
	c.mu.Lock()
	n := 0
	for _, d := range c.dials {
		if d.Attempt.Name == r.Attempt.Name {
			n++
		}
	}
	d := &dial{DialRequest: r, token: activity.GetInfo(ctx).TaskToken, leg: fmt.Sprintf("CA%032x", 256+len(c.dials)), at: c.now()}
	c.dials = append(c.dials, d)
	behave := ringing(rings)
	if scripts := c.ring[r.Attempt.Name]; len(scripts) > 0 {
		behave = scripts[min(n, len(scripts)-1)]
	}
	c.mu.Unlock()
	return behave(c, d)
}

func (c *carrier) HangUp(ctx context.Context, r activities.HangUpRequest) (activities.HungUp, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hangUps = append(c.hangUps, fmt.Sprintf("%s %v", r.Attempt.Name, c.now().Seconds()))
	hungUp := activities.HungUp{Found: true, Leg: r.Leg}
	for _, d := range c.dials {
		if r.Leg == "" && d.Attempt.ID == r.Attempt.ID {
			hungUp.Leg = d.leg
		}
	}
	if c.lost[r.Attempt.Name] {
		hungUp = activities.HungUp{}
	}
	if c.pending == 0 {
		return hungUp, nil
	}
	token := activity.GetInfo(ctx).TaskToken
	c.env.RegisterDelayedCallback(func() { _ = c.env.CompleteActivity(token, hungUp, nil) }, c.pending)
	return activities.HungUp{}, activity.ErrResultPending
}

func (c *carrier) TellNobody(context.Context, string, string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told++
	return c.moves, c.stuck
}

func (c *carrier) EndCaller(_ context.Context, sid string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sid != callSID {
		return fmt.Errorf("ended %s", sid)
	}
	c.ended = append(c.ended, c.now())
	return nil
}

func (c *carrier) AskCarrier(_ context.Context, legs []string) ([]activities.Standing, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, legs)
	if c.deaf {
		return nil, errors.New("no answer")
	}
	standings := make([]activities.Standing, len(legs))
	for i, leg := range legs {
		standings[i] = c.standing[leg]
	}
	return standings, nil
}

func (c *carrier) RecordCall(_ context.Context, call models.Call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, call)
	return nil
}

func (c *carrier) RecordAlert(_ context.Context, alert models.Alert) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alerts = append(c.alerts, alert)
	if alert.Status == models.AlertResolved && c.onResolve != nil {
		c.onResolve()
		c.onResolve = nil
	}
	return nil
}

func (c *carrier) CallLives(context.Context, string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lives && len(c.calls) == 0, nil
}
