package drill

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ringdown/ringdown/simulator"
)

// seen is what the drill sees of a call.
type seen struct {
	mu     sync.Mutex
	sid    string            // of the caller's leg; empty until the carrier tells of it
	legs   []string          // all of them
	events []simulator.Event // what the carrier tells of its phones
	cut    bool              // the caller hangs up because the drill is ended
	ended  bool              // the caller's line has
	over   chan struct{}     // closed then
}

func newSeen() *seen { return &seen{over: make(chan struct{})} }

// cutOff notes that the caller hangs up because the drill is ended, and returns the SID of their leg.
func (s *seen) cutOff() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
	return s.sid
}

func (s *seen) callSID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sid
}

// told is what the carrier has told so far.
func (s *seen) told() []simulator.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[:len(s.events):len(s.events)]
}

// ear hears all that the carrier tells, and passes it on to the calls that it is about.
type ear struct {
	since time.Time // what was before is not ours

	mu      sync.Mutex
	lines   map[string]*line // by their phones
	on      map[*line]*call
	callers map[string]*call // by their numbers
	legs    map[string]*call // by their SIDs
	strays  []string         // phones of ours that rang for no call
	struck  map[string]int   // tries of requests, by what they were for and what the fault plan did to them
	hooks   samples          // of answers to documents, which somebody waits for
	recent  []answer
	worst   map[string]time.Duration // of the answers, by what was broken meanwhile
	during  func(from, until time.Time) []outage
}

// newEar hears of the phones of lines. during tells of the outages between two moments.
func newEar(lines []*line, during func(from, until time.Time) []outage) *ear {
	e := &ear{
		since: time.Now(), lines: map[string]*line{}, on: map[*line]*call{}, callers: map[string]*call{}, legs: map[string]*call{},
		struck: map[string]int{}, worst: map[string]time.Duration{}, during: during,
	}
	for _, l := range lines {
		for _, p := range l.phones {
			e.lines[p.number] = l
		}
	}
	return e
}

// listen hears until ctx ends. The carrier keeps its last events, so that none is lost while it is asked.
func (e *ear) listen(ctx context.Context, carrier *simulator.Client) {
	last := 0
	for ctx.Err() == nil {
		for event, err := range carrier.Events(ctx, last) {
			if err != nil {
				break // it goes on where it broke off
			}
			last = event.Seq
			e.hear(event)
		}
		select {
		case <-ctx.Done():
		case <-time.After(againAfter):
		}
	}
}

// expect names the call that is on a line from now on.
func (e *ear) expect(c *call) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.on[c.line], e.callers[c.from] = c, c
}

// leave ends what is heard for a call. Phones of its line must not ring until the next.
func (e *ear) leave(c *call) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.on, c.line)
	delete(e.callers, c.from)
	for _, sid := range c.legs {
		delete(e.legs, sid)
	}
}

// live are the calls that are expected and not over.
func (e *ear) live() []*call {
	e.mu.Lock()
	defer e.mu.Unlock()
	calls := make([]*call, 0, len(e.on))
	for _, c := range e.on {
		calls = append(calls, c)
	}
	return calls
}

func (e *ear) hear(event simulator.Event) {
	if event.At.Before(e.since) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if event.Fault != "" {
		e.struck[faultOf(event)]++
	}
	c := e.callOf(event)
	if c == nil {
		return
	}
	if event.Kind == simulator.EventWebhook && event.Webhook == simulator.HookDocument && event.HTTPStatus != 0 {
		e.measure(event)
	}
	c.hear(event)
}

// measure notes how long we took for a document.
func (e *ear) measure(event simulator.Event) {
	took := time.Duration(event.Millis) * time.Millisecond
	e.hooks.add(took)
	e.recent = append(e.recent, answer{event.At, took})
	e.recent = e.recent[max(len(e.recent)-strainMost, 0):]
	for _, o := range e.during(event.At.Add(-took), event.At) {
		e.worst[o.sort()] = max(e.worst[o.sort()], took)
	}
}

// callOf is the call that an event is about, nil for none of ours.
func (e *ear) callOf(event simulator.Event) *call {
	c := e.legs[event.Call]
	if c == nil {
		c = e.callers[event.Phone]
	}
	line, ours := e.lines[event.Phone]
	if c == nil && ours {
		c = e.on[line]
	}
	if event.Kind != simulator.EventDialled {
		return c
	}
	if c != nil {
		e.legs[event.Call] = c
	} else if ours {
		e.strays = append(e.strays, fmt.Sprintf("a phone of line %d was rung at %s, when no call was on it", line.n, event.At.Format(time.TimeOnly)))
	}
	return c
}

func (c *call) hear(event simulator.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, event)
	switch event.Kind {
	case simulator.EventDialled:
		c.legs = append(c.legs, event.Call)
		if event.Direction == simulator.Inbound && c.sid == "" {
			c.sid = event.Call
		}
	case simulator.EventEnded:
		if event.Call == c.sid && !c.ended {
			c.ended = true
			close(c.over)
		}
	}
}

// faultOf names what the fault plan did, for counting.
func faultOf(e simulator.Event) string {
	if e.Kind != simulator.EventREST {
		return e.Webhook + ": " + string(e.Fault)
	}
	if e.Fault == simulator.ReplyStatus || e.Fault == simulator.StatusAfter {
		return fmt.Sprintf("rest: %s %d", e.Fault, e.HTTPStatus)
	}
	return "rest: " + string(e.Fault)
}
