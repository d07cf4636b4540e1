package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
)

const (
	crashNamespace = "crash"
	// crashPace is slow enough for every stage to outlast the set-up of all calls and the crash.
	crashPace = 2
	// perStage is how many calls are in each stage when the process is killed, and arriving how
	// many are announced in that very moment.
	perStage, arriving = 36, 20
	// atOnce is how many callers or responders act together.
	atOnce = 6
)

// stageOfCrash is where a call is when the process is killed, and what its people do before and
// after.
type stageOfCrash struct {
	name  string
	route func(*models.Route)
	phone simulator.Script // the responder's
	// ready waits until the call has come to this stage.
	ready func(c *crashCall)
	// leg is the responder's state then; empty: not rung yet.
	leg string
	// after is what the people do when the process is back; nil: it all goes by itself.
	after func(c *crashCall)
	want  models.Outcome
}

// crashCall is one caller with one responder, Alice.
type crashCall struct {
	*line
	stage  *stageOfCrash
	caller *phone
}

func stagesOfCrash() []*stageOfCrash {
	byHand, talker := takes, takes
	byHand.Answer = simulator.Manual
	talker.HangUpAfterJoined = 0
	return []*stageOfCrash{
		{
			name: "talking", phone: talker, leg: simulator.StatusInProgress, want: models.Connected,
			ready: func(c *crashCall) { c.caller.talks() },
			after: func(c *crashCall) { c.caller.hangsUp() },
		},
		{
			name: "at the key gate", phone: takes, want: models.Connected,
			route: func(r *models.Route) {
				r.Keypress = models.Keypress{Enabled: true, Key: "1", Prompt: "Please press 1. " + strings.Repeat("Then you are connected. ", 60)}
			},
			ready: func(c *crashCall) { c.caller.hears("press 1") },
			after: func(c *crashCall) { c.caller.presses("1") },
		},
		{
			name: "being told nobody", phone: simulator.Script{Answer: simulator.Busy}, leg: simulator.StatusBusy, want: models.Unanswered,
			route: func(r *models.Route) {
				r.Nobody.Message = "Nobody is there. " + strings.Repeat("Please write to support instead. ", 25)
			},
			ready: func(c *crashCall) { c.caller.hears("nobody") },
		},
		{
			name: "on hold while a phone rings", phone: byHand, leg: simulator.StatusRinging, want: models.Connected,
			route: func(r *models.Route) { r.RingSeconds = 60 },
			ready: func(c *crashCall) { c.rung("Alice") },
			after: func(c *crashCall) { c.people["Alice"].answers() },
		},
		{
			name: "a responder hears the prompt", leg: simulator.StatusInProgress, want: models.Connected,
			phone: simulator.Script{Answer: simulator.Manual, HangUpAfterJoined: takes.HangUpAfterJoined},
			route: func(r *models.Route) {
				r.RingSeconds = 60
				r.Accept.Prompt = "Press 1 to take it. " + strings.Repeat("Somebody needs you now. ", 6)
			},
			ready: func(c *crashCall) { c.rung("Alice") }, // she picks up when all have come so far
			after: func(c *crashCall) { c.people["Alice"].presses("1") },
		},
	}
}

// takes is a responder who picks up, presses 1 as often as asked and hangs up after a short talk.
var takes = simulator.Script{
	Answer: simulator.Answer, RingFor: 1, HangUpAfterJoined: 4, Keys: slices.Repeat([]simulator.Press{{Digits: "1"}}, 5),
}

// API and worker are killed in the middle of 200 calls, with Temporal and the carrier running
// on. Every call goes on and ends right.
func TestCallsOfEveryStageGoOnAfterACrash(t *testing.T) {
	s := newCrashSystem(t, crashNamespace)
	s.server.start(t)
	var calls []*crashCall
	for _, stage := range stagesOfCrash() {
		calls = append(calls, s.linesOf(t, stage, perStage)...)
	}
	last := s.linesOf(t, &stageOfCrash{
		name: "arriving", phone: takes, want: models.Connected, route: func(r *models.Route) { r.RingSeconds = 10 },
	}, arriving)
	for group := range slices.Chunk(calls, atOnce) {
		begin(group)
		for _, c := range group {
			c.caller.connected()
		}
	}
	for _, c := range calls {
		c.stage.ready(c)
	}
	for group := range slices.Chunk(calls[len(calls)-perStage:], atOnce) {
		for _, c := range group {
			c.people["Alice"].answers()
		}
		for _, c := range group {
			c.people["Alice"].hears("to take it")
		}
	}
	checkStages(t, calls)
	begin(last)
	last[0].caller.connected() // others are being answered, or dialled for
	s.server.kill(t)
	killed := time.Now()
	s.fallsBack(t)
	s.server.start(t)
	t.Logf("%d calls were without us for %s", len(calls)+len(last), time.Since(killed).Round(time.Millisecond))

	slices.Reverse(calls) // whose time is shortest comes first
	for group := range slices.Chunk(calls, perStage/2) {
		goOn(group)
	}
	calls = append(calls, last...)
	s.checkAfterCrash(t, calls)
	s.server.kill(t)
	text := s.server.log(t)
	for _, c := range calls {
		if strings.Contains(text, c.number) || strings.Contains(text, c.from) || strings.Contains(text, c.people["Alice"].number) {
			t.Fatal("the log holds a number")
		}
	}
}

// linesOf makes lines for the calls of a stage, their numbers set up as the product does it.
func (s *crashSystem) linesOf(t *testing.T, stage *stageOfCrash, n int) []*crashCall {
	t.Helper()
	links := models.Links{Base: s.public}
	calls := make([]*crashCall, n)
	for i := range calls {
		l := s.line(t, "Alice", func(r *models.Route) {
			r.Name = fmt.Sprintf("%s %d", stage.name, i+1)
			if stage.route != nil {
				stage.route(r)
			}
		})
		s.carrier.Script(l.people["Alice"].number, stage.phone)
		s.carrier.AddNumber(simulator.Number{
			Phone: l.number, VoiceURL: links.Voice(0), StatusCallback: links.Status(),
			VoiceFallbackURL: s.fallbackURL, VoiceFallbackMethod: http.MethodGet,
		})
		calls[i] = &crashCall{line: l, stage: stage}
	}
	return calls
}

func begin(calls []*crashCall) {
	for _, c := range calls {
		c.caller = c.calls()
	}
}

// connected waits until the call was answered, by a gate or a greeting.
func (p *phone) connected() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if err := p.leg.WaitStatus(ctx, simulator.StatusInProgress); err != nil {
		p.t.Fatal(err)
	}
}

// fallsBack waits until the carrier has given our site up for a first caller.
func (s *crashSystem) fallsBack(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for e := range s.carrier.Events(ctx, 0) {
		if e.Kind == simulator.EventFallback {
			return
		}
	}
	t.Fatal("no caller was sent to the fallback document")
}

// checkStages holds that every stage is populated: that nothing has run out meanwhile.
func checkStages(t *testing.T, calls []*crashCall) {
	t.Helper()
	there := map[string]int{}
	for _, c := range calls {
		legs := c.s.carrier.Phone(c.people["Alice"].number).Legs()
		reached := len(legs) == 0 && c.stage.leg == "" || len(legs) == 1 && legs[0].Status() == c.stage.leg
		if reached && c.caller.leg.Status() == simulator.StatusInProgress {
			there[c.stage.name]++
		}
	}
	for _, c := range calls {
		if there[c.stage.name] < perStage/2 {
			t.Fatalf("too few calls are still in their stages: %v", there)
		}
	}
}

// goOn has people act as they do after the crash, and waits a moment for callers to be joined, so
// that not everybody acts at once.
func goOn(calls []*crashCall) {
	ctx, cancel := context.WithTimeout(calls[0].t.Context(), 2*time.Second)
	defer cancel()
	for _, c := range calls {
		if c.stage.after != nil {
			c.stage.after(c)
		}
	}
	for _, c := range calls {
		if c.stage.after != nil {
			_ = c.caller.leg.WaitJoined(ctx)
		}
	}
}

// checkAfterCrash holds that no call was lost, whatever stage it was in.
func (s *crashSystem) checkAfterCrash(t *testing.T, calls []*crashCall) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	unlucky := 0
	for _, c := range calls {
		if c.endsRight(ctx) {
			unlucky++
		}
	}
	t.Logf("%d responders' legs met a site that was away", unlucky)
	if live, _, err := s.store.Calls(ctx, store.CallFilter{Live: new(true)}, store.Page{}); err != nil || len(live) > 0 {
		t.Errorf("%d calls are still listed as live (%v)", len(live), err)
	}
	left, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	for _, leg := range s.carrier.Legs() {
		select {
		case <-leg.Done():
		case <-left.Done():
			t.Errorf("a line of %s is left %s", leg.Direction, leg.Status())
		}
	}
}

// endsRight holds what must be true of every call. unlucky says that its responder's leg ended
// because our site was away when it asked what to say: that person then counts as not reached.
func (c *crashCall) endsRight(ctx context.Context) (unlucky bool) {
	c.t.Helper()
	sid, want := c.caller.leg.SID, c.stage.want
	var outcome models.Outcome
	if err := c.s.temporal.GetWorkflow(ctx, workflows.CallID(sid), "").Get(ctx, &outcome); err != nil {
		c.t.Errorf("%s: the run does not end: %v; the caller heard %s", c.route.Name, err, heard(c.caller.leg))
		return false
	}
	legs := c.s.carrier.Phone(c.people["Alice"].number).Legs()
	if len(legs) > 1 {
		c.t.Errorf("%s: rung %d times", c.route.Name, len(legs))
	}
	for _, leg := range legs {
		if unlucky = strings.Contains(heard(leg), "application error"); unlucky {
			want = models.Unanswered
		}
	}
	call, err := c.s.store.CallByCarrierID(ctx, sid)
	if err != nil {
		c.t.Errorf("%s: no record: %v", c.route.Name, err)
		return unlucky
	}
	if outcome != want || call.Outcome != want || call.EndedAt == nil {
		c.t.Errorf("%s: outcome %s, recorded %s, want %s; %s; the caller heard %s; %d legs heard %s",
			c.route.Name, outcome, call.Outcome, want, story(call), heard(c.caller.leg), len(legs), heardBy(legs))
	}
	placed := 0
	for _, a := range call.Attempts {
		if a.Leg != "" {
			placed++
		}
	}
	if placed > len(legs) || placed < len(legs) && !unlucky {
		c.t.Errorf("%s: %d legs, recorded %+v", c.route.Name, len(legs), call.Attempts)
	}
	c.checkAlert(ctx, call)
	return unlucky
}

// story is a call's timeline in short.
func story(call models.Call) string {
	var all []string
	for _, m := range call.Timeline {
		all = append(all, fmt.Sprintf("%.1f %s", m.At.Sub(call.StartedAt).Seconds(), m.What))
	}
	return strings.Join(all, " | ")
}

func heardBy(legs []*simulator.Leg) string {
	var all []string
	for _, l := range legs {
		all = append(all, heard(l))
	}
	return strings.Join(all, "; ")
}

// heard is what a phone has heard, in short.
func heard(l *simulator.Leg) string {
	var all []string
	for _, h := range l.Heard() {
		all = append(all, fmt.Sprintf("%s %.40s", h.Kind, h.Text))
	}
	return strings.Join(all, " | ")
}
