package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/serviceerror"
)

// What TestSoak is asked for; see docs/soak.md.
var (
	soakCalls  = flag.Int("soak", 0, "make so many calls at random; 0 makes none")
	soakSeed   = flag.Uint64("soak.seed", 0, "the seed of a soak; 0 draws one")
	soakAtOnce = flag.Int("soak.at-once", 28, "how many callers of a soak are on the line at once")
	soakOnly   = flag.Int("soak.call", -1, "make only the call of a soak that has this number")
)

const (
	// workerLeaves is after how many calls the worker is stopped and started again.
	workerLeaves = 150
	// lineAtMost is how long a caller's line may last, and closeAtMost how much longer its run: the
	// longest that a run waits for is a transcript that never comes.
	lineAtMost, closeAtMost = 3 * time.Minute, 4 * time.Minute
)

// soakRates are what goes wrong.
var soakRates = simulator.Rates{
	DelayHook: 0.04, DuplicateHook: 0.04, ReorderCallback: 0.04, DropCallback: 0.05,
	TooMany: 0.03, FailBefore: 0.02, FailAfter: 0.02, SlowReply: 0.03, Longest: 0.5,
}

// lostReplies is how often the answer to a document's or a REST request is lost.
const lostReplies = 0.02

// soak is a system and all that happened to it.
type soak struct {
	*parts
	seed    uint64
	calls   []*soakCall
	byPhone map[string]*soakCall
	begun   time.Time
	took    time.Duration
	away    []absence

	heard    chan struct{}  // closed when the carrier's story is read to its end
	struck   map[string]int // tries of a request, by what it was for and what the fault plan did to it
	oneMore  chan struct{}  // gets one for each call that begins
	absences chan struct{}  // closed when the worker leaves no more

	started, ended atomic.Int64 // calls, for who watches
}

// absence is a time without a worker.
type absence struct{ from, until time.Time }

// soakRun is what the soak itself saw of a call.
type soakRun struct {
	leg      *simulator.Leg
	events   []simulator.Event // what the carrier tells of its phones
	outcome  models.Outcome
	setUpErr error
	lineLeft bool      // the caller's line did not end
	runErr   error     // of the run
	closed   time.Time // when its run had closed
	alertErr error     // of the alert's run
}

// TestSoak makes many calls at random, with faults, and holds what must be true of every one.
func TestSoak(t *testing.T) {
	if *soakCalls == 0 {
		return // nothing is asked for
	}
	if *soakCalls > soakAtMost {
		t.Fatalf("-soak %d: there are numbers for %d calls", *soakCalls, soakAtMost)
	}
	seed := *soakSeed
	if seed == 0 {
		seed = uint64(rand.Uint32())
	}
	fmt.Printf("soak: seed %d, %d calls, %d at once\n", seed, *soakCalls, *soakAtOnce)
	temporalAddress = startSoakTemporal(t)
	s := newSoak(t, seed)
	s.run(t)
	report := s.judge(t)
	report.print(os.Stdout)
	if len(report.violations) > 0 {
		t.Fail()
	}
}

func newSoak(t *testing.T, seed uint64) *soak {
	s := &soak{
		parts: newParts(t, t, "default", pace, false), seed: seed, byPhone: map[string]*soakCall{},
		heard: make(chan struct{}), struck: map[string]int{},
		oneMore: make(chan struct{}, *soakCalls), absences: make(chan struct{}),
	}
	for n := range *soakCalls {
		if *soakOnly >= 0 && n != *soakOnly {
			continue
		}
		c := drawCall(seed, n)
		s.calls = append(s.calls, c)
		s.byPhone[c.from] = c
		for _, p := range c.phones {
			s.byPhone[p.number] = c
		}
	}
	faults := simulator.RandomFaults(seed, soakRates)
	for _, kind := range []string{simulator.HookDocument, simulator.HookREST} {
		faults.Rules = append(faults.Rules, simulator.Rule{
			Match: simulator.Match{Kind: kind}, Do: simulator.LoseReply, Probability: lostReplies,
		})
	}
	s.carrier.SetFaults(faults)
	return s
}

// run makes all calls and returns when their runs are closed and the carrier is silent.
func (s *soak) run(t *testing.T) {
	s.begun = time.Now()
	ctx, stop := context.WithCancel(t.Context())
	go s.hear()
	go s.takeWorkerAway()
	go s.showProgress(ctx)
	var calls sync.WaitGroup
	lines := make(chan struct{}, *soakAtOnce)
	for _, c := range s.calls {
		lines <- struct{}{}
		calls.Go(func() { s.place(ctx, c, func() { <-lines }) })
		s.started.Add(1)
		s.oneMore <- struct{}{}
	}
	close(s.oneMore)
	calls.Wait()
	<-s.absences
	stop()
	s.took = time.Since(s.begun)
	s.carrier.Close()
	<-s.heard
}

// hear keeps what the carrier tells of each call.
func (s *soak) hear() {
	defer close(s.heard)
	for e := range s.carrier.Events(context.Background(), 0) {
		if c := s.byPhone[e.Phone]; c != nil {
			c.events = append(c.events, e)
		}
		if e.Fault != "" {
			s.struck[faultOf(e)]++
		}
	}
}

// takeWorkerAway stops the worker and starts it again, now and then, while calls go on.
func (s *soak) takeWorkerAway() {
	defer close(s.absences)
	d := draw{rand.New(rand.NewPCG(s.seed, math.MaxUint64))}
	begun := 0
	for range s.oneMore {
		if begun++; begun%workerLeaves != workerLeaves/2 {
			continue
		}
		from := time.Now()
		s.stopWorker()
		time.Sleep(time.Duration(float64(d.seconds(0.2, 3)) * float64(time.Second))) // nobody works meanwhile
		s.startWorker()
		s.away = append(s.away, absence{from, time.Now()})
	}
}

// place makes one call and waits for all that comes of it; hungUp is called when the line is free.
func (s *soak) place(ctx context.Context, c *soakCall, hungUp func()) {
	free := sync.OnceFunc(hungUp)
	defer free()
	defer s.ended.Add(1)
	if c.setUpErr = s.setUp(ctx, c); c.setUpErr != nil {
		return
	}
	c.leg = s.carrier.Dial(c.from, c.number, c.caller)
	select {
	case <-c.leg.Done():
	case <-time.After(lineAtMost):
		c.lineLeft = true
	}
	free()
	ctx, cancel := context.WithTimeout(ctx, closeAtMost)
	defer cancel()
	c.runErr = s.result(ctx, workflows.CallID(c.leg.SID), &c.outcome)
	c.closed = time.Now()
	c.alertErr = s.result(ctx, workflows.AlertID(c.leg.SID), nil)
}

// runComes is how long after a caller's end their run may begin: its announcement may be on the way.
const runComes = 10 * time.Second

// result waits for a run to close.
func (s *soak) result(ctx context.Context, id string, into any) error {
	for until := time.Now().Add(runComes); ; time.Sleep(100 * time.Millisecond) {
		err := s.temporal.GetWorkflow(ctx, id, "").Get(ctx, into)
		if notFound := (*serviceerror.NotFound)(nil); !errors.As(err, &notFound) || time.Now().After(until) {
			return err
		}
		if into == nil {
			return err // a call that is over has raised its alert, or will not
		}
	}
}

// setUp stores the people and the route of a call, and tells the carrier of its phones.
func (s *soak) setUp(ctx context.Context, c *soakCall) error {
	for _, p := range c.phones {
		s.carrier.Script(p.number, p.script)
	}
	links := models.Links{Base: s.public}
	s.carrier.AddNumber(simulator.Number{Phone: c.number, VoiceURL: links.Voice(0), StatusCallback: links.Status()})
	number, err := s.store.CreateNumber(ctx, models.PhoneNumber{Number: models.Phone(c.number), Name: "soak", Status: models.NumberActive})
	if err != nil {
		return err
	}
	c.route.PhoneNumberID = number.ID
	for i := range c.people {
		if c.people[i], err = s.store.CreateUser(ctx, c.people[i]); err != nil {
			return err
		}
	}
	for level, who := range c.places {
		for _, person := range who {
			c.route.Levels[level].Targets = append(c.route.Levels[level].Targets, models.Target{Type: models.TargetUser, UserID: c.people[person].ID})
		}
	}
	c.route, err = s.store.CreateRoute(ctx, c.route.Defaults())
	return err
}

// showProgress prints a line now and then.
func (s *soak) showProgress(ctx context.Context) {
	for ticks := time.NewTicker(10 * time.Second); ; {
		select {
		case <-ctx.Done():
			ticks.Stop()
			return
		case <-ticks.C:
			fmt.Printf("soak: %4.0f s, %d calls begun, %d closed\n", time.Since(s.begun).Seconds(), s.started.Load(), s.ended.Load())
		}
	}
}
