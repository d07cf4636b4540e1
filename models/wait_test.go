package models

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLongestWait(t *testing.T) {
	level := func(strategy Strategy, phones ...int) PlanLevel {
		l := PlanLevel{Strategy: strategy, StaggerSeconds: 10}
		for _, n := range phones {
			l.People = append(l.People, Person{Phones: make([]UserPhone, n)})
		}
		return l
	}
	for _, c := range []struct {
		name         string
		levels       []PlanLevel
		ring, atMost int
		asksKey      bool
		perSecond    float64
		want         time.Duration
		rounds       int
	}{
		{"no level", nil, 30, 900, true, 1, 0, 2},
		{"nobody to ring", []PlanLevel{level(OneByOne)}, 30, 900, true, 1, 0, 2},
		{"one phone, no key asked", []PlanLevel{level(OneByOne, 1)}, 30, 900, false, 0, 32 * time.Second, 3},
		{"one phone and the time to accept", []PlanLevel{level(OneByOne, 1)}, 30, 900, true, 0, 62 * time.Second, 5},
		{"several phones, each in turn", []PlanLevel{level(OneByOne, 2, 3)}, 20, 900, true, 0, 260 * time.Second, 15},
		{"no longer than the route allows", []PlanLevel{level(OneByOne, 50)}, 30, 900, true, 0, 900 * time.Second, 47},
		{"exactly as long as it allows", []PlanLevel{level(OneByOne, 3)}, 18, 60, false, 0, 60 * time.Second, 5},
		{"shuffled is one by one", []PlanLevel{level(Shuffled, 2, 3)}, 20, 900, true, 0, 260 * time.Second, 15},
		{"one by one, the carrier's pace is no matter", []PlanLevel{level(OneByOne, 2, 3)}, 20, 900, true, 1, 260 * time.Second, 15},
		{"unless it is slower than a phone", []PlanLevel{level(OneByOne, 1, 1)}, 30, 900, true, 0.01, 200 * time.Second, 12},
		{"staggered, the last begins after the others' leads", []PlanLevel{level(Staggered, 1, 1, 1)}, 30, 900, true, 0, 82 * time.Second, 6},
		{"staggered, the first has most phones", []PlanLevel{level(Staggered, 3, 1, 1)}, 30, 900, true, 0, 186 * time.Second, 11},
		{"all at once, as long as one of them", []PlanLevel{level(AllAtOnce, 1, 1, 1, 1, 1)}, 30, 900, true, 0, 62 * time.Second, 5},
		{"all at once, as long as who has most phones", []PlanLevel{level(AllAtOnce, 1, 2, 1)}, 30, 900, true, 0, 124 * time.Second, 8},
		{"the last waits for the carrier", []PlanLevel{level(AllAtOnce, 1, 1, 1, 1, 1)}, 30, 900, true, 1, 66 * time.Second, 5},
		{"at half the pace", []PlanLevel{level(AllAtOnce, 1, 1, 1, 1, 1)}, 30, 900, true, 0.5, 70 * time.Second, 5},
		{"for each phone anew", []PlanLevel{level(AllAtOnce, 2, 2, 2, 2, 2)}, 30, 900, true, 1, 132 * time.Second, 8},
		{"but only once for each of the others", []PlanLevel{level(AllAtOnce, 3, 1, 1, 1, 1)}, 30, 900, true, 1, 190 * time.Second, 11},
		{"nobody else, nobody to wait for", []PlanLevel{level(AllAtOnce, 3)}, 30, 900, true, 1, 186 * time.Second, 11},
		{"levels follow each other", []PlanLevel{level(AllAtOnce, 1, 1), level(Staggered, 1, 1), level(OneByOne, 1)}, 30, 900, true, 0, 196 * time.Second, 11},
		{"a pace of next to nothing is the longest wait", []PlanLevel{level(AllAtOnce, 1, 1)}, 30, 900, true, 1e-300, 900 * time.Second, 47},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Plan{RingSeconds: c.ring, MaxWaitSeconds: c.atMost, Accept: Acceptance{Required: c.asksKey}, Levels: c.levels, CallsPerSecond: c.perSecond}
			if got, rounds := p.LongestWait(), p.HoldRounds(); got != c.want || rounds != c.rounds {
				t.Errorf("got %s in %d rounds, want %s in %d", got, rounds, c.want, c.rounds)
			}
		})
	}
}

func TestTheNextIsRungTooAfterTheLead(t *testing.T) {
	for _, c := range []struct {
		level  PlanLevel
		want   time.Duration
		beside bool
	}{
		{PlanLevel{Strategy: OneByOne, StaggerSeconds: 10}, 0, false},
		{PlanLevel{Strategy: Shuffled, StaggerSeconds: 10}, 0, false},
		{PlanLevel{Strategy: Staggered, StaggerSeconds: 10}, 10 * time.Second, true},
		{PlanLevel{Strategy: AllAtOnce, StaggerSeconds: 10}, 0, true},
		{PlanLevel{}, 0, false}, // of a history without strategies
	} {
		if got, beside := c.level.Lead(); got != c.want || beside != c.beside {
			t.Errorf("%q: got %s, %t", c.level.Strategy, got, beside)
		}
	}
}

func TestMayOutlast(t *testing.T) {
	three := []PlanLevel{{People: []Person{{Phones: make([]UserPhone, 2)}, {Phones: make([]UserPhone, 1)}}}}
	for _, c := range []struct {
		name   string
		plan   Plan
		atMost int
		turn   time.Duration
		want   bool
	}{
		{"it ends when the longest wait does", Plan{Levels: three}, 186, 0, false},
		{"it ends a second later", Plan{Levels: three}, 185, 0, true},
		{"each phone may wait for its turn", Plan{Levels: three}, 366, time.Minute, false},
		{"and may then be too late", Plan{Levels: three}, 365, time.Minute, true},
		{"nobody to ring", Plan{}, 60, time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.plan.RingSeconds, c.plan.MaxWaitSeconds, c.plan.Accept.Required = 30, c.atMost, true
			if got := c.plan.MayOutlast(c.turn); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestMusicOutlastsTheLongestWait(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, d, at := anyRoute(t)
		p := MakePlan(r, "+447700900001", d, at, 7)
		p.CallsPerSecond = rapid.SampledFrom([]float64{0, 0.5, 1}).Draw(t, "calls per second")
		if held := time.Duration(p.HoldRounds()) * HoldRound; held <= p.LongestWait() {
			t.Fatalf("the music lasts %s, the wait %s", held, p.LongestWait())
		}
		if p.LongestWait() > p.MaxWait() || p.MaxWait() != time.Duration(r.MaxWaitSeconds)*time.Second {
			t.Fatalf("the wait lasts %s, the route allows %s, which is %d s", p.LongestWait(), p.MaxWait(), r.MaxWaitSeconds)
		}
		if p.MayOutlast(0) && p.LongestWait() != p.MaxWait() {
			t.Fatalf("it may last longer than the route allows, and lasts %s", p.LongestWait())
		}
	})
}

// Whatever the phones do, no hunt lasts longer than the longest wait. It lasts nearly as long
// when each phone keeps the caller as long as it can: not all waits for the carrier add up.
func TestNoHuntLastsLongerThanTheLongestWait(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Plan{RingSeconds: rapid.IntRange(10, 60).Draw(t, "ring"), MaxWaitSeconds: 1e6}
		p.Accept.Required = rapid.Bool().Draw(t, "key")
		gap := rapid.SampledFrom([]int{0, 1, 2, 5}).Draw(t, "seconds between calls")
		if gap > 0 {
			p.CallsPerSecond = 1 / float64(gap)
		}
		phones := 0
		for range rapid.IntRange(0, 3).Draw(t, "levels") {
			l := PlanLevel{Strategy: rapid.SampledFrom([]Strategy{OneByOne, Shuffled, Staggered, AllAtOnce}).Draw(t, "strategy")}
			l.StaggerSeconds = rapid.IntRange(5, 60).Draw(t, "stagger")
			for range rapid.IntRange(0, 8).Draw(t, "people") {
				n := rapid.IntRange(1, 3).Draw(t, "phones")
				l.People, phones = append(l.People, Person{Phones: make([]UserPhone, n)}), phones+n
			}
			p.Levels = append(p.Levels, l)
		}
		most := p.RingSeconds + 2
		if p.Accept.Required {
			most += 30
		}
		longest := int(p.LongestWait() / time.Second)
		if full := hunted(p, gap, func() int { return most }); full > longest || full < longest-phones*gap {
			t.Fatalf("it lasts %d s, and %d s was said", full, longest)
		}
		lasts := rapid.OneOf(rapid.Just(0), rapid.Just(most), rapid.IntRange(0, most))
		if some := hunted(p, gap, func() int { return lasts.Draw(t, "lasts") }); some > longest {
			t.Fatalf("it lasts %d s, and %d s was said", some, longest)
		}
	})
}

// line is one person of a simulated hunt.
type line struct {
	began, phones int  // when they had their turn, and how many of their phones are left
	asked         bool // their phone waits for the carrier
	until         int  // when the phone that rings has rung enough
}

func (l line) rests(now int) bool { return !l.asked && now >= l.until }

// hunted plays a hunt second by second and says how many it takes. The carrier takes a request each
// gap seconds, in the order in which they are asked. lasts is how long each phone keeps us.
func hunted(p Plan, gap int, lasts func() int) (now int) {
	carrier := 0 // when it takes the next request
	for _, level := range p.Levels {
		var lines, queue []*line
		turn := func() bool { // of the next person
			if len(lines) == 0 || level.Strategy == AllAtOnce {
				return true
			}
			last := lines[len(lines)-1]
			done := last.phones == 0 && last.rests(now)
			return done || level.Strategy == Staggered && now >= last.began+level.StaggerSeconds
		}
		for rings := true; rings; {
			for len(lines) < len(level.People) && turn() {
				lines = append(lines, &line{began: now, phones: len(level.People[len(lines)].Phones)})
			}
			for _, l := range lines {
				if l.phones > 0 && l.rests(now) {
					l.asked, queue = true, append(queue, l)
				}
			}
			moved := false
			for len(queue) > 0 && now >= carrier {
				next := queue[0]
				queue, carrier, moved = queue[1:], now+gap, true
				next.asked, next.phones, next.until = false, next.phones-1, now+lasts()
			}
			rings = len(lines) < len(level.People)
			for _, l := range lines {
				rings = rings || l.phones > 0 || !l.rests(now)
			}
			if rings && !moved {
				now++
			}
		}
	}
	return now
}

func TestPaced(t *testing.T) {
	for _, c := range []struct {
		name string
		pace float64
		want time.Duration
	}{
		{"as in life", 0, 30 * time.Second},
		{"as in life, in words", 1, 30 * time.Second},
		{"a hundred times faster", 100, 300 * time.Millisecond},
	} {
		if got := (Plan{Pace: c.pace}).Paced(30 * time.Second); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
