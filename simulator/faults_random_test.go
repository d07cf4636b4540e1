package simulator

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// everything is a plan in which all goes wrong now and then.
var everything = Rates{
	DelayHook: 0.2, DuplicateHook: 0.2, ReorderCallback: 0.2, DropCallback: 0.2,
	TooMany: 0.2, FailBefore: 0.2, FailAfter: 0.2, SlowReply: 0.2, Longest: 0.01,
}

// struckCalls rings the phones one after the other and returns what the plan did to the requests of each.
func struckCalls(t *testing.T, f Faults, order ...string) map[string]string {
	b := newBenchAt(t, 400)
	b.sim.SetFaults(f)
	b.says("/leg", `<Say>Hi</Say>`)
	for _, phone := range order {
		b.sim.Script(phone, Script{RingFor: 0.1})
		before := len(b.sim.Phone(phone).Legs())
		b.post("/Calls.json", url.Values{
			"To": {phone}, "From": {ours}, "Url": {b.url + "/leg"}, "StatusCallback": {b.url + "/leg-status"},
			"StatusCallbackEvent": {"initiated", "ringing", "answered", "completed"},
		})
		for _, l := range b.sim.Phone(phone).Legs()[before:] {
			b.ends(l, StatusCompleted)
		}
	}
	b.sim.Close() // waits for every callback on its way, or breaks it off
	struck := map[string][]string{}
	for _, e := range b.sim.History() {
		switch {
		case e.Fault == "":
		case e.Kind == EventREST:
			struck[e.Phone] = append(struck[e.Phone], fmt.Sprint(e.Fault, " ", e.HTTPStatus))
		default:
			struck[e.Phone] = append(struck[e.Phone], fmt.Sprint(e.Webhook, " ", e.Status, " ", e.Fault))
		}
	}
	lines := map[string]string{}
	for phone, all := range struck {
		slices.Sort(all) // a late callback comes when it comes
		lines[phone] = strings.Join(all, "\n")
	}
	return lines
}

func TestTheSameSeedStrikesTheSameRequests(t *testing.T) {
	inTurns := slices.Repeat([]string{alice, bob}, 15)
	aliceFirst := append(slices.Repeat([]string{alice}, 15), slices.Repeat([]string{bob}, 15)...)
	one := struckCalls(t, RandomFaults(7, everything), inTurns...)
	again := struckCalls(t, RandomFaults(7, everything), aliceFirst...)
	other := struckCalls(t, RandomFaults(8, everything), inTurns...)
	for _, phone := range []string{alice, bob} {
		if one[phone] != again[phone] {
			t.Errorf("the same seed struck %s otherwise when the phones were rung in another order:\n%s\n\n%s", phone, one[phone], again[phone])
		}
		if one[phone] == other[phone] {
			t.Errorf("another seed struck %s the same", phone)
		}
	}
	for _, deed := range []Deed{Delay, Duplicate, Reorder, Drop, ReplyStatus, StatusAfter, SlowReply} {
		if !strings.Contains(one[alice]+one[bob], string(deed)) {
			t.Errorf("%s never struck:\n%v", deed, one)
		}
	}
	if off := struckCalls(t, RandomFaults(7, Rates{}), alice); len(off) > 0 {
		t.Errorf("no rates, yet struck: %v", off)
	}
}

func TestRandomFaultsKeepTheirRates(t *testing.T) {
	const n = 20_000
	rates := Rates{DelayHook: 0.1, DuplicateHook: 0.2, ReorderCallback: 0.3, DropCallback: 0.4, TooMany: 0.5, FailAfter: 0.25}
	c := New(Config{})
	defer c.Close()
	c.SetFaults(RandomFaults(1, rates))
	for _, k := range []struct {
		kind     string
		possible []Deed
		want     map[string]float64
	}{
		{HookStatus, hookDeeds, map[string]float64{"delay 0": 0.1, "duplicate 0": 0.2, "reorder 0": 0.3, "drop 0": 0.4}},
		{HookDocument, hookDeeds, map[string]float64{"delay 0": 0.1, "duplicate 0": 0.2, " 0": 0.7}},
		{HookAudio, hookDeeds, map[string]float64{" 0": 1}},
		{HookREST, restDeeds, map[string]float64{"status 429": 0.5, "status-after 500": 0.25, " 0": 0.25}},
	} {
		got := map[string]float64{}
		for range n {
			r := c.faults.hit(c, occasion{kind: k.kind, phone: alice}, k.possible)
			got[fmt.Sprint(r.Do, " ", r.Status)] += 1.0 / n
			if r.Delay < 0 || r.Delay > 2 {
				t.Fatalf("%s: late by %v s", k.kind, r.Delay)
			}
		}
		for what, share := range got {
			if d := share - k.want[what]; d < -0.02 || d > 0.02 {
				t.Errorf("%s: %q strikes %.3f of all, want %.3f", k.kind, what, share, k.want[what])
			}
		}
	}
}
