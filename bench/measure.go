package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

const (
	crowd    = 20                     // callers at once
	rings    = 100 * time.Millisecond // how long a phone rings before its attempt ends
	rest     = 50 * time.Millisecond  // between two calls
	warmUps  = 5                      // pairs of calls that are not counted
	patience = 30 * time.Second       // for any one thing to happen
)

// course is how a call goes.
type course struct {
	gate  bool          // it ends at a key gate
	steps int           // attempts that end while the caller waits
	rings time.Duration // how long a phone rings before its attempt ends
}

// courseOf is how a caller fares who waits alone, or ends at the gate.
func courseOf(gate bool) course { return course{gate: gate, steps: 3, rings: rings} }

// side is one of the two that are measured, ours or the floor.
type side interface {
	// begin announces a call and returns when its first answer is complete.
	begin(ctx context.Context, call string, gate bool) error
	// dialled waits for the next dial of a call and says when it was asked for.
	dialled(ctx context.Context, call string) (time.Time, error)
	// attemptEnds tells that the phone which rings last is busy.
	attemptEnds(ctx context.Context, call string) error
	// end tells that the caller has hung up.
	end(ctx context.Context, call string) error
	// runs are the workflow ids of a call and of its alert.
	runs(call string) []string
	engine() client.Client
}

// samples are what was measured of one figure.
type samples struct{ ours, floor []time.Duration }

// measurement is one run of the benchmarks.
type measurement struct {
	ours, floor side
	progress    io.Writer

	answerHold, answerGate           samples // one caller
	answerHoldCrowd, answerGateCrowd samples // twenty at once
	firstDial, nextDial              samples
}

// timings are what one call of one side took.
type timings struct {
	answer    time.Duration
	firstDial time.Duration
	nextDials []time.Duration
}

// measure makes n calls of each kind on each side, by turns.
func (m *measurement) measure(ctx context.Context, n int) error {
	for i := range n + warmUps {
		if i%20 == 0 {
			_, _ = fmt.Fprintf(m.progress, "one caller: %d of %d\n", i, n+warmUps)
		}
		for _, gate := range []bool{false, true} {
			if err := m.pair(ctx, i, gate, i >= warmUps); err != nil {
				return err
			}
		}
	}
	for i := range n/crowd + 1 { // the first round only warms up
		_, _ = fmt.Fprintf(m.progress, "%d at once: %d of %d\n", crowd, i+1, n/crowd+1)
		for _, gate := range []bool{false, true} {
			if err := m.pairOfCrowds(ctx, i, gate, i > 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// pair makes one call of each side. They take turns in going first.
func (m *measurement) pair(ctx context.Context, i int, gate, counts bool) error {
	return m.inTurn(i, func(s side, isOurs bool) error {
		t, err := oneCall(ctx, s, newCallSID(), courseOf(gate))
		if err != nil || !counts {
			return err
		}
		if gate {
			m.answerGate.add(isOurs, t.answer)
			return nil
		}
		m.answerHold.add(isOurs, t.answer)
		m.firstDial.add(isOurs, t.firstDial)
		m.nextDial.add(isOurs, t.nextDials...)
		return nil
	})
}

func (m *measurement) pairOfCrowds(ctx context.Context, i int, gate, counts bool) error {
	into := &m.answerHoldCrowd
	if gate {
		into = &m.answerGateCrowd
	}
	return m.inTurn(i, func(s side, isOurs bool) error {
		answers, err := crowdOfCalls(ctx, s, gate)
		if err == nil && counts {
			into.add(isOurs, answers...)
		}
		return err
	})
}

func (m *measurement) inTurn(i int, do func(s side, isOurs bool) error) error {
	order := []side{m.ours, m.floor}
	if i%2 == 1 {
		order = []side{m.floor, m.ours}
	}
	for _, s := range order {
		if err := do(s, s == m.ours); err != nil {
			return err
		}
		time.Sleep(rest)
	}
	return nil
}

// oneCall is a call from its first webhook to the end of its runs.
func oneCall(ctx context.Context, s side, call string, c course) (timings, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var t timings
	began := time.Now()
	if err := s.begin(ctx, call, c.gate); err != nil {
		return t, err
	}
	t.answer = time.Since(began)
	if c.gate {
		time.Sleep(c.rings)
		return t, finish(ctx, s, call, c.gate)
	}
	at, err := s.dialled(ctx, call)
	if err != nil {
		return t, err
	}
	t.firstDial = at.Sub(began)
	for range c.steps {
		time.Sleep(c.rings)
		ended := time.Now()
		if err := s.attemptEnds(ctx, call); err != nil {
			return t, err
		}
		if at, err = s.dialled(ctx, call); err != nil {
			return t, err
		}
		t.nextDials = append(t.nextDials, at.Sub(ended))
	}
	time.Sleep(c.rings)
	return t, finish(ctx, s, call, c.gate)
}

// crowdOfCalls makes calls that all begin at the same instant, and says how long each waited for
// its answer.
func crowdOfCalls(ctx context.Context, s side, gate bool) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers, faults := make([]time.Duration, crowd), make([]error, crowd)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() {
			call := newCallSID()
			<-start
			began := time.Now()
			if faults[i] = s.begin(ctx, call, gate); faults[i] != nil {
				return
			}
			answers[i] = time.Since(began)
			if !gate {
				if _, faults[i] = s.dialled(ctx, call); faults[i] != nil {
					return
				}
			}
			time.Sleep(time.Second) // nobody's end is in the way of another's beginning
			faults[i] = finish(ctx, s, call, gate)
		})
	}
	close(start)
	all.Wait()
	return answers, errors.Join(faults...)
}

// finish ends a call and waits until its runs have closed.
func finish(ctx context.Context, s side, call string, gate bool) error {
	if err := s.end(ctx, call); err != nil {
		return err
	}
	for i, id := range s.runs(call) {
		if i > 0 && gate {
			break // no alert before the gate
		}
		if err := s.engine().GetWorkflow(ctx, id, "").Get(ctx, nil); err != nil {
			return fmt.Errorf("end of %s: %w", id, err)
		}
	}
	return nil
}

// compareCommands makes a call of each kind on each side and holds that their histories are
// alike: a floor that does less would flatter nobody.
func (m *measurement) compareCommands(ctx context.Context) error {
	for _, gate := range []bool{false, true} {
		var seen [2]map[enums.EventType]int
		for i, s := range []side{m.ours, m.floor} {
			call := newCallSID()
			if _, err := oneCall(ctx, s, call, courseOf(gate)); err != nil {
				return err
			}
			var err error
			if seen[i], err = eventsOf(ctx, s.engine(), s.runs(call)...); err != nil {
				return err
			}
		}
		if err := alike(fmt.Sprintf("a call (key gate: %t)", gate), seen); err != nil {
			return err
		}
	}
	return nil
}

// alike holds that two histories have the same events, ours first.
func alike(what string, seen [2]map[enums.EventType]int) error {
	if !maps.Equal(seen[0], seen[1]) {
		return fmt.Errorf("the floor does not issue what %s does:\n ours  %v\n floor %v", what, seen[0], seen[1])
	}
	return nil
}

// eventsOf counts the events of some runs by type. Left out are workflow tasks, since how many there are
// is part of what is measured, and the end of the alert, which a call does not wait for.
func eventsOf(ctx context.Context, engine client.Client, runs ...string) (map[enums.EventType]int, error) {
	count := map[enums.EventType]int{}
	for _, id := range runs {
		events, err := historyOf(ctx, engine, id)
		if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
			continue // no alert
		}
		if err != nil {
			return nil, err
		}
		for _, event := range events {
			kind := event.GetEventType()
			if !strings.HasPrefix(kind.String(), "WorkflowTask") && kind != enums.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED {
				count[kind]++
			}
		}
	}
	return count, nil
}

func (s *samples) add(isOurs bool, d ...time.Duration) {
	if isOurs {
		s.ours = append(s.ours, d...)
	} else {
		s.floor = append(s.floor, d...)
	}
}

// callMap keeps something for each call.
type callMap[T any] struct {
	mu sync.Mutex
	m  map[string]T
}

func (c *callMap[T]) get(call string) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m[call]
}

func (c *callMap[T]) set(call string, v T) {
	c.getOr(call, func() T { return v })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[call] = v
}

func (c *callMap[T]) getOr(call string, make func() T) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[string]T{}
	}
	if _, ok := c.m[call]; !ok {
		c.m[call] = make()
	}
	return c.m[call]
}
