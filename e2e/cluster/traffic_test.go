package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ringdown/ringdown/simulator"
)

// seat is a number with its route, its people and who calls it, one call after the other: Alice is busy, and Bob takes
// each call and hangs up after a while.
type seat struct{ number, caller, alice, bob string }

const (
	numbersASeat = 4
	talkFor      = simulator.Seconds(4)
)

// lived is what the carrier saw of a call.
type lived struct {
	sid                             string
	dialled, answered, talks, ended time.Time
	legs                            map[string]int // how often each phone was rung
}

// traffic is calls that come all the time.
type traffic struct {
	*town
	seats []seat
	stop  context.CancelFunc
	all   sync.WaitGroup
	heard chan struct{} // closed when the carrier's story is read no further

	mu       sync.Mutex
	calls    map[string]*lived // by the caller's leg
	byPhone  map[string]*lived // the call that goes on, by each phone of its seat
	worst    time.Duration     // of a webhook
	worstOf  string
	webhooks int
	refused  []string // webhooks that were not answered, or with an error
	slowest  []time.Duration
}

// traffic begins: each seat makes one call after the other until it ends.
func (to *town) traffic(seats int) *traffic {
	to.t.Helper()
	tr := &traffic{town: to, calls: map[string]*lived{}, byPhone: map[string]*lived{}, heard: make(chan struct{})}
	for n := range seats {
		tr.seats = append(tr.seats, to.seat(n, 30))
	}
	ctx, stop := context.WithCancel(to.t.Context())
	listening, deaf := context.WithCancel(to.t.Context())
	tr.stop = stop
	go tr.listen(listening)
	for i, s := range tr.seats {
		tr.all.Go(func() {
			wait(ctx, time.Duration(i)*400*time.Millisecond) // they do not all begin at once
			for ctx.Err() == nil {
				tr.call(s)
				wait(ctx, time.Second)
			}
		})
	}
	to.t.Cleanup(func() { stop(); deaf() })
	return tr
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// seat sets a number up as an administrator does.
func (to *town) seat(n, ringSeconds int) seat {
	to.t.Helper()
	s := seat{fresh(n * numbersASeat), fresh(n*numbersASeat + 1), fresh(n*numbersASeat + 2), fresh(n*numbersASeat + 3)}
	if err := to.carrier.PutNumber(to.t.Context(), simulator.Number{Phone: s.number}); err != nil {
		to.t.Fatal(err)
	}
	number := to.posts("/v1/phone-numbers", map[string]any{"number": s.number, "name": fmt.Sprint("Number ", n)})
	var targets []any
	for name, phone := range map[string]string{"Alice": s.alice, "Bob": s.bob} {
		id := to.posts("/v1/users", map[string]any{
			"name": name, "email": fmt.Sprintf("%s-%d@example.com", strings.ToLower(name), n), "time_zone": "Europe/London", "on_call_licence": true,
			"phones": []any{map[string]any{"label": "mobile", "number": phone}},
		})
		level := map[string]any{"targets": []any{map[string]any{"type": "user", "user_id": id}}}
		if name == "Alice" {
			targets = slices.Insert(targets, 0, any(level))
		} else {
			targets = append(targets, level)
		}
	}
	to.posts("/v1/call-routes", map[string]any{
		"name": fmt.Sprint("Route ", n), "phone_number_id": number, "enabled": true, "ring_seconds": ringSeconds, "levels": targets,
	})
	to.scripts(s.alice, simulator.Script{Answer: simulator.Busy})
	to.scripts(s.bob, simulator.Script{
		RingFor: 1, Keys: slices.Repeat([]simulator.Press{{Digits: "1", Delay: 0.5}}, 4), HangUpAfterJoined: talkFor,
	})
	return s
}

func (to *town) scripts(phone string, does simulator.Script) {
	to.t.Helper()
	if err := to.carrier.PutScript(to.t.Context(), phone, does); err != nil {
		to.t.Fatal(err)
	}
}

// call makes a call and waits until it is over.
func (tr *traffic) call(s seat) {
	l := &lived{legs: map[string]int{}}
	tr.mu.Lock()
	tr.byPhone[s.caller], tr.byPhone[s.alice], tr.byPhone[s.bob] = l, l, l
	tr.mu.Unlock()
	ctx := context.WithoutCancel(tr.t.Context())
	v, err := tr.carrier.Dial(ctx, s.caller, s.number, simulator.CallerScript{})
	if err != nil {
		tr.t.Error("dial:", err)
		return
	}
	tr.mu.Lock()
	l.sid = v.SID
	tr.calls[v.SID] = l
	tr.mu.Unlock()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		tr.mu.Lock()
		over := !l.ended.IsZero()
		tr.mu.Unlock()
		if over {
			return
		}
	}
}

// listen reads the carrier's story.
func (tr *traffic) listen(ctx context.Context) {
	defer close(tr.heard)
	for e, err := range tr.carrier.Events(ctx, 0) {
		if err != nil {
			if ctx.Err() == nil {
				tr.t.Error("the carrier's story:", err)
			}
			return
		}
		tr.mu.Lock()
		tr.note(e)
		tr.mu.Unlock()
	}
}

func (tr *traffic) note(e simulator.Event) {
	if e.Kind == simulator.EventWebhook {
		tr.webhooks++
		if took := time.Duration(e.Millis) * time.Millisecond; took > tr.worst {
			tr.worst, tr.worstOf = took, e.Webhook+" "+e.URL
		}
		if e.HTTPStatus < 200 || e.HTTPStatus > 299 {
			tr.refused = append(tr.refused, fmt.Sprintf("%s %s: %d %s", e.Webhook, e.URL, e.HTTPStatus, e.Text))
		}
	}
	l := tr.byPhone[e.Phone]
	if l == nil {
		return
	}
	caller := e.Direction == simulator.Inbound || e.Call == l.sid
	switch {
	case e.Kind == simulator.EventDialled && caller:
		l.sid, l.dialled = e.Call, e.At
	case e.Kind == simulator.EventDialled:
		l.legs[e.Phone]++
	case e.Kind == simulator.EventAnswered && caller:
		l.answered = e.At
	case e.Kind == simulator.EventTalking && caller:
		l.talks = e.At
	case e.Kind == simulator.EventEnded && caller:
		l.ended = e.At
	}
}

// ends lets the calls that go on come to their end, and judges all: each caller talked to Bob, each phone was rung once,
// and no webhook was refused.
func (tr *traffic) ends(what string) {
	tr.t.Helper()
	tr.stop()
	tr.all.Wait()
	time.Sleep(2 * time.Second) // the last callbacks
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for sid, l := range tr.calls {
		if l.talks.IsZero() || l.ended.IsZero() {
			tr.t.Errorf("call %s is lost: dialled %s, answered %s, talked %s, ended %s", sid, l.dialled, l.answered, l.talks, l.ended)
			continue
		}
		tr.slowest = append(tr.slowest, l.talks.Sub(l.dialled))
		for phone, times := range l.legs {
			if times != 1 {
				tr.t.Errorf("call %s rang %s %d times", sid, phone, times)
			}
		}
	}
	slices.Sort(tr.slowest)
	if n := len(tr.slowest); n > 0 {
		fmt.Printf("%s: %d calls, %d webhooks, none refused: %t, worst %s (%s); from dialling to the talk: median %s, longest %s\n",
			what, n, tr.webhooks, len(tr.refused) == 0, tr.worst, tr.worstOf, tr.slowest[n/2].Round(time.Millisecond), tr.slowest[n-1].Round(time.Millisecond))
	}
	for _, r := range tr.refused {
		tr.t.Errorf("a webhook was refused: %s", r)
	}
}

// delay is how much longer the slowest caller waited for the talk than callers do as a rule.
func (tr *traffic) delay() time.Duration {
	if len(tr.slowest) == 0 {
		return 0
	}
	return tr.slowest[len(tr.slowest)-1] - tr.slowest[len(tr.slowest)/2]
}
