package simulator

import (
	"slices"
	"testing"
)

func TestAForgottenPhoneLeavesNothingButItsLiveCalls(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Dial><Conference waitUrl="">r1</Conference></Dial>`)
	client := &Client{BaseURL: b.rest.URL}
	b.must(client.PutScript(b.ctx, alice, Script{RingFor: 0.1}))
	b.must(client.PutName(b.ctx, alice, "Alice"))
	over := b.sim.Dial(caller, ours, CallerScript{HangUpAfter: 1})
	b.ends(over, StatusCompleted)
	live := b.sim.Dial(caller, ours, CallerScript{})
	b.must(live.WaitStatus(b.ctx, StatusInProgress))

	b.must(client.Forget(b.ctx, alice))
	b.must(client.Forget(b.ctx, caller))
	if legs := b.sim.Legs(); len(legs) != 1 || legs[0] != live || b.sim.Leg(over.SID) != nil {
		t.Errorf("%d calls are kept", len(legs))
	}
	b.sim.mu.Lock()
	rooms := len(b.sim.rooms)
	b.sim.mu.Unlock()
	if rooms > 1 {
		t.Errorf("%d rooms are kept", rooms)
	}
	phones, err := client.Phones(b.ctx)
	b.must(err)
	if len(phones) != 0 {
		t.Errorf("%+v", phones)
	}
}

// What meets a call can be drawn again, whatever met its phones before.
func TestAPhoneWithTheSameChanceIsStruckTheSameWay(t *testing.T) {
	c := New(Config{})
	defer c.Close()
	c.SetFaults(Faults{Seed: 7, Rules: []Rule{{Match: Match{Kind: HookStatus}, Do: Drop, Probability: 0.5}}})
	drawn := func(chance uint64) (struck []bool) {
		c.Script(alice, Script{Chance: chance})
		for range 50 {
			struck = append(struck, c.faults.hit(c, occasion{kind: HookStatus, phone: alice}, hookDeeds).Do == Drop)
		}
		return struck
	}
	first, other, again := drawn(1), drawn(2), drawn(1)
	if !slices.Equal(first, again) {
		t.Error("the same chance struck otherwise the second time")
	}
	if slices.Equal(first, other) {
		t.Error("another chance struck the same way")
	}
	if c.Script(alice, Script{}); slices.Equal(drawn(0), again) {
		t.Error("without a chance the faults began anew")
	}
}
