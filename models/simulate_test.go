package models

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// played is a simulated call in lines: a second, who and where, and what happens.
func played(s Simulation) []string {
	var lines []string
	for _, b := range s.Timeline {
		who := ""
		if b.Level > 0 {
			who = fmt.Sprintf("%d %s (%s) ", b.Level, b.Name, b.Phone)
		}
		lines = append(lines, fmt.Sprint(b.AtSeconds, " ", who, b.What))
	}
	return append(lines, strings.TrimSpace(fmt.Sprint(s.WaitedSeconds, " ", s.Outcome, " ", s.AnsweredBy)))
}

// rings is a level of people with so many phones each: "alice bob 2" has two of Bob's.
func rings(strategy Strategy, stagger int, people ...string) PlanLevel {
	l := PlanLevel{Strategy: strategy, StaggerSeconds: stagger}
	for _, words := range people {
		name, phones := words, 1
		if _, err := fmt.Sscanf(words, "%s %d", &name, &phones); err != nil {
			phones = 1
		}
		p := Person{UserID: name, Name: strings.ToUpper(name[:1]) + name[1:]}
		for _, label := range []string{"mobile", "home"}[:phones] {
			p.Phones = append(p.Phones, UserPhone{Label: label})
		}
		l.People = append(l.People, p)
	}
	return l
}

func TestSimulate(t *testing.T) {
	does := func(conduct Conduct, after int) Part { return Part{conduct, time.Duration(after) * time.Second} }
	one := []PlanLevel{rings(OneByOne, 0, "alice", "bob")}
	for _, c := range []struct {
		name    string
		levels  []PlanLevel
		plan    func(*Plan)
		refusal RefusalReason
		script  Script
		want    []string
	}{
		{"nobody answers", one, nil, "", Script{}, []string{
			"0 the call arrived", "0 1 Alice (mobile) is rung", "28 1 Alice (mobile) did not answer",
			"28 1 Bob (mobile) is rung", "56 1 Bob (mobile) did not answer",
			"56 nobody took the call", "56 the caller hears that nobody takes the call", "56 unanswered",
		}},
		{"the second accepts", one, nil, "", Script{Parts: map[string]Part{"alice": does(IsBusy, 2), "bob": does(WillAccept, 7)}}, []string{
			"0 the call arrived", "0 1 Alice (mobile) is rung", "2 1 Alice (mobile) is busy, or rejected the call",
			"2 1 Bob (mobile) is rung", "9 1 Bob (mobile) picked up", "14 1 Bob (mobile) took the call", "14 connected bob",
		}},
		{"a phone is picked up too late", one, nil, "", Script{HangsUpAt: 30 * time.Second, Parts: map[string]Part{"alice": does(WillAccept, 28)}}, []string{
			"0 the call arrived", "0 1 Alice (mobile) is rung", "28 1 Alice (mobile) did not answer",
			"28 1 Bob (mobile) is rung", "30 the caller's line ended", "30 1 Bob (mobile) did not take the call", "30 abandoned",
		}},
		{"somebody declines on each phone, and a mailbox is given up", []PlanLevel{rings(OneByOne, 0, "alice 2"), rings(OneByOne, 0, "bob")}, nil, "",
			Script{Parts: map[string]Part{"alice": does(WillDecline, 3), "bob": does(IsMailbox, 4)}}, []string{
				"0 the call arrived", "0 1 Alice (mobile) is rung", "3 1 Alice (mobile) picked up", "8 1 Alice (mobile) declined",
				"8 1 Alice (home) is rung", "11 1 Alice (home) picked up", "16 1 Alice (home) declined",
				"16 2 Bob (mobile) is rung", "20 2 Bob (mobile) picked up", "50 2 Bob (mobile) did not take the call",
				"50 nobody took the call", "50 the caller hears that nobody takes the call", "50 unanswered",
			}},
		{"where no key is asked, a mailbox takes the call", one, func(p *Plan) { p.Accept.Required = false }, "",
			Script{Parts: map[string]Part{"alice": does(IsMailbox, 4)}}, []string{
				"0 the call arrived", "0 1 Alice (mobile) is rung", "4 1 Alice (mobile) picked up", "4 1 Alice (mobile) took the call", "4 connected alice",
			}},
		{"the network finds no phone, and somebody hangs up at once", one, func(p *Plan) { p.Nobody.Action = NobodyVoicemail }, "",
			Script{Parts: map[string]Part{"alice": does(IsUnreachable, 1), "bob": does(WillHangUp, 6)}}, []string{
				"0 the call arrived", "0 1 Alice (mobile) is rung", "1 1 Alice (mobile) could not be reached by the network",
				"1 1 Bob (mobile) is rung", "7 1 Bob (mobile) picked up and hung up at once",
				"7 nobody took the call", "7 the caller is asked to leave a message", "7 voicemail",
			}},
		{"all at once, the first to press takes it", []PlanLevel{rings(AllAtOnce, 0, "alice", "bob", "carol")}, nil, "",
			Script{Parts: map[string]Part{"alice": does(WillAccept, 9), "bob": does(WillAccept, 8)}}, []string{
				"0 the call arrived", "0 1 Alice (mobile) is rung", "0 1 Bob (mobile) is rung", "0 1 Carol (mobile) is rung",
				"8 1 Bob (mobile) picked up", "9 1 Alice (mobile) picked up", "13 1 Bob (mobile) took the call",
				"13 1 Carol (mobile) did not take the call", "13 connected bob",
			}},
		{"staggered, the next is rung early where the last has ended", []PlanLevel{rings(Staggered, 10, "alice", "bob", "carol"), rings(OneByOne, 0, "dave")}, nil, "",
			Script{Parts: map[string]Part{"bob": does(IsBusy, 4)}, HangsUpAt: 45 * time.Second}, []string{
				"0 the call arrived", "0 1 Alice (mobile) is rung", "10 1 Bob (mobile) is rung", "14 1 Bob (mobile) is busy, or rejected the call",
				"14 1 Carol (mobile) is rung", "28 1 Alice (mobile) did not answer", "42 1 Carol (mobile) did not answer",
				"42 2 Dave (mobile) is rung", "45 the caller's line ended", "45 2 Dave (mobile) did not take the call", "45 abandoned",
			}},
		{"the carrier takes one call in two seconds", []PlanLevel{rings(AllAtOnce, 0, "alice", "bob", "carol")}, func(p *Plan) { p.CallsPerSecond = 0.5 }, "",
			Script{Parts: map[string]Part{"alice": does(IsBusy, 1), "bob": {WillAccept, 500 * time.Millisecond}}, HangsUpAt: 3 * time.Second}, []string{
				"0 the call arrived", "0 1 Alice (mobile) is rung",
				"0 1 Bob (mobile) waits for the carrier, which takes one call after another", "0 1 Carol (mobile) waits for the carrier, which takes one call after another",
				"1 1 Alice (mobile) is busy, or rejected the call", "2 1 Bob (mobile) is rung", "2.5 1 Bob (mobile) picked up",
				"3 the caller's line ended", "3 1 Carol (mobile) is not rung any more", "3 abandoned",
			}},
		{"the longest wait ends it, but for who has picked up", []PlanLevel{rings(AllAtOnce, 0, "alice", "bob 2"), rings(OneByOne, 0, "carol")},
			func(p *Plan) { p.MaxWaitSeconds, p.Nobody.Action = 60, NobodyForward; p.RingSeconds = 32 }, "",
			Script{Parts: map[string]Part{"alice": does(IsMailbox, 29)}}, []string{
				"0 the call arrived", "0 1 Alice (mobile) is rung", "0 1 Bob (mobile) is rung", "29 1 Alice (mobile) picked up",
				"30 1 Bob (mobile) did not answer", "30 1 Bob (home) is rung", "59 1 Alice (mobile) did not take the call",
				"60 the caller has waited long enough", "60 1 Bob (home) did not take the call",
				"60 nobody took the call", "60 the caller is connected to the fixed number", "60 forwarded",
			}},
		{"whoever has picked up may still take it", one, func(p *Plan) { p.MaxWaitSeconds = 60 }, "", Script{Parts: map[string]Part{"bob": does(WillAccept, 27)}}, []string{
			"0 the call arrived", "0 1 Alice (mobile) is rung", "28 1 Alice (mobile) did not answer", "28 1 Bob (mobile) is rung",
			"55 1 Bob (mobile) picked up", "60 the caller has waited long enough", "60 1 Bob (mobile) took the call", "60 connected bob",
		}},
		{"a level without people is passed over", []PlanLevel{{}, rings(OneByOne, 0, "alice")}, nil, "", Script{Parts: map[string]Part{"alice": does(WillAccept, 0)}}, []string{
			"0 the call arrived", "0 2 Alice (mobile) is rung", "0 2 Alice (mobile) picked up", "5 2 Alice (mobile) took the call", "5 connected alice",
		}},
		{"nobody to ring", []PlanLevel{{}, {}}, nil, "", Script{}, []string{
			"0 the call arrived", "0 nobody took the call", "0 the caller hears that nobody takes the call", "0 unanswered",
		}},
		{"a refused caller", one, nil, RefusedBlocked, Script{}, []string{"0 the call arrived", "0 the caller is blocked", "0 refused"}},
		{"the right key at the gate, where none is said", one, func(p *Plan) { p.Keypress.Enabled = true }, "", Script{Parts: map[string]Part{"alice": does(WillAccept, 1)}}, []string{
			"0 the call arrived", "5 the caller pressed the key", "5 1 Alice (mobile) is rung", "6 1 Alice (mobile) picked up", "11 1 Alice (mobile) took the call", "11 connected alice",
		}},
		{"a wrong key and no key at the gate, and then the right one", one, func(p *Plan) { p.Keypress.Enabled = true }, "",
			Script{Keys: []string{"3", "", "7"}, HangsUpAt: 21 * time.Second}, []string{
				"0 the call arrived", "5 the caller pressed a wrong key, or none", "15 the caller pressed a wrong key, or none",
				"20 the caller pressed the key", "20 1 Alice (mobile) is rung", "21 the caller's line ended", "21 1 Alice (mobile) did not take the call", "21 abandoned",
			}},
		{"no key at the gate", one, func(p *Plan) { p.Keypress.Enabled = true }, "", Script{Keys: []string{}}, []string{
			"0 the call arrived", "10 the caller pressed a wrong key, or none", "20 the caller pressed a wrong key, or none", "30 the key was never pressed", "30 gate_failed",
		}},
		{"the caller leaves at the gate", one, func(p *Plan) { p.Keypress.Enabled = true }, "", Script{HangsUpAt: 4 * time.Second}, []string{
			"0 the call arrived", "4 the caller's line ended", "4 abandoned",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Plan{Levels: c.levels, RingSeconds: 30, MaxWaitSeconds: 900, Accept: Acceptance{true, "1", ""}, Keypress: Keypress{Key: "7"}}
			if c.plan != nil {
				c.plan(&p)
			}
			if diff := cmp.Diff(c.want, played(Simulate(p, c.refusal, c.script))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestASimulationNamesUsersAndTheRefusal(t *testing.T) {
	s := Simulate(Plan{Levels: []PlanLevel{rings(OneByOne, 0, "alice")}, RingSeconds: 30, MaxWaitSeconds: 900}, "", Script{})
	if b := s.Timeline[1]; b.UserID != "alice" {
		t.Errorf("rung is %+v", b)
	}
	if s := Simulate(Plan{}, RefusedRouteFull, Script{}); s.Refusal != RefusedRouteFull {
		t.Errorf("refused for %q", s.Refusal)
	}
}
